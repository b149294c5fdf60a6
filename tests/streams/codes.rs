//! Codes that are refused or come back.

use moneta_events::{Digest, Reason, Scope};

use crate::{
    stage::{CHALLENGE, Stage, VERIFIER},
    visit::Visit,
};

/// Plays a scenario up to the code, then `go_wrong`; answers with what that added to the stream.
async fn after_the_code(
    title: &str,
    scope: &str,
    go_wrong: impl AsyncFnOnce(&Stage, &Visit<'_>) -> Result<(), Reason>,
) -> String {
    let stage = Stage::set().await;
    let visit = Visit::with_code(&stage, scope).await;
    let before = stage.length(visit.stream).await;
    // Names are given in the order of the whole stream.
    stage.show(&[visit.stream]).await;
    stage.wait(1);
    let verdict = go_wrong(&stage, &visit).await;
    let told = verdict.map_or_else(Reason::as_str, |()| "done");
    let tail = stage.tail(visit.stream, before).await;
    let tail = if tail.is_empty() { "(nothing on record)\n".to_owned() } else { tail };
    format!("# {title}: {told}\n\n{tail}")
}

#[tokio::test]
async fn code_refused_for_each_reason() {
    let shown = [
        after_the_code("a code that was never issued", "openid", async |_, visit| {
            visit.exchange(|x| x.code = Digest::of(&[b"guess"])).await
        })
        .await,
        after_the_code("another client", "openid", async |_, visit| {
            visit.exchange(|x| x.client_id = "mallory".into()).await
        })
        .await,
        after_the_code("too late", "openid", async |stage, visit| {
            stage.wait(59);
            visit.exchange(|_| {}).await
        })
        .await,
        after_the_code("too late, and put on record before", "openid", async |stage, visit| {
            stage.wait(59);
            stage.expire(visit.stream).await;
            visit.exchange(|_| {}).await
        })
        .await,
        after_the_code("another redirect_uri", "openid", async |_, visit| {
            visit.exchange(|x| x.redirect_uri = Some("https://rp.example/other".to_owned())).await
        })
        .await,
        after_the_code("no code_verifier", "openid", async |_, visit| {
            visit.exchange(|x| x.code_verifier = None).await
        })
        .await,
        after_the_code("the challenge as verifier", "openid", async |_, visit| {
            visit.exchange(|x| x.code_verifier = Some(CHALLENGE.to_owned())).await
        })
        .await,
        after_the_code("a client that was disabled", "openid", async |stage, visit| {
            stage.clients().set_enabled("web", false, stage.operator()).await.unwrap();
            visit.exchange(|_| {}).await
        })
        .await,
        after_the_code("a user who was disabled", "openid", async |stage, visit| {
            stage.people().set_enabled(stage.alice, false, stage.operator()).await.unwrap();
            visit.exchange(|_| {}).await
        })
        .await,
        after_the_code("a password that was changed", "openid", async |stage, visit| {
            stage
                .people()
                .set_password(stage.alice, "$argon2id$…", stage.operator())
                .await
                .unwrap();
            visit.exchange(|_| {}).await
        })
        .await,
        after_the_code("a session that is over", "openid", async |stage, visit| {
            visit.end_session().await;
            let refused = visit.exchange(|_| {}).await;
            assert_eq!(stage.facts.session(visit.session.unwrap()).await.unwrap().next_revision, 2);
            refused
        })
        .await,
        after_the_code("tokens for more than was granted", "openid", async |_, visit| {
            let wider = Scope::parse("openid email");
            visit.exchange(|x| x.issued.access_token.scope = wider).await
        })
        .await,
        after_the_code("one wrong redemption too many", "openid", async |_, visit| {
            for _ in 0..5 {
                visit.exchange(|x| x.redirect_uri = None).await.unwrap_err();
            }
            visit.exchange(|_| {}).await
        })
        .await,
    ];
    insta::assert_snapshot!(shown.join("\n"));
}

#[tokio::test]
async fn a_verifier_where_there_was_no_challenge() {
    let stage = Stage::set().await;
    let mut visit = Visit::new(&stage);
    visit.request("openid", |request| request.code_challenge = None).await;
    visit.sign_in(stage.alice).await;
    visit.allow("openid").await;
    let refused = visit.exchange(|x| x.code_verifier = Some(VERIFIER.to_owned())).await;
    assert_eq!(refused, Err(Reason::CodeVerifierUnexpected));
    visit.exchange(|x| x.code_verifier = None).await.unwrap();
    insta::assert_snapshot!(stage.show(&[visit.stream]).await);
}

#[tokio::test]
async fn code_replayed() {
    let stage = Stage::set().await;
    let visit = Visit::with_tokens(&stage, "openid offline_access").await;
    let before = stage.length(visit.stream).await;
    stage.show(&[visit.stream]).await;
    for _ in 0..3 {
        stage.wait(1);
        assert_eq!(visit.exchange(|_| {}).await, Err(Reason::CodeReplayed));
    }
    assert_eq!(visit.live().await, [(false, false)]);
    insta::assert_snapshot!(stage.tail(visit.stream, before).await);
}
