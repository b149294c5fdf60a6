//! The pages on which an end-user lets a device in (RFC 8628 §3.3, §5.1, §5.4).

use moneta_events::Reason;

use crate::support::{
    browser::{Browser, Page},
    crowd::Crowd,
    demo::PASSWORD,
    device::Codes,
    http::encode,
    jar::Origin,
    provider::{Options, Provider},
    rp::{Client, Tokens, claims},
    test,
    wire::post,
};

const POLLS: usize = 1_000;

/// Signs in at the page of user codes.
async fn signed_in(provider: &Provider, user: &str) -> Browser {
    let mut browser = provider.browser();
    browser.open("/device").await;
    assert!(browser.sign_in(user, PASSWORD).await.page().has("device-submit"));
    browser
}

/// Enters a code; the page it leads to.
async fn enter(browser: &mut Browser, code: &str) -> Page {
    browser.open("/device").await;
    browser.fill("user-code", code);
    browser.click("device-submit").await.page()
}

/// Enters the code of a device, and decides.
async fn decide(browser: &mut Browser, codes: &Codes, button: &str) -> Page {
    let page = enter(browser, &codes.user).await;
    assert!(page.has("device-allow"), "{}", page.visible());
    browser.click(button).await.page()
}

#[test]
fn rfc8628_3_3_allowed_with_another_device_and_fetched_once() {
    test(async {
        let provider = Provider::demo().await;
        let tv = provider.client("tv");
        let codes = tv.codes("openid profile offline_access api").await;
        let mut browser = provider.browser();
        let page = browser.open(&codes.path()).await.page();
        assert!(page.has("login-submit"), "{}", page.visible());
        let page = browser.sign_in("alice", PASSWORD).await.page();
        assert!(page.answer.text().contains(&codes.user), "the code came along");
        let page = browser.click("device-submit").await.page();
        let text = page.visible();
        for shown in [
            codes.user.as_str(),
            "Example Television",
            "Only go on if you see this code on your own device",
            "Use the example service in your name",
            "127.0.0.1",
            "less than a minute ago",
        ] {
            assert!(text.contains(shown), "{shown}: {text}");
        }
        assert_eq!(tv.poll(&codes.device).await.error().as_deref(), Some("authorization_pending"));
        assert!(browser.click("device-allow").await.page().has("device-done"));
        let tokens = Tokens::of(&tv.poll(&codes.device).await);
        assert_eq!(tokens.response["scope"], "openid profile offline_access api");
        let id_token = claims(tokens.id());
        assert_eq!(id_token["sub"], provider.subject_of("alice").await);
        assert_eq!((&id_token["aud"], &id_token["nonce"]), (&"tv".into(), &().into()));
        assert_eq!(tv.userinfo(&tokens.access).await.json()["sub"], id_token["sub"]);
        assert!(provider.client("rs1").is_active(&tokens.access).await);
        assert_eq!(tv.poll(&codes.device).await.error().as_deref(), Some("invalid_grant"));
        let next = Tokens::of(&tv.refresh(tokens.refresh()).await);
        assert_eq!(tv.refresh(tokens.refresh()).await.error().as_deref(), Some("invalid_grant"));
        assert!(!provider.client("rs1").is_active(&next.access).await, "reuse ends the family");
    });
}

#[test]
fn denied() {
    test(async {
        let provider = Provider::demo().await;
        let tv = provider.client("tv");
        let mut browser = signed_in(&provider, "alice").await;
        let codes = tv.codes("openid").await;
        assert!(decide(&mut browser, &codes, "device-deny").await.visible().contains("refused"));
        for _ in 0..2 {
            let answer = tv.poll(&codes.device).await;
            assert_eq!((answer.status, answer.error().as_deref()), (400, Some("access_denied")));
        }
        let page = enter(&mut browser, &codes.user).await;
        assert_eq!(page.answer.status, 400);
        assert!(page.visible().contains("used already"), "{}", page.visible());
    });
}

