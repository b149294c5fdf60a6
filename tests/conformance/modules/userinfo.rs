//! The UserInfo endpoint (OpenID Connect Core 1.0 §5.3.1).

use crate::{
    checks,
    suite::{Outcome, Suite},
    support::{answer::Answer, http::pairs, rp::bearer},
    variant::Variant,
};

async fn signed_in(variant: Variant) -> (Suite, Outcome) {
    let mut suite = Suite::start(variant).await;
    let outcome = suite.complete(&suite.request()).await;
    (suite, outcome)
}

/// Each access token of a flow leads to the same end-user.
fn check(outcome: &Outcome, answers: &[Answer]) {
    assert!(!answers.is_empty());
    for answer in answers {
        checks::userinfo(answer, outcome.sub());
    }
}

/// The token in the header of a `GET`.
pub async fn oidcc_userinfo_get(variant: Variant) {
    let (suite, outcome) = signed_in(variant).await;
    let mut answers = Vec::new();
    for token in &outcome.access_tokens {
        answers.push(suite.provider.http.get("/userinfo", &[bearer(token)]).await);
    }
    check(&outcome, &answers);
}

/// The token in the header of a `POST`.
pub async fn oidcc_userinfo_post_header(variant: Variant) {
    let (suite, outcome) = signed_in(variant).await;
    let mut answers = Vec::new();
    for token in &outcome.access_tokens {
        answers.push(suite.provider.http.send("POST", "/userinfo", &[bearer(token)], None).await);
    }
    check(&outcome, &answers);
}

/// The token in the body of a `POST`.
pub async fn oidcc_userinfo_post_body(variant: Variant) {
    let (suite, outcome) = signed_in(variant).await;
    let mut answers = Vec::new();
    for token in &outcome.access_tokens {
        let form = pairs([("access_token", token)]);
        answers.push(suite.provider.http.post("/userinfo", &[], &form).await);
    }
    check(&outcome, &answers);
}
