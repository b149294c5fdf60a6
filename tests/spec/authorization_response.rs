//! RFC 6749 §4.1.2 and §4.1.2.1, RFC 9207 §2, OAuth 2.0 Multiple Response Type Encoding Practices §2.1,
//! OAuth 2.0 Form Post Response Mode §2: the answer.

use moneta::protocol::{
    authorize::{
        ResponseTarget,
        respond::{AuthorizationResponse, BearerToken, Success, error, success},
    },
    error::OAuthError,
};
use moneta_events::{Reason, Scope, transaction::ResponseMode};
use proptest::prelude::*;
use url::Url;

use crate::fixtures::ISSUER;

fn target(redirect_uri: &str, response_mode: ResponseMode, state: Option<&str>) -> ResponseTarget {
    ResponseTarget {
        redirect_uri: redirect_uri.to_owned(),
        response_mode,
        state: state.map(str::to_owned),
    }
}

fn code() -> Success {
    Success { code: Some("C".to_owned()), ..Success::default() }
}

fn location(response: AuthorizationResponse) -> String {
    match response {
        AuthorizationResponse::Redirect(location) => location,
        AuthorizationResponse::FormPost { .. } => panic!("not a redirect"),
    }
}

#[test]
fn rfc6749_4_1_2_the_query() {
    for (redirect_uri, state, expected) in [
        (
            "https://rp.example/cb",
            Some("a b"),
            "https://rp.example/cb?code=C&state=a%20b&iss=https%3A%2F%2Fop.example",
        ),
        (
            "https://rp.example/cb",
            None,
            "https://rp.example/cb?code=C&iss=https%3A%2F%2Fop.example",
        ),
        (
            "https://rp.example/cb?a=b%20c",
            None,
            "https://rp.example/cb?a=b%20c&code=C&iss=https%3A%2F%2Fop.example",
        ),
        (
            "https://rp.example/cb?",
            None,
            "https://rp.example/cb?code=C&iss=https%3A%2F%2Fop.example",
        ),
        ("com.example.app:/cb", None, "com.example.app:/cb?code=C&iss=https%3A%2F%2Fop.example"),
    ] {
        let response = success(target(redirect_uri, ResponseMode::Query, state), ISSUER, code());
        assert_eq!(location(response), expected);
    }
}

#[test]
fn rfc6749_4_1_2_1_errors() {
    let denied = OAuthError::access_denied(Reason::ConsentDenied);
    let response =
        error(target("https://rp.example/cb", ResponseMode::Query, Some("s")), ISSUER, &denied);
    assert_eq!(
        location(response),
        "https://rp.example/cb?error=access_denied&error_description=the%20end-user%20did%20not%20allow%20it\
         &state=s&iss=https%3A%2F%2Fop.example"
    );
}

#[test]
fn multiple_response_types_2_1_the_fragment() {
    let response = success(
        target("https://rp.example/cb?a=b", ResponseMode::Fragment, Some("s")),
        ISSUER,
        code(),
    );
    assert_eq!(
        location(response),
        "https://rp.example/cb?a=b#code=C&state=s&iss=https%3A%2F%2Fop.example"
    );
}

#[test]
fn rfc6749_4_2_2_and_core_3_3_2_5_what_was_asked_for() {
    let token = || BearerToken {
        value: "A".to_owned(),
        expires_in: 600,
        scope: Scope::parse("openid email"),
    };
    let text = |text: &str| Some(text.to_owned());
    for (brings, expected) in [
        (Success::default(), ""),
        (Success { id_token: text("I"), ..Success::default() }, "id_token=I&"),
        (
            Success { access_token: Some(token()), ..Success::default() },
            "access_token=A&token_type=Bearer&expires_in=600&scope=openid%20email&",
        ),
        (
            Success { code: text("C"), access_token: Some(token()), id_token: text("I") },
            "code=C&access_token=A&token_type=Bearer&expires_in=600&scope=openid%20email&id_token=I&",
        ),
    ] {
        let target = target("https://rp.example/cb", ResponseMode::Fragment, Some("s"));
        assert_eq!(
            location(success(target, ISSUER, brings)),
            format!("https://rp.example/cb#{expected}state=s&iss=https%3A%2F%2Fop.example")
        );
    }
}

#[test]
fn form_post_2_the_form() {
    let state = "\"><script>";
    let response = success(
        target("https://rp.example/cb", ResponseMode::FormPost, Some(state)),
        ISSUER,
        code(),
    );
    assert_eq!(
        response,
        AuthorizationResponse::FormPost {
            action: "https://rp.example/cb".to_owned(),
            fields: vec![
                ("code", "C".to_owned()),
                ("state", state.to_owned()),
                ("iss", ISSUER.to_owned())
            ],
        }
    );
}

proptest! {
    /// The client reads back exactly the state it sent, and nothing of the registered URI is lost.
    #[test]
    fn state_survives(state in "\\PC{1,600}", fragment in any::<bool>()) {
        let mode = if fragment { ResponseMode::Fragment } else { ResponseMode::Query };
        let registered = "https://rp.example/cb?tenant=1&x=%26";
        let location = location(success(target(registered, mode, Some(&state)), ISSUER, code()));
        prop_assert!(location.is_ascii() && location.starts_with(registered));
        let url = Url::parse(&location).unwrap();
        let answer = if fragment { url.fragment() } else { url.query() }.unwrap();
        let read: Vec<_> = form_urlencoded::parse(answer.as_bytes()).collect();
        let expected = [("code", "C"), ("state", state.as_str()), ("iss", ISSUER)];
        let (kept, added) = read.split_at(read.len() - expected.len());
        prop_assert_eq!(kept.len(), if fragment { 0 } else { 2 });
        for ((name, value), expected) in added.iter().zip(expected) {
            prop_assert_eq!((&**name, &**value), expected);
        }
    }
}
