//! `moneta config`.

use super::support::{Place, moneta};

#[test]
fn every_problem_is_said_with_its_place() {
    let place = Place::new();
    let file = place.write(
        "moneta.toml",
        "[server]\nlisen = \"127.0.0.1:8080\"\n\n[lifetimes]\ncode = \"1h\"\n",
    );
    let output = moneta().args(["config", "check", "--config"]).arg(&file).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("2 problems"), "{said}");
    assert!(said.contains("moneta.toml:2:1"), "{said}");
    assert!(said.contains("did you mean `listen`"), "{said}");
    assert!(said.contains("moneta.toml:5:8: lifetimes.code"), "{said}");
}

#[test]
fn no_verb_goes_on_with_a_bad_configuration() {
    let place = Place::new();
    let file = place.write("moneta.toml", "node = \"Not A Name\"\n");
    let file = file.to_str().unwrap();
    for verb in [&["serve"][..], &["user", "list"], &["keys", "rotate"], &["tx", "list"]] {
        let said = place.run(&[verb, &["--config", file]].concat()).with(1);
        assert!(said.err.contains("moneta.toml:1:8: node"), "{}", said.err);
    }
    assert!(!place.data().exists());
}

#[test]
fn what_makes_no_sense_is_a_usage_error() {
    let place = Place::new();
    for arguments in [
        &["serve", "--port", "80"][..],
        &["transaction", "list", "--outcome", "maybe"],
        &["transaction", "list", "--since", "yesterday"],
        &["client", "update", "web"],
        &["health", "--url", "https://id.example.com/readyz"],
    ] {
        place.run(arguments).with(2);
    }
}

#[test]
fn settings_are_explained_with_their_origin() {
    let place = Place::new();
    let explained = place.json(&["config", "explain", "server"]);
    let listen = &explained.as_array().unwrap()[0];
    assert_eq!(listen["path"], "server.admin_socket");
    assert_eq!(listen["value"], true);
    assert_eq!(listen["origin"], "default");
    let said = place.run(&["config", "explain"]).with(0);
    assert!(said.out.contains(
        "passwords.iterations = 5  # environment variable MONETA__PASSWORDS__ITERATIONS"
    ));
    assert!(said.out.contains("# flag data"), "{}", said.out);
    assert!(!said.out.contains("0123456789abcdef"), "secrets are not shown");
    place.run(&["config", "check"]).with(0);
}

#[test]
fn schema_and_catalogue_are_the_ones_beside_the_defaults() {
    let place = Place::new();
    for (verb, file, expected) in [
        ("schema", "schema.json", include_str!("../../config/schema.json")),
        ("docs", "README.md", include_str!("../../config/README.md")),
    ] {
        let said = place.run(&["config", verb]).with(0);
        assert!(said.out == expected, "make config/{file} anew: moneta config {verb}");
    }
}
