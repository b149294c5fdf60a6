//! Scopes ask for claims (OpenID Connect Core 1.0 §5.4), and so does the parameter `claims` (§5.5).

use serde_json::json;

use crate::{suite::Suite, variant::Variant};

const PROFILE: [&str; 14] = [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];
const EMAIL: [&str; 2] = ["email", "email_verified"];
const ADDRESS: [&str; 1] = ["address"];
const PHONE: [&str; 2] = ["phone_number", "phone_number_verified"];

/// Every claim of the scopes is there, and none of the others.
async fn asks_for(variant: Variant, scope: &str, claims: &[&str]) {
    let mut suite = Suite::start(variant).await;
    let outcome = suite.complete(&suite.request().with("scope", scope)).await;
    let end_user = suite.end_user(&outcome).await;
    for name in [&PROFILE[..], &EMAIL, &ADDRESS, &PHONE].concat() {
        assert_eq!(end_user.get(name).is_some(), claims.contains(&name), "{name}");
    }
}

/// All of them that there are.
pub async fn oidcc_scope_profile(variant: Variant) {
    asks_for(variant, "openid profile", &PROFILE).await;
}

/// Address and whether it was verified.
pub async fn oidcc_scope_email(variant: Variant) {
    asks_for(variant, "openid email", &EMAIL).await;
}

/// The postal address.
pub async fn oidcc_scope_address(variant: Variant) {
    asks_for(variant, "openid address", &ADDRESS).await;
}

/// Number and whether it was verified.
pub async fn oidcc_scope_phone(variant: Variant) {
    asks_for(variant, "openid phone", &PHONE).await;
}

/// Everything at once.
pub async fn oidcc_scope_all(variant: Variant) {
    let all = [&PROFILE[..], &EMAIL, &ADDRESS, &PHONE].concat();
    asks_for(variant, "openid profile email address phone", &all).await;
}

/// `name`, asked for by itself: where claims are, and nowhere else. A provider that does not take the
/// parameter says so and gives what the scope asks for.
pub async fn oidcc_claims_essential(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    let place = if variant.is_id_token_alone() { "id_token" } else { "userinfo" };
    let claims = json!({ place: { "name": { "essential": true } } }).to_string();
    let outcome = suite.complete(&suite.request().with("claims", &claims)).await;
    let end_user = suite.end_user(&outcome).await;
    let name = suite.provider.claim_of("alice", "name");
    let supported = suite.metadata["claims_parameter_supported"] == true;
    assert_eq!(end_user["name"].as_str(), name.as_deref().filter(|_| supported));
    assert!(end_user.get("email").is_none());
}
