//! Sessions: single sign-on, `prompt`, `max_age`, `id_token_hint`, choosing an account.

use crate::support::{
    browser::{Browser, Stop},
    demo::PASSWORD,
    provider::Provider,
    rp::{AuthorizationRequest, Tokens, claims, random},
    test,
};

fn ask(provider: &Provider) -> AuthorizationRequest {
    provider.client("web").request().with("state", &random())
}

/// Signs alice in and has consent remembered, so that only the session decides from here on.
async fn settled(provider: &Provider) -> (Browser, Tokens) {
    let mut browser = provider.browser();
    let request = ask(provider);
    browser.open(&request.path()).await.page();
    let page = browser.sign_in("alice", PASSWORD).await.page();
    if page.has("remember") {
        browser.fill("remember", "yes");
    }
    let code = browser.click("consent-allow").await.arrival().code();
    let tokens = Tokens::of(&provider.client("web").redeem(&code, &request.verifier).await);
    (browser, tokens)
}

async fn redeemed(
    provider: &Provider,
    request: &AuthorizationRequest,
    stop: Stop,
) -> serde_json::Value {
    let code = stop.arrival().code();
    let tokens = Tokens::of(&provider.client("web").redeem(&code, &request.verifier).await);
    claims(tokens.id())
}

#[test]
fn a_session_signs_on_without_a_page_and_keeps_auth_time() {
    test(async {
        let provider = Provider::demo().await;
        let (mut browser, tokens) = settled(&provider).await;
        provider.clock.advance(100);
        for prompt in [None, Some("none")] {
            let mut request = ask(&provider);
            if let Some(prompt) = prompt {
                request = request.with("prompt", prompt);
            }
            let stop = browser.open(&request.path()).await;
            let again = redeemed(&provider, &request, stop).await;
            assert_eq!(again["sub"], claims(tokens.id())["sub"]);
            assert_eq!(again["auth_time"], claims(tokens.id())["auth_time"]);
        }
    });
}

#[test]
fn prompt_none_without_a_session_says_so() {
    test(async {
        let provider = Provider::demo().await;
        let request = ask(&provider).with("prompt", "none");
        let arrival = provider.browser().open(&request.path()).await.arrival();
        assert_eq!(arrival.get("error"), Some("login_required"));
    });
}

#[test]
fn prompt_login_and_an_old_session_ask_for_the_password() {
    test(async {
        let provider = Provider::demo().await;
        let (mut browser, _) = settled(&provider).await;
        provider.clock.advance(50);
        for (name, value) in [("prompt", "login"), ("max_age", "10"), ("max_age", "0")] {
            provider.clock.advance(11);
            let request = ask(&provider).with(name, value);
            assert!(
                browser.open(&request.path()).await.page().has("login-submit"),
                "{name}={value}"
            );
            let stop = browser.sign_in("alice", PASSWORD).await;
            let now = redeemed(&provider, &request, stop).await;
            assert_eq!(now["auth_time"], provider.now().as_seconds(), "{name}={value}");
        }
        let request = ask(&provider).with("max_age", "3600");
        let stop = browser.open(&request.path()).await;
        redeemed(&provider, &request, stop).await;
    });
}

#[test]
fn an_old_session_cannot_answer_prompt_none() {
    test(async {
        let provider = Provider::demo().await;
        let (mut browser, _) = settled(&provider).await;
        provider.clock.advance(100);
        let request = ask(&provider).with("prompt", "none").with("max_age", "10");
        let arrival = browser.open(&request.path()).await.arrival();
        assert_eq!(arrival.get("error"), Some("login_required"));
    });
}

#[test]
fn an_id_token_hint_names_whom_the_client_expects() {
    test(async {
        let provider = Provider::demo().await;
        let (mut browser, tokens) = settled(&provider).await;
        let request = ask(&provider).with("prompt", "none").with("id_token_hint", tokens.id());
        let stop = browser.open(&request.path()).await;
        redeemed(&provider, &request, stop).await;
        let bob = provider.tokens("web", "bob", "openid").await;
        let request = ask(&provider).with("prompt", "none").with("id_token_hint", bob.id());
        let arrival = browser.open(&request.path()).await.arrival();
        assert_eq!(arrival.get("error"), Some("login_required"));
    });
}

#[test]
fn select_account_asks_whom_and_lets_another_in() {
    test(async {
        let provider = Provider::demo().await;
        let (mut browser, tokens) = settled(&provider).await;
        let request = ask(&provider).with("prompt", "select_account");
        let stop = browser.open(&request.path()).await;
        assert!(matches!(stop, Stop::Page(_)), "{stop:?}");
        let request = ask(&provider).with("prompt", "login");
        browser.open(&request.path()).await.page();
        let stop = browser.sign_in("bob", PASSWORD).await;
        let stop = Stop::Away(browser.finish(stop, "bob", PASSWORD).await);
        assert_ne!(redeemed(&provider, &request, stop).await["sub"], claims(tokens.id())["sub"]);
    });
}

#[test]
fn a_session_ends_with_its_time() {
    test(async {
        let provider = Provider::demo().await;
        let (mut browser, _) = settled(&provider).await;
        provider.clock.advance(i64::from(provider.settings().lifetimes.session) + 1);
        let request = ask(&provider).with("prompt", "none");
        let arrival = browser.open(&request.path()).await.arrival();
        assert_eq!(arrival.get("error"), Some("login_required"));
    });
}

#[test]
fn two_tabs_do_not_mix() {
    test(async {
        let provider = Provider::demo().await;
        let mut browser = provider.browser();
        let (one, two) = (ask(&provider), ask(&provider));
        let first = browser.open(&one.path()).await.page();
        browser.open(&two.path()).await.page();
        let stop = browser.sign_in("alice", PASSWORD).await;
        let second = browser.finish(stop, "alice", PASSWORD).await;
        assert_eq!(second.get("state"), Some(two.get("state")));
        browser.show_again(first);
        let stop = browser.sign_in("alice", PASSWORD).await;
        let arrival = browser.finish(stop, "alice", PASSWORD).await;
        assert_eq!(arrival.get("state"), Some(one.get("state")));
    });
}

#[test]
fn an_abandoned_transaction_is_over_after_its_time() {
    test(async {
        let provider = Provider::demo().await;
        let mut browser = provider.browser();
        browser.open(&ask(&provider).path()).await.page();
        provider.clock.advance(i64::from(provider.settings().lifetimes.transaction) + 1);
        let page = browser.sign_in("alice", PASSWORD).await.page();
        assert!((400..500).contains(&page.answer.status), "{}", page.visible());
        assert!(page.has("op-error"), "{}", page.visible());
    });
}
