//! People go back, press twice, wait too long and open two tabs.

use thirtyfour::prelude::*;

use crate::{
    stage::{Stage, play},
    support::demo::PASSWORD,
};

async fn until_consent(stage: &Stage) {
    stage.browser.go(&stage.request(&[])).await;
    stage.sign_in("alice", PASSWORD).await;
    stage.browser.arrive("Allow access?").await;
}

/// Sends the form that is shown, as the browser would, without leaving the page.
async fn send_beside(stage: &Stage, action: &str) {
    let cookies = stage.browser.driver.get_all_cookies().await.unwrap();
    let cookies: Vec<_> = cookies.iter().map(|c| format!("{}={}", c.name, c.value)).collect();
    let csrf = stage.browser.value("[name=csrf]").await;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("csrf", &csrf)
        .append_pair("action", action)
        .finish();
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let path = stage.browser.path().await;
    let answer = client
        .unwrap()
        .post(format!("{}{path}", stage.issuer()))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookies.join("; "))
        .header("origin", stage.issuer())
        .body(form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303);
}

#[test]
fn a_sign_in_that_took_too_long_says_so() {
    play(async |stage| {
        stage.browser.go(&stage.request(&[])).await;
        stage.browser.arrive("Sign in").await;
        stage.provider.clock.advance(601);
        stage.sign_in("alice", PASSWORD).await;
        stage.browser.arrive("This sign-in has expired").await;
        assert_eq!(stage.count("transaction.authenticated").await, 0);
    });
}

/// Browsers show the page as it was, or ask for it anew; pressing its button changes nothing either way.
#[test]
fn going_back_after_the_end_shows_that_it_ended() {
    play(async |stage| {
        until_consent(stage).await;
        stage.browser.click("#consent-allow").await;
        stage.browser.arrive("Back at the client").await;
        stage.browser.driver.back().await.unwrap();
        let page = "//h1[.='Allow access?' or .='This sign-in is finished']";
        let heading = stage.browser.driver.query(By::XPath(page)).first().await.unwrap();
        if heading.text().await.unwrap() == "Allow access?" {
            stage.browser.click("#consent-allow").await;
        }
        stage.browser.arrive("This sign-in is finished").await;
        assert_eq!(stage.client.answers().len(), 1);
        assert_eq!(stage.count("transaction.code_issued").await, 1);
    });
}

#[test]
fn a_form_that_is_sent_twice_counts_once() {
    play(async |stage| {
        until_consent(stage).await;
        send_beside(stage, "allow").await;
        stage.browser.click("#consent-allow").await;
        stage.browser.arrive("This sign-in is finished").await;
        assert_eq!(stage.count("transaction.code_issued").await, 1);
    });
}

#[test]
fn nobody_can_allow_what_was_denied() {
    play(async |stage| {
        until_consent(stage).await;
        send_beside(stage, "deny").await;
        stage.browser.click("#consent-allow").await;
        stage.browser.arrive("This sign-in is finished").await;
        let page = stage.browser.find("#op-error").await.text().await.unwrap();
        assert!(page.contains("start again there") && !page.contains("expired"), "{page}");
        assert_eq!(stage.count("transaction.code_issued").await, 0);
    });
}

/// The form that was answered by another tab, and the one for signing in that was left behind.
#[test]
fn each_form_of_a_finished_sign_in_says_that_it_is_finished() {
    play(async |stage| {
        stage.browser.go(&stage.request(&[])).await;
        stage.browser.arrive("Sign in").await;
        let sign_in = stage.browser.path().await;
        stage.sign_in("alice", PASSWORD).await;
        stage.browser.click("#consent-allow").await;
        stage.browser.arrive("Back at the client").await;
        for path in [sign_in.clone(), sign_in.replace("/login", "/consent")] {
            stage.browser.go(&path).await;
            stage.browser.arrive("This sign-in is finished").await;
        }
    });
}

#[test]
fn a_double_click_brings_one_code_at_most() {
    play(async |stage| {
        until_consent(stage).await;
        let allow = stage.browser.find("#consent-allow").await;
        let twice = stage.browser.driver.action_chain().double_click_element(&allow);
        twice.perform().await.unwrap();
        let ended = "//h1[.='Back at the client' or .='This sign-in is finished']";
        stage.browser.driver.query(By::XPath(ended)).first().await.unwrap();
        assert_eq!(stage.count("transaction.code_issued").await, 1);
    });
}

#[test]
fn two_tabs_run_two_transactions() {
    play(async |stage| {
        let browser = &stage.browser;
        let (one, two) = (stage.request(&[]), stage.request(&[]).replace("the+state", "another"));
        browser.go(&one).await;
        browser.arrive("Sign in").await;
        let first = browser.go_in_new_tab(&two).await;
        stage.sign_in("alice", PASSWORD).await;
        browser.click("#consent-allow").await;
        browser.arrive("Back at the client").await;

        browser.driver.switch_to_window(first).await.unwrap();
        stage.sign_in("alice", PASSWORD).await;
        browser.click("#consent-allow").await;
        browser.arrive("Back at the client").await;
        let answers = stage.client.answers();
        let states: Vec<_> = answers.iter().filter_map(|answer| answer.get("state")).collect();
        assert_eq!(states, ["another", "the state"]);
        assert_ne!(answers[0].get("code"), answers[1].get("code"));
    });
}

#[test]
fn a_page_of_another_browser_is_not_shown() {
    play(async |stage| {
        stage.browser.go(&stage.request(&[])).await;
        stage.browser.arrive("Sign in").await;
        stage.browser.driver.delete_all_cookies().await.unwrap();
        stage.browser.driver.refresh().await.unwrap();
        stage.browser.arrive("This sign-in belongs to another browser").await;
    });
}
