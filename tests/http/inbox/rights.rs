//! Whose the inbox is: forms of other pages, sessions, end-users and origins decide nothing.

use moneta_events::StreamId;

use super::{inbox, path, record};
use crate::support::{
    browser::Stop, demo::PASSWORD, html::Form, jar::Origin, provider::Provider, test,
};

type Pairs = Vec<(String, String)>;

fn pairs(csrf: &str, action: &str) -> Pairs {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![pair("csrf", csrf), pair("action", action), pair("password", PASSWORD)]
}

fn csrf(form: &Form) -> String {
    let field = form.fields.iter().find(|field| field.name == "csrf");
    field.expect("every form has a token").value.clone()
}

async fn nothing_happened(provider: &Provider, stream: StreamId, case: &str) {
    let events = record(provider, stream).await;
    assert!(events.is_empty(), "{case}: {events:?}");
}

#[test]
fn a_form_is_good_for_its_own_request_and_session() {
    test(async {
        let provider = Provider::demo().await;
        let stream = provider.asks("web", "alice", "openid", "W4SCT").await;
        provider.clock.advance(1);
        provider.asks("evil", "alice", "openid", "M4LL0").await;
        let (mut browser, page) = inbox(&provider, "alice").await;
        let (own, of_another) = (csrf(&page.forms[0]), csrf(&page.forms[1]));
        let (_, elsewhere) = inbox(&provider, "alice").await;
        let of_other_session = csrf(&elsewhere.forms[0]);
        for action in ["approve", "deny", "report"] {
            for (case, token) in [
                ("no token", ""),
                ("of another request", &of_another),
                ("of another session", &of_other_session),
            ] {
                let sent = pairs(token, action);
                let answer =
                    browser.request("POST", &path(stream), Some(&sent), Origin::SameSite).await;
                assert_eq!(answer.status, 403, "{action}: {case}");
                nothing_happened(&provider, stream, case).await;
            }
        }
        let sent = pairs(&own, "else");
        let answer = browser.request("POST", &path(stream), Some(&sent), Origin::SameSite).await;
        assert_eq!(answer.status, 400);
        nothing_happened(&provider, stream, "an action there is not").await;
        let sent = pairs(&own, "deny");
        let answer = browser.request("POST", &path(stream), Some(&sent), Origin::SameSite).await;
        assert_eq!(answer.status, 303, "its own token is good");
        assert_eq!(record(&provider, stream).await.len(), 1);
    });
}

#[test]
fn another_site_decides_nothing_even_with_the_token() {
    test(async {
        let provider = Provider::demo().await;
        let stream = provider.asks("web", "alice", "openid", "W4SCT").await;
        let (mut browser, page) = inbox(&provider, "alice").await;
        let sent = pairs(&csrf(&page.forms[0]), "approve");
        for (site, origin) in
            [("cross-site", "https://rp.test"), ("same-site", "https://x.op.test")]
        {
            browser.headers.push(("sec-fetch-site", site.to_owned()));
            browser.headers.push(("origin", origin.to_owned()));
            let answer =
                browser.request("POST", &path(stream), Some(&sent), Origin::SameSite).await;
            assert_eq!(answer.status, 403, "{site}");
            nothing_happened(&provider, stream, site).await;
            browser.headers.truncate(1);
        }
    });
}

#[test]
fn the_requests_of_others_are_not_there() {
    test(async {
        let provider = Provider::demo().await;
        let stream = provider.asks("web", "alice", "openid", "W4SCT").await;
        let own = provider.asks("web", "bob", "openid", "B0B").await;
        let (mut bob, page) = inbox(&provider, "bob").await;
        assert!(!page.visible().contains("W4SCT"));
        let answer = bob.request("GET", &path(stream), None, Origin::SameSite).await;
        assert_eq!(answer.status, 404);
        for action in ["approve", "deny", "report"] {
            let sent = pairs(&csrf(&page.forms[0]), action);
            let answer = bob.request("POST", &path(stream), Some(&sent), Origin::SameSite).await;
            assert_eq!(answer.status, 403, "{action}");
            nothing_happened(&provider, stream, action).await;
        }
        bob.open(&path(own)).await.page();
        bob.fill("confirm-password", PASSWORD);
        bob.click("approve").await.page();
        let decided = bob.request("GET", &path(own), None, Origin::SameSite).await;
        assert!(decided.text().contains("You approved"));
        let (mut alice, _) = inbox(&provider, "alice").await;
        let answer = alice.request("GET", &path(own), None, Origin::SameSite).await;
        assert_eq!(answer.status, 404, "what became of it is nobody else's business either");
    });
}

#[test]
fn without_a_session_there_is_nothing_but_the_way_to_sign_in() {
    test(async {
        let provider = Provider::demo().await;
        let stream = provider.asks("web", "alice", "openid", "W4SCT").await;
        let (mut browser, page) = inbox(&provider, "alice").await;
        let sent = pairs(&csrf(&page.forms[0]), "approve");
        provider.clock.advance(1);
        provider.change_password("alice", "another long password").await;
        let mut stranger = provider.browser();
        for (case, browser) in [("ended", &mut browser), ("none", &mut stranger)] {
            for (method, target, form) in [
                ("GET", "/device-inbox", None),
                ("GET", "/device-inbox/events", None),
                ("GET", &path(stream), None),
                ("POST", &path(stream), Some(&sent[..])),
            ] {
                let answer = browser.request(method, target, form, Origin::SameSite).await;
                assert_eq!(answer.status, 303, "{case}: {method} {target}");
                let to = answer.location().unwrap();
                assert_eq!(to, "/account/sign-in?to=inbox", "{case}: {method} {target}");
            }
        }
        nothing_happened(&provider, stream, "no session").await;
    });
}

#[test]
fn signing_in_on_the_way_leads_back_to_the_inbox() {
    test(async {
        let provider = Provider::demo().await;
        provider.asks("web", "alice", "openid", "W4SCT").await;
        let mut browser = provider.browser();
        let page = browser.open("/device-inbox").await.page();
        assert!(page.has("password") && !page.visible().contains("W4SCT"));
        let page = browser.sign_in("alice", PASSWORD).await.page();
        assert!(page.path == "/device-inbox" && page.visible().contains("W4SCT"), "{}", page.path);
    });
}

#[test]
fn what_is_no_request_is_not_found() {
    test(async {
        let provider = Provider::demo().await;
        let (mut browser, _) = inbox(&provider, "alice").await;
        let session = "00000000-0000-7000-8000-000000000000";
        let shouting = "0197F5A0-AAAA-7000-8000-000000000000";
        for id in [session, shouting, "x", "backchannel-1", "offline2"] {
            let Stop::Page(page) = browser.open(&format!("/device-inbox/{id}")).await else {
                panic!("{id} leads away")
            };
            assert_eq!(page.answer.status, 404, "{id}");
        }
    });
}
