//! The token phase: refreshing, what stops it, and revocation.

use moneta::domain::direct::{Command, Direct};
use moneta_events::{
    Actor, Category, Reason, Scope, Timestamp,
    direct::Granted,
    token::{AccessToken, AccessTokenFormat, Issued, RevocationCause},
};

use crate::{stage::Stage, visit::Visit};

#[tokio::test]
async fn refresh_twice() {
    let stage = Stage::set().await;
    let visit = Visit::with_tokens(&stage, "openid offline_access").await;
    let before = stage.length(visit.stream).await;
    for generation in 0..2 {
        stage.wait(600);
        visit.refresh(generation, |_| {}).await.unwrap();
    }
    assert_eq!(visit.live().await, [(false, false), (false, false), (true, true)]);
    insta::assert_snapshot!(stage.tail(visit.stream, before).await);
}

#[tokio::test]
async fn refresh_narrowed_then_whole_again() {
    let stage = Stage::set().await;
    let visit = Visit::with_tokens(&stage, "openid profile offline_access").await;
    let before = stage.length(visit.stream).await;
    stage.wait(60);
    visit.refresh(0, |x| x.issued.access_token.scope = Scope::parse("openid")).await.unwrap();
    stage.wait(60);
    visit.refresh(1, |_| {}).await.unwrap();
    insta::assert_snapshot!(stage.tail(visit.stream, before).await);
}

#[tokio::test]
async fn refresh_token_reused() {
    let stage = Stage::set().await;
    let visit = Visit::with_tokens(&stage, "openid offline_access").await;
    let before = stage.length(visit.stream).await;
    stage.wait(60);
    visit.refresh(0, |_| {}).await.unwrap();
    stage.wait(60);
    assert_eq!(visit.refresh(0, |_| {}).await, Err(Reason::RefreshTokenReplayed));
    assert_eq!(visit.refresh(1, |_| {}).await, Err(Reason::GrantRevoked));
    assert_eq!(visit.live().await, [(false, false), (false, false)]);
    insta::assert_snapshot!(stage.tail(visit.stream, before).await);
}

#[tokio::test]
async fn refresh_refused_for_each_reason() {
    let stage = Stage::set().await;
    let visit = Visit::with_tokens(&stage, "openid").await;
    let before = stage.length(visit.stream).await;
    let (people, operator) = (stage.people(), || stage.operator());
    let another_client = visit.refresh(0, |x| x.client_id = "mallory".into()).await;
    assert_eq!(another_client, Err(Reason::RefreshTokenClientMismatch));
    let wider = Scope::parse("openid email");
    let too_much = visit.refresh(0, |x| x.issued.access_token.scope = wider).await;
    assert_eq!(too_much, Err(Reason::ScopeExceedsGrant));
    stage.wait(1);
    stage.clients().set_enabled("web", false, operator()).await.unwrap();
    assert_eq!(visit.refresh(0, |_| {}).await, Err(Reason::ClientDisabled));
    stage.clients().set_enabled("web", true, operator()).await.unwrap();
    people.set_enabled(stage.alice, false, operator()).await.unwrap();
    assert_eq!(visit.refresh(0, |_| {}).await, Err(Reason::UserDisabled));
    people.set_enabled(stage.alice, true, operator()).await.unwrap();
    visit.end_session().await;
    assert_eq!(visit.refresh(0, |_| {}).await, Err(Reason::SessionEnded));
    people.set_password(stage.alice, "$argon2id$…", operator()).await.unwrap();
    assert_eq!(visit.refresh(0, |_| {}).await, Err(Reason::CredentialChanged));
    stage.wait(2_592_000);
    assert_eq!(visit.refresh(0, |_| {}).await, Err(Reason::RefreshTokenExpired));
    insta::assert_snapshot!(stage.tail(visit.stream, before).await);
}

#[tokio::test]
async fn revoked_by_the_client() {
    let stage = Stage::set().await;
    let visit = Visit::with_tokens(&stage, "openid offline_access").await;
    let before = stage.length(visit.stream).await;
    stage.wait(60);
    visit.refresh(0, |_| {}).await.unwrap();
    stage.wait(60);
    visit.revoke(Some(0)).await;
    visit.revoke(Some(0)).await;
    assert_eq!(visit.live().await, [(false, false), (true, true)]);
    stage.wait(60);
    visit.revoke(None).await;
    visit.revoke(None).await;
    visit.revoke(Some(1)).await;
    assert_eq!(visit.live().await, [(false, false), (false, false)]);
    insta::assert_snapshot!(stage.tail(visit.stream, before).await);
}

#[tokio::test]
async fn client_credentials_granted_and_revoked() {
    let stage = Stage::set().await;
    let stream = stage.fresh(Category::Direct);
    let expires_at: Timestamp = stage.now().plus_seconds(600);
    let digest = stage.secret("access token 0");
    let access_token = AccessToken {
        digest,
        format: AccessTokenFormat::Jwt,
        scope: Scope::parse("api:read"),
        audience: vec!["https://api.example".to_owned()],
        expires_at,
    };
    let tokens = Issued { generation: 0, access_token, refresh_token: None, id_token: None };
    let grant = Command::Grant(Box::new(Granted {
        client_id: "machine".into(),
        grant_type: "client_credentials".to_owned(),
        tokens,
    }));
    let machine = || stage.context(Actor::client(&"machine".into()), None, stream);
    stage.tell::<Direct>(stream, grant, machine()).await.unwrap();
    stage.wait(30);
    for only in [Some(digest), Some(digest), None, None] {
        let revoke = Command::Revoke { only, cause: RevocationCause::Client };
        stage.tell::<Direct>(stream, revoke, machine()).await.unwrap();
    }
    insta::assert_snapshot!(stage.show(&[stream]).await);
}
