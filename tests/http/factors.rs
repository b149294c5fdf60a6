//! Passkeys, one-time codes and the account page, over HTTP.

use moneta_events::Timestamp;
use serde_json::Value;
use totp_rs::{Builder, Secret};

use crate::support::{
    authenticator::{Answer, Authenticator, PRESENT},
    browser::{Browser, Page, Stop},
    demo::PASSWORD,
    html,
    provider::{Options, Provider},
    rp::{AuthorizationRequest, Tokens, claims, random},
    test,
};

/// The issuer has a name, so that there are passkeys.
pub async fn provider() -> Provider {
    Provider::start(Options::production_like()).await
}

fn ask(provider: &Provider) -> AuthorizationRequest {
    provider.client("web").request().with("state", &random())
}

/// The code of an application that holds `secret`, at a time.
pub fn code_at(secret: &str, at: Timestamp) -> String {
    let secret = Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    let codes = Builder::new().with_secret(secret).build().unwrap();
    codes.generate(at.as_seconds().cast_unsigned()).to_string()
}

/// Signs in to the account with the password.
pub async fn enter(browser: &mut Browser, username: &str) -> Page {
    browser.open("/account").await.page();
    browser.sign_in(username, PASSWORD).await.page()
}

/// Sets up one-time codes for somebody who has signed in a moment ago; answers with the secret.
pub async fn enrol_totp(provider: &Provider, browser: &mut Browser) -> String {
    let page = browser.open("/account/totp").await.page();
    let text = page.answer.text();
    let (_, rest) = text.split_once("<code id=\"totp-secret\">").expect("the secret is shown");
    let secret = rest.split('<').next().unwrap().to_owned();
    browser.fill("otp", &code_at(&secret, provider.now()));
    let page = browser.click("totp-submit").await.page();
    assert!(page.has("totp-remove"), "{}", page.visible());
    provider.clock.advance(30);
    secret
}

/// What a page tells a passkey.
pub fn options(page: &Page) -> Value {
    let text = page.answer.text();
    let form = html::tags(&text).into_iter().find(|tag| tag.attribute("data-passkey").is_some());
    let form = form.unwrap_or_else(|| panic!("no passkey is asked for: {}", page.visible()));
    serde_json::from_str(form.attribute("data-options").unwrap()).unwrap()
}

/// Posts what a passkey answered, as the page's script does.
pub async fn post_passkey(browser: &mut Browser, answer: &Value) -> Stop {
    let (method, target, mut pairs) = browser.submission("passkey-submit");
    for (name, value) in &mut pairs {
        if name == "assertion" {
            *value = answer.to_string();
        }
    }
    browser.submit(&method, &target, &pairs).await
}

/// Registers a passkey for somebody who has signed in a moment ago.
pub async fn enrol_passkey(provider: &Provider, browser: &mut Browser) -> Authenticator {
    let mut authenticator = Authenticator::new("op.test", provider.http.issuer());
    let page = browser.open("/account/passkey").await.page();
    browser.fill("label", "My <b>phone</b>");
    let made = authenticator.create(&options(&page), &Answer::default());
    let page = post_passkey(browser, &made).await.page();
    assert!(page.visible().contains("My <b>phone</b>"), "{}", page.visible());
    authenticator
}

async fn id_token(provider: &Provider, request: &AuthorizationRequest, code: &str) -> Value {
    let tokens = Tokens::of(&provider.client("web").redeem(code, &request.verifier).await);
    claims(tokens.id())
}

/// Allows, where that is asked, and redeems the code.
async fn allowed(
    provider: &Provider,
    browser: &mut Browser,
    request: &AuthorizationRequest,
    stop: Stop,
) -> Value {
    let arrival = match stop {
        Stop::Away(arrival) => arrival,
        Stop::Page(page) if page.has("consent-allow") => {
            browser.click("consent-allow").await.arrival()
        }
        Stop::Page(page) => panic!("{}", page.visible()),
    };
    id_token(provider, request, &arrival.code()).await
}

