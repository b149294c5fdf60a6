//! RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6: which request is refused with which error, and how
//! the refusal travels.

use moneta::protocol::{
    authorize::{AuthorizationRequest, AuthorizeError},
    error::OAuthError,
};
use moneta_events::{Reason as R, client::ClientMetadata, transaction::ResponseMode};
use proptest::prelude::*;
use serde_json::json;

use crate::fixtures::{
    API, CHALLENGE, VERIFIER, ask, check, client, facts, query, rules, spa, web,
};

/// What went to the redirect URI: the error, its mode, and the state.
pub(crate) fn refusal(
    result: Result<AuthorizationRequest, AuthorizeError>,
) -> (OAuthError, ResponseMode, Option<String>) {
    match result {
        Err(AuthorizeError::Redirect { target, error }) => {
            assert_eq!(target.redirect_uri, "https://rp.example/cb");
            (error, target.response_mode, target.state)
        }
        other => panic!("no error for the redirect URI but {other:?}"),
    }
}

fn refuses(client: &ClientMetadata, case: &str, changes: &str, code: &str, reason: R) {
    let (error, _, state) = refusal(ask(client, changes));
    assert_eq!((error.code.as_str(), error.reason), (code, reason), "{case}");
    assert_eq!(state.as_deref(), Some("s-1"), "{case}");
}

#[test]
fn rfc6749_4_1_2_1_and_core_3_1_2_6_errors() {
    let plain = format!("code_challenge={VERIFIER}&code_challenge_method=plain");
    let hint = "id_token_hint=e30.e30.e30";
    for (case, changes, code, reason) in [
        ("no response_type", "response_type=", "invalid_request", R::ParameterMissing),
        ("unknown", "response_type=x", "unsupported_response_type", R::ResponseTypeUnsupported),
        ("not registered", "response_type=token", "unauthorized_client", R::GrantNotRegistered),
        (
            "none beside another",
            "response_type=none+code",
            "unsupported_response_type",
            R::ResponseTypeUnsupported,
        ),
        (
            "twice",
            "response_type=code+code",
            "unsupported_response_type",
            R::ResponseTypeUnsupported,
        ),
        ("unknown mode", "response_mode=pigeon", "invalid_request", R::ResponseModeForbidden),
        ("no scope (RFC 6749 §3.3)", "scope=", "invalid_scope", R::ParameterMissing),
        ("not registered", "scope=openid+api:write", "invalid_scope", R::ScopeNotRegistered),
        ("unknown, plain OAuth", "scope=api:read+x", "invalid_scope", R::ScopeNotRegistered),
        ("forbidden characters", "scope=openid+\"x\"", "invalid_scope", R::ParameterMalformed),
        ("nothing else", "scope=offline_access", "invalid_scope", R::ScopeNotRegistered),
        ("unknown (RFC 8707 §2)", "resource=https://x.example", "invalid_target", R::TargetUnknown),
        ("fragment", "resource=https://api.example%23x", "invalid_target", R::TargetUnknown),
        (
            "no challenge (RFC 9700 §2.1.1)",
            "code_challenge=&code_challenge_method=",
            "invalid_request",
            R::CodeChallengeMissing,
        ),
        ("plain", &plain, "invalid_request", R::CodeChallengeMethodForbidden),
        (
            "no method is plain (RFC 7636 §4.3)",
            "code_challenge_method=",
            "invalid_request",
            R::CodeChallengeMethodForbidden,
        ),
        (
            "unknown method",
            "code_challenge_method=S512",
            "invalid_request",
            R::CodeChallengeMethodForbidden,
        ),
        ("short", "code_challenge=abc", "invalid_request", R::CodeChallengeMalformed),
        ("unknown prompt", "prompt=dance", "invalid_request", R::PromptInvalid),
        ("none beside another", "prompt=none+login", "invalid_request", R::PromptInvalid),
        ("max_age of letters", "max_age=soon", "invalid_request", R::ParameterMalformed),
        ("negative max_age", "max_age=-1", "invalid_request", R::ParameterMalformed),
        ("hint not verified", hint, "invalid_request", R::IdTokenHintInvalid),
        ("object", "request=e30.e30.", "request_not_supported", R::FeatureUnsupported),
        ("reference", "request_uri=x", "request_uri_not_supported", R::FeatureUnsupported),
        (
            "registration",
            "registration=%7B%7D",
            "registration_not_supported",
            R::FeatureUnsupported,
        ),
    ] {
        refuses(&web(), case, changes, code, reason);
    }
    let no_code = client(&json!({"grant_types": ["client_credentials"]}));
    refuses(&no_code, "no grant", "", "unauthorized_client", R::GrantNotRegistered);
    let no_type = client(&json!({"response_types": ["id_token"]}));
    refuses(&no_type, "no type", "", "unauthorized_client", R::GrantNotRegistered);
    let query_only = client(&json!({"response_modes": ["query"]}));
    let form_post = "response_mode=form_post";
    refuses(&query_only, "no mode", form_post, "invalid_request", R::ResponseModeForbidden);
    for (name, length) in [("state", 4096), ("nonce", 1024), ("login_hint", 512)] {
        let fits = format!("{name}={}", "x".repeat(length));
        assert!(ask(&web(), &fits).is_ok(), "{name}");
        let error = refusal(ask(&web(), &(fits + "x"))).0;
        assert_eq!(error.reason, R::ParameterMalformed, "{name}");
    }
}

