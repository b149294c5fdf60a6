//! What can be decided, and what is on record of it.

use super::{inbox, only, path, record};
use crate::support::{backchannel::EXPIRY, demo::PASSWORD, provider::Provider, test};

#[test]
fn what_waits_is_shown_with_its_circumstances() {
    test(async {
        let provider = Provider::demo().await;
        let stream = provider.asks("web", "alice", "openid profile", "W4SCT").await;
        let (mut browser, page) = inbox(&provider, "alice").await;
        let id = format!("request-{}", stream.uuid);
        for wanted in ["inbox", &id, "approve", "deny", "report"] {
            assert!(page.has(wanted), "no #{wanted}");
        }
        let text = page.visible();
        for wanted in
            ["Example Web Application", "W4SCT", "203.0.113.7", "for alice", "Time left 2 min"]
        {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
        provider.clock.advance(1);
        let second = provider.asks("evil", "alice", "openid", "").await;
        let text = browser.reload().await.page();
        assert!(text.has(&format!("approve-{}", second.uuid)), "the second has an id of its own");
        assert!(text.visible().contains("No message came along to compare"));
        let request = browser.open(&path(stream)).await.page();
        assert!(request.has("confirm-password") && request.visible().contains("W4SCT"));
    });
}

#[test]
fn approving_takes_the_password_and_is_on_record_with_what_was_shown() {
    test(async {
        let provider = Provider::demo().await;
        let stream = provider.asks("web", "alice", "openid profile", "W4SCT").await;
        let (mut browser, _) = inbox(&provider, "alice").await;
        provider.clock.advance(20);
        browser.open(&path(stream)).await.page();
        browser.fill("confirm-password", "wrong");
        let again = browser.click("approve").await.page();
        assert_eq!(again.answer.status, 401);
        assert!(again.has("confirm-error"), "{}", again.visible());
        browser.fill("confirm-password", PASSWORD);
        let outcome = browser.click("approve").await.page();
        assert!(outcome.visible().contains("You approved the request of Example Web Application"));
        assert_eq!(browser.hops[0].status, 303, "what was posted is not posted again");

        let events = record(&provider, stream).await;
        let [(failed, why), (approved, what)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(
            (failed.as_str(), &why["reason"]),
            ("approval.failed", &"password_wrong".into())
        );
        assert_eq!(approved, "approval.approved");
        assert_eq!(what["subject"], provider.subject_of("alice").await);
        assert_eq!(what["device"], "inbox");
        assert_eq!(what["proof"]["method"], "password");
        assert_eq!(what["amr"], serde_json::json!(["pwd"]));
        assert_eq!(what["acr"], "urn:moneta:acr:password");
        assert_eq!(what["auth_time"], provider.now().to_string(), "the proof is new");
        assert_eq!(what["scope"], "openid profile");
        assert_eq!(what["shown"]["client_name"], "Example Web Application");
        assert_eq!(what["shown"]["scopes"][1]["scope"], "profile");
        let sentence = what["shown"]["scopes"][1]["text"].as_str().unwrap();
        assert!(again.visible().contains(sentence), "on record is what stood there");

        let list = browser.open("/device-inbox").await.page();
        assert!(list.visible().contains("Nothing waits for you"));
    });
}

#[test]
fn denying_and_reporting_take_one_tap() {
    test(async {
        let provider = Provider::demo().await;
        for (button, reason, said) in [
            ("deny", "consent_denied", "You denied the request of Example Web Application"),
            ("report", "request_reported", "put on record"),
        ] {
            let stream = provider.asks("web", "alice", "openid", "W4SCT").await;
            let (mut browser, _) = inbox(&provider, "alice").await;
            let outcome = browser.click(button).await.page();
            assert!(outcome.visible().contains(said), "{}", outcome.visible());
            let (event, data) = only(&provider, stream).await;
            assert_eq!(event, "approval.denied");
            assert_eq!((&data["reason"], &data["device"]), (&reason.into(), &"inbox".into()));
            assert_eq!(data["shown"]["client_name"], "Example Web Application");
        }
    });
}

#[test]
fn only_the_first_decision_counts() {
    test(async {
        let provider = Provider::demo().await;
        let stream = provider.asks("web", "alice", "openid", "W4SCT").await;
        let (mut browser, list) = inbox(&provider, "alice").await;
        browser.open(&path(stream)).await.page();
        browser.fill("confirm-password", PASSWORD);
        browser.click("approve").await.page();
        browser.show_again(list);
        let outcome = browser.click("deny").await.page();
        assert!(outcome.visible().contains("You approved the request"), "{}", outcome.visible());
        assert_eq!(only(&provider, stream).await.0, "approval.approved");
    });
}

#[test]
fn what_is_over_cannot_be_decided() {
    test(async {
        let provider = Provider::demo().await;
        let stream = provider.asks("web", "alice", "openid", "W4SCT").await;
        let (mut browser, list) = inbox(&provider, "alice").await;
        browser.open(&path(stream)).await.page();
        browser.fill("confirm-password", PASSWORD);
        let approve = browser.submission("approve");
        browser.show_again(list);
        let deny = browser.submission("deny");
        provider.clock.advance(EXPIRY);
        for (method, target, pairs) in [approve, deny] {
            let outcome = browser.submit(&method, &target, &pairs).await.page();
            assert!(outcome.visible().contains("Too late"), "{}", outcome.visible());
        }
        assert!(!browser.open("/device-inbox").await.page().has("approve"));
        let events = record(&provider, stream).await;
        assert!(events.iter().all(|(event, _)| event == "approval.expired"), "{events:?}");
    });
}

#[test]
fn after_many_wrong_proofs_it_can_only_be_denied() {
    test(async {
        let provider = Provider::demo().await;
        let stream = provider.asks("web", "alice", "openid", "W4SCT").await;
        let (mut browser, _) = inbox(&provider, "alice").await;
        browser.open(&path(stream)).await.page();
        for _ in 0..10 {
            browser.fill("confirm-password", "wrong");
            browser.click("approve").await.page();
        }
        browser.fill("confirm-password", PASSWORD);
        let page = browser.click("approve").await.page();
        assert!(page.visible().contains("can only be denied"), "{}", page.visible());
        assert!(!page.has("confirm-password") && !page.has("approve"));
        browser.click("deny").await.page();
        let events = record(&provider, stream).await;
        assert_eq!(events.len(), 11, "{events:?}");
        assert_eq!(events[10].0, "approval.denied");
    });
}

#[test]
fn a_client_that_is_disabled_asks_nobody() {
    test(async {
        let provider = Provider::demo().await;
        let stream = provider.asks("web", "alice", "openid", "W4SCT").await;
        let (mut browser, _) = inbox(&provider, "alice").await;
        browser.open(&path(stream)).await.page();
        browser.fill("confirm-password", PASSWORD);
        provider.disable_client("web").await;
        browser.click("approve").await.page();
        assert!(!browser.open("/device-inbox").await.page().has("approve"));
        assert!(record(&provider, stream).await.is_empty());
    });
}
