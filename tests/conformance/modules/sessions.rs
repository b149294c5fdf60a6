//! `prompt`, `max_age`, `id_token_hint`: what a session is good for (OpenID Connect Core 1.0 §3.1.2.1).

use crate::{
    checks,
    suite::{Outcome, Suite},
    variant::Variant,
};

/// Signs in and allows for the first time, with a parameter more.
async fn signed_in(variant: Variant, extra: Option<(&str, &str)>) -> (Suite, Outcome) {
    let mut suite = Suite::start(variant).await;
    let mut request = suite.request();
    if let Some((name, value)) = extra {
        request = request.with(name, value);
    }
    let outcome = suite.complete(&request).await;
    assert!(outcome.visit.saw_login());
    (suite, outcome)
}

/// A session does not help: the end-user signs in again.
pub async fn oidcc_prompt_login(variant: Variant) {
    let (mut suite, first) = signed_in(variant, None).await;
    suite.provider.clock.advance(2);
    let second = suite.complete(&suite.request().with("prompt", "login")).await;
    assert!(second.visit.saw_login());
    assert_eq!(second.sub(), first.sub());
    assert!(second.auth_time() > first.auth_time());
}

/// Without a session there is an error, and no page.
pub async fn oidcc_prompt_none_not_logged_in(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    let request = suite.request().with("prompt", "none");
    let visit = suite.visit(&request).await;
    assert!(visit.pages.is_empty());
    let expected = [
        "login_required",
        "interaction_required",
        "consent_required",
        "account_selection_required",
    ];
    checks::authorization_error(&suite, &request, &visit.arrival, &expected);
}

/// With a session and remembered consent there is an answer, and no page.
pub async fn oidcc_prompt_none_logged_in(variant: Variant) {
    let (mut suite, first) = signed_in(variant, None).await;
    suite.provider.clock.advance(2);
    let second = suite.complete(&suite.request().with("prompt", "none")).await;
    assert!(second.visit.pages.is_empty());
    assert_eq!(second.sub(), first.sub());
    assert_eq!(second.auth_time(), first.auth_time());
}

/// A session that is too old does not help.
pub async fn oidcc_max_age_1(variant: Variant) {
    let (mut suite, first) = signed_in(variant, None).await;
    suite.provider.clock.advance(2);
    let second = suite.complete(&suite.request().with("max_age", "1")).await;
    assert!(second.visit.saw_login());
    assert!(second.auth_time() > first.auth_time());
    assert!((suite.now() - 5..=suite.now()).contains(&second.auth_time()));
}

/// A session that is young enough does.
pub async fn oidcc_max_age_10000(variant: Variant) {
    let (mut suite, first) = signed_in(variant, Some(("max_age", "15000"))).await;
    suite.provider.clock.advance(2);
    let second = suite.complete(&suite.request().with("max_age", "10000")).await;
    assert!(!second.visit.saw_login());
    for claims in &second.claims {
        assert_eq!(claims["auth_time"], first.auth_time());
    }
}

/// An ID Token of the end-user whose session it is, also when it has expired.
pub async fn oidcc_id_token_hint(variant: Variant) {
    let (mut suite, first) = signed_in(variant, None).await;
    let hint = first.id_tokens[0].clone();
    let lifetime = i64::from(suite.provider.settings().lifetimes.id_token);
    for seconds in [2, lifetime] {
        suite.provider.clock.advance(seconds);
        let request = suite.request().with("prompt", "none").with("id_token_hint", &hint);
        let second = suite.complete(&request).await;
        assert!(second.visit.pages.is_empty());
        assert_eq!(second.sub(), first.sub());
    }
}
