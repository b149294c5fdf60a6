//! Signatures in both directions: two libraries verify what Moneta signs, and Moneta judges what they
//! sign. They agree on thumbprints (RFC 7638) and on the hashes that bind tokens and codes.

use std::collections::HashMap;

use moneta::jose::{
    Alg, Jwk, KeySource, Purpose, Rejection, VerificationKey, half_hash, jws::Malformed, verify,
};
use moneta_events::token::AccessTokenFormat;
use serde_json::{Value, json};

use crate::{
    script,
    support::{
        provider::{Options, Provider},
        rp::{Tokens, claims, random},
        test,
    },
};

/// A client for each algorithm.
const CLIENTS: [(&str, Alg); 4] =
    [("web", Alg::RS256), ("conf", Alg::PS256), ("web-es256", Alg::ES256), ("multi", Alg::EdDSA)];

/// What the verifier must say to each token of `sign.mjs` and `sign.py`.
const JUDGEMENTS: [(&str, Result<(), Rejection>); 15] = [
    ("good", Ok(())),
    ("of_another_signer", Err(Rejection::Signature)),
    ("by_another_alg", Err(Rejection::KeyAlg)),
    ("by_hmac", Err(Rejection::Alg)),
    ("unsecured", Err(Rejection::Alg)),
    ("of_an_unknown_key", Err(Rejection::UnknownKey)),
    ("of_no_key", Err(Rejection::UnknownKey)),
    ("critical", Err(Rejection::Malformed(Malformed::Unsupported("crit")))),
    ("of_another_kind", Err(Rejection::Typ)),
    ("encrypted", Err(Rejection::Malformed(Malformed::Parts))),
    ("of_another_issuer", Err(Rejection::Issuer)),
    ("for_another_audience", Err(Rejection::Audience)),
    ("expired", Err(Rejection::Expired)),
    ("too_early", Err(Rejection::NotYetValid)),
    ("without_expiry", Err(Rejection::Claim("exp"))),
];

/// A provider whose [`CLIENTS`] get ID Tokens and access tokens signed with their algorithm.
async fn provider() -> Provider {
    let options = Options::default().adjusted(|settings| {
        for declared in &mut settings.clients {
            let metadata = &mut declared.metadata;
            let id = metadata.client_id.as_str();
            if let Some((_, alg)) = CLIENTS.iter().find(|(client, _)| *client == id) {
                metadata.access_token_format = AccessTokenFormat::Jwt;
                alg.as_str().clone_into(&mut metadata.access_token_signed_response_alg);
                alg.as_str().clone_into(&mut metadata.id_token_signed_response_alg);
            }
        }
    });
    Provider::start(options).await
}

async fn jwks(provider: &Provider) -> Value {
    provider.http.get("/jwks", &[]).await.json()
}

fn parsed(jwk: &Value) -> Jwk {
    Jwk::parse(&jwk.to_string()).expect("a public key")
}

/// The thumbprints of keys, by their names, as Moneta computes them.
fn thumbprints<'a>(keys: impl IntoIterator<Item = &'a Value>) -> HashMap<String, String> {
    let named = |jwk: &Value| {
        let key = parsed(jwk);
        (key.kid().expect("it has a name").to_owned(), key.thumbprint().to_string())
    };
    keys.into_iter().map(named).collect()
}

async fn they_verify(script: &str) {
    let provider = provider().await;
    let mut tokens = Vec::new();
    let mut at_hashes = Vec::new();
    let mut values = Vec::new();
    for (client, alg) in CLIENTS {
        let got: Tokens = provider.tokens(client, "alice", "openid api").await;
        tokens.push(token(got.id(), alg, "JWT", client));
        tokens.push(token(&got.access, alg, "at+jwt", "https://rs1.test"));
        at_hashes.push(claims(got.id())["at_hash"].clone());
        values.push(json!({ "alg": alg.as_str(), "value": got.access }));
    }
    let codes: Vec<String> = CLIENTS.iter().map(|_| random()).collect();
    for ((_, alg), code) in CLIENTS.iter().zip(&codes) {
        values.push(json!({ "alg": alg.as_str(), "value": code }));
    }
    let jwks = jwks(&provider).await;
    let task = json!({
        "issuer": provider.http.issuer(),
        "jwks": jwks,
        "tokens": tokens,
        "values": values,
    });
    let report = script::run(&provider, script, &task).await;

    let expected: Vec<Value> = tokens.iter().map(|t| claims(t["jwt"].as_str().unwrap())).collect();
    assert_eq!(report["claims"], Value::from(expected));
    let keys = jwks["keys"].as_array().expect("a JWK Set");
    assert_eq!(keys.len(), Alg::ALL.len());
    assert_eq!(report["thumbprints"], json!(thumbprints(keys)));
    let hashes = report["hashes"].as_array().expect("hashes");
    assert_eq!(hashes[..CLIENTS.len()], at_hashes, "at_hash");
    for (((_, alg), code), theirs) in CLIENTS.iter().zip(&codes).zip(&hashes[CLIENTS.len()..]) {
        assert_eq!(half_hash(*alg, code), *theirs, "{alg}");
    }
}