#[test]
fn rfc8628_6_1_a_code_may_be_typed_in_many_ways() {
    test(async {
        let provider = Provider::demo().await;
        let tv = provider.client("tv");
        let mut browser = signed_in(&provider, "alice").await;
        for write in [
            |code: &str| code.to_lowercase(),
            |code: &str| code.replace('-', ""),
            |code: &str| format!(" {} ", code.replace('-', " ")),
        ] {
            let codes = tv.codes("openid").await;
            assert!(enter(&mut browser, &write(&codes.user)).await.has("device-allow"));
        }
        for wrong in ["WDJB", "AAAA-0000", "BCDF-BCDF"] {
            let page = enter(&mut browser, wrong).await;
            assert_eq!(page.answer.status, 400, "{wrong}");
            assert!(page.has("user-code-error"), "{wrong}");
        }
    });
}

#[test]
fn a_code_is_of_whoever_enters_it_first() {
    test(async {
        let provider = Provider::demo().await;
        let tv = provider.client("tv");
        let codes = tv.codes("openid").await;
        let (mut alice, mut mallory) =
            (signed_in(&provider, "alice").await, signed_in(&provider, "mallory").await);
        let page = enter(&mut alice, &codes.user).await;
        assert!(enter(&mut mallory, &codes.user).await.visible().contains("used already"));
        assert_eq!(mallory.open(&page.path).await.page().answer.status, 404, "nor by its address");
        assert!(alice.click("device-allow").await.page().has("device-done"));
        let tokens = Tokens::of(&tv.poll(&codes.device).await);
        assert_eq!(claims(tokens.id())["sub"], provider.subject_of("alice").await);
    });
}

/// Cross-site posts, forms of other requests and sessions, and addresses without the right code.
#[test]
fn a_decision_needs_the_form_that_was_shown() {
    test(async {
        let provider = Provider::demo().await;
        let tv = provider.client("tv");
        let (first, second) = (tv.codes("openid").await, tv.codes("openid").await);
        let mut browser = signed_in(&provider, "alice").await;
        enter(&mut browser, &first.user).await;
        let (_, _, foreign) = browser.submission("device-allow");
        let page = enter(&mut browser, &second.user).await;
        let (method, target, own) = browser.submission("device-allow");
        let forged = browser.submit(&method, &target, &foreign).await.page();
        assert_eq!(forged.answer.status, 403);
        let cross = browser.request(&method, &target, Some(&own), Origin::CrossSitePost).await;
        assert_eq!(cross.status, 403);
        let bare = page.path.split('?').next().unwrap().to_owned();
        for wrong in [bare.clone(), format!("{bare}?user_code={}", first.user)] {
            let page = browser.open(&wrong).await.page();
            assert!(page.has("device-submit") && !page.has("device-allow"), "{wrong}");
        }
        for codes in [&first, &second] {
            let pending = tv.poll(&codes.device).await.error();
            assert_eq!(pending.as_deref(), Some("authorization_pending"));
        }
    });
}

#[test]
fn rfc8628_5_1_guesses_are_few_for_each_account_and_for_everybody() {
    test(async {
        let provider = Provider::start(Options::default().adjusted(|settings| {
            settings.limits.login_attempts = 3;
            settings.limits.wrong_user_codes = 5;
        }))
        .await;
        let tv = provider.client("tv");
        let codes = tv.codes("openid").await;
        let mut guesses = Vec::new();
        let mut browsers = Vec::new();
        for user in ["alice", "bob", "mallory"] {
            browsers.push(signed_in(&provider, user).await);
        }
        for browser in &mut browsers {
            for _ in 0..4 {
                guesses.push(enter(browser, "BCDF-BCDF").await.answer.status);
            }
        }
        let looked_at = guesses.iter().filter(|status| **status == 400).count();
        assert_eq!(looked_at, 5, "{guesses:?}");
        assert_eq!(guesses[3], 429, "one account has three");
        let page = enter(&mut browsers[2], &codes.user).await;
        assert_eq!(page.answer.status, 429, "even the right one is not looked at");
        provider.clock.advance(899);
        assert!(enter(&mut browsers[0], &codes.user).await.answer.status == 400, "too old by now");
        let codes = tv.codes("openid").await;
        assert!(enter(&mut browsers[0], &codes.user).await.has("device-allow"));
    });
}

