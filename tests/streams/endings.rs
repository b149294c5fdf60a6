//! Transactions nobody finishes.

use crate::{stage::Stage, visit::Visit};

#[tokio::test]
async fn left_lying_before_signing_in() {
    let stage = Stage::set().await;
    let visit = Visit::new(&stage);
    visit.request("openid", |_| {}).await;
    stage.wait(599);
    stage.expire(visit.stream).await;
    stage.wait(1);
    stage.expire(visit.stream).await;
    stage.expire(visit.stream).await;
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn left_lying_before_consent() {
    let stage = Stage::set().await;
    let mut visit = Visit::new(&stage);
    visit.request("openid", |_| {}).await;
    stage.wait(30);
    visit.sign_in(stage.alice).await;
    stage.wait(570);
    stage.expire(visit.stream).await;
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn left_lying_before_the_code_was_redeemed() {
    let stage = Stage::set().await;
    let visit = Visit::with_code(&stage, "openid").await;
    let before = stage.length(visit.stream).await;
    stage.wait(60);
    stage.expire(visit.stream).await;
    insta::assert_snapshot!(stage.tail(visit.stream, before).await);
}

#[tokio::test]
async fn what_was_redeemed_is_never_left_lying() {
    let stage = Stage::set().await;
    let visit = Visit::with_tokens(&stage, "openid").await;
    let before = stage.length(visit.stream).await;
    stage.wait(86_400);
    stage.expire(visit.stream).await;
    assert_eq!(stage.length(visit.stream).await, before);
}
