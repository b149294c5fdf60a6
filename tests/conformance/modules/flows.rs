//! Complete flows.

use crate::{
    checks,
    keys::header,
    metadata::lists,
    suite::Suite,
    support::rp::{claims, s256},
    variant::Variant,
};

/// Everything is as it must be; the second client's redirect URI keeps its query.
pub async fn oidcc_server(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    suite.complete(&suite.request()).await;
    let second = suite.provider.client("suite-2");
    let request = suite.request_of(&second);
    let visit = suite.visit(&request).await;
    suite.finish(&second, &request, visit).await;
}

/// The same with the secret in the body.
pub async fn oidcc_server_client_secret_post(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    let client = suite.provider.client("suite-post");
    let request = suite.request_of(&client);
    let visit = suite.visit(&request).await;
    suite.finish(&client, &request, visit).await;
}

/// A client that asked for no algorithm gets RS256, and is told the key.
pub async fn oidcc_idtoken_signature(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    for id_token in suite.complete(&suite.request()).await.id_tokens {
        assert_eq!(header(&id_token)["alg"], "RS256");
        assert!(header(&id_token)["kid"].is_string());
    }
}

/// Skipped by the suite where `none` is not offered; it is not, anywhere.
pub async fn oidcc_idtoken_unsigned(variant: Variant) {
    let suite = Suite::start(variant).await;
    for (name, value) in suite.metadata.as_object().expect("an object") {
        let signing = name.ends_with("_alg_values_supported");
        assert!(!signing || !lists(&suite.metadata, name, "none"), "{name}: {value}");
    }
}

/// Parameters and scope in another order.
pub async fn oidcc_alternate_happy_flow(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    let mut request = suite.request().with("scope", "email profile openid");
    request.params.reverse();
    suite.complete(&request).await;
}

/// Without a nonce where none is needed.
pub async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    let outcome = suite.complete(&suite.request().without("nonce")).await;
    assert!(claims(&outcome.id_tokens[0]).get("nonce").is_none());
}

/// Without a nonce where an ID Token leaves the authorization endpoint.
pub async fn oidcc_ensure_request_without_nonce_fails(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    let request = suite.request().without("nonce");
    let visit = suite.visit(&request).await;
    checks::authorization_error(&suite, &request, &visit.arrival, &["invalid_request"]);
}

/// The authorization request as a form.
pub async fn oidcc_ensure_post_request_succeeds(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    let request = suite.request();
    let visit = suite.visit_by_post(&request).await;
    suite.finish(&suite.client.clone(), &request, visit).await;
}

/// PKCE with S256 for a client that has a secret.
pub async fn oidcc_ensure_request_with_valid_pkce_succeeds(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    assert!(lists(&suite.metadata, "code_challenge_methods_supported", "S256"));
    let request = suite.request();
    let challenge = s256(&request.verifier);
    let request = request.with("code_challenge", &challenge).with("code_challenge_method", "S256");
    suite.complete(&request).await;
}
