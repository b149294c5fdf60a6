//! Everything that happened can be told again: after a run with good and bad outcomes, folding each stored
//! stream through the rules leads to the states on record.

use crate::support::{
    demo::PASSWORD,
    jar::Origin,
    provider::Provider,
    replayed,
    rp::{Tokens, random},
    test,
};

#[test]
fn every_stream_of_a_run_leads_where_the_record_says() {
    test(async {
        let provider = Provider::demo().await;
        let (web, spa) = (provider.client("web"), provider.client("spa"));

        // Redeemed, refreshed, replayed.
        let tokens = provider.tokens("web", "alice", "openid offline_access").await;
        let next = Tokens::of(&web.refresh(tokens.refresh()).await);
        web.refresh(tokens.refresh()).await;
        web.refresh(next.refresh()).await;
        // Refreshed and revoked.
        let tokens = provider.tokens("web", "bob", "openid offline_access").await;
        spa.refresh(tokens.refresh()).await;
        web.revoke(&tokens.access).await;
        web.revoke(tokens.refresh()).await;
        // A code with a wrong verifier, by another client, and twice.
        let request = web.request().with("prompt", "consent");
        let mut browser = provider.browser();
        let stop = browser.open(&request.path()).await;
        let code = browser.finish(stop, "alice", PASSWORD).await.code();
        web.redeem(&code, &random()).await;
        spa.redeem(&code, &request.verifier).await;
        web.redeem(&code, &request.verifier).await;
        web.redeem(&code, &request.verifier).await;
        // A code that nobody redeems in time.
        let stop = browser.open(&web.request().path()).await;
        let late = browser.finish(stop, "alice", PASSWORD).await.code();
        provider.clock.advance(61);
        web.redeem(&late, &random()).await;
        // Refused at once, wrong passwords, denied, cancelled, left lying.
        browser.open(&web.request().with("prompt", "none").with("max_age", "0").path()).await;
        let mut other = provider.browser();
        other.open(&web.request().with("prompt", "none").path()).await;
        other.open(&web.request().path()).await.page();
        other.sign_in("alice", "wrong").await.page();
        other.sign_in("nobody", "wrong").await.page();
        other.sign_in("mallory", PASSWORD).await.page();
        press(&mut other, "consent-deny").await;
        let mut third = provider.browser();
        third.open(&web.request().path()).await.page();
        press(&mut third, "login-cancel").await;
        third.open(&web.request().path()).await.page();
        provider.client("low").client_credentials("api").await;
        provider.client("low").client_credentials("admin").await;

        let types: std::collections::BTreeSet<_> =
            provider.events_after(0).await.into_iter().map(|(name, _)| name).collect();
        for expected in [
            "direct.granted",
            "token.access_token_revoked",
            "token.issued",
            "token.refresh_refused",
            "token.replayed",
            "token.revoked",
            "token.rotated",
            "transaction.authenticated",
            "transaction.authentication_failed",
            "transaction.code_exchanged",
            "transaction.code_issued",
            "transaction.code_refused",
            "transaction.code_replayed",
            "transaction.consented",
            "transaction.denied",
            "transaction.refused",
            "transaction.requested",
        ] {
            assert!(types.contains(expected), "no {expected} is on record: {types:?}");
        }
        let report = replayed::report(&provider).await.unwrap();
        assert_eq!(report["consistent"], true, "{report}");
        assert!(report["streams"].as_u64().unwrap() > 30, "{report}");
        assert_eq!(report["events"], provider.head().await);
    });
}

/// Presses a button of the page that is shown.
async fn press(browser: &mut crate::support::browser::Browser, button: &str) {
    let (_, target, form) = browser.submission(button);
    browser.request("POST", &target, Some(&form), Origin::SameSite).await;
}