fn token(jwt: &str, alg: Alg, typ: &str, audience: &str) -> Value {
    json!({ "jwt": jwt, "alg": alg.as_str(), "typ": typ, "audience": audience })
}

/// The keys of whoever signed.
struct Ring(Vec<VerificationKey>);

impl KeySource for Ring {
    fn key(&self, kid: Option<&str>, _: Alg) -> Result<&VerificationKey, Rejection> {
        self.0.iter().find(|key| Some(key.kid()) == kid).ok_or(Rejection::UnknownKey)
    }
}

async fn they_sign(script: &str) {
    let provider = Provider::demo().await;
    let now = provider.now();
    let claims = json!({
        "iss": "https://issuer.test",
        "aud": "web",
        "sub": "somebody",
        "iat": now.as_seconds(),
        "exp": now.as_seconds() + 300,
        "nonce": "é \u{1F511} \"quoted\"",
    });
    let report = sign(&provider, script, &claims, Alg::ALL, |alg| format!("key of {alg}")).await;
    let keys = report["keys"].as_array().expect("keys");
    assert_eq!(report["thumbprints"], json!(thumbprints(keys)));
    let ring = Ring(
        keys.iter().map(|jwk| VerificationKey::from_jwk(&parsed(jwk)).expect("a key")).collect(),
    );
    let purpose = Purpose::id_token("https://issuer.test", "web");
    for alg in Alg::ALL {
        let tokens = report["tokens"][alg.as_str()].as_object().expect("tokens");
        assert_eq!(tokens.len(), JUDGEMENTS.len(), "each has its judgement");
        for (name, judgement) in JUDGEMENTS {
            let token = tokens[name].as_str().expect("a token");
            let verified = verify(token, &purpose, &ring, now);
            assert_eq!(verified.as_ref().map(|_| ()).map_err(|e| *e), judgement, "{name} by {alg}");
            if let Ok(verified) = verified {
                assert_eq!(verified.text("nonce"), claims["nonce"].as_str());
            }
        }
    }
}

/// Lets a script sign `claims` with keys of its own that carry the names `kid` gives.
async fn sign(
    provider: &Provider,
    script: &str,
    claims: &Value,
    algs: &[Alg],
    kid: impl Fn(Alg) -> String,
) -> Value {
    let kids: HashMap<&str, String> = algs.iter().map(|alg| (alg.as_str(), kid(*alg))).collect();
    let task = json!({ "claims": claims, "now": provider.now().as_seconds(), "kids": kids });
    script::run(provider, script, &task).await
}

/// Tokens that copy everything of a real one but the key are worth nothing at any door.
async fn forgeries(script: &str) {
    let provider = provider().await;
    let jwks = jwks(&provider).await;
    let keys = jwks["keys"].as_array().expect("a JWK Set");
    let kid = |alg: Alg| {
        let own = keys.iter().find(|jwk| jwk["alg"] == alg.as_str()).expect("a key for it");
        own["kid"].as_str().expect("a name").to_owned()
    };
    for (id, alg) in CLIENTS {
        let real = provider.tokens(id, "alice", "openid api").await;
        let client = provider.client(id);

        let access = sign(&provider, script, &claims(&real.access), &[alg], kid).await;
        let access = access["tokens"][alg.as_str()]["of_another_kind"].as_str().expect("a token");
        assert_eq!(claims(access), claims(&real.access));
        assert!(client.is_active(&real.access).await);
        assert!(!client.is_active(access).await, "{alg}");
        assert_eq!(client.userinfo(&real.access).await.status, 200);
        assert_eq!(client.userinfo(access).await.error().as_deref(), Some("invalid_token"));

        let hint = sign(&provider, script, &claims(real.id()), &[alg], kid).await;
        let hint = hint["tokens"][alg.as_str()]["good"].as_str().expect("a token");
        assert_eq!(claims(hint), claims(real.id()));
        let request = client.request().with("prompt", "none");
        for (hint, error) in [(real.id(), "login_required"), (hint, "invalid_request")] {
            let request = request.clone().with("id_token_hint", hint);
            let arrival = provider.browser().open(&request.path()).await.arrival();
            assert_eq!(arrival.get("error"), Some(error), "{alg}");
        }
    }
}

macro_rules! directions {
    ($($library:ident: $verify:literal, $sign:literal;)+) => {$(
        mod $library {
            use super::*;

            #[test]
            fn verifies_what_moneta_signs() {
                test(they_verify($verify));
            }

            #[test]
            fn signs_what_moneta_judges() {
                test(they_sign($sign));
            }

            #[test]
            fn forges_nothing_that_any_door_takes() {
                test(forgeries($sign));
            }
        }
    )+};
}

directions! {
    node_jose: "node/verify.mjs", "node/sign.mjs";
    jwcrypto: "python/verify.py", "python/sign.py";
}
