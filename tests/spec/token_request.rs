//! RFC 6749 §4.1.3, §4.4.2, §5.2, §6, RFC 8707 §2.2: requests at the token endpoint.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use moneta::protocol::{
    authorize::resource,
    client::ClientFacts,
    client_auth::{AuthenticatedClient, read as read_credentials},
    error::{ErrorCode, OAuthError},
    params::Params,
    rules::Rules,
    token::{self, TokenRequest, TokenResponse, refresh_token::narrow},
};
use moneta_events::{
    Reason as R, Scope,
    client::{ClientAuthMethod, ClientMetadata},
};
use serde_json::json;

use crate::fixtures::{API, VERIFIER, authenticate, client, rules, secret, spa, web};

/// Reads `form` as `metadata`'s client, which authenticates well.
fn with<T>(
    metadata: &ClientMetadata,
    form: &str,
    rules: &Rules,
    then: impl FnOnce(Result<TokenRequest<'_>, OAuthError>) -> T,
) -> T {
    let secrets = [secret("right", None)];
    let facts = ClientFacts { metadata, secrets: &secrets, enabled: true, revision: 0 };
    let (id, none) = (&metadata.client_id, Params::default());
    let named = format!("client_id={id}");
    let header = format!("Basic {}", STANDARD.encode(format!("{id}:right")));
    let presented = if metadata.is_public() {
        read_credentials(None, &Params::read(named.as_bytes()).unwrap())
    } else {
        read_credentials(Some(&header), &none)
    };
    let caller: AuthenticatedClient<'_> = authenticate(&presented.unwrap(), Some(&facts)).unwrap();
    let form = Params::read_form(form.as_bytes()).unwrap();
    then(token::read(&form, &caller, rules, &|resource| resource == API))
}

fn service() -> ClientMetadata {
    client(&json!({
        "grant_types": ["client_credentials"],
        "scope": "api:read api:write openid email staff",
    }))
}

fn refuses(client: &ClientMetadata, case: &str, form: &str, code: &str, reason: R) {
    with(client, form, &rules(), |result| {
        let error = result.expect_err(case);
        assert_eq!((error.code.as_str(), error.reason), (code, reason), "{case}");
        assert_eq!(error.code.status(), 400, "{case}");
    });
}

#[test]
fn rfc6749_5_2_errors() {
    for (case, form, code, reason) in [
        ("no grant_type", "code=c", "invalid_request", R::ParameterMissing),
        ("empty", "grant_type=", "invalid_request", R::ParameterMissing),
        ("unknown", "grant_type=x", "unsupported_grant_type", R::GrantTypeUnsupported),
        ("RFC 9700 §2.4", "grant_type=password", "unsupported_grant_type", R::GrantTypeUnsupported),
        (
            "not registered",
            "grant_type=client_credentials",
            "unauthorized_client",
            R::GrantNotRegistered,
        ),
        (
            "no code",
            "grant_type=authorization_code&redirect_uri=u",
            "invalid_request",
            R::ParameterMissing,
        ),
        (
            "no redirect_uri",
            "grant_type=authorization_code&code=c",
            "invalid_request",
            R::ParameterMissing,
        ),
        ("no token", "grant_type=refresh_token", "invalid_request", R::ParameterMissing),
        (
            "malformed scope",
            "grant_type=refresh_token&refresh_token=r&scope=%22",
            "invalid_scope",
            R::ParameterMalformed,
        ),
    ] {
        refuses(&web(), case, form, code, reason);
    }
    let mut fewer = rules();
    fewer.grant_types.retain(|grant| grant.as_str() != "refresh_token");
    with(&web(), "grant_type=refresh_token&refresh_token=r", &fewer, |result| {
        let error = result.expect_err("the grant is switched off");
        assert_eq!(error.code.as_str(), "unsupported_grant_type");
    });
}

#[test]
fn rfc6749_4_4_2_errors_of_client_credentials() {
    let grant = "grant_type=client_credentials";
    for (case, rest, code, reason) in [
        ("not registered", "&scope=api:read+admin", "invalid_scope", R::ScopeNotRegistered),
        ("openid is of end-users", "&scope=openid", "invalid_scope", R::ScopeNotRegistered),
        ("claims are of end-users", "&scope=email", "invalid_scope", R::ScopeNotRegistered),
        ("own claims, too", "&scope=staff", "invalid_scope", R::ScopeNotRegistered),
        ("unknown resource (RFC 8707 §2)", "&resource=x", "invalid_target", R::TargetUnknown),
    ] {
        refuses(&service(), case, &format!("{grant}{rest}"), code, reason);
    }
    let public = ClientMetadata { token_endpoint_auth_method: ClientAuthMethod::None, ..service() };
    refuses(&public, "public", grant, "unauthorized_client", R::GrantNotRegistered);
    let other = "grant_type=refresh_token&refresh_token=r";
    refuses(&service(), "other grants", other, "unauthorized_client", R::GrantNotRegistered);
}

#[test]
fn rfc6749_4_1_3_the_code_request() {
    let form = format!(
        "grant_type=authorization_code&code=c&redirect_uri=https://rp.example/cb&code_verifier={VERIFIER}&resource={API}"
    );
    for client in [web(), spa()] {
        with(&client, &form, &rules(), |result| match result.unwrap() {
            TokenRequest::AuthorizationCode(request) => {
                assert_eq!((request.code, request.redirect_uri), ("c", "https://rp.example/cb"));
                assert_eq!(
                    (request.code_verifier, &*request.resources),
                    (Some(VERIFIER), &[API][..])
                );
            }
            other => panic!("{other:?}"),
        });
    }
}

#[test]
fn rfc6749_6_scope_is_never_widened() {
    let granted = Scope::parse("openid email");
    for (requested, expected) in [
        (None, Ok("openid email")),
        (Some("email"), Ok("email")),
        (Some("email openid"), Ok("email openid")),
        (Some("openid profile"), Err(R::ScopeExceedsGrant)),
    ] {
        let narrowed = narrow(requested.map(Scope::parse).as_ref(), &granted);
        assert_eq!(
            narrowed.map_err(|error| error.reason),
            expected.map(Scope::parse),
            "{requested:?}"
        );
    }
}

#[test]
fn rfc8707_2_2_the_audience_is_never_widened() {
    let granted = ["https://a.example".to_owned(), "https://b.example".to_owned()];
    assert_eq!(resource::narrow(&[], &granted).unwrap(), granted);
    assert_eq!(resource::narrow(&["https://b.example"], &granted).unwrap(), granted[1..]);
    let error = resource::narrow(&["https://c.example"], &granted).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidTarget);
    assert!(resource::narrow(&["https://a.example"], &[]).is_err());
}

