//! Answers that bring tokens, or nothing, through the browser (OpenID Connect Core 1.0 §3.2, §3.3, OAuth 2.0
//! Multiple Response Types §4).

use std::sync::Arc;

use moneta::domain::transaction::Step;
use moneta_events::{
    Reason, Scope,
    transaction::{AuthenticationMethod, ConsentBasis, Requested, ResponseMode},
};

use crate::{stage::Stage, visit::Visit};

fn front(response_type: &str) -> impl FnOnce(&mut Requested) {
    move |request| {
        response_type.clone_into(&mut request.response_type);
        if response_type != "none" {
            request.response_mode = ResponseMode::Fragment;
        }
        request.code_challenge =
            request.code_challenge.take().filter(|_| response_type.contains("code"));
    }
}

/// As far as the answer, for alice, with consent for all that is asked.
async fn answered<'a>(stage: &'a Stage, response_type: &str, scope: &str) -> Visit<'a> {
    let mut visit = Visit::new(stage);
    visit.request(scope, front(response_type)).await;
    stage.wait(20);
    visit.sign_in(stage.alice).await;
    stage.wait(5);
    visit.allow(scope).await;
    visit
}

#[tokio::test]
async fn implicit_with_an_id_token_alone() {
    let stage = Stage::set().await;
    let visit = answered(&stage, "id_token", "openid profile").await;
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn implicit_with_both_tokens() {
    let stage = Stage::set().await;
    let visit = answered(&stage, "id_token token", "openid profile").await;
    assert!(visit.front_lives().await);
    stage.wait(60);
    visit.revoke_front().await;
    visit.revoke_front().await;
    assert!(!visit.front_lives().await);
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn implicit_without_openid() {
    let stage = Stage::set().await;
    let visit = answered(&stage, "token", "api:read").await;
    stage.wait(86_400);
    stage.expire(visit.stream).await;
    assert!(!visit.front_lives().await);
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn neither_code_nor_token() {
    let stage = Stage::set().await;
    let visit = answered(&stage, "none", "openid").await;
    assert_eq!(visit.try_to_revoke().await, Err(Reason::OutOfOrder), "there is nothing to revoke");
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn live_session_with_remembered_consent_needs_one_append() {
    let stage = Stage::set().await;
    let before = Visit::with_tokens(&stage, "openid profile").await;
    stage.wait(3_600);
    let mut visit = Visit::new(&stage);
    visit.session = before.session;
    let requested = visit.requested("openid", front("code id_token token")).await;
    let known = visit.authenticated(stage.alice, AuthenticationMethod::Session).await;
    let steps = vec![
        Step::Request(Arc::new(requested)),
        Step::Authenticate(Arc::new(known)),
        visit.issue("openid", ConsentBasis::Remembered),
    ];
    visit.user(stage.alice, steps).await.unwrap();
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn hybrid_with_pkce_then_exchange_then_refresh() {
    let stage = Stage::set().await;
    let visit = answered(&stage, "code id_token token", "openid offline_access").await;
    stage.wait(1);
    visit.exchange(|_| {}).await.unwrap();
    stage.wait(60);
    visit.refresh(0, |_| {}).await.unwrap();
    assert!(visit.front_lives().await, "each access token is one of its own");
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

/// What happens in a hybrid transaction after its answer.
async fn after_the_answer(
    title: &str,
    go_on: impl AsyncFnOnce(&Stage, &Visit<'_>) -> Result<(), Reason>,
) -> String {
    let stage = Stage::set().await;
    let visit = answered(&stage, "code id_token token", "openid").await;
    let before = stage.length(visit.stream).await;
    stage.show(&[visit.stream]).await;
    stage.wait(1);
    let told = go_on(&stage, &visit).await.map_or_else(Reason::as_str, |()| "done");
    let lives = if visit.front_lives().await { "works" } else { "does not work" };
    let tail = stage.tail(visit.stream, before).await;
    let tail = if tail.is_empty() { "(nothing on record)\n".to_owned() } else { tail };
    format!("# {title}: {told}; the front-channel access token {lives}\n\n{tail}")
}

#[tokio::test]
async fn hybrid_ends_in_each_way() {
    let shown = [
        after_the_answer("without a code_verifier", async |_, visit| {
            visit.exchange(|x| x.code_verifier = None).await
        })
        .await,
        after_the_answer("a code that is used twice", async |_, visit| {
            visit.exchange(|_| {}).await?;
            visit.exchange(|_| {}).await
        })
        .await,
        after_the_answer("a code that nobody redeems, and then the token", async |stage, visit| {
            stage.wait(60);
            stage.expire(visit.stream).await;
            assert!(visit.front_lives().await, "it has a lifetime of its own");
            visit.try_to_revoke().await
        })
        .await,
        after_the_answer("all revoked before the code is redeemed", async |_, visit| {
            visit.revoke(None).await;
            visit.exchange(|_| {}).await
        })
        .await,
        after_the_answer("the token revoked before the code is redeemed", async |_, visit| {
            visit.revoke_front().await;
            visit.exchange(|_| {}).await
        })
        .await,
        after_the_answer("the token revoked after the code was redeemed", async |_, visit| {
            visit.exchange(|_| {}).await?;
            visit.try_to_revoke().await
        })
        .await,
    ];
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test]
async fn what_goes_out_is_what_was_asked_for() {
    let stage = Stage::set().await;
    for (asked, given, scope, verdict) in [
        ("id_token", "id_token token", "openid", Reason::OutOfOrder),
        ("code", "code id_token", "openid", Reason::OutOfOrder),
        ("code id_token", "id_token", "openid", Reason::OutOfOrder),
        ("none", "code", "openid", Reason::OutOfOrder),
        ("token", "none", "openid", Reason::OutOfOrder),
        ("token", "token", "openid email", Reason::ScopeExceedsGrant),
    ] {
        let mut visit = Visit::new(&stage);
        visit.request("openid", front(asked)).await;
        visit.sign_in(stage.alice).await;
        visit.answer_with(given);
        let step = visit.issue(scope, ConsentBasis::Asked);
        assert_eq!(visit.user(stage.alice, vec![step]).await, Err(verdict), "{asked} and {given}");
        visit.answer_with(asked);
        let Step::Answer(mut answer) = visit.issue("openid", ConsentBasis::Asked) else { continue };
        if let Some(token) = &mut answer.access_token {
            token.scope = Scope::parse("openid profile");
            let wider = visit.user(stage.alice, vec![Step::Answer(answer)]).await;
            assert_eq!(wider, Err(Reason::ScopeExceedsGrant), "{asked}");
        }
    }
}
