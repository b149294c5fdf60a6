//! The playground: what a newcomer clicks through.

use thirtyfour::prelude::*;

use crate::{
    stage::{Stage, play},
    support::demo::PASSWORD,
};

/// Starts a flow from the playground's first page.
async fn start(stage: &Stage, flow: &str) {
    stage.browser.go("/playground").await;
    stage.browser.click(&format!("[value={flow}] + button")).await;
}

async fn sign_in_and_allow(stage: &Stage) {
    stage.sign_in("alice", PASSWORD).await;
    stage.browser.click("#consent-allow").await;
}

/// Presses one of the result's buttons and reads what came of it.
async fn press(stage: &Stage, action: &str) -> String {
    stage.browser.click_through(&format!("[action$='/{action}'] button")).await;
    stage.browser.find(".panel:last-child").await.text().await.unwrap()
}

async fn panel(stage: &Stage, title: &str) -> String {
    let xpath = format!("//section[h2='{title}']");
    let panel = stage.browser.driver.query(By::XPath(xpath)).first().await.unwrap();
    panel.text().await.unwrap()
}

#[test]
fn a_first_visit_leads_from_home_to_the_timeline() {
    play(async |stage| {
        let browser = &stage.browser;
        browser.go("/").await;
        browser.click("[href='/playground']").await;
        browser.arrive("Playground").await;
        assert!(browser.text().await.contains(&format!("with the password {PASSWORD}")));
        browser.click("[value=code] + button").await;
        sign_in_and_allow(stage).await;
        browser.arrive("The app knows who you are").await;
        let id_token = panel(stage, "ID Token").await;
        assert!(id_token.contains("good: RS256, key "), "{id_token}");
        assert!(id_token.contains("\"aud\": \"playground\""), "{id_token}");

        browser.click("[href*='/timeline/']").await;
        browser.arrive("Playground").await;
        let seal = browser.find(".seal").await.text().await.unwrap();
        assert!(seal.starts_with("Chain verified\n6 events"), "{seal}");
        let text = browser.text().await;
        for sentence in [
            "Client playground asked for openid profile email api with response_type code",
            "The end-user was asked and allowed openid profile email api.",
            "The client redeemed the code and proved with its PKCE verifier that it had asked.",
        ] {
            assert!(text.contains(sentence), "{text}");
        }
        browser.click("[href='/playground/transactions']").await;
        browser.arrive("Transactions").await;
        assert!(browser.find("tbody tr").await.text().await.unwrap().contains("Completed"));
    });
}

#[test]
fn a_wrong_verifier_is_told_in_a_word_and_recorded_with_its_rule() {
    play(async |stage| {
        start(stage, "wrong_verifier").await;
        sign_in_and_allow(stage).await;
        stage.browser.arrive("The code was refused").await;
        let told = panel(stage, "What the app is told").await;
        assert!(told.contains("invalid_grant") && !told.contains("verifier"), "{told}");
        let recorded = panel(stage, "What is on record").await;
        assert!(recorded.contains("The code_verifier does not fit the code_challenge."));
        assert!(recorded.contains("code_verifier_mismatch"), "{recorded}");
        assert!(recorded.contains("RFC 7636 §4.6"), "{recorded}");

        press(stage, "redeem").await;
        stage.browser.arrive("The app knows who you are").await;
    });
}

#[test]
fn a_code_that_comes_back_ends_what_it_bought() {
    play(async |stage| {
        start(stage, "code").await;
        sign_in_and_allow(stage).await;
        stage.browser.arrive("The app knows who you are").await;
        let recorded = press(stage, "replay").await;
        stage.browser.arrive("The code was refused").await;
        assert!(recorded.contains("code_replayed"), "{recorded}");
        let userinfo = press(stage, "userinfo").await;
        assert!(userinfo.contains("401") && userinfo.contains("invalid_token"), "{userinfo}");
        stage.browser.click("[href*='/timeline/']").await;
        let status = stage.browser.find(".badge").await.text().await.unwrap();
        assert_eq!(status, "Replay stopped");
    });
}

