//! The device inbox on a phone: requests come and go without anybody loading the page, and are decided.

use moneta_events::StreamId;
use serde_json::json;
use thirtyfour::extensions::query::ElementWaitable as _;

use crate::{
    stage::{Look, Stage, play_upon, play_with, play_with_passkeys},
    support::{backchannel::EXPIRY, demo::PASSWORD, rp::claims},
};

const PHONE: Look = Look { phone: true, dark: false, scripts: true };

impl Stage {
    /// Signs alice in, at her inbox.
    async fn at_inbox(&self) {
        self.browser.go(&self.request(&[])).await;
        self.sign_in("alice", PASSWORD).await;
        self.browser.arrive("Allow access?").await;
        self.browser.go("/device-inbox").await;
        self.browser.find("#live[data-state=on]").await;
    }

    async fn ask(&self, message: &str) -> StreamId {
        self.provider.clock.advance(1);
        self.provider.asks("web", "alice", "openid profile", message).await
    }
}

fn card(stream: StreamId) -> String {
    format!("#request-{}", stream.uuid)
}

#[test]
fn a_request_appears_by_itself_and_is_approved_with_the_password() {
    play_with(PHONE, async |stage: &Stage| {
        let browser = &stage.browser;
        stage.at_inbox().await;
        assert!(browser.text().await.contains("Nothing waits for you"));
        browser.run("window.before = true").await;
        let stream = stage.ask("W4SCT").await;
        browser.find(&card(stream)).await;
        assert_eq!(browser.run("return window.before").await, true, "nobody loaded the page");
        let text = browser.text().await;
        assert!(text.contains("W4SCT") && !text.contains("Nothing waits for you"), "{text}");
        assert!(browser.run("return document.title").await.as_str().unwrap().starts_with("(1) "));
        assert!(browser.find("#live").await.text().await.unwrap().contains("Example Web"));

        browser.click("#approve").await;
        browser.arrive("Approve this?").await;
        browser.fill("#confirm-password", "wrong").await;
        browser.click_through("#approve").await;
        browser.find("#confirm-error").await;
        let focused = browser.run("return document.activeElement.id").await;
        assert_eq!(focused, "confirm-password");
        browser.fill("#confirm-password", PASSWORD).await;
        browser.click("#approve").await;
        browser.arrive("Approved").await;
        assert_eq!(stage.count("approval.failed").await, 1);
        assert_eq!(stage.count("approval.approved").await, 1);
        browser.click("#outcome a").await;
        browser.arrive("Requests").await;
        assert!(browser.text().await.contains("Nothing waits for you"));
    });
}

#[test]
fn the_client_that_polls_gets_its_tokens_once_it_is_approved() {
    play_with(PHONE, async |stage: &Stage| {
        let browser = &stage.browser;
        stage.at_inbox().await;
        let client = stage.provider.client("ciba_secret");
        let asked = [("binding_message", "W4SCT"), ("scope", "openid profile")];
        let auth_req_id = client.auth_req_id(&asked).await;
        browser.find(".request").await;
        let text = browser.text().await;
        assert!(text.contains("Example Call Centre") && text.contains("W4SCT"), "{text}");
        assert!(text.contains("127.0.0.1"), "where it was asked from: {text}");
        let error = client.fetch(&auth_req_id).await.error();
        assert_eq!(error.as_deref(), Some("authorization_pending"));

        browser.click("#approve").await;
        browser.fill("#confirm-password", PASSWORD).await;
        browser.click("#approve").await;
        browser.arrive("Approved").await;
        stage.provider.clock.advance(10);
        let tokens = client.fetch(&auth_req_id).await;
        assert_eq!(tokens.status, 200, "{}", tokens.whole());
        let id_token = claims(&tokens.member("id_token").expect("an ID Token"));
        assert_eq!(id_token["sub"], stage.provider.subject_of("alice").await);
        assert_eq!(id_token["amr"], json!(["pwd"]));
    });
}

