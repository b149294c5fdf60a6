//! Passkeys and one-time codes, in a browser with an authenticator (Chromium's virtual one).

use moneta::runtime::clock::Clock as _;
use totp_rs::{Builder, Secret};

use crate::{
    stage::{Look, Stage, play_with_passkeys},
    support::demo::PASSWORD,
};

async fn enter(stage: &Stage) {
    stage.browser.go("/account").await;
    stage.browser.arrive("Sign in").await;
    stage.sign_in("alice", PASSWORD).await;
    stage.browser.arrive("Your account").await;
}

async fn register(stage: &Stage) {
    let browser = &stage.browser;
    browser.click("#passkey-add").await;
    browser.arrive("Add a passkey").await;
    browser.fill("#label", "My laptop").await;
    browser.picture("passkey_setup").await;
    browser.click("#passkey-submit").await;
    browser.arrive("Your account").await;
    assert!(browser.find("#account-notice").await.text().await.unwrap().contains("was added"));
    assert!(browser.text().await.contains("My laptop"));
}

async fn wider_than_the_window(stage: &Stage) -> bool {
    let page = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
    stage.browser.run(page).await == true
}

#[test]
fn a_passkey_is_added_and_signs_in() {
    play_with_passkeys(Look::default(), async |stage| {
        let browser = &stage.browser;
        enter(stage).await;
        browser.picture("account_empty").await;
        register(stage).await;
        browser.picture("account").await;
        browser.click("#account-sign-out").await;
        browser.arrive("Sign in").await;
        browser.picture("account_sign_in").await;

        browser.go(&stage.request(&[])).await;
        browser.arrive("Sign in").await;
        browser.picture("login_passkey").await;
        browser.click("#passkey-submit").await;
        browser.arrive("Allow access?").await;
        assert!(browser.text().await.contains("You are signed in as alice."));
        browser.click("#consent-allow").await;
        browser.arrive("Back at the client").await;
        assert_eq!(stage.count("subject.passkey_used").await, 1);

        // A stronger wish is met by the session that has it.
        browser.go(&stage.request(&[("acr_values", "phr")])).await;
        browser.arrive("Allow access?").await;
    });
}

#[test]
fn one_time_codes_and_stepping_up_on_a_phone() {
    play_with_passkeys(Look { phone: true, ..Look::default() }, async |stage| {
        let browser = &stage.browser;
        enter(stage).await;
        register(stage).await;
        assert!(!wider_than_the_window(stage).await);
        browser.picture("account").await;
        // The session has seen a password alone, and there is a passkey now.
        browser.click("#totp-setup").await;
        browser.arrive("Sign in").await;
        browser.picture("account_sign_in_again").await;
        browser.click("#passkey-submit").await;
        browser.arrive("Set up one-time codes").await;
        browser.picture("totp_setup").await;
        assert!(!wider_than_the_window(stage).await);
        browser.click("summary").await;
        let secret = browser.find("#totp-secret").await.text().await.unwrap();
        let secret = Secret::try_from_base32(secret.replace(' ', "")).unwrap();
        let codes = Builder::new().with_secret(secret).build().unwrap();
        let now = || stage.provider.clock.now().as_seconds().cast_unsigned();
        browser.fill("#otp", "000000").await;
        browser.click("#totp-submit").await;
        browser.find("#factor-error").await;
        browser.fill("#otp", &codes.generate(now()).to_string()).await;
        browser.click("#totp-submit").await;
        browser.find("#totp-remove").await;

        stage.provider.clock.advance(60);
        browser.go(&stage.request(&[("prompt", "login")])).await;
        stage.sign_in("alice", PASSWORD).await;
        browser.arrive("Confirm it is you").await;
        browser.picture("second_factor").await;
        assert!(!wider_than_the_window(stage).await);
        browser.fill("#otp", "000000").await;
        browser.click("#factor-submit").await;
        assert!(browser.find("#factor-error").await.text().await.unwrap().contains("not the one"));
        browser.picture("second_factor_wrong").await;
        let code = codes.generate(now()).to_string();
        browser.fill("#otp", &code).await;
        browser.click("#factor-submit").await;
        browser.arrive("Allow access?").await;

        // The same code again, in another sign-in.
        browser.go(&stage.request(&[("prompt", "login")])).await;
        stage.sign_in("alice", PASSWORD).await;
        browser.arrive("Confirm it is you").await;
        browser.fill("#otp", &code).await;
        browser.click("#factor-submit").await;
        assert!(browser.find("#factor-error").await.text().await.unwrap().contains("used before"));
        browser.click("#passkey-submit").await;
        browser.arrive("Allow access?").await;

        browser.go(&stage.request(&[("acr_values", "phr")])).await;
        browser.arrive("Allow access?").await;
        browser.go("/account/password").await;
        browser.arrive("Change your password").await;
        browser.picture("new_password").await;
    });
}
