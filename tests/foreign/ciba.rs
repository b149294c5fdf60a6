//! The backchannel grant (CIBA Core 1.0) with openid-client, which polls.

use moneta_events::client::{GrantType, TokenDeliveryMode};
use serde_json::{Value, json};

use crate::{
    script::{self, introduce},
    support::{
        provider::{Options, Provider},
        test,
    },
};

/// A demo provider where the client with a key asks for end-users who are elsewhere, too, by signed requests.
async fn provider() -> Provider {
    let options = Options::default().adjusted(|settings| {
        let mut declared = settings.clients.iter_mut().map(|declared| &mut declared.metadata);
        let found = declared.find(|metadata| metadata.client_id.as_str() == "pkjwt");
        let pkjwt = found.expect("it is declared");
        pkjwt.grant_types.push(GrantType::Ciba);
        pkjwt.backchannel_token_delivery_mode = Some(TokenDeliveryMode::Poll);
        pkjwt.backchannel_authentication_request_signing_alg = Some("ES256".to_owned());
    });
    Provider::start(options).await
}

async fn decided(client: &str, decision: &str) -> (Provider, Value) {
    let provider = provider().await;
    let task = json!({
        "issuer": provider.http.issuer(),
        "client": introduce(&provider, client),
        "alg": provider.metadata(client).id_token_signed_response_alg,
        "decision": decision,
    });
    let report = script::run(&provider, "node/ciba.mjs", &task).await;
    (provider, report)
}

async fn approved(client: &str) {
    let (provider, report) = decided(client, "approve").await;
    assert_eq!(report["sub"], provider.subject_of("alice").await.as_str());
    assert_eq!(report["email"].as_str(), provider.claim_of("alice", "email").as_deref());
}

#[test]
fn by_plain_parameters() {
    test(approved("ciba_secret"));
}

#[test]
fn by_a_signed_request_with_private_key_jwt() {
    test(approved("pkjwt"));
}

#[test]
fn denied() {
    test(async {
        let (_, report) = decided("ciba_secret", "deny").await;
        assert_eq!(report["error"], "access_denied");
    });
}