#[test]
fn a_passkey_approves_and_the_client_learns_how_strong_that_was() {
    play_with_passkeys(PHONE, async |stage: &Stage| {
        let browser = &stage.browser;
        stage.at_inbox().await;
        browser.go("/account").await;
        browser.click("#passkey-add").await;
        browser.arrive("Add a passkey").await;
        browser.fill("#label", "My phone").await;
        browser.click("#passkey-submit").await;
        browser.arrive("Your account").await;

        browser.go("/device-inbox").await;
        browser.find("#live[data-state=on]").await;
        let client = stage.provider.client("ciba_secret");
        let auth_req_id = client.auth_req_id(&[("binding_message", "W4SCT")]).await;
        browser.click("#approve").await;
        browser.arrive("Approve this?").await;
        browser.find("#confirm-passkey").await;
        browser.picture("inbox-passkey").await;
        browser.click("#confirm-passkey").await;
        browser.arrive("Approved").await;
        let events = stage.provider.events_after(0).await;
        let approved = events.iter().find(|(event, _)| event == "approval.approved");
        let approved: serde_json::Value = serde_json::from_str(&approved.unwrap().1).unwrap();
        let proof = &approved["data"]["proof"];
        assert_eq!(proof["method"], "passkey");
        assert!(proof["credential"].is_string() && proof["assertion"].is_string(), "{proof}");
        stage.provider.clock.advance(10);
        let tokens = client.fetch(&auth_req_id).await;
        let id_token = claims(&tokens.member("id_token").expect("an ID Token"));
        assert_eq!(id_token["acr"], "phr");
        let amr = id_token["amr"].as_array().unwrap();
        assert!(amr.contains(&json!("pop")) && amr.contains(&json!("mfa")), "{amr:?}");
    });
}

#[test]
fn a_report_keeps_the_client_away() {
    play_with(PHONE, async |stage: &Stage| {
        let browser = &stage.browser;
        stage.at_inbox().await;
        let client = stage.provider.client("ciba_secret");
        let auth_req_id = client.auth_req_id(&[]).await;
        browser.click("#report").await;
        browser.arrive("Reported").await;
        let told = client.fetch(&auth_req_id).await.error();
        assert_eq!(told.as_deref(), Some("access_denied"));
        stage.provider.clock.advance(600);
        let again = client.backchannel(&[]).await;
        assert_eq!((again.status / 100, again.member("auth_req_id")), (4, None));
        assert_eq!(stage.count("backchannel.requested").await, 1);
    });
}

#[test]
fn saying_no_takes_one_tap() {
    play_with(PHONE, async |stage: &Stage| {
        let browser = &stage.browser;
        stage.at_inbox().await;
        for (button, heading) in [("#deny", "Denied"), ("#report", "Reported")] {
            let stream = stage.ask("W4SCT").await;
            browser.find(&card(stream)).await;
            browser.click(button).await;
            browser.arrive(heading).await;
            browser.go("/device-inbox").await;
        }
        let events = stage.provider.events_after(0).await;
        let denied = events.iter().filter(|(event, _)| event == "approval.denied");
        let reasons: Vec<_> = denied.map(|(_, text)| text.contains("request_reported")).collect();
        assert_eq!(reasons, [false, true]);
    });
}

#[test]
fn what_expires_goes_and_what_is_left_cannot_be_hit_by_mistake() {
    play_with(PHONE, async |stage: &Stage| {
        let browser = &stage.browser;
        stage.at_inbox().await;
        let first = stage.ask("F1RST").await;
        browser.find(&card(first)).await;
        stage.provider.clock.advance(EXPIRY - 10);
        let second = stage.ask("S3C0ND").await;
        let later = browser.find(&card(second)).await;
        browser.run("new MutationObserver(() => window.settled = (window.settled ?? []).concat(document.getElementById('requests').className)).observe(document.getElementById('requests'), { attributes: true })").await;
        stage.provider.clock.advance(10);
        later.wait_until().stale().await.unwrap();
        browser.find(&card(second)).await;
        assert!(!browser.text().await.contains("F1RST"));
        let settled = "return (window.settled ?? []).join()";
        let classes = browser.run(settled).await;
        assert!(classes.as_str().unwrap().contains("settling"), "it moved: {classes}");
        browser.find("#requests:not(.settling)").await;

        browser.click("#approve").await;
        browser.arrive("Approve this?").await;
        browser.find("#live[data-state=on]").await;
        stage.provider.clock.advance(EXPIRY);
        browser.arrive("Too late").await;
    });
}