#[test]
fn rfc6749_4_4_the_client_credentials_request() {
    for (form, scope, audience) in [
        ("grant_type=client_credentials", "api:read api:write", &[][..]),
        ("grant_type=client_credentials&scope=api:write", "api:write", &[]),
        (
            "grant_type=client_credentials&resource=https://api.example",
            "api:read api:write",
            &[API],
        ),
    ] {
        with(&service(), form, &rules(), |result| match result.unwrap() {
            TokenRequest::ClientCredentials(request) => {
                assert_eq!(request.scope, Scope::parse(scope), "{form}");
                assert_eq!(request.audience, audience, "{form}");
            }
            other => panic!("{other:?}"),
        });
    }
}

#[test]
fn rfc8628_3_4_the_device_code_request() {
    const GRANT: &str = "grant_type=urn:ietf:params:oauth:grant-type:device_code";
    let tv = client(&json!({
        "token_endpoint_auth_method": "none",
        "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"],
    }));
    with(&tv, &format!("{GRANT}&device_code=d&resource={API}"), &rules(), |result| {
        match result.unwrap() {
            TokenRequest::DeviceCode(request) => {
                assert_eq!((request.device_code, &*request.resources), ("d", &[API][..]));
            }
            other => panic!("{other:?}"),
        }
    });
    refuses(&tv, "no device_code", GRANT, "invalid_request", R::ParameterMissing);
    let short = "grant_type=device_code&device_code=d";
    refuses(&tv, "not its name", short, "unsupported_grant_type", R::GrantTypeUnsupported);
    let form = format!("{GRANT}&device_code=d");
    refuses(&web(), "not registered", &form, "unauthorized_client", R::GrantNotRegistered);
}

#[test]
fn rfc6749_5_1_the_answer() {
    let (scope, none) = (Scope::parse("openid email"), Scope::default());
    let whole = TokenResponse::bearer("at", 600, &scope).with(Some("rt"), Some("it"));
    assert_eq!(
        serde_json::to_string(&whole).unwrap(),
        r#"{"access_token":"at","token_type":"Bearer","expires_in":600,"refresh_token":"rt","scope":"openid email","id_token":"it"}"#
    );
    assert_eq!(
        serde_json::to_string(&TokenResponse::bearer("at", 600, &none)).unwrap(),
        r#"{"access_token":"at","token_type":"Bearer","expires_in":600}"#
    );
}