async fn types(provider: &Provider) -> Vec<String> {
    provider.events_after(0).await.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_passkey_is_registered_used_and_removed() {
    test(async {
        let provider = provider().await;
        let mut browser = provider.browser();
        enter(&mut browser, "alice").await;
        let mut passkey = enrol_passkey(&provider, &mut browser).await;

        let mut elsewhere = provider.browser();
        let request = ask(&provider);
        let page = elsewhere.open(&request.path()).await.page();
        let answer = passkey.get(&options(&page), &Answer::default());
        let stop = post_passkey(&mut elsewhere, &answer).await;
        let token = allowed(&provider, &mut elsewhere, &request, stop).await;
        assert_eq!(token["amr"], serde_json::json!(["pop", "hwk", "user", "mfa"]));
        assert_eq!(token["acr"], "phr");

        // The challenge is spent, in this transaction and in every other.
        let mut third = provider.browser();
        third.open(&ask(&provider).path()).await.page();
        let page = post_passkey(&mut third, &answer).await.page();
        assert_eq!(page.answer.status, 401, "{}", page.visible());

        let page = elsewhere.open("/account").await.page();
        assert!(page.has("passkey-add"), "the same session: {}", page.visible());
        let (method, target, pairs) = {
            let forms = &elsewhere.page().forms;
            let form = forms.iter().find(|form| form.action.ends_with("passkey/remove")).unwrap();
            (form.method.clone(), form.action.clone(), form.pairs(None))
        };
        let page = elsewhere.submit(&method, &target, &pairs).await.page();
        assert!(page.has("account-notice"), "{}", page.visible());
        let page = elsewhere.open(&ask(&provider).with("prompt", "login").path()).await.page();
        let answer = passkey.get(&options(&page), &Answer::default());
        let page = post_passkey(&mut elsewhere, &answer).await.page();
        assert_eq!(page.answer.status, 401, "a passkey that was removed");
        let types = types(&provider).await;
        for event in
            ["subject.passkey_registered", "subject.passkey_used", "subject.passkey_removed"]
        {
            assert!(types.iter().any(|own| own == event), "{event}");
        }
    });
}

#[test]
fn one_time_codes_follow_the_password_and_count_once() {
    test(async {
        let provider = provider().await;
        let mut owner = provider.browser();
        enter(&mut owner, "alice").await;
        let secret = enrol_totp(&provider, &mut owner).await;

        let mut browser = provider.browser();
        let request = ask(&provider);
        browser.open(&request.path()).await.page();
        let page = browser.sign_in("alice", PASSWORD).await.page();
        assert!(page.path.ends_with("/second-factor") && page.has("otp"), "{}", page.visible());
        assert!(browser.open("/account").await.page().has("login-submit"), "nobody is signed in");
        browser.show_again(page);
        browser.fill("otp", "000000");
        let page = browser.click("factor-submit").await.page();
        assert_eq!(page.answer.status, 401);
        let code = code_at(&secret, provider.now());
        browser.fill("otp", &code);
        let stop = browser.click("factor-submit").await;
        let token = allowed(&provider, &mut browser, &request, stop).await;
        assert_eq!(token["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
        assert_eq!(token["acr"], "urn:moneta:acr:multi-factor");

        let mut other = provider.browser();
        other.open(&ask(&provider).path()).await.page();
        other.sign_in("alice", PASSWORD).await.page();
        other.fill("otp", &code);
        let page = other.click("factor-submit").await.page();
        assert_eq!(page.answer.status, 401, "RFC 6238 §5.2");
        assert!(page.visible().contains("used before"), "{}", page.visible());

        let events = provider.events_after(0).await;
        let verified = events.iter().filter(|(name, _)| name == "transaction.factor_verified");
        assert_eq!(verified.count(), 2, "an abandoned second step is on record");
        for reason in ["totp_wrong", "totp_replayed"] {
            let has =
                |name: &str| events.iter().any(|(own, text)| own == name && text.contains(reason));
            assert!(has("transaction.authentication_failed") && has("subject.factor_failed"));
        }
        let text: String = events.iter().map(|(_, text)| text.as_str()).collect();
        assert!(!text.contains(&secret.replace(' ', "")), "the secret is sealed");
    });
}

#[test]
fn a_stronger_acr_asks_for_a_passkey_and_goes_on_without() {
    test(async {
        let provider = provider().await;
        let mut browser = provider.browser();
        enter(&mut browser, "alice").await;
        let mut passkey = enrol_passkey(&provider, &mut browser).await;

        // The session is one of a password alone: it steps up.
        let request = ask(&provider).with("acr_values", "phr");
        let page = browser.open(&request.path()).await.page();
        assert!(page.visible().contains("stronger sign-in"), "{}", page.visible());
        let page = browser.sign_in("alice", PASSWORD).await.page();
        assert!(page.has("factor-skip") && !page.has("otp"), "{}", page.visible());
        let present = Answer { flags: PRESENT, ..Answer::default() };
        let answer = passkey.get(&options(&page), &present);
        let stop = post_passkey(&mut browser, &answer).await;
        let token = allowed(&provider, &mut browser, &request, stop).await;
        assert_eq!(token["amr"], serde_json::json!(["pwd", "pop", "hwk", "user", "mfa"]));
        assert_eq!(token["acr"], "phr");

        let mut elsewhere = provider.browser();
        let request = ask(&provider).with("acr_values", "phr");
        elsewhere.open(&request.path()).await.page();
        elsewhere.sign_in("alice", PASSWORD).await.page();
        let stop = elsewhere.click("factor-skip").await;
        let token = allowed(&provider, &mut elsewhere, &request, stop).await;
        assert_eq!(
            (&token["acr"], &token["amr"][0]),
            (&"urn:moneta:acr:password".into(), &"pwd".into())
        );

        // Without the wish the password is enough, and bob has nothing that could be asked for.
        for (user, acr) in [("alice", None), ("bob", Some("phr"))] {
            let mut request = ask(&provider);
            if let Some(acr) = acr {
                request = request.with("acr_values", acr);
            }
            let mut browser = provider.browser();
            browser.open(&request.path()).await.page();
            let stop = browser.sign_in(user, PASSWORD).await;
            let token = allowed(&provider, &mut browser, &request, stop).await;
            assert_eq!(token["acr"], "urn:moneta:acr:password", "{user}");
        }
    });
}

#[test]
fn changes_want_a_fresh_sign_in_with_everything() {
    test(async {
        let provider = provider().await;
        let mut browser = provider.browser();
        enter(&mut browser, "alice").await;
        let secret = enrol_totp(&provider, &mut browser).await;
        let page = browser.open("/account/passkey").await.page();
        assert!(
            page.path.contains("/account/sign-in?again=yes"),
            "a password alone: {}",
            page.path
        );
        let page = browser.sign_in("alice", PASSWORD).await.page();
        assert!(page.path.starts_with("/account/second-factor"), "{}", page.path);
        browser.fill("otp", &code_at(&secret, provider.now()));
        let page = browser.click("factor-submit").await.page();
        assert_eq!(page.path, "/account/passkey", "{}", page.visible());
        provider.clock.advance(301);
        let page = browser.open("/account/password").await.page();
        assert!(page.path.contains("again=yes&to=password"), "minutes later: {}", page.path);
    });
}

#[test]
fn a_password_is_changed_by_whoever_knows_the_old_one() {
    test(async {
        let provider = provider().await;
        let mut browser = provider.browser();
        let mut elsewhere = provider.browser();
        enter(&mut elsewhere, "alice").await;
        provider.clock.advance(1);
        enter(&mut browser, "alice").await;
        provider.clock.advance(1);
        let table = [
            ("wrong", "a better one", "a better one", 401),
            (PASSWORD, "short", "short", 400),
            (PASSWORD, "a better one", "another one", 400),
        ];
        for (old, new, again, status) in table {
            browser.open("/account/password").await.page();
            for (id, text) in [("old", old), ("new", new), ("again", again)] {
                browser.fill(id, text);
            }
            let page = browser.click("password-submit").await.page();
            assert_eq!(page.answer.status, status, "{}", page.visible());
        }
        for (id, text) in [("old", PASSWORD), ("new", "a better one"), ("again", "a better one")] {
            browser.fill(id, text);
        }
        let page = browser.click("password-submit").await.page();
        assert!(page.has("account-notice"), "{}", page.visible());
        assert!(
            elsewhere.open("/account").await.page().has("login-submit"),
            "signed out elsewhere"
        );
        let page = elsewhere.sign_in("alice", PASSWORD).await.page();
        assert_eq!(page.answer.status, 401);
        assert!(elsewhere.sign_in("alice", "a better one").await.page().has("password-change"));
        elsewhere.click("account-sign-out").await.page();
        assert!(elsewhere.open("/account").await.page().has("login-submit"));
    });
}
