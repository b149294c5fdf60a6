//! From the request to the answer of the authorization endpoint.

use std::sync::Arc;

use moneta::{domain::transaction::Step, engine::facts::consent_stream};
use moneta_events::{
    Reason,
    transaction::{AuthenticationMethod, ConsentBasis, Prompt},
};

use crate::{stage::Stage, visit::Visit};

#[tokio::test]
async fn login_then_consent_then_code_then_exchange() {
    let stage = Stage::set().await;
    let mut visit = Visit::new(&stage);
    visit.request("openid profile offline_access", |_| {}).await;
    stage.wait(20);
    visit.sign_in(stage.alice).await;
    stage.wait(5);
    visit.allow("openid profile").await;
    stage.wait(1);
    visit.exchange(|_| {}).await.unwrap();
    assert_eq!(visit.live().await, [(true, true)]);
    let streams =
        [visit.stream, visit.session.unwrap(), consent_stream(stage.alice, &"web".into())];
    insta::assert_snapshot!(stage.show(&streams).await);
}

#[tokio::test]
async fn live_session_with_remembered_consent_needs_one_append() {
    let stage = Stage::set().await;
    let before = Visit::with_tokens(&stage, "openid profile").await;
    stage.wait(3_600);
    let mut visit = Visit::new(&stage);
    visit.session = before.session;
    let requested = visit.requested("openid", |_| {}).await;
    let known = visit.authenticated(stage.alice, AuthenticationMethod::Session).await;
    let steps = vec![
        Step::Request(Arc::new(requested)),
        Step::Authenticate(Arc::new(known)),
        visit.issue("openid", ConsentBasis::Remembered),
    ];
    visit.user(stage.alice, steps).await.unwrap();
    visit.exchange(|_| {}).await.unwrap();
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn denied_consent() {
    let stage = Stage::set().await;
    let mut visit = Visit::new(&stage);
    visit.request("openid email", |_| {}).await;
    visit.sign_in(stage.alice).await;
    stage.wait(9);
    visit.user(stage.alice, vec![Step::Deny(Reason::ConsentDenied)]).await.unwrap();
    let late = visit.user(stage.alice, vec![Step::Deny(Reason::ConsentDenied)]).await;
    assert_eq!(late, Err(Reason::OutOfOrder));
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn cancelled_login() {
    let stage = Stage::set().await;
    let visit = Visit::new(&stage);
    visit.request("openid", |request| request.login_hint = request.state.clone()).await;
    stage.wait(4);
    visit.browser(vec![Step::Deny(Reason::LoginCancelled)]).await.unwrap();
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn wrong_password_twice_then_right() {
    let stage = Stage::set().await;
    let mut visit = Visit::new(&stage);
    visit.request("openid", |_| {}).await;
    for reason in [Reason::UserUnknown, Reason::PasswordWrong] {
        stage.wait(6);
        let of = "transaction.authentication_failed";
        let username = Some(stage.seal(visit.stream, visit.stream, of, "username").await);
        visit.browser(vec![Step::FailAuthentication { reason, username }]).await.unwrap();
    }
    stage.wait(6);
    visit.sign_in(stage.alice).await;
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn a_throttled_login_and_an_account_that_is_disabled() {
    let stage = Stage::set().await;
    let visit = Visit::new(&stage);
    visit.request("openid", |_| {}).await;
    for reason in [Reason::Throttled, Reason::UserDisabled] {
        visit.browser(vec![Step::FailAuthentication { reason, username: None }]).await.unwrap();
    }
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn prompt_none_where_a_page_would_be_needed() {
    let stage = Stage::set().await;
    let mut shown = Vec::new();
    for (error, reason) in
        [("login_required", Reason::LoginRequired), ("consent_required", Reason::ConsentRequired)]
    {
        let visit = Visit::new(&stage);
        let silent = |request: &mut moneta_events::transaction::Requested| {
            request.prompt = vec![Prompt::None];
            (request.browser, request.state) = (None, None);
        };
        let requested = visit.requested("openid", silent).await;
        let steps = vec![Step::Request(Arc::new(requested)), Visit::refusal(error, reason)];
        visit.turned_away(steps).await;
        shown.push(visit.stream);
    }
    insta::assert_snapshot!(stage.show(&shown).await);
}

#[tokio::test]
async fn a_request_refused_for_its_scope() {
    let stage = Stage::set().await;
    let visit = Visit::new(&stage);
    let refusal = Visit::refusal("invalid_scope", Reason::ScopeNotRegistered);
    visit.turned_away(vec![refusal]).await;
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}
