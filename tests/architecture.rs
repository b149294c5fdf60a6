//! Who may import whom (ARCHITECTURE.md, "Who may import whom"). Fails on an import against the direction.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every room of `src/` and what it may import. `moneta_events` is open to all.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("runtime", &[]),
    ("domain", &[]),
    ("jose", &["runtime"]),
    ("protocol", &["domain", "jose"]),
    ("ports", &[]),
    ("store", &["ports", "runtime"]),
    ("config", &["protocol", "jose"]),
    ("ui", &[]),
    ("adapters", &["ports", "runtime"]),
    ("feed", &["store", "moneta_projections"]),
    ("engine", &["domain", "store", "feed", "jose", "ports", "runtime", "moneta_projections"]),
    ("process", &["engine", "feed", "ports", "domain"]),
    (
        "http",
        &[
            "protocol",
            "engine",
            "domain",
            "jose",
            "ports",
            "ui",
            "runtime",
            "adapters",
            "moneta_projections",
        ],
    ),
    ("app", &["*"]),
    ("cli", &["*"]),
    ("main", &["*"]),
    ("lib", &["*"]),
];

/// The files that may name actix actors.
const ACTORS: &[&str] = &["src/engine/entity_actor.rs", "src/engine/directory.rs", "src/app.rs"];

fn rust_files(under: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        // Unit tests may reach for whatever they need to set the scene.
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !is_test {
            found.extend(rust_files(&path));
        } else if !is_test && path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The room a file of `src/` is in.
fn room(file: &Path) -> String {
    let relative = file.strip_prefix(root().join("src")).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The code of a file up to its unit tests, comments left out.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap().to_owned();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What follows `crate::` in a file: single names, and the first names in a brace group.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if at > 0 && code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut name = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 0 || (depth == 1 && c == ',') {
                    found.push(std::mem::take(&mut name));
                    if depth == 0 {
                        break;
                    }
                } else {
                    name.push(c);
                }
            }
        } else {
            found.push(rest.to_owned());
        }
    }
    let mut names: Vec<String> = found
        .iter()
        .map(|path| {
            path.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
        })
        .filter(|name| !name.is_empty())
        .collect();
    for outside in ["moneta_projections"] {
        if code.contains(outside) {
            names.push(outside.to_owned());
        }
    }
    names
}

#[test]
fn imports_follow_the_directions() {
    let mut wrong = Vec::new();
    for file in rust_files(&root().join("src")) {
        let own = room(&file);
        let allowed = MAY_IMPORT
            .iter()
            .find(|(name, _)| *name == own)
            .unwrap_or_else(|| panic!("src/{own} is not in the table of rooms: add it there"))
            .1;
        for name in imports(&code(&file)) {
            if name != own && !allowed.contains(&"*") && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{} imports {name}, which {own} may not", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_engines_two_files_name_actors() {
    let mut wrong = Vec::new();
    for file in rust_files(&root().join("src")) {
        let relative = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        if code(&file).contains("actix::") && !ACTORS.contains(&relative.as_str()) {
            wrong.push(relative);
        }
    }
    assert!(wrong.is_empty(), "actix is named in {wrong:?}");
}

#[test]
fn rules_ask_nobody() {
    let mut wrong = Vec::new();
    for folder in ["src/domain", "src/protocol", "src/jose", "events/src"] {
        for file in rust_files(&root().join(folder)) {
            let code = code(&file);
            for forbidden in
                ["async fn", ".await", "std::fs", "std::net", "std::env", "tokio::", "SystemTime"]
            {
                if code.contains(forbidden) {
                    wrong.push(format!("{}: {forbidden}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "rules must be pure:\n{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let mut wrong = Vec::new();
    for folder in ["src", "events/src", "projections/src", "tests"] {
        for file in rust_files(&root().join(folder)) {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            if lines > 400 {
                wrong.push(format!("{}: {lines} lines", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "over 400 lines, is each still one thing?\n{}", wrong.join("\n"));
}

#[test]
fn an_import_is_found_however_it_is_written() {
    assert_eq!(imports("use crate::store::Append;"), ["store"]);
    assert_eq!(imports("use crate::{domain::{A, b::C}, http};"), ["domain", "http"]);
    assert_eq!(imports("let x = crate::feed::y();"), ["feed"]);
    assert!(imports("$crate::payload::events!").is_empty());
}