#[test]
fn who_may_not_any_more_gets_no_tokens() {
    for (what, reason) in [
        ("user", Reason::UserDisabled),
        ("password", Reason::CredentialChanged),
        ("client", Reason::ClientDisabled),
    ] {
        test(async move {
            let provider = Provider::demo().await;
            let tv = provider.client("tv");
            let codes = tv.codes("openid offline_access").await;
            let mut browser = signed_in(&provider, "alice").await;
            decide(&mut browser, &codes, "device-allow").await;
            provider.clock.advance(1);
            match what {
                "user" => provider.disable_user("alice").await,
                "password" => provider.change_password("alice", "another password").await,
                _ => provider.disable_client("tv").await,
            }
            let answer = tv.poll(&codes.device).await;
            let told = answer.error();
            if what == "client" {
                assert_eq!((answer.status, told.as_deref()), (401, Some("invalid_client")));
                return;
            }
            assert_eq!((answer.status, told.as_deref()), (400, Some("invalid_grant")));
            let events = provider.events_after(0).await;
            let (name, text) = events.last().unwrap();
            assert_eq!(name, "approval.redemption_refused");
            assert!(text.contains(reason.as_str()), "{text}");
        });
    }
}

/// Nothing of an approval is lost by a restart after any step, and nothing is there twice.
#[test]
fn a_restart_after_each_step_loses_and_doubles_nothing() {
    test(async {
        let mut provider = Provider::start(Options::default().on_disk()).await;
        let codes = provider.client("tv").codes("openid offline_access").await;
        provider.restart(|_| ()).await;
        let tv = provider.client("tv");
        assert_eq!(tv.poll(&codes.device).await.error().as_deref(), Some("authorization_pending"));
        let mut browser = signed_in(&provider, "alice").await;
        enter(&mut browser, &codes.user).await;
        provider.restart(|_| ()).await;
        assert!(browser.click("device-allow").await.page().has("device-done"));
        provider.restart(|_| ()).await;
        let tv = provider.client("tv");
        let tokens = Tokens::of(&tv.poll(&codes.device).await);
        provider.restart(|_| ()).await;
        let tv = provider.client("tv");
        assert_eq!(tv.poll(&codes.device).await.error().as_deref(), Some("invalid_grant"));
        Tokens::of(&tv.refresh(tokens.refresh()).await);
    });
}

fn message(client: &Client, codes: &Codes) -> Vec<u8> {
    let (headers, mut body) = client.credentials();
    body.extend(Client::polling(&codes.device));
    post(&client.http.authority(), "/token", &headers, &encode(&body))
}

#[test]
fn rfc8628_3_5_a_thousand_polls_at_once_have_one_winner() {
    test(async {
        let options = Options::default().adjusted(|settings| {
            settings.limits.orders_per_stream = 2 * POLLS;
            settings.limits.orders_per_shard = 4 * POLLS;
            settings.limits.failures_per_address = 1_000_000;
        });
        for options in [options.on_disk()] {
            let provider = Provider::start(options).await;
            let tv = provider.client("tv");
            let codes = tv.codes("openid").await;
            let mut browser = signed_in(&provider, "alice").await;
            decide(&mut browser, &codes, "device-allow").await;
            let mut crowd = Crowd::open(provider.http.address(), 50).await;
            let answers = crowd.fire(vec![message(&tv, &codes); POLLS]).await;
            let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
            assert_eq!(won.len(), 1);
            let lost = answers.iter().filter(|a| a.error().as_deref() == Some("invalid_grant"));
            assert_eq!(lost.count(), POLLS - 1);
            let tokens = Tokens::of(won[0]);
            assert_eq!(tv.userinfo(&tokens.access).await.status, 200, "losers end nothing");
            let events = provider.events_after(0).await;
            let count = |name: &str| events.iter().filter(|(own, _)| own == name).count();
            assert_eq!((count("approval.redeemed"), count("token.issued")), (1, 1));
        }
    });
}
