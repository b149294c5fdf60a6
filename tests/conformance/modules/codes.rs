//! A code is good for one redemption (RFC 6749 §4.1.2).

use crate::{
    checks,
    suite::{Suite, redeem},
    support::rp::Tokens,
    variant::Variant,
};

/// The second redemption is refused, and what the first one bought stops working.
async fn reuse_after(variant: Variant, seconds: i64) {
    let mut suite = Suite::start(variant).await;
    let request = suite.request();
    let outcome = suite.complete(&request).await;
    let Tokens { access, .. } = outcome.tokens.expect("a code flow");
    assert_eq!(suite.client.userinfo(&access).await.status, 200);
    suite.provider.clock.advance(seconds);
    let code = outcome.visit.arrival.code();
    checks::token_error(&redeem(&suite.client, &request, &code).await, "invalid_grant");
    let answer = suite.client.userinfo(&access).await;
    assert_eq!((answer.status, answer.error().as_deref()), (401, Some("invalid_token")));
}

/// At once.
pub async fn oidcc_codereuse(variant: Variant) {
    reuse_after(variant, 1).await;
}

/// After half a minute, when the code would still be good.
pub async fn oidcc_codereuse_30seconds(variant: Variant) {
    reuse_after(variant, 30).await;
}