#[test]
fn two_pages_agree() {
    play_with(PHONE, async |stage: &Stage| {
        let browser = &stage.browser;
        stage.at_inbox().await;
        let stream = stage.ask("W4SCT").await;
        let first = browser.find(&card(stream)).await;
        let before = browser.go_in_new_tab("/device-inbox").await;
        browser.find(&card(stream)).await;
        browser.click("#approve").await;
        browser.fill("#confirm-password", PASSWORD).await;
        browser.click("#approve").await;
        browser.arrive("Approved").await;
        browser.driver.switch_to_window(before).await.unwrap();
        first.wait_until().stale().await.unwrap();
        assert!(browser.text().await.contains("Nothing waits for you"));
        assert_eq!(stage.count("approval.approved").await, 1);
    });
}

#[test]
fn a_page_whose_session_ends_does_not_stay() {
    play_with(PHONE, async |stage: &Stage| {
        let browser = &stage.browser;
        stage.at_inbox().await;
        stage.ask("W4SCT").await;
        browser.find("#approve").await;
        let before = browser.go_in_new_tab(&stage.request(&[("prompt", "login")])).await;
        stage.sign_in("bob", PASSWORD).await;
        browser.arrive("Allow access?").await;
        browser.driver.switch_to_window(before).await.unwrap();
        // The session of this browser is Bob's now.
        browser.find(".nothing").await;
        assert!(browser.text().await.contains("for bob"), "{}", browser.text().await);
    });
}

#[test]
fn it_works_without_scripts() {
    let look = Look { scripts: false, ..PHONE };
    play_with(look, async |stage: &Stage| {
        let browser = &stage.browser;
        browser.go(&stage.request(&[])).await;
        stage.sign_in("alice", PASSWORD).await;
        browser.arrive("Allow access?").await;
        browser.go("/device-inbox").await;
        let text = browser.text().await;
        assert!(text.contains("Load this page again to see new requests"), "{text}");
        stage.ask("W4SCT").await;
        browser.go("/device-inbox").await;
        browser.click("#approve").await;
        browser.fill("#confirm-password", PASSWORD).await;
        browser.click("#approve").await;
        browser.arrive("Approved").await;
        stage.ask("W4SCT").await;
        browser.go("/device-inbox").await;
        browser.click("#deny").await;
        browser.arrive("Denied").await;
    });
}

/// Chromium says what keeps a page from being installed (Web Application Manifest).
#[test]
fn it_can_be_installed_and_says_so_when_there_is_no_network() {
    play_upon(PHONE, async |stage: &mut Stage| {
        let browser = &stage.browser;
        stage.at_inbox().await;
        let manifest = browser.devtools("Page.getAppManifest", json!({})).await;
        assert_eq!(manifest["errors"], json!([]), "{manifest}");
        assert!(manifest["url"].as_str().unwrap().ends_with("/device-inbox/manifest.webmanifest"));
        let hindrances = browser.devtools("Page.getInstallabilityErrors", json!({})).await;
        assert_eq!(hindrances["installabilityErrors"], json!([]));
        let ready =
            "return navigator.serviceWorker.ready.then((worker) => new URL(worker.scope).pathname)";
        assert_eq!(browser.run(ready).await, "/device-inbox");

        stage.provider.stop().await;
        let browser = &stage.browser;
        browser.find("#live[data-state=off]").await;
        browser.go("/device-inbox").await;
        browser.arrive("No connection").await;
        browser.picture("inbox-offline").await;
        stage.provider.restart(|_| {}).await;
        let browser = &stage.browser;
        browser.click("main .button").await;
        browser.arrive("Requests").await;
        // The browser has complained of the connection that was gone.
        let _ = browser.complaints().await;
    });
}
