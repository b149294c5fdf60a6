//! Tokens after they were issued: introspection, revocation, rotation, reuse, expiry.

use crate::support::{
    provider::Provider,
    rp::{Tokens, claims},
    test,
};

const OFFLINE: &str = "openid offline_access";

#[test]
fn introspection_tells_the_owner_and_the_audience_alone() {
    test(async {
        let provider = Provider::demo().await;
        let tokens = provider.tokens("web", "alice", "openid email").await;
        let told = provider.client("web").introspect(&tokens.access).await.json();
        assert_eq!(told["active"], true);
        assert_eq!(told["client_id"], "web");
        assert_eq!(told["sub"], claims(tokens.id())["sub"]);
        assert!(!provider.client("multi").is_active(&tokens.access).await);
    });
}

#[test]
fn revoking_the_access_token_leaves_the_refresh_token() {
    test(async {
        let provider = Provider::demo().await;
        let web = provider.client("web");
        let tokens = provider.tokens("web", "alice", OFFLINE).await;
        assert_eq!(web.revoke(&tokens.access).await.status, 200);
        assert!(!web.is_active(&tokens.access).await);
        assert_eq!(web.userinfo(&tokens.access).await.status, 401);
        Tokens::of(&web.refresh(tokens.refresh()).await);
    });
}

#[test]
fn revoking_the_refresh_token_ends_the_grant() {
    test(async {
        let provider = Provider::demo().await;
        let web = provider.client("web");
        let first = provider.tokens("web", "alice", OFFLINE).await;
        let second = Tokens::of(&web.refresh(first.refresh()).await);
        assert_eq!(web.revoke(second.refresh()).await.status, 200);
        for token in [&first.access, &second.access, second.refresh()] {
            assert!(!web.is_active(token).await);
        }
        assert_eq!(web.refresh(second.refresh()).await.error().as_deref(), Some("invalid_grant"));
        assert_eq!(web.revoke(second.refresh()).await.status, 200);
    });
}

#[test]
fn a_refresh_token_works_once_and_its_reuse_ends_the_family() {
    test(async {
        let provider = Provider::demo().await;
        let web = provider.client("web");
        let mut tokens = provider.tokens("web", "alice", OFFLINE).await;
        let first = tokens.clone();
        for _ in 0..5 {
            tokens = Tokens::of(&web.refresh(tokens.refresh()).await);
        }
        assert_eq!(web.refresh(first.refresh()).await.error().as_deref(), Some("invalid_grant"));
        assert_eq!(web.refresh(tokens.refresh()).await.error().as_deref(), Some("invalid_grant"));
        assert!(!web.is_active(&tokens.access).await);
    });
}

#[test]
fn a_refresh_may_narrow_the_scope_and_never_widen_it() {
    test(async {
        let provider = Provider::demo().await;
        let web = provider.client("web");
        let tokens = provider.tokens("web", "alice", "openid email offline_access").await;
        let form = |token: &str, scope: &str| {
            crate::support::http::pairs([
                ("grant_type", "refresh_token"),
                ("refresh_token", token),
                ("scope", scope),
            ])
        };
        let wider = web.post("/token", form(tokens.refresh(), "openid email profile")).await;
        assert_eq!(wider.error().as_deref(), Some("invalid_scope"));
        let narrow = Tokens::of(&web.post("/token", form(tokens.refresh(), "openid")).await);
        let told = web.introspect(&narrow.access).await.json();
        assert_eq!(told["scope"], "openid");
    });
}

#[test]
fn tokens_end_with_their_time() {
    test(async {
        let provider = Provider::demo().await;
        let web = provider.client("web");
        let tokens = provider.tokens("web", "alice", OFFLINE).await;
        let lifetime = i64::from(provider.settings().lifetimes.access_token);
        provider.clock.advance(lifetime + 1);
        assert!(!web.is_active(&tokens.access).await);
        assert_eq!(web.userinfo(&tokens.access).await.status, 401);
        let next = Tokens::of(&web.refresh(tokens.refresh()).await);
        assert!(web.is_active(&next.access).await);
        provider.clock.advance(i64::from(provider.settings().lifetimes.refresh_token) + 1);
        assert_eq!(web.refresh(next.refresh()).await.error().as_deref(), Some("invalid_grant"));
    });
}

#[test]
fn a_used_code_that_comes_back_ends_what_it_bought() {
    test(async {
        let provider = Provider::demo().await;
        let web = provider.client("web");
        let request = web.request().with("scope", OFFLINE);
        let mut browser = provider.browser();
        let stop = browser.open(&request.path()).await;
        let code = browser.finish(stop, "alice", crate::support::demo::PASSWORD).await.code();
        let tokens = Tokens::of(&web.redeem(&code, &request.verifier).await);
        assert!(web.is_active(&tokens.access).await);
        let replay = web.redeem(&code, &request.verifier).await;
        assert_eq!(replay.error().as_deref(), Some("invalid_grant"));
        assert!(!web.is_active(&tokens.access).await);
        assert_eq!(web.refresh(tokens.refresh()).await.error().as_deref(), Some("invalid_grant"));
    });
}

#[test]
fn what_was_granted_survives_a_restart() {
    test(async {
        let mut provider =
            Provider::start(crate::support::provider::Options::default().on_disk()).await;
        let tokens = provider.tokens("web", "alice", OFFLINE).await;
        let revoked = provider.tokens("web", "bob", OFFLINE).await;
        provider.client("web").revoke(revoked.refresh()).await;
        provider.restart(|_| {}).await;
        let web = provider.client("web");
        assert!(web.is_active(&tokens.access).await);
        assert!(!web.is_active(&revoked.access).await);
        Tokens::of(&web.refresh(tokens.refresh()).await);
    });
}

#[test]
fn a_client_gets_a_token_of_its_own() {
    test(async {
        let provider = Provider::demo().await;
        let low = provider.client("low");
        let scope = provider.metadata("low").scope.to_string();
        let own = Tokens::of(&low.client_credentials(&scope).await);
        assert!(low.is_active(&own.access).await);
        assert_eq!(own.refresh, None);
        assert_eq!(low.userinfo(&own.access).await.status, 403);
    });
}
