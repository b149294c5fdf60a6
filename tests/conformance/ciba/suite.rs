//! The suite's part: two clients with keys, what they send, and the checks that run in every module.

use std::sync::{Arc, LazyLock};

use crate::{
    checks,
    keys::{Keys, header},
    metadata,
    support::{
        answer::Answer,
        http::pairs,
        provider::{Options, Provider},
        rp::{Tokens, claims, random},
        signer::{Signer, by},
    },
    variant::Variant,
};
use moneta::{
    config::{ClientDeclaration, Settings},
    jose::Alg,
    runtime::clock::{Clock as _, FixedClock, SystemClock},
};
use serde_json::{Map, Value, json};

/// The grant.
pub const GRANT: &str = "urn:openid:params:grant-type:ciba";

/// A key of the first client, for an algorithm that FAPI does not allow.
pub static RS256: LazyLock<Signer> = LazyLock::new(|| signer("suite", "rsa", Alg::RS256));

/// The suite before a provider of its own.
pub struct Suite {
    /// The provider under test.
    pub provider: Provider,
    /// Its metadata.
    pub metadata: Value,
    /// The first client.
    pub first: Signer,
    /// The second client.
    pub second: Signer,
    keys: Keys,
}

impl Suite {
    /// Starts a module.
    pub async fn start() -> Self {
        let first = signer("suite", "first", Alg::ES256);
        let second = signer("suite-2", "second", Alg::ES256);
        let declared = [
            declare(&first, &[first.public_jwk(), RS256.public_jwk()]),
            declare(&second, &[second.public_jwk()]),
        ];
        let options = Options::production_like().adjusted(move |settings: &mut Settings| {
            settings.clients = declared.into();
            settings.keys.algorithms = vec!["RS256".to_owned(), "ES256".to_owned()];
            settings.playground = false;
        });
        let provider = Provider::start(options).await;
        let code = Variant { response_type: "code", form_post: false };
        let metadata = metadata::discover(&provider, code).await;
        let keys = Keys::fetch(&provider).await;
        Self { provider, metadata, first, second, keys }
    }

    /// The clock of the provider, in seconds.
    pub fn now(&self) -> i64 {
        self.provider.now().as_seconds()
    }

    fn endpoint(&self, name: &str) -> &str {
        self.metadata[name].as_str().unwrap_or_else(|| panic!("no {name}"))
    }

    /// The claims of a good request object.
    pub fn request(&self, client: &Signer) -> Map<String, Value> {
        let now = self.now();
        let claims = json!({
            "iss": client.id, "aud": self.metadata["issuer"], "jti": random(),
            "iat": now, "nbf": now, "exp": now + 300,
            "scope": "openid", "login_hint": "alice", "binding_message": "1234",
            "requested_expiry": 300,
        });
        claims.as_object().expect("an object").clone()
    }

    /// The claims of an assertion; the issuer is a good audience for every endpoint.
    pub fn assertion(&self, client: &Signer) -> Value {
        let now = self.now();
        json!({
            "iss": client.id, "sub": client.id, "aud": self.metadata["issuer"], "jti": random(),
            "iat": now, "exp": now + 60,
        })
    }

    /// Sends a request object as a client that authenticates.
    pub async fn ask(&self, client: &Signer, object: &str) -> Answer {
        let form = pairs([("request", object)]);
        self.send(client, "backchannel_authentication_endpoint", form).await
    }

    /// Sends any form as a client that authenticates.
    pub async fn send(
        &self,
        client: &Signer,
        endpoint: &str,
        mut form: Vec<(String, String)>,
    ) -> Answer {
        form.extend(by(&client.sign(&self.assertion(client))));
        self.send_as_is(endpoint, &form).await
    }

    /// Sends any form.
    pub async fn send_as_is(&self, endpoint: &str, form: &[(String, String)]) -> Answer {
        self.provider.http.post(self.endpoint(endpoint), &[], form).await
    }

    /// Makes a good request and gives its `auth_req_id`.
    pub async fn begin(&self, client: &Signer) -> String {
        let object = client.sign(&self.request(client).into());
        acknowledged(&self.ask(client, &object).await)
    }

