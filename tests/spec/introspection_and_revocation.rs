//! RFC 7662 §2 and §4, RFC 7009 §2: who may ask, who may revoke, what is told.

use moneta::protocol::{
    client::ClientFacts,
    client_auth::{AuthenticatedClient, read as read_credentials},
    error::ErrorCode,
    introspection::{self, Introspection, TokenFacts},
    params::Params,
    revocation,
};
use moneta_events::{ClientId, Scope, client::ClientMetadata};
use serde_json::json;

use crate::fixtures::{API, ISSUER, authenticate, client, secret, spa};

fn as_caller<T>(metadata: &ClientMetadata, then: impl FnOnce(&AuthenticatedClient<'_>) -> T) -> T {
    let secrets = [secret("right", None)];
    let facts = ClientFacts { metadata, secrets: &secrets, enabled: true, revision: 0 };
    let mut form = format!("client_id={}", metadata.client_id);
    if !metadata.is_public() {
        form += "&client_secret=right";
    }
    let presented = read_credentials(None, &Params::read(form.as_bytes()).unwrap()).unwrap();
    then(&authenticate(&presented, Some(&facts)).unwrap())
}

fn confidential(client_id: &str, resource: Option<&str>) -> ClientMetadata {
    client(&json!({
        "client_id": client_id,
        "resource": resource,
        "token_endpoint_auth_method": "client_secret_post",
    }))
}

#[test]
fn rfc7662_4_who_may_see_a_token() {
    let web = ClientId::from("web");
    let audience = [API.to_owned()];
    let public_api = ClientMetadata { resource: Some(API.to_owned()), ..spa() };
    for (case, caller, expected) in [
        ("the client it was issued to", confidential("web", None), true),
        ("a resource server it is for", confidential("rs1", Some(API)), true),
        ("another resource server", confidential("rs2", Some("https://other.example")), false),
        ("another client", confidential("other", None), false),
        ("a client that is named like the resource", confidential(API, None), false),
        ("a public client", public_api, false),
    ] {
        let sees = as_caller(&caller, |caller| introspection::may_see(caller, &web, &audience));
        assert_eq!(sees, expected, "{case}");
    }
    let error = as_caller(&spa(), introspection::check_caller).unwrap_err();
    assert_eq!((error.code, error.code.status()), (ErrorCode::InvalidClient, 401));
    assert!(as_caller(&confidential("rs1", None), introspection::check_caller).is_ok());
}

#[test]
fn rfc7662_2_2_the_answer() {
    let scope = Scope::parse("openid email");
    let token = TokenFacts {
        scope: &scope,
        client_id: &ClientId::from("web"),
        token_type: Some("Bearer"),
        exp: 2,
        iat: Some(1),
        sub: "alice",
        aud: &[API.to_owned()],
        iss: ISSUER,
    };
    assert_eq!(
        serde_json::to_string(&Introspection::active(token)).unwrap(),
        r#"{"active":true,"scope":"openid email","client_id":"web","token_type":"Bearer","exp":2,"iat":1,"sub":"alice","aud":"https://api.example","iss":"https://op.example"}"#
    );
    assert_eq!(serde_json::to_string(&Introspection::INACTIVE).unwrap(), r#"{"active":false}"#);
}

#[test]
fn rfc7009_2_1_who_may_revoke_a_token() {
    let web = ClientId::from("web");
    let own = client(&json!({"token_endpoint_auth_method": "none"}));
    assert!(as_caller(&own, |caller| revocation::check_owner(caller, &web)).is_ok(), "public, too");
    let error = as_caller(&spa(), |caller| revocation::check_owner(caller, &web)).unwrap_err();
    assert_eq!((error.code, error.code.status()), (ErrorCode::InvalidRequest, 400));
}

#[test]
fn the_token_is_required() {
    let form = Params::read(b"token_type_hint=access_token").unwrap();
    assert_eq!(introspection::read(&form).unwrap_err().code, ErrorCode::InvalidRequest);
    assert_eq!(revocation::read(&form).unwrap_err().code, ErrorCode::InvalidRequest);
    let form = Params::read(b"token=t&token_type_hint=pigeon").unwrap();
    assert_eq!(introspection::read(&form), Ok("t"), "a hint nobody knows is no error");
    assert_eq!(revocation::read(&form), Ok("t"));
}
