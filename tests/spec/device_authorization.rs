//! RFC 8628 §3.1, §3.2, §3.4: what a device asks for, and what it is told.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use moneta::protocol::{
    client::ClientFacts,
    client_auth::read,
    device::{DeviceAuthorizationRequest, DeviceAuthorizationResponse, UserCode, check},
    error::OAuthError,
    params::Params,
};
use moneta_events::{
    Reason as R, Scope,
    client::{ClientAuthMethod, ClientMetadata},
};
use serde_json::{Value, json};

use crate::fixtures::{API, authenticate, client, rules, secret, web};

fn tv() -> ClientMetadata {
    client(&json!({
        "client_id": "tv",
        "redirect_uris": [],
        "token_endpoint_auth_method": "none",
        "grant_types": ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        "scope": "openid profile offline_access api:read",
        "default_acr_values": ["2"],
    }))
}

/// Checks `form` of `metadata`'s client, which authenticates well.
fn ask(metadata: &ClientMetadata, form: &str) -> Result<DeviceAuthorizationRequest, OAuthError> {
    let secrets = [secret("right", None)];
    let facts = ClientFacts { metadata, secrets: &secrets, enabled: true, revision: 0 };
    let named = format!("client_id={}", metadata.client_id);
    let header = format!("Basic {}", STANDARD.encode(format!("{}:right", metadata.client_id)));
    let presented = if metadata.is_public() {
        read(None, &Params::read(named.as_bytes()).unwrap())
    } else {
        read(Some(&header), &Params::default())
    };
    let caller = authenticate(&presented.unwrap(), Some(&facts)).unwrap();
    let form = Params::read(form.as_bytes()).unwrap();
    check(&form, &caller, &rules(), &|resource| resource == API)
}

#[test]
fn rfc8628_3_1_the_request() {
    let confidential =
        ClientMetadata { token_endpoint_auth_method: ClientAuthMethod::ClientSecretBasic, ..tv() };
    for client in [tv(), confidential] {
        for (form, scope, audience, acr_values) in [
            ("", "openid profile offline_access api:read", &[][..], &["2"][..]),
            ("scope=openid", "openid", &[], &["2"]),
            ("scope=api:read", "api:read", &[], &["2"]),
            ("scope=openid+unheard-of", "openid", &[], &["2"]),
            ("scope=openid+offline_access", "openid offline_access", &[], &["2"]),
            ("scope=api:read+offline_access", "api:read", &[], &["2"]),
            ("scope=openid&acr_values=9+1", "openid", &[], &["1"]),
            ("scope=openid&resource=https://api.example", "openid", &[API], &["2"]),
            ("scope=openid&unheard=of", "openid", &[], &["2"]),
        ] {
            let asked = ask(&client, form).unwrap();
            assert_eq!(asked.scope, Scope::parse(scope), "{form}");
            assert_eq!(asked.audience, audience, "{form}");
            assert_eq!(asked.acr_values, acr_values, "{form}");
        }
    }
}

#[test]
fn core_11_no_offline_access_where_there_is_no_refresh_token() {
    let mut client = tv();
    client.grant_types.truncate(1);
    let asked = ask(&client, "scope=openid+offline_access").unwrap();
    assert_eq!(asked.scope, Scope::parse("openid"));
}

/// What can be wrong, in the order it is looked at.
const WRONG: [(&str, &str, &str, R); 6] = [
    ("repeated", "scope=openid&scope=openid", "invalid_request", R::ParameterRepeated),
    ("malformed", "scope=%22", "invalid_scope", R::ParameterMalformed),
    ("not registered", "scope=openid+email", "invalid_scope", R::ScopeNotRegistered),
    ("unknown, without openid", "scope=api:read+x", "invalid_scope", R::ScopeNotRegistered),
    ("nothing that can be had", "scope=offline_access", "invalid_scope", R::ScopeNotRegistered),
    ("RFC 8707 §2", "scope=openid&resource=https://x", "invalid_target", R::TargetUnknown),
];

#[test]
fn rfc8628_3_2_errors() {
    for (case, form, code, reason) in WRONG {
        let error = ask(&tv(), form).expect_err(case);
        assert_eq!((error.code.as_str(), error.reason), (code, reason), "{case}");
        assert_eq!(error.code.status(), 400, "{case}");
    }
    for (at, (first, form, code, _)) in WRONG.iter().enumerate() {
        let (second, other, ..) = WRONG[WRONG.len() - 1];
        if at < WRONG.len() - 1 {
            let both = format!("{form}&{}", other.rsplit_once('&').unwrap().1);
            let error = ask(&tv(), &both).expect_err(first);
            assert_eq!(error.code.as_str(), *code, "{first}, and {second}");
        }
    }
}

/// The grant has to be registered, before anything else is looked at.
#[test]
fn rfc8628_3_2_a_client_without_the_grant() {
    for form in ["scope=openid", "scope=%22", "resource=https://x"] {
        let error = ask(&web(), form).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.reason),
            ("unauthorized_client", R::GrantNotRegistered)
        );
    }
}

#[test]
fn rfc8628_3_2_the_answer() {
    let code = UserCode::read("wdjb mjht").unwrap();
    let answer = DeviceAuthorizationResponse::new("md_secret", code, &rules());
    let expected: Value = json!({
        "device_code": "md_secret",
        "user_code": "WDJB-MJHT",
        "verification_uri": "https://op.example/device",
        "verification_uri_complete": "https://op.example/device?user_code=WDJB-MJHT",
        "expires_in": 600,
        "interval": 5,
    });
    assert_eq!(serde_json::to_value(&answer).unwrap(), expected);
}