#[test]
fn rfc6749_3_1_a_repeated_parameter_is_refused_at_the_redirect_uri() {
    let web = web();
    for (repeated, state) in
        [("&x=1&x=2", Some("s-1")), ("&scope=openid", Some("s-1")), ("&state=b", None)]
    {
        let encoded = query(&web, "response_type=") + repeated;
        let (error, _, echoed) = refusal(check(&encoded, Some(facts(&web)), None, &rules()));
        assert_eq!(error.reason, R::ParameterRepeated, "{repeated}");
        assert_eq!(echoed.as_deref(), state, "{repeated}");
    }
}

#[test]
fn multiple_response_types_5_errors_travel_as_the_answer_would() {
    for (changes, expected) in [
        ("response_type=", ResponseMode::Query),
        ("response_type=bogus", ResponseMode::Query),
        ("response_type=token", ResponseMode::Fragment),
        ("response_type=id_token+code", ResponseMode::Fragment),
        ("response_type=id_token&response_mode=query", ResponseMode::Fragment),
        ("response_type=id_token&response_mode=form_post", ResponseMode::FormPost),
        ("response_type=token+bogus", ResponseMode::Fragment),
        ("response_type=id_token+id_token", ResponseMode::Fragment),
        ("response_type=none", ResponseMode::Query),
        ("prompt=x&response_mode=fragment", ResponseMode::Fragment),
        ("prompt=x&response_mode=form_post", ResponseMode::FormPost),
        ("prompt=x&response_mode=form_post.jwt", ResponseMode::Query),
    ] {
        assert_eq!(refusal(ask(&web(), changes)).1, expected, "{changes}");
    }
}

#[test]
fn rfc7636_4_4_1_who_may_leave_out_the_challenge() {
    let none = "code_challenge=&code_challenge_method=";
    let optional = client(&json!({"require_pkce": false}));
    assert_eq!(ask(&optional, none).unwrap().code_challenge, None);
    let public = json!({"require_pkce": false, "token_endpoint_auth_method": "none"});
    for (client, changes) in [(client(&public), none), (spa(), none), (optional, "code_challenge=")]
    {
        assert_eq!(refusal(ask(&client, changes)).0.reason, R::CodeChallengeMissing, "{changes}");
    }
}

proptest! {
    /// Whatever a stranger sends: no panic, and no answer goes anywhere that is not registered.
    #[test]
    fn answers_go_to_registered_addresses_only(
        pairs in prop::collection::vec(
            (
                prop::sample::select(vec![
                    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state",
                    "prompt", "max_age", "code_challenge", "code_challenge_method",
                    "id_token_hint", "acr_values", "resource", "request", "nonce", "x",
                ]),
                prop_oneof![
                    prop::sample::select(vec![
                        "web", "https://rp.example/cb", "https://evil.example/", "code", "token",
                        "code id_token", "form_post", "fragment", "openid", "openid offline_access",
                        "none", "login", "0", CHALLENGE, VERIFIER, "S256", API, "",
                    ])
                    .prop_map(str::to_owned),
                    "\\PC{0,20}",
                ],
            ),
            0..14,
        ),
        good in any::<bool>(),
    ) {
        let web = web();
        let noise = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let encoded = if good { query(&web, "") + "&" + &noise } else { noise };
        let target = match check(&encoded, Some(facts(&web)), None, &rules()) {
            Ok(request) => Some(request.target()),
            Err(AuthorizeError::Redirect { target, .. }) => Some(target),
            Err(AuthorizeError::Page { .. }) => None,
        };
        prop_assert!(target.is_none_or(|target| target.redirect_uri == "https://rp.example/cb"));
    }
}
