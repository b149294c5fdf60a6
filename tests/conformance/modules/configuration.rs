//! The metadata alone (Config OP).

use serde_json::Value;

use crate::{metadata::lists, suite::Suite, variant::Variant};

/// The members of the registry of authorization server metadata that an OpenID Provider may have (RFC 8414
/// §7.1 and what was registered since), by the specification they come from.
const REGISTERED: &[&str] = &[
    // RFC 8414 §2, OpenID Connect Discovery 1.0 §3.
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "registration_endpoint",
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "service_documentation",
    "ui_locales_supported",
    "op_policy_uri",
    "op_tos_uri",
    "revocation_endpoint",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "code_challenge_methods_supported",
    "userinfo_endpoint",
    "acr_values_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "userinfo_signing_alg_values_supported",
    "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported",
    "request_object_signing_alg_values_supported",
    "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported",
    "display_values_supported",
    "claim_types_supported",
    "claims_supported",
    "claims_locales_supported",
    "claims_parameter_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "require_request_uri_registration",
    // RFC 8628 §4.
    "device_authorization_endpoint",
    // RFC 8705 §3.3 and §5.
    "tls_client_certificate_bound_access_tokens",
    "mtls_endpoint_aliases",
    // RFC 9101 §10.5, RFC 9126 §5, RFC 9207 §3, RFC 9396 §10, RFC 9449 §5.1.
    "require_signed_request_object",
    "pushed_authorization_request_endpoint",
    "require_pushed_authorization_requests",
    "authorization_response_iss_parameter_supported",
    "authorization_details_types_supported",
    "dpop_signing_alg_values_supported",
    // JARM §4, OAuth 2.0 Resource Metadata §4.
    "authorization_signing_alg_values_supported",
    "authorization_encryption_alg_values_supported",
    "authorization_encryption_enc_values_supported",
    "protected_resources",
    // Initiating User Registration §2, CIBA Core 1.0 §4.
    "prompt_values_supported",
    "backchannel_token_delivery_modes_supported",
    "backchannel_authentication_endpoint",
    "backchannel_authentication_request_signing_alg_values_supported",
    "backchannel_user_code_parameter_supported",
    // The logout specifications.
    "end_session_endpoint",
    "check_session_iframe",
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
];

/// Everything that is said is registered, and what a client must be told is said.
pub async fn oidcc_discovery_endpoint_verification(variant: Variant) {
    let suite = Suite::start(variant).await;
    let metadata = &suite.metadata;
    for (name, value) in metadata.as_object().expect("a JSON object") {
        assert!(REGISTERED.contains(&name.as_str()), "{name} is not registered");
        assert!(!value.is_null(), "{name} is null");
        if name.ends_with("_supported") {
            assert!(value.is_array() || value.is_boolean(), "{name} is {value}");
        }
        if name.ends_with("_auth_methods_supported") && lists(metadata, name, "private_key_jwt") {
            let algs = name.replace("_auth_methods_", "_auth_signing_alg_values_");
            let algs = metadata[&algs].as_array().unwrap_or_else(|| panic!("no {algs}"));
            assert!(!algs.iter().any(|alg| alg == "none"), "{algs:?}");
        }
    }
    for response_type in ["code", "id_token", "id_token token"] {
        assert!(lists(metadata, "response_types_supported", response_type), "{response_type}");
    }
    let same = suite.provider.http.get("/.well-known/oauth-authorization-server", &[]).await;
    assert_eq!(same.json(), Value::clone(metadata));
}
