//! Requests that must not work.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::{
    checks,
    metadata::lists,
    suite::Suite,
    support::{browser::Stop, rp::AuthorizationRequest},
    variant::Variant,
};

/// Without a response type there is no telling where tokens may travel: the query it is.
pub async fn oidcc_response_type_missing(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    let request = suite.request().without("response_type");
    let visit = suite.visit(&request).await;
    let expected = ["unsupported_response_type", "invalid_request"];
    checks::authorization_error(&suite, &request, &visit.arrival, &expected);
}

/// A page that says what is wrong, and no redirect.
async fn is_shown_a_page(suite: &mut Suite, request: &AuthorizationRequest) {
    let page = match suite.browser.open(&request.path()).await {
        Stop::Page(page) => page,
        Stop::Away(arrival) => panic!("never there: {arrival:?}"),
    };
    assert_eq!(page.answer.status, 400);
    assert!(page.has("op-error"), "the page says that it is an error");
    assert!(page.visible().contains("redirect_uri"), "{}", page.visible());
    assert_eq!(suite.browser.hops.len(), 1, "no redirect");
}

/// An address that nobody registered.
pub async fn oidcc_ensure_registered_redirect_uri(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    let request = suite.request();
    let other = format!("{}/{}", request.get("redirect_uri"), &request.get("nonce")[..10]);
    is_shown_a_page(&mut suite, &request.with("redirect_uri", &other)).await;
}

/// A request object that nobody signed.
fn unsigned(request: &AuthorizationRequest) -> String {
    let claims: serde_json::Map<_, _> =
        request.params.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(json!({ "alg": "none" })), part(claims.into()))
}

/// The suite skips a module about unsigned request objects only where the list of algorithms is there and
/// lacks `none`. Here such requests are refused, whatever the list says.
async fn is_not_supported(variant: Variant, name: &str, error: &str) {
    let mut suite = Suite::start(variant).await;
    assert!(!lists(&suite.metadata, "request_object_signing_alg_values_supported", "none"));
    let request = suite.request();
    let value = if name == "request" {
        unsigned(&request)
    } else {
        "https://suite.test/test/a/moneta/requesturi".to_owned()
    };
    let request = request.with(name, &value);
    let visit = suite.visit(&request).await;
    checks::authorization_error(&suite, &request, &visit.arrival, &[error]);
}

/// By reference.
pub async fn oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    variant: Variant,
) {
    is_not_supported(variant, "request_uri", "request_uri_not_supported").await;
}

/// By value.
pub async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    variant: Variant,
) {
    is_not_supported(variant, "request", "request_not_supported").await;
}

/// A good address inside does not make up for a bad one outside.
pub async fn oidcc_ensure_request_object_with_redirect_uri(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    let request = suite.request();
    let object = unsigned(&request);
    let bad = request.with("request", &object).with("redirect_uri", "https://evil.test/cb");
    is_shown_a_page(&mut suite, &bad).await;
}
