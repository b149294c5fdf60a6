//! The code flow, from discovery to revocation, once for every way to authenticate, to be answered and to
//! sign, with every foreign relying party.

use serde_json::json;

use crate::{
    script::{self, introduce},
    support::{
        provider::{Options, Provider},
        test,
    },
};

/// What is different from a code flow of `web` with an RS256 ID Token, answered in the query.
struct Case {
    client: &'static str,
    response_mode: Option<&'static str>,
    alg: &'static str,
}

const WEB: Case = Case { client: "web", response_mode: None, alg: "RS256" };

async fn flow(script: &str, case: Case) {
    let Case { client, response_mode, alg } = case;
    let options = Options::default().adjusted(move |settings| {
        let mut declared = settings.clients.iter_mut().map(|declared| &mut declared.metadata);
        let found = declared.find(|metadata| metadata.client_id.as_str() == client);
        alg.clone_into(&mut found.expect("it is declared").id_token_signed_response_alg);
    });
    let provider = Provider::start(options).await;
    let task = json!({
        "issuer": provider.http.issuer(),
        "client": introduce(&provider, client),
        "resource_server": introduce(&provider, "rs1"),
        "response_mode": response_mode,
        "alg": alg,
    });
    let report = script::run(&provider, script, &task).await;
    assert_eq!(report["sub"], provider.subject_of("alice").await.as_str());
    assert_eq!(report["email"].as_str(), provider.claim_of("alice", "email").as_deref());
    let refreshed = report["refreshed"].as_str().expect("the last access token");
    assert!(!provider.client("rs1").is_active(refreshed).await, "it was revoked");
}

async fn refusals(script: &str) {
    let provider = Provider::demo().await;
    let task = json!({
        "issuer": provider.http.issuer(),
        "client": introduce(&provider, "web"),
    });
    let report = script::run(&provider, script, &task).await;
    let expected = json!({
        "without a session": "login_required",
        "denied": "access_denied",
        "wrong verifier": "invalid_grant",
        "used twice": "invalid_grant",
        "wrong secret": "invalid_client",
        "no access token": "invalid_token",
    });
    assert_eq!(report, expected);
}

macro_rules! flows {
    ($($party:ident: $code:literal, $refusals:literal;)+) => {$(
        mod $party {
            use super::*;

            #[test]
            fn with_client_secret_basic() {
                test(flow($code, WEB));
            }

            #[test]
            fn with_client_secret_post() {
                test(flow($code, Case { client: "conf", ..WEB }));
            }

            #[test]
            fn with_private_key_jwt() {
                test(flow($code, Case { client: "pkjwt", ..WEB }));
            }

            #[test]
            fn as_a_public_client() {
                test(flow($code, Case { client: "spa", ..WEB }));
            }

            #[test]
            fn answered_by_form_post() {
                test(flow($code, Case { response_mode: Some("form_post"), ..WEB }));
            }

            #[test]
            fn signed_with_es256() {
                test(flow($code, Case { alg: "ES256", ..WEB }));
            }

            #[test]
            fn signed_with_ps256() {
                test(flow($code, Case { alg: "PS256", ..WEB }));
            }

            #[test]
            fn signed_with_eddsa() {
                test(flow($code, Case { alg: "EdDSA", ..WEB }));
            }

            #[test]
            fn refused() {
                test(refusals($refusals));
            }
        }
    )+};
}

flows! {
    openid_client: "node/code.mjs", "node/refusals.mjs";
    authlib: "python/code.py", "python/refusals.py";
}