#[test]
fn tokens_are_used_refreshed_looked_at_and_given_up() {
    play(async |stage| {
        start(stage, "offline").await;
        stage.browser.find("#login-submit").await;
        stage.sign_in("alice", PASSWORD).await;
        stage.browser.arrive("Allow access?").await;
        assert!(stage.browser.text().await.contains("Keep this access while you are away"));
        stage.browser.click("#consent-allow").await;
        stage.browser.arrive("The app knows who you are").await;
        let userinfo = press(stage, "userinfo").await;
        assert!(userinfo.contains("\"email\": \"alice@example.com\""), "{userinfo}");
        let refreshed = press(stage, "refresh").await;
        assert!(refreshed.starts_with("ID Token") && !refreshed.contains("nonce"), "{refreshed}");
        let active = press(stage, "introspect").await;
        assert!(active.contains("Asked by rs1") && active.contains("\"active\": true"), "{active}");
        let revoked = press(stage, "revoke").await;
        assert!(revoked.starts_with("Revocation") && revoked.contains("200"), "{revoked}");
        assert!(press(stage, "introspect").await.contains("\"active\": false"));
        press(stage, "refresh").await;
        stage.browser.arrive("The refresh was refused").await;
        let recorded = panel(stage, "What is on record").await;
        assert!(recorded.contains("token.revoked"), "{recorded}");
    });
}

#[test]
fn a_service_gets_its_token_without_a_browser() {
    play(async |stage| {
        start(stage, "service").await;
        stage.browser.arrive("The service has its token").await;
        let active = press(stage, "introspect").await;
        assert!(active.contains("Asked by low") && active.contains("\"active\": true"), "{active}");
        press(stage, "revoke").await;
        assert!(press(stage, "introspect").await.contains("\"active\": false"));
        stage.browser.click("[href*='/timeline/direct-']").await;
        stage.browser.arrive("Example Service").await;
        assert!(stage.browser.find(".seal").await.text().await.unwrap().contains("2 events"));
    });
}

#[test]
fn silence_is_answered_with_the_reason_on_record() {
    play(async |stage| {
        start(stage, "none").await;
        stage.browser.arrive("The answer is no: login_required").await;
        assert!(panel(stage, "What is on record").await.contains("login_required"));
        start(stage, "code").await;
        sign_in_and_allow(stage).await;
        stage.browser.arrive("The app knows who you are").await;
        start(stage, "none").await;
        stage.browser.arrive("The answer is no: consent_required").await;
        start(stage, "form_post").await;
        stage.browser.click("#consent-allow").await;
        stage.browser.arrive("The app knows who you are").await;
        assert!(panel(stage, "The answer").await.contains("POST /playground/callback"));
        start(stage, "consent").await;
        stage.browser.click("#consent-deny").await;
        stage.browser.arrive("The answer is no: access_denied").await;
        let recorded = panel(stage, "What is on record").await;
        assert!(recorded.contains("consent_denied") && recorded.contains("the end-user"));

        stage.browser.go("/playground/transactions?status=denied").await;
        let rows = stage.browser.driver.find_all(By::Css("tbody tr")).await.unwrap();
        assert_eq!(rows.len(), 1);
    });
}

#[test]
fn the_list_holds_every_transaction_and_can_be_narrowed() {
    play(async |stage| {
        let browser = &stage.browser;
        browser.go(&stage.request(&[])).await;
        browser.arrive("Sign in").await;
        start(stage, "none").await;
        browser.arrive("The answer is no: login_required").await;
        let list = async |query: &str| {
            browser.go(&format!("/playground/transactions{query}")).await;
            browser.arrive("Transactions").await;
            browser.find("main").await.text().await.unwrap()
        };
        let all = list("").await;
        assert!(all.contains("login_required") && all.contains("Example Web"), "{all}");
        let web = list("?client=web").await;
        assert!(web.contains("Example Web Application") && !web.contains("login_required"));
        for nothing in ["?client=nobody", "?subject=nobody", "?after=never", "?status=expired"] {
            assert!(list(nothing).await.contains("No transaction fits this filter."), "{nothing}");
        }
    });
}

#[test]
fn an_answer_is_taken_once_and_only_where_it_was_asked_for() {
    play(async |stage| {
        let issuer = stage.issuer();
        let invented = format!("/playground/callback?code=mc_x&state=invented&iss={issuer}");
        stage.browser.go(&invented).await;
        stage.browser.arrive("The request cannot be answered").await;
        assert!(stage.browser.text().await.contains("The state is not one"));
        stage.browser.go("/playground/timeline/subject-01a205b3-a3c0-74fb-a877-296e09736cff").await;
        stage.browser.arrive("There is nothing here").await;
    });
}

#[test]
fn a_page_by_another_name_reads_nothing() {
    play(async |stage| {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/playground", stage.issuer());
        assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
        let rebound = client.get(&url).header("host", "evil.test").send().await.unwrap();
        assert_eq!(rebound.status(), 404);
    });
}
