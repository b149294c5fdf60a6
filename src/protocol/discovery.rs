//! The provider's metadata (OpenID Connect Discovery 1.0 §3, RFC 8414 §2), derived from the same rules
//! that the checks obey. One document serves both well-known addresses; every member is registered.

use moneta_events::{
    client::{ClientAuthMethod, GrantType},
    transaction::CodeChallengeMethod,
};
use serde::Serialize;

use super::{
    authorize::{locales, prompt, response_mode},
    claims, endpoints,
    rules::Rules,
};
use crate::jose::Alg;

/// The document, in the order it is written.
#[derive(Debug, Clone, Serialize)]
pub struct Metadata<'r> {
    issuer: &'r str,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    device_authorization_endpoint: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    backchannel: Option<Backchannel>,
    scopes_supported: Vec<&'r str>,
    response_types_supported: Vec<String>,
    response_modes_supported: Vec<&'static str>,
    grant_types_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    acr_values_supported: Vec<&'r str>,
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: &'r [String],
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_signing_alg_values_supported: Option<Vec<&'static str>>,
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    introspection_endpoint_auth_signing_alg_values_supported: Option<Vec<&'static str>>,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation_endpoint_auth_signing_alg_values_supported: Option<Vec<&'static str>>,
    code_challenge_methods_supported: Vec<&'static str>,
    prompt_values_supported: [&'static str; 4],
    display_values_supported: [&'static str; 4],
    claim_types_supported: [&'static str; 1],
    claims_supported: Vec<&'r str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    ui_locales_supported: &'r [String],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    authorization_response_iss_parameter_supported: bool,
}

/// What clients must know to make backchannel requests (CIBA Core 1.0 §4).
#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_field_names, reason = "these are the registered names")]
struct Backchannel {
    backchannel_authentication_endpoint: String,
    backchannel_token_delivery_modes_supported: Vec<&'static str>,
    backchannel_authentication_request_signing_alg_values_supported: Vec<&'static str>,
    backchannel_user_code_parameter_supported: bool,
}

/// The claims every ID Token may have, whatever the scope.
const ID_TOKEN_CLAIMS: [&str; 10] =
    ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"];

/// What clients may sign backchannel requests with.
const REQUEST_ALGS: [Alg; 3] = [Alg::PS256, Alg::ES256, Alg::EdDSA];

/// Builds the document.
pub fn metadata(rules: &Rules) -> Metadata<'_> {
    let at = |path: &str| format!("{}{path}", rules.issuer);
    let methods: Vec<_> = rules.client_auth_methods.iter().map(|m| m.as_str()).collect();
    let confidential: Vec<_> =
        methods.iter().copied().filter(|m| *m != ClientAuthMethod::None.as_str()).collect();
    // RFC 8414 §2 wants them named where assertions are taken.
    let assertion_algs = rules
        .client_auth_methods
        .contains(&ClientAuthMethod::PrivateKeyJwt)
        .then(|| Alg::ALL.iter().map(|alg| alg.as_str()).collect::<Vec<_>>());
    let all_scopes = rules.scopes.iter().map(|scope| scope.name.as_str()).collect();
    Metadata {
        issuer: &rules.issuer,
        authorization_endpoint: at(endpoints::AUTHORIZATION),
        token_endpoint: at(endpoints::TOKEN),
        userinfo_endpoint: at(endpoints::USERINFO),
        jwks_uri: at(endpoints::JWKS),
        introspection_endpoint: at(endpoints::INTROSPECTION),
        revocation_endpoint: at(endpoints::REVOCATION),
        device_authorization_endpoint: at(endpoints::DEVICE_AUTHORIZATION),
        backchannel: rules.grant_types.contains(&GrantType::Ciba).then(|| Backchannel {
            backchannel_authentication_endpoint: at(endpoints::BACKCHANNEL_AUTHENTICATION),
            backchannel_token_delivery_modes_supported: rules
                .backchannel
                .delivery_modes
                .iter()
                .map(|mode| mode.as_str())
                .collect(),
            backchannel_authentication_request_signing_alg_values_supported: REQUEST_ALGS
                .map(Alg::as_str)
                .to_vec(),
            backchannel_user_code_parameter_supported: false,
        }),
        scopes_supported: rules.scopes.iter().map(|scope| scope.name.as_str()).collect(),
        response_types_supported: rules.response_types.iter().map(ToString::to_string).collect(),
        response_modes_supported: rules
            .response_modes
            .iter()
            .map(|mode| response_mode::as_str(*mode))
            .collect(),
        grant_types_supported: rules.grant_types.iter().copied().map(GrantType::as_str).collect(),
        acr_values_supported: rules.acr.iter().map(|acr| acr.name.as_str()).collect(),
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: &rules.id_token_signing_algs,
        token_endpoint_auth_methods_supported: methods.clone(),
        token_endpoint_auth_signing_alg_values_supported: assertion_algs.clone(),
        introspection_endpoint_auth_methods_supported: confidential,
        introspection_endpoint_auth_signing_alg_values_supported: assertion_algs.clone(),
        revocation_endpoint_auth_methods_supported: methods,
        revocation_endpoint_auth_signing_alg_values_supported: assertion_algs,
        // `plain` is for clients that were registered for it, who need no invitation (RFC 9700 §2.1.1).
        code_challenge_methods_supported: rules
            .code_challenge_methods
            .iter()
            .filter(|method| **method == CodeChallengeMethod::S256)
            .map(|_| "S256")
            .collect(),
        prompt_values_supported: prompt::ALL.map(prompt::as_str),
        display_values_supported: locales::DISPLAY,
        claim_types_supported: ["normal"],
        claims_supported: ID_TOKEN_CLAIMS
            .into_iter()
            .chain(
                claims::released(rules, &all_scopes)
                    .into_iter()
                    .filter(|name| !ID_TOKEN_CLAIMS.contains(name)),
            )
            .collect(),
        ui_locales_supported: &rules.ui_locales,
        claims_parameter_supported: false,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        authorization_response_iss_parameter_supported: true,
    }
}
