//! Everything works without JavaScript.

use crate::{
    stage::{Look, Stage, play_with},
    support::demo::PASSWORD,
};

const NO_SCRIPTS: Look = Look { phone: false, dark: false, scripts: false };

#[test]
fn signing_in_and_consent_need_no_script() {
    play_with(NO_SCRIPTS, async |stage: &Stage| {
        let browser = &stage.browser;
        browser.go(&stage.request(&[])).await;
        stage.sign_in("alice", "wrong").await;
        browser.find("#login-error").await;
        stage.sign_in("alice", PASSWORD).await;
        browser.arrive("Allow access?").await;
        browser.click("summary").await;
        assert!(browser.text().await.contains("Alice Marie Adams"));
        browser.click("#consent-allow").await;
        browser.arrive("Back at the client").await;
        assert!(stage.client.answer().get("code").is_some());
    });
}

#[test]
fn an_answer_in_a_form_waits_for_its_button() {
    play_with(NO_SCRIPTS, async |stage: &Stage| {
        let browser = &stage.browser;
        browser.go(&stage.request(&[("response_mode", "form_post")])).await;
        stage.sign_in("alice", PASSWORD).await;
        browser.click("#consent-allow").await;
        browser.arrive("Going back").await;
        assert!(stage.client.answers().is_empty());
        browser.click("#form-post-continue").await;
        browser.arrive("Back at the client").await;
        assert_eq!(stage.client.answer().method, "POST");
    });
}

#[test]
fn the_playground_needs_no_script() {
    play_with(NO_SCRIPTS, async |stage: &Stage| {
        let browser = &stage.browser;
        browser.go("/playground").await;
        browser.click("[value=code] + button").await;
        stage.sign_in("alice", PASSWORD).await;
        browser.click("#consent-allow").await;
        browser.arrive("The app knows who you are").await;
        browser.click("[href*='/timeline/']").await;
        browser.find(".seal").await;
        browser.click(".step summary").await;
        assert!(browser.text().await.contains("\"type\": \"transaction.requested\""));
    });
}
