//! OpenID Connect Discovery 1.0 §3 and RFC 8414 §2: the metadata says what the rules do.

use moneta::protocol::discovery::metadata;
use moneta_events::client::GrantType;
use serde_json::{Value, json};

use crate::fixtures::{ISSUER, rules};

/// The members that are registered for this document (IANA OAuth Authorization Server Metadata).
const REGISTERED: [&str; 35] = [
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "introspection_endpoint",
    "revocation_endpoint",
    "device_authorization_endpoint",
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "acr_values_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "token_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
    "code_challenge_methods_supported",
    "prompt_values_supported",
    "display_values_supported",
    "claim_types_supported",
    "claims_supported",
    "ui_locales_supported",
    "claims_parameter_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "authorization_response_iss_parameter_supported",
    "registration_endpoint",
    "end_session_endpoint",
    "pushed_authorization_request_endpoint",
    "backchannel_authentication_endpoint",
    "backchannel_token_delivery_modes_supported",
    "backchannel_authentication_request_signing_alg_values_supported",
    "backchannel_user_code_parameter_supported",
];

fn document() -> Value {
    serde_json::to_value(metadata(&rules())).unwrap()
}

#[test]
fn discovery_3_required_members() {
    let document = document();
    for (name, expected) in [
        ("issuer", json!(ISSUER)),
        ("authorization_endpoint", json!("https://op.example/authorize")),
        ("token_endpoint", json!("https://op.example/token")),
        ("userinfo_endpoint", json!("https://op.example/userinfo")),
        ("jwks_uri", json!("https://op.example/jwks")),
        ("introspection_endpoint", json!("https://op.example/introspect")),
        ("revocation_endpoint", json!("https://op.example/revoke")),
        ("device_authorization_endpoint", json!("https://op.example/device_authorization")),
        (
            "response_types_supported",
            json!([
                "code",
                "id_token",
                "id_token token",
                "code id_token",
                "code token",
                "code id_token token",
                "token",
                "none"
            ]),
        ),
        ("response_modes_supported", json!(["query", "fragment", "form_post"])),
        (
            "grant_types_supported",
            json!([
                "authorization_code",
                "implicit",
                "refresh_token",
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:device_code",
            ]),
        ),
        ("subject_types_supported", json!(["public"])),
        ("id_token_signing_alg_values_supported", json!(["RS256", "ES256"])),
        ("acr_values_supported", json!(["1", "2"])),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("prompt_values_supported", json!(["none", "login", "consent", "select_account"])),
        (
            "token_endpoint_auth_methods_supported",
            json!(["client_secret_basic", "client_secret_post", "none"]),
        ),
        (
            "introspection_endpoint_auth_methods_supported",
            json!(["client_secret_basic", "client_secret_post"]),
        ),
        ("request_uri_parameter_supported", json!(false)), // absent would mean true
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("ui_locales_supported", json!(["en"])),
    ] {
        assert_eq!(document[name], expected, "{name}");
    }
    assert!(document["scopes_supported"].as_array().unwrap().contains(&json!("openid")));
    for claim in ["sub", "auth_time", "email_verified", "address", "department"] {
        assert!(
            document["claims_supported"].as_array().unwrap().contains(&json!(claim)),
            "{claim}"
        );
    }
}

#[test]
fn ciba_4_members_where_the_grant_is_offered() {
    assert_eq!(document().get("backchannel_authentication_endpoint"), None);
    let mut rules = rules();
    rules.grant_types.push(GrantType::Ciba);
    let document = serde_json::to_value(metadata(&rules)).unwrap();
    for (name, expected) in [
        ("backchannel_authentication_endpoint", json!("https://op.example/backchannel")),
        ("backchannel_token_delivery_modes_supported", json!(["poll", "ping", "push"])),
        (
            "backchannel_authentication_request_signing_alg_values_supported",
            json!(["PS256", "ES256", "EdDSA"]),
        ),
        ("backchannel_user_code_parameter_supported", json!(false)),
    ] {
        assert_eq!(document[name], expected, "{name}");
    }
}

#[test]
fn rfc8414_2_only_registered_members_none_of_them_null() {
    let mut whole = rules();
    whole.grant_types.push(GrantType::Ciba);
    let document = serde_json::to_value(metadata(&whole)).unwrap();
    for (name, value) in document.as_object().unwrap() {
        assert!(REGISTERED.contains(&name.as_str()), "{name}");
        assert!(!value.is_null() && *value != json!([]), "{name}");
    }
    let mut bare = rules();
    bare.acr.clear();
    bare.ui_locales.clear();
    let document = serde_json::to_value(metadata(&bare)).unwrap();
    assert_eq!(document.get("acr_values_supported"), None, "RFC 8414 §2: no empty arrays");
    assert_eq!(document.get("ui_locales_supported"), None);
}