    /// Makes a good request that is approved at once, and waits as long as a client must.
    pub async fn approved(&self, client: &Signer) -> String {
        let auth_req_id = self.begin(client).await;
        self.decide(&auth_req_id, "approve").await;
        self.provider.clock.advance(6);
        auth_req_id
    }

    /// Asks for the tokens.
    pub async fn poll(&self, client: &Signer, auth_req_id: &str) -> Answer {
        self.send(client, "token_endpoint", redemption(auth_req_id)).await
    }

    /// What the suite's operator does at the approval address.
    pub async fn decide(&self, auth_req_id: &str, decision: &str) {
        let query = format!("auth_req_id={auth_req_id}&decision={decision}");
        let path = format!("/test/backchannel/approve?{query}");
        let answer = self.provider.http.send("POST", &path, &[], None).await;
        assert!(matches!(answer.status, 200 | 204), "{}", answer.whole());
    }

    /// A token response, its ID Token checked.
    pub fn tokens(&self, client: &Signer, answer: &Answer) -> Tokens {
        let tokens = checks::token_response(answer);
        let id_token = tokens.id();
        assert!(matches!(header(id_token)["alg"].as_str(), Some("PS256" | "ES256")));
        assert!(self.keys.verify(id_token, "ES256"));
        let claims = claims(id_token);
        assert_eq!(claims["iss"], self.metadata["issuer"]);
        assert_eq!(claims["aud"], client.id.as_str());
        let now = self.now();
        assert!(claims["exp"].as_i64().is_some_and(|exp| exp > now));
        assert!(claims["iat"].as_i64().is_some_and(|iat| (now - 300..=now + 300).contains(&iat)));
        for absent in ["c_hash", "s_hash", "nonce", "name"] {
            assert!(claims.get(absent).is_none(), "{absent}");
        }
        tokens
    }
}

/// The suite makes all claims itself, so the clock of its keys does not matter.
fn signer(id: &str, kid: &str, alg: Alg) -> Signer {
    Signer::fresh(id, kid, alg, &Arc::new(FixedClock::at(SystemClock.now())))
}

/// The form that redeems an `auth_req_id`.
pub fn redemption(auth_req_id: &str) -> Vec<(String, String)> {
    pairs([("grant_type", GRANT), ("auth_req_id", auth_req_id)])
}

/// A client that polls, proves itself with a key and signs its requests.
fn declare(signer: &Signer, keys: &[Value]) -> ClientDeclaration {
    let metadata = json!({
        "client_id": signer.id,
        "client_name": "Conformance Suite",
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks": { "keys": keys },
        "grant_types": [GRANT, "refresh_token"],
        "response_types": [],
        "scope": "openid profile email offline_access",
        "backchannel_token_delivery_mode": "poll",
        "backchannel_authentication_request_signing_alg": "ES256",
        "id_token_signed_response_alg": "ES256",
    });
    let metadata = serde_json::from_value(metadata).expect("client metadata");
    ClientDeclaration { metadata, secret: None }
}

/// A successful answer of the backchannel endpoint (CIBA Core 1.0 §7.3). Gives the `auth_req_id`.
pub fn acknowledged(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.whole());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    for name in body.as_object().expect("a JSON object").keys() {
        assert!(["auth_req_id", "expires_in", "interval"].contains(&name.as_str()), "{name}");
    }
    assert!(body["expires_in"].as_u64().is_some_and(|seconds| seconds > 0));
    assert!(body.get("interval").is_none_or(Value::is_u64));
    let auth_req_id = body["auth_req_id"].as_str().expect("an auth_req_id").to_owned();
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    assert!(auth_req_id.len() >= 43 && auth_req_id.chars().all(allowed), "{auth_req_id}");
    auth_req_id
}

/// An error of either endpoint: nothing but the error in the body.
pub fn refused(answer: &Answer, expected: &[&str]) {
    let body = answer.json();
    let error = body["error"].as_str().unwrap_or_else(|| panic!("{}", answer.whole()));
    assert!(expected.contains(&error), "{error} is none of {expected:?}");
    let status = match error {
        "invalid_client" => &[400, 401][..],
        "access_denied" => &[400, 403],
        _ => &[400],
    };
    assert!(status.contains(&answer.status), "{}", answer.whole());
    for name in body.as_object().expect("a JSON object").keys() {
        assert!(["error", "error_description", "error_uri"].contains(&name.as_str()), "{name}");
    }
}
