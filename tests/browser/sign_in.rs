//! Signing in.

use crate::{stage::play, support::demo::PASSWORD};

#[test]
fn signing_in_and_allowing_brings_a_code_to_the_client() {
    play(async |stage| {
        let browser = &stage.browser;
        browser.go(&stage.request(&[])).await;
        browser.arrive("Sign in").await;
        assert!(browser.text().await.contains("to continue to Example Web Application"));
        stage.sign_in("alice", PASSWORD).await;
        browser.arrive("Allow access?").await;
        assert!(browser.text().await.contains("You are signed in as alice."));
        browser.click("#consent-allow").await;
        browser.arrive("Back at the client").await;
        let answer = stage.client.answer();
        assert_eq!(answer.method, "GET");
        assert!(answer.get("code").is_some_and(|code| code.starts_with("mc_")));
        assert_eq!(answer.get("state"), Some("the state"));
        assert_eq!(answer.get("iss"), Some(stage.issuer()));
        assert_eq!(answer.get("error"), None);
    });
}

#[test]
fn a_wrong_password_is_told_like_an_unknown_name_and_can_be_mended() {
    play(async |stage| {
        let browser = &stage.browser;
        browser.go(&stage.request(&[])).await;
        stage.sign_in("alice", "wrong").await;
        let error = browser.find("#login-error").await.text().await.unwrap();
        assert_eq!(browser.value("#username").await, "alice", "what was typed stays");
        assert_eq!(browser.value("#password").await, "");
        let focused = browser.run("return document.activeElement.id").await;
        assert_eq!(focused, "password");

        browser.go(&stage.request(&[])).await;
        stage.sign_in("ghost", "wrong").await;
        assert_eq!(browser.find("#login-error").await.text().await.unwrap(), error);
        assert_eq!(browser.value("#username").await, "ghost");

        stage.sign_in("alice", PASSWORD).await;
        browser.arrive("Allow access?").await;
        assert_eq!(stage.count("transaction.authentication_failed").await, 2);
        assert!(stage.client.answers().is_empty());
    });
}

#[test]
fn cancelling_goes_back_with_an_error() {
    play(async |stage| {
        stage.browser.go(&stage.request(&[])).await;
        stage.browser.click("#login-cancel").await;
        stage.browser.arrive("Back at the client").await;
        let answer = stage.client.answer();
        assert_eq!(answer.get("error"), Some("access_denied"));
        assert_eq!(answer.get("state"), Some("the state"));
        assert_eq!(answer.get("code"), None);
        assert_eq!(stage.count("transaction.denied").await, 1);
    });
}

#[test]
fn whoever_is_signed_in_is_asked_again_only_where_the_client_wants_it() {
    play(async |stage| {
        let browser = &stage.browser;
        browser.go(&stage.request(&[])).await;
        stage.sign_in("alice", PASSWORD).await;
        browser.arrive("Allow access?").await;

        browser.go(&stage.request(&[])).await;
        browser.arrive("Allow access?").await;

        browser.go(&stage.request(&[("prompt", "login")])).await;
        browser.arrive("Sign in").await;
        assert!(browser.text().await.contains("asks you to sign in again"));
        assert_eq!(browser.value("#username").await, "alice", "the account is known");

        stage.provider.clock.advance(120);
        browser.go(&stage.request(&[("max_age", "60")])).await;
        browser.arrive("Sign in").await;
        assert!(browser.text().await.contains("asks for a recent sign-in"));
    });
}

#[test]
fn an_account_can_be_chosen_and_changed() {
    play(async |stage| {
        let browser = &stage.browser;
        browser.go(&stage.request(&[])).await;
        stage.sign_in("alice", PASSWORD).await;
        browser.arrive("Allow access?").await;

        let choose = stage.request(&[("prompt", "select_account")]);
        browser.go(&choose).await;
        browser.arrive("Choose an account").await;
        assert!(browser.text().await.contains("Continue as\nalice"));
        browser.click("#account-continue").await;
        browser.arrive("Allow access?").await;

        browser.go(&choose).await;
        browser.click("#account-other").await;
        browser.arrive("Sign in").await;
        assert_eq!(browser.value("#username").await, "");
        stage.sign_in("bob", PASSWORD).await;
        browser.arrive("Allow access?").await;
        assert!(browser.text().await.contains("You are signed in as bob."));
    });
}

#[test]
fn a_request_that_cannot_be_answered_leads_nowhere() {
    play(async |stage| {
        let browser = &stage.browser;
        let request = stage.request(&[]);
        let elsewhere = request.replace("redirect_uri=http", "redirect_uri=https");
        for (path, cause) in [
            (request.replace("client_id=web", "client_id=nobody"), "There is no such client."),
            (elsewhere, "The redirect_uri is not one that the client registered."),
        ] {
            browser.go(&path).await;
            browser.find("#op-error").await;
            browser.arrive("The request cannot be answered").await;
            assert!(browser.text().await.contains(cause), "{}", browser.text().await);
            let away = "return [...document.querySelectorAll('a, form')].length";
            assert_eq!(browser.run(away).await, 0);
        }
        assert!(stage.client.answers().is_empty());
        assert_eq!(stage.count("transaction.requested").await, 0);
    });
}
