//! `config/default.toml` and what is made from it.

use std::collections::BTreeSet;

use super::super::{
    DEFAULTS, Sources, catalogue,
    document::Document,
    layers::{self, Place},
    load,
    raw::Raw,
    schema,
    shape::{Shape, shape},
    tree::Origin,
};

/// The paths of all options that the program reads.
fn read_by_the_program() -> BTreeSet<String> {
    fn walk(shape: &Shape, path: &str, all: &mut BTreeSet<String>) {
        match shape {
            Shape::Table(fields) => {
                for (name, field) in fields {
                    let below =
                        if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") };
                    walk(field, &below, all);
                }
            }
            Shape::Named(element) if matches!(**element, Shape::Table(_)) => {
                walk(element, &format!("{path}.NAME"), all);
            }
            Shape::List(element) if matches!(**element, Shape::Table(_)) => {
                walk(element, path, all);
            }
            _ => {
                all.insert(path.to_owned());
            }
        }
    }
    let mut all = BTreeSet::new();
    walk(&shape::<Raw>(), "", &mut all);
    all
}

#[test]
fn every_option_is_documented_and_every_documented_option_exists() {
    let document = Document::of_defaults();
    let mut documented = BTreeSet::new();
    for section in &document.sections {
        for option in &section.options {
            let path = match section.path.as_str() {
                "" => option.key.clone(),
                parent => format!("{parent}.{}", option.key),
            };
            // Where a section repeats, the first one speaks for the others.
            let first = documented.insert(path.clone());
            assert!(!first || !option.summary().is_empty(), "{path} has no comment");
        }
    }
    assert_eq!(documented, read_by_the_program());
}

#[test]
fn the_defaults_hold_every_key_that_has_one() {
    let defaults = layers::file(DEFAULTS, &Place::Same(Origin::Default)).unwrap();
    let Shape::Table(sections) = shape::<Raw>() else { panic!("the file is a table") };
    for (section, shape) in sections {
        let Shape::Table(keys) = shape else { continue };
        for (key, _) in keys {
            let optional = ["kek_file", "ca_file", "policy_uri", "tos_uri"].contains(&key);
            let there = defaults.entry(section).unwrap().node.entry(key).is_some();
            assert_eq!(there, !optional, "{section}.{key}");
        }
    }
}

#[test]
fn the_examples_in_the_defaults_are_good() {
    let mut text = String::new();
    for line in DEFAULTS.lines() {
        let active = match line.strip_prefix('#') {
            Some(option) if !option.is_empty() && !option.starts_with(' ') => option,
            _ => line,
        };
        // One of each pair, and no files that are not there.
        if !active.starts_with("secret_file")
            && !active.starts_with("password_file")
            && !active.starts_with("kek_file")
            && !active.starts_with("ca_file")
            && !active.starts_with("jwks_uri")
        {
            text.push_str(active);
            text.push('\n');
        }
    }
    text.push_str("[scopes.invoices]\ndescription = \"See your invoices\"\nclaims = []\n");
    // A confidential web application does not have what only a browser or a resource server has.
    let text = text.replace("web_origins = [\"https://shop.example.com\"]", "");
    let with_ciba =
        "[\"refresh_token\", \"authorization_code\", \"urn:openid:params:grant-type:ciba\"]";
    let text = text.replace("[\"authorization_code\", \"refresh_token\"]", with_ciba);
    super::settings(&text);
}

#[test]
fn the_option_catalogue_is_up_to_date() {
    assert!(
        include_str!("../../../config/README.md") == catalogue(),
        "config/README.md is stale; run `cargo run -- config docs > config/README.md`"
    );
}

#[test]
fn the_json_schema_is_up_to_date() {
    assert!(
        include_str!("../../../config/schema.json") == schema(),
        "config/schema.json is stale; run `cargo run -- config schema > config/schema.json`"
    );
}

#[test]
fn the_json_schema_says_what_the_program_reads() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let properties = &schema["properties"];
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(properties["lifetimes"]["properties"]["code"]["default"], "60s");
    assert_eq!(properties["server"]["properties"]["max_connections"]["default"], 10000);
    assert_eq!(properties["clients"]["items"]["required"], serde_json::json!(["client_id"]));
    assert_eq!(
        properties["resources"]["items"]["required"],
        serde_json::json!(["identifier", "scopes"])
    );
    assert_eq!(
        properties["clients"]["items"]["properties"]["consent"]["enum"],
        serde_json::json!(["ask", "skip"])
    );
    let scope = &properties["scopes"]["additionalProperties"];
    assert!(
        scope["properties"]["claims"]["description"].as_str().unwrap().starts_with("The claims")
    );
}

#[test]
fn the_starting_point_for_development_loads() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/config/development.toml");
    let loaded = load(Sources { demo: false, file: Some(file.into()), env: [], flags: Vec::new() });
    let settings = loaded.unwrap().settings;
    assert_eq!(settings.clients.len(), 2, "its own and the playground");
    assert!(settings.playground);
}
