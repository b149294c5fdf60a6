//! What must hold for the markup of every page.

mod markup;
mod palette;
mod samples;

use std::collections::HashSet;

use markup::{Tag, tags};
use samples::pages;

use super::{Frame, Inbox, assets, manifest, render};

const HOSTILE: &str =
    "\"><script>alert(1)</script><img src=x onerror=alert(1)>' x='&lt;--></title>";

/// Escaping leaves the text in place and the markup as it was: same tags, same attributes.
#[test]
fn hostile_text_stays_text_in_every_field() {
    for ((name, plain), (_, hostile)) in pages("x").into_iter().zip(pages(HOSTILE)) {
        let shape = |html: &str| {
            let shape = |tag: Tag| {
                (tag.name, tag.attributes.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
            };
            tags(html).into_iter().map(shape).collect::<Vec<_>>()
        };
        assert_eq!(shape(&plain), shape(&hostile), "{name}");
        assert!(hostile.contains("&#60;script&#62;alert(1)"), "{name} lost its text");
    }
}

#[test]
fn nothing_runs_or_loads_that_the_policy_forbids() {
    for (name, html) in pages("x") {
        for tag in tags(&html) {
            assert!(tag.name != "style" && tag.name != "base", "{name}: <{}>", tag.name);
            assert!(tag.name != "script" || tag.get("nonce") == Some(samples::NONCE), "{name}");
            let scripted = ["form_post", "inbox", "inbox_request"].contains(&name);
            let is_file = tag.get("src").is_some_and(|file| file.starts_with("/assets/passkeys."));
            assert!(tag.name != "script" || scripted || is_file, "{name} has a script");
            for (attribute, _) in &tag.attributes {
                assert!(
                    attribute != "style" && !attribute.starts_with("on"),
                    "{name}: {attribute}"
                );
            }
            let address = tag.get("src").or(tag.get("href").filter(|_| tag.name == "link"));
            let own = |address: &&str| {
                address.starts_with("/assets/") || tag.get("rel") == Some("manifest")
            };
            if let Some(address) = address.filter(|address| !own(address)) {
                assert_eq!((tag.name.as_str(), address), ("img", samples::LOGO), "{name}");
            }
        }
    }
}

#[test]
fn every_page_is_a_document_with_a_language_a_title_and_one_heading() {
    for (name, html) in pages("x") {
        let tags = tags(&html);
        let count = |wanted: &str| tags.iter().filter(|tag| tag.name == wanted).count();
        assert!(html.starts_with("<!doctype html>"), "{name}");
        assert_eq!((count("title"), count("h1"), count("main")), (1, 1, 1), "{name}");
        assert!(
            tags.iter().any(|tag| tag.name == "html" && tag.get("lang") == Some("en")),
            "{name}"
        );
        assert!(tags.iter().any(|tag| tag.get("name") == Some("viewport")), "{name}");
        assert!(tags.iter().all(|tag| tag.name != "img" || tag.get("alt").is_some()), "{name}");
    }
}

#[test]
fn every_field_has_its_label_and_every_reference_its_target() {
    for (name, html) in pages("x") {
        let tags = tags(&html);
        let ids: Vec<_> = tags.iter().filter_map(|tag| tag.get("id")).collect();
        let unique: HashSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{name} repeats an id");
        let labels: HashSet<_> = tags.iter().filter_map(|tag| tag.get("for")).collect();
        for tag in &tags {
            let field = matches!(tag.name.as_str(), "input" | "select");
            if field && tag.get("type") != Some("hidden") {
                assert!(tag.get("id").is_some_and(|id| labels.contains(id)), "{name}: {tag:?}");
            }
            for reference in ["aria-describedby", "aria-labelledby", "for"] {
                if let Some(id) = tag.get(reference) {
                    assert!(ids.contains(&id), "{name}: {reference} names no {id}");
                }
            }
        }
    }
}

#[test]
fn the_ids_others_rely_on_are_there() {
    let pages = pages("x");
    for (page, wanted) in [
        ("login", &["username", "password", "login-submit", "login-cancel", "login-error"][..]),
        ("login", &["passkey-submit"]),
        ("second_factor", &["otp", "factor-submit", "factor-cancel", "factor-error"]),
        ("second_factor", &["passkey-submit", "factor-skip"]),
        ("account", &["password-change", "totp-remove", "passkey-add", "account-sign-out"]),
        ("account_sign_in", &["username", "password", "login-submit", "passkey-submit"]),
        ("totp_setup", &["totp-qr", "totp-secret", "otp", "totp-submit", "totp-cancel"]),
        ("passkey_setup", &["label", "passkey-submit", "passkey-cancel"]),
        ("new_password", &["old", "new", "again", "password-submit", "password-cancel"]),
        ("select_account", &["account-continue", "account-other", "account-cancel"]),
        ("consent", &["consent-allow", "consent-deny", "remember"]),
        ("error", &["op-error"]),
        ("form_post", &["form-post", "form-post-continue"]),
        ("inbox", &["inbox", "request-1", "approve", "deny", "report", "approve-2", "report-3"]),
        (
            "inbox_request",
            &[
                "inbox",
                "request-1",
                "approve",
                "deny",
                "report",
                "confirm-password",
                "confirm-otp",
                "confirm-passkey",
            ],
        ),
        ("inbox_reported", &["inbox", "outcome"]),
    ] {
        let (_, html) = pages.iter().find(|(name, _)| *name == page).unwrap();
        let tags = tags(html);
        for id in wanted {
            assert!(tags.iter().any(|tag| tag.get("id") == Some(id)), "{page} has no #{id}");
        }
    }
}

/// What a person who is not sure needs no proof for, and Enter never does it.
#[test]
fn enter_approves_and_saying_no_needs_no_password() {
    let (_, html) = pages("x").into_iter().find(|(name, _)| *name == "inbox_request").unwrap();
    let tags = tags(&html);
    let buttons: Vec<_> = tags.iter().filter(|tag| tag.name == "button").collect();
    let actions: Vec<_> = buttons.iter().map(|button| button.get("value")).collect();
    assert_eq!(actions, [None, Some("approve"), Some("deny"), Some("report")]);
    assert_eq!(buttons[0].get("id"), Some("confirm-passkey"), "in a form of its own");
    assert!(buttons[2..].iter().all(|button| button.get("formnovalidate") == Some("")));
    let password = tags.iter().find(|tag| tag.get("id") == Some("confirm-password")).unwrap();
    assert_eq!(password.get("autocomplete"), Some("current-password"));
    assert_eq!((password.get("value"), password.get("required")), (None, Some("")));
}

/// A list that is empty is found so by the stylesheet and the script: no blank in it.
#[test]
fn an_inbox_without_requests_says_so() {
    let frame = Frame { brand: "x", issuer: "x" };
    let html = render(&Inbox { frame, account: "x", requests: Vec::new(), nonce: samples::NONCE });
    assert!(html.contains(r#"<ul id="requests" class="requests"></ul>"#), "{html}");
    assert!(html.contains("Nothing waits for you"));
}

#[test]
fn the_manifest_names_icons_that_are_there() {
    let manifest: serde_json::Value = serde_json::from_str(&manifest(HOSTILE)).unwrap();
    assert_eq!(manifest["short_name"], HOSTILE);
    assert_eq!((&manifest["start_url"], &manifest["scope"]), (&manifest["id"], &manifest["id"]));
    let icons = manifest["icons"].as_array().unwrap();
    assert!(icons.iter().any(|icon| icon["purpose"] == "maskable"));
    for icon in icons {
        let file = icon["src"].as_str().unwrap().strip_prefix("/assets/").unwrap();
        assert_eq!(assets::find(file).unwrap().content_type, icon["type"].as_str().unwrap());
    }
}

/// Pressing Enter in a field uses the first button of the form: it must not be the one that leaves.
#[test]
fn enter_signs_in_and_cancel_needs_no_fields() {
    let (_, html) = pages("x").into_iter().find(|(name, _)| *name == "login").unwrap();
    let tags = tags(&html);
    let buttons: Vec<_> = tags.iter().filter(|tag| tag.name == "button").collect();
    assert_eq!(buttons[0].get("id"), Some("login-submit"));
    assert_eq!((buttons[1].get("name"), buttons[1].get("value")), (Some("action"), Some("cancel")));
    assert_eq!(buttons[1].get("formnovalidate"), Some(""));
    let field = |id| tags.iter().find(|tag| tag.get("id") == Some(id)).unwrap();
    assert_eq!(field("username").get("autocomplete"), Some("username"));
    assert_eq!(field("password").get("autocomplete"), Some("current-password"));
    assert_eq!(field("password").get("value"), None);
    assert_eq!(field("login-error").get("role"), Some("alert"));
}
