//! Consent: what is shown is what is granted; it is asked again for more, remembered where allowed, never
//! for a client that cannot prove who it is.

use crate::support::{
    browser::{Browser, Stop},
    demo::PASSWORD,
    provider::Provider,
    rp::{AuthorizationRequest, Tokens, random},
    test,
};

fn ask(provider: &Provider, client: &str, scope: &str) -> AuthorizationRequest {
    provider.client(client).request().with("scope", scope).with("state", &random())
}

async fn sign_in(browser: &mut Browser, request: &AuthorizationRequest) -> Stop {
    browser.open(&request.path()).await.page();
    browser.sign_in("alice", PASSWORD).await
}

#[test]
fn a_denial_reaches_the_client() {
    test(async {
        let provider = Provider::demo().await;
        let mut browser = provider.browser();
        let request = ask(&provider, "web", "openid email");
        assert!(sign_in(&mut browser, &request).await.page().has("consent-deny"));
        let arrival = browser.click("consent-deny").await.arrival();
        assert_eq!(arrival.get("error"), Some("access_denied"));
        assert_eq!(arrival.get("state"), Some(request.get("state")));
        let events = provider.events_after(0).await;
        assert!(events.iter().any(|(name, _)| name == "transaction.denied"));
    });
}

#[test]
fn cancelling_the_login_reaches_the_client() {
    test(async {
        let provider = Provider::demo().await;
        let mut browser = provider.browser();
        let request = ask(&provider, "web", "openid");
        browser.open(&request.path()).await.page();
        let arrival = browser.click("login-cancel").await.arrival();
        assert_eq!(arrival.get("error"), Some("access_denied"));
        assert_eq!(arrival.get("code"), None);
    });
}

#[test]
fn remembered_consent_is_not_asked_again_and_more_scope_is() {
    test(async {
        let provider = Provider::demo().await;
        let mut browser = provider.browser();
        let request = ask(&provider, "web", "openid email");
        let page = sign_in(&mut browser, &request).await.page();
        if page.has("remember") {
            browser.fill("remember", "yes");
        }
        browser.click("consent-allow").await.arrival();
        let again = browser.open(&ask(&provider, "web", "openid email").path()).await.arrival();
        assert!(again.get("code").is_some(), "{again:?}");
        let wider = ask(&provider, "web", "openid email profile");
        assert!(browser.open(&wider.path()).await.page().has("consent-allow"));
        let anew = ask(&provider, "web", "openid").with("prompt", "consent");
        assert!(browser.open(&anew.path()).await.page().has("consent-allow"));
    });
}

#[test]
fn consent_to_a_public_client_is_never_remembered() {
    test(async {
        let provider = Provider::demo().await;
        let mut browser = provider.browser();
        let port = |port: u16| format!("http://127.0.0.1:{port}/cb");
        let request = ask(&provider, "native", "openid").with("redirect_uri", &port(4711));
        let page = sign_in(&mut browser, &request).await.page();
        assert!(!page.has("remember"));
        browser.click("consent-allow").await.arrival();
        let again = ask(&provider, "native", "openid").with("redirect_uri", &port(4712));
        assert!(browser.open(&again.path()).await.page().has("consent-allow"));
        let silent = again.with("prompt", "none").with("state", &random());
        let arrival = browser.open(&silent.path()).await.arrival();
        let error = arrival.get("error").unwrap_or_default();
        assert!(matches!(error, "consent_required" | "interaction_required"), "{arrival:?}");
    });
}

#[test]
fn the_second_click_brings_no_second_code() {
    test(async {
        let provider = Provider::demo().await;
        let mut browser = provider.browser();
        let request = ask(&provider, "web", "openid");
        sign_in(&mut browser, &request).await.page();
        let (method, target, pairs) = browser.submission("consent-allow");
        let code = browser.submit(&method, &target, &pairs).await.arrival().code();
        match browser.submit(&method, &target, &pairs).await {
            Stop::Page(page) => assert!((400..500).contains(&page.answer.status)),
            Stop::Away(arrival) => assert_eq!(arrival.get("code"), None),
        }
        Tokens::of(&provider.client("web").redeem(&code, &request.verifier).await);
    });
}
