//! The provider's metadata (OpenID Connect Discovery 1.0 §3 and §4.2).

use serde_json::Value;

use super::{support::provider::Provider, variant::Variant};

/// Fetches the metadata and checks what every module needs of them.
pub async fn discover(provider: &Provider, variant: Variant) -> Value {
    let answer = provider.http.get("/.well-known/openid-configuration", &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.whole());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let metadata = answer.json();
    let members = metadata.as_object().expect("a JSON object");
    assert_eq!(members["issuer"], provider.http.issuer());
    for (name, value) in members {
        if name.ends_with("_endpoint") || name.ends_with("_uri") {
            let uri = value.as_str().unwrap_or_else(|| panic!("{name} is {value}"));
            assert!(uri.starts_with("https://"), "{name} is {uri}");
        }
        assert!(value.as_array().is_none_or(|list| !list.is_empty()), "{name} is an empty list");
    }
    for name in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"] {
        assert!(members.contains_key(name), "{name} is missing");
    }
    for (name, value) in [
        ("response_types_supported", variant.response_type),
        ("scopes_supported", "openid"),
        ("subject_types_supported", "public"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("token_endpoint_auth_methods_supported", "client_secret_basic"),
        ("token_endpoint_auth_methods_supported", "client_secret_post"),
        ("claims_supported", "sub"),
    ] {
        assert!(lists(&metadata, name, value), "{name} lacks {value}");
    }
    if variant.form_post {
        assert!(lists(&metadata, "response_modes_supported", "form_post"));
    }
    for grant in variant.grant_types() {
        assert!(lists(&metadata, "grant_types_supported", grant), "no {grant}");
    }
    metadata
}

/// Whether a list of the metadata has a value.
pub fn lists(metadata: &Value, name: &str, value: &str) -> bool {
    metadata[name].as_array().is_some_and(|list| list.iter().any(|own| own == value))
}
