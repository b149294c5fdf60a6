//! `moneta user`.

use serde_json::json;

use super::{
    browser::Browser,
    support::{PASSWORD, Place},
};

#[test]
fn an_end_user_registered_without_a_server_is_there_later() {
    let place = Place::new();
    let add = ["user", "add", "carol", "--claim", "name=Carol", "--claim", "email_verified=true"];
    place.run_with(&add, "a good password\n").with(0);
    let shown = place.json(&["user", "show", "Carol"]);
    assert_eq!(shown["username"], "carol");
    assert_eq!(shown["claims"], json!({"name": "Carol", "email_verified": true}));
    assert_eq!((&shown["enabled"], &shown["has_password"]), (&json!(true), &json!(true)));
    let sub = shown["sub"].as_str().unwrap();
    assert_eq!(place.json(&["user", "show", sub])["username"], "carol");

    let again = place.run(&["user", "add", "CAROL", "--no-password"]).with(1);
    assert!(again.err.contains("already"), "{}", again.err);
    let listed = place.run(&["user", "list", "--redact"]).with(0);
    assert!(listed.out.contains(sub) && !listed.out.contains("carol"), "{}", listed.out);
    place.run(&["user", "show", "nobody"]).with(4);
}

#[test]
fn passwords_come_from_a_file_or_standard_input_and_are_checked() {
    let place = Place::new();
    let file = place.write("password", "from a file, with a newline\n");
    let file = file.to_str().unwrap();
    place.run(&["user", "add", "dave", "--password-file", file]).with(0);
    let short = place.run_with(&["user", "add", "erin"], "short\n").with(1);
    assert!(short.err.contains("at least 8 characters"), "{}", short.err);
    place.run(&["user", "show", "erin"]).with(4);
    place.run(&["user", "add", "erin", "--no-password"]).with(0);
    assert_eq!(place.json(&["user", "show", "erin"])["has_password"], false);
    let refused = place.run(&["user", "add", "frank", "--password", "on the command line"]).with(2);
    assert!(refused.err.contains("unexpected argument"), "{}", refused.err);
}

#[test]
fn claims_are_merged_and_checked() {
    let place = Place::new();
    place.run(&["user", "add", "carol", "--no-password", "--claim", "name=Carol"]).with(0);
    let changed = place.json(&["user", "claims", "carol", "--claim", "email=c@example.com"]);
    assert_eq!(changed["changed"], json!(["email"]));
    let typo = place.run(&["user", "claims", "carol", "--claim", "emial=c@example.com"]).with(1);
    assert!(typo.err.contains("did you mean `email`"), "{}", typo.err);
    let file = place.write("claims.json", r#"{"nickname": "Caz"}"#);
    let from = ["user", "claims", "carol", "--replace", "--claims-file", file.to_str().unwrap()];
    assert_eq!(place.json(&from)["changed"], json!(["email", "name", "nickname"]));
    assert_eq!(place.json(&["user", "show", "carol"])["claims"], json!({"nickname": "Caz"}));
    assert_eq!(
        place.json(&["user", "claims", "carol", "--claim", "nickname=Caz"])["changed"],
        json!([])
    );
}

#[test]
fn changes_take_effect_in_the_running_server_at_once() {
    let place = Place::new();
    let server = place.serve();
    let tokens = |code: &str| Browser::new(&server).redeem(code, None).json();
    let first = tokens(&Browser::new(&server).sign_in());
    let refresh = |tokens: &serde_json::Value| {
        Browser::new(&server).refresh(tokens["refresh_token"].as_str().unwrap()).status
    };

    place.run(&["user", "disable", "alice"]).with(0);
    assert_eq!(refresh(&first), 400, "what a disabled user was granted does not work");
    place.run(&["user", "enable", "alice"]).with(0);
    let second = tokens(&Browser::new(&server).sign_in());
    assert_eq!(refresh(&second), 200);
    let third = tokens(&Browser::new(&server).sign_in());
    place.run_with(&["user", "password", "alice"], PASSWORD).with(0);
    assert_eq!(refresh(&third), 400, "a new password ends what was granted on the old one");
    assert!(!place.log().contains(PASSWORD));
    assert!(place.log().contains("set_password"), "{}", place.log());
}
