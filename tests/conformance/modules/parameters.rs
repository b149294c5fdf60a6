//! Parameters that must not stand in the way.

use crate::{
    metadata::lists,
    suite::{Outcome, Suite},
    variant::Variant,
};

async fn succeeds_with(variant: Variant, name: &str, value: &str) -> (Suite, Outcome) {
    let mut suite = Suite::start(variant).await;
    let outcome = suite.complete(&suite.request().with(name, value)).await;
    (suite, outcome)
}

/// `display=page`.
pub async fn oidcc_display_page(variant: Variant) {
    succeeds_with(variant, "display", "page").await;
}

/// `display=popup`.
pub async fn oidcc_display_popup(variant: Variant) {
    succeeds_with(variant, "display", "popup").await;
}

/// What nobody knows is ignored (RFC 6749 §3.1).
pub async fn oidcc_ensure_request_with_unknown_parameter_succeeds(variant: Variant) {
    succeeds_with(variant, "extra", "foobar").await;
}

/// The name is on the sign-in page already.
pub async fn oidcc_login_hint(variant: Variant) {
    let (_, outcome) = succeeds_with(variant, "login_hint", "alice").await;
    let page = outcome.visit.pages.first().expect("a page");
    let field = page.forms.iter().flat_map(|form| &form.fields).find(|f| f.name == "username");
    assert_eq!(field.expect("the sign-in page").value, "alice");
}

/// A language that no page has.
pub async fn oidcc_ui_locales(variant: Variant) {
    succeeds_with(variant, "ui_locales", "se").await;
}

/// A language that no claim has.
pub async fn oidcc_claims_locales(variant: Variant) {
    succeeds_with(variant, "claims_locales", "se").await;
}

/// One of all authentication contexts there are, and it is told which.
pub async fn oidcc_ensure_request_with_acr_values_succeeds(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    let offered = suite.metadata["acr_values_supported"].as_array().expect("a list").clone();
    let offered: Vec<&str> = offered.iter().filter_map(|acr| acr.as_str()).collect();
    let outcome = suite.complete(&suite.request().with("acr_values", &offered.join(" "))).await;
    for claims in &outcome.claims {
        let acr = claims["acr"].as_str().expect("an acr");
        assert!(lists(&suite.metadata, "acr_values_supported", acr), "{acr}");
    }
}
