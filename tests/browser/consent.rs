//! Saying yes, saying no, and being remembered.

use crate::{stage::play, support::demo::PASSWORD};

#[test]
fn denying_tells_the_client_and_goes_on_record() {
    play(async |stage| {
        stage.browser.go(&stage.request(&[])).await;
        stage.sign_in("alice", PASSWORD).await;
        stage.browser.click("#consent-deny").await;
        stage.browser.arrive("Back at the client").await;
        assert_eq!(stage.client.answer().get("error"), Some("access_denied"));
        assert_eq!(stage.count("transaction.denied").await, 1);
        assert_eq!(stage.count("transaction.code_issued").await, 0);
    });
}

#[test]
fn what_is_shared_can_be_looked_at_before() {
    play(async |stage| {
        let browser = &stage.browser;
        browser.go(&stage.request(&[])).await;
        stage.sign_in("alice", PASSWORD).await;
        browser.arrive("Allow access?").await;
        assert!(!browser.text().await.contains("Alice Marie Adams"));
        browser.click("summary").await;
        assert!(browser.text().await.contains("Alice Marie Adams"));
    });
}

#[test]
fn remembered_consent_is_not_asked_for_again_unless_it_is_wider_or_asked_for() {
    play(async |stage| {
        let browser = &stage.browser;
        browser.go(&stage.request(&[])).await;
        stage.sign_in("alice", PASSWORD).await;
        browser.click("#remember").await;
        browser.click("#consent-allow").await;
        browser.arrive("Back at the client").await;

        browser.go(&stage.request(&[("prompt", "none")])).await;
        browser.arrive("Back at the client").await;
        let answers = stage.client.answers();
        assert_eq!(answers.len(), 2);
        assert!(answers.iter().all(|answer| answer.get("code").is_some()));

        let wider = stage.request(&[]).replace("scope=openid", "scope=openid+email");
        browser.go(&wider).await;
        browser.arrive("Allow access?").await;
        browser.go(&stage.request(&[("prompt", "consent")])).await;
        browser.arrive("Allow access?").await;
        assert_eq!(stage.count("consent.granted").await, 1);
    });
}

#[test]
fn without_a_tick_nothing_is_remembered() {
    play(async |stage| {
        let browser = &stage.browser;
        browser.go(&stage.request(&[])).await;
        stage.sign_in("alice", PASSWORD).await;
        browser.click("#consent-allow").await;
        browser.arrive("Back at the client").await;
        browser.go(&stage.request(&[])).await;
        browser.arrive("Allow access?").await;
        assert_eq!(stage.count("consent.granted").await, 0);
    });
}

#[test]
fn an_answer_in_a_form_posts_itself() {
    play(async |stage| {
        stage.browser.go(&stage.request(&[("response_mode", "form_post")])).await;
        stage.sign_in("alice", PASSWORD).await;
        stage.browser.click("#consent-allow").await;
        stage.browser.arrive("Back at the client").await;
        let answer = stage.client.answer();
        assert_eq!(answer.method, "POST");
        assert!(answer.get("code").is_some());
        assert_eq!(answer.get("state"), Some("the state"));
        assert_eq!(answer.get("iss"), Some(stage.issuer()));
    });
}
