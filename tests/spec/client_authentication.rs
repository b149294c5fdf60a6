//! RFC 6749 §2.3 and §5.2, OpenID Connect Core 1.0 §9: how a client shows who it is.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use moneta::protocol::{
    client::ClientFacts,
    client_auth::read,
    error::{ErrorCode, OAuthError},
    params::Params,
};
use moneta_events::{Reason, client::ClientMetadata};
use proptest::prelude::*;
use serde_json::json;

use crate::fixtures::{NOW, authenticate, client, secret, spa, web};

fn basic(client_id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client_id}:{secret}")))
}

/// Authenticates against a client whose live secret is `right`; `old` expired, `next` is live, too.
fn try_as(
    metadata: Option<&ClientMetadata>,
    enabled: bool,
    header: Option<&str>,
    form: &str,
) -> Result<String, OAuthError> {
    let secrets = [
        secret("old", Some(NOW)),
        secret("right", Some(NOW.plus_seconds(1))),
        secret("next", None),
    ];
    let facts =
        metadata.map(|metadata| ClientFacts { metadata, secrets: &secrets, enabled, revision: 0 });
    let form = Params::read(form.as_bytes()).unwrap();
    let presented = read(header, &form)?;
    authenticate(&presented, facts.as_ref()).map(|client| client.id().to_string())
}

#[test]
fn rfc6749_2_3_exactly_the_registered_method() {
    let basic_client = web();
    let post_client = client(&json!({"token_endpoint_auth_method": "client_secret_post"}));
    let public = client(&json!({"token_endpoint_auth_method": "none"}));
    let good = "client_id=web&client_secret=right";
    let (right, wrong, empty) = (basic("web", "right"), basic("web", "wrong"), basic("web", ""));
    let (old, next, short) = (basic("web", "old"), basic("web", "next"), basic("web", "righ"));
    let (other, none) = (basic("spa", "right"), None::<&String>);
    for (case, metadata, header, form, expected) in [
        ("basic", &basic_client, Some(&right), "", true),
        ("basic, client_id in the form, too", &basic_client, Some(&right), "client_id=web", true),
        ("basic, the newer of two live secrets", &basic_client, Some(&next), "", true),
        ("basic, expired secret", &basic_client, Some(&old), "", false),
        ("basic, wrong secret", &basic_client, Some(&wrong), "", false),
        ("basic, no secret", &basic_client, Some(&empty), "", false),
        ("basic, nearly the secret", &basic_client, Some(&short), "", false),
        ("basic, of another client", &basic_client, Some(&other), "", false),
        ("basic where post is registered", &post_client, Some(&right), "", false),
        ("basic where none is registered", &public, Some(&right), "", false),
        ("basic, no secret, where none is registered", &public, Some(&empty), "", false),
        ("post", &post_client, none, good, true),
        ("post, wrong secret", &post_client, none, "client_id=web&client_secret=wrong", false),
        ("post where basic is registered", &basic_client, none, good, false),
        ("post where none is registered", &public, none, good, false),
        ("post without client_id", &post_client, none, "client_secret=right", false),
        ("none", &public, none, "client_id=web", true),
        ("none, with an empty secret", &public, none, "client_id=web&client_secret=", true),
        ("none where basic is registered", &basic_client, none, "client_id=web", false),
        ("nothing at all", &public, none, "", false),
        ("another scheme", &basic_client, Some(&"Bearer abc".to_owned()), "client_id=web", false),
    ] {
        match try_as(Some(metadata), true, header.map(String::as_str), form) {
            Ok(client_id) => assert!(expected && client_id == "web", "{case}: {client_id}"),
            Err(error) => {
                assert!(!expected, "{case}: {error}");
                assert_eq!(error.code, ErrorCode::InvalidClient, "{case}");
                assert_eq!(error.code.status(), 401, "{case}");
            }
        }
    }
}

#[test]
fn rfc6749_2_3_not_more_than_one_method() {
    let header = basic("web", "right");
    for (case, form, code) in [
        ("header and form", "client_secret=right", ErrorCode::InvalidRequest),
        ("another client_id in the form", "client_id=high", ErrorCode::InvalidRequest),
        ("an assertion as decoy", "client_assertion=x.y.", ErrorCode::InvalidClient),
        ("its type alone", "client_assertion_type=x", ErrorCode::InvalidClient),
    ] {
        let error = try_as(Some(&web()), true, Some(&header), form).unwrap_err();
        assert_eq!(
            (error.code, error.reason),
            (code, Reason::ClientAuthenticationFailed),
            "{case}"
        );
    }
}

/// What a stranger sees does not tell whether a client exists, is disabled, or has another secret.
#[test]
fn security_class_22_failures_look_alike() {
    let web = web();
    let failures = [
        (try_as(None, true, Some(&basic("ghost", "x")), ""), Reason::ClientUnknown),
        (
            try_as(Some(&web), true, Some(&basic("web", "x")), ""),
            Reason::ClientAuthenticationFailed,
        ),
        (try_as(Some(&web), true, None, "client_id=web"), Reason::ClientAuthenticationFailed),
        (try_as(Some(&web), false, Some(&basic("web", "right")), ""), Reason::ClientDisabled),
        (
            try_as(Some(&web), false, Some(&basic("web", "x")), ""),
            Reason::ClientAuthenticationFailed,
        ),
        (try_as(None, true, Some("Basic !"), ""), Reason::ClientAuthenticationFailed),
        (try_as(None, true, None, ""), Reason::ClientAuthenticationFailed),
    ];
    let body = |error: &OAuthError| serde_json::to_string(error).unwrap();
    let expected =
        r#"{"error":"invalid_client","error_description":"client authentication failed"}"#;
    for (result, reason) in failures {
        let error = result.unwrap_err();
        assert_eq!((body(&error).as_str(), error.reason), (expected, reason));
    }
}

#[test]
fn a_client_without_secrets_has_no_password() {
    let form = Params::read(b"").unwrap();
    let metadata = web();
    let facts = ClientFacts { metadata: &metadata, secrets: &[], enabled: true, revision: 0 };
    for secret in ["", "x"] {
        let header = basic("web", secret);
        let presented = read(Some(&header), &form).unwrap();
        assert!(authenticate(&presented, Some(&facts)).is_err());
    }
    let public = spa();
    let presented = read(None, &Params::read(b"client_id=spa").unwrap()).unwrap();
    let facts = ClientFacts { metadata: &public, secrets: &[], enabled: true, revision: 0 };
    assert!(authenticate(&presented, Some(&facts)).is_ok());
}

proptest! {
    #[test]
    fn reading_a_header_never_panics(header in "\\PC{0,60}", form in "[a-z_=&]{0,40}") {
        if let Ok(form) = Params::read(form.as_bytes()) {
            let _ = read(Some(&header), &form);
        }
    }

    /// What RFC 6749 §2.3.1 writes is what is read, whatever the characters.
    #[test]
    fn a_header_survives_form_encoding(id in "[ -~]{1,20}", secret in "[ -~é😀]{1,40}") {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let header = format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(&id), encode(&secret))));
        let metadata = client(&json!({"client_id": id}));
        let secrets = [crate::fixtures::secret(&secret, None)];
        let facts = ClientFacts { metadata: &metadata, secrets: &secrets, enabled: true, revision: 0 };
        let presented = read(Some(&header), &Params::default()).unwrap();
        prop_assert!(authenticate(&presented, Some(&facts)).is_ok());
    }
}
