//! Which layer wins, and what is said about mistakes.

use proptest::prelude::*;

use super::{
    super::{DEMO, Origin, explain},
    Directory, problems, settings,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_in_the_file_it_is_read_or_refused(
        at in 0..DEMO.len(), length in 0..60_usize, with in "\\PC{0,12}"
    ) {
        let start = DEMO.floor_char_boundary(at);
        let end = DEMO.floor_char_boundary((at + length).min(DEMO.len()));
        let text = format!("{}{with}{}", &DEMO[..start], &DEMO[end..]);
        if let Err(error) = Directory::with(&text).load(&[], &[]) {
            prop_assert!(error.contains("\n  "), "{error}");
        }
    }
}

#[test]
fn later_layers_win() {
    let directory =
        Directory::with("[lifetimes]\ncode = 30\nid_token = \"2h\"\nsession = \"1d\"\n");
    let env = [
        ("MONETA__LIFETIMES__ID_TOKEN", "3h"),
        ("MONETA__LIFETIMES__SESSION", "2d"),
        ("MONETA_LOG", "debug"),
        ("HOME", "/root"),
    ];
    let loaded = directory.load(&env, &[("lifetimes.session", "3d"), ("data", "/srv")]).unwrap();
    let lifetimes = &loaded.settings.lifetimes;
    assert_eq!(lifetimes.access_token, 600, "default");
    assert_eq!(lifetimes.code, 30, "file");
    assert_eq!(lifetimes.id_token, 10_800, "environment");
    assert_eq!(lifetimes.session, 259_200, "flag");
    assert_eq!(loaded.settings.data.to_str(), Some("/srv"));
    assert_eq!(loaded.settings.issuer, "http://127.0.0.1:8080");

    let explained = explain(&loaded);
    let origin = |path: &str| {
        let found = explained.iter().find(|explained| explained.path == path).unwrap();
        (found.value.as_str(), found.origin.to_string())
    };
    let file = directory.file("moneta.toml");
    assert_eq!(origin("lifetimes.access_token"), ("600", "default".to_owned()));
    assert_eq!(origin("lifetimes.code"), ("30", format!("{}:2:8", file.display())));
    assert_eq!(
        origin("lifetimes.id_token"),
        ("10800", "environment variable MONETA__LIFETIMES__ID_TOKEN".to_owned())
    );
    assert_eq!(origin("lifetimes.session"), ("259200", "flag lifetimes.session".to_owned()));
    assert_eq!(origin("issuer").1, "derived from server.listen");
}

#[test]
fn words_become_what_is_wanted() {
    let directory = Directory::with("");
    let env = [
        ("MONETA__SERVER__TRUSTED_PROXIES", "10.0.0.7, ::1"),
        ("MONETA__SERVER__ADMIN_SOCKET", "false"),
        ("MONETA__SERVER__WORKERS", "3"),
        ("MONETA__KEYS__ALGORITHMS", "[\"ES256\", \"RS256\"]"),
        ("MONETA__ISSUER", ""),
        ("MONETA__USERS", "[{ username = \"alice\" }]"),
    ];
    let settings = directory.load(&env, &[]).unwrap().settings;
    assert_eq!(settings.server.trusted_proxies.len(), 2);
    assert!(!settings.server.admin_socket);
    assert_eq!(settings.server.workers, 3);
    assert_eq!(settings.keys.algorithms, ["ES256", "RS256"]);
    assert_eq!(settings.users[0].username, "alice");
}

#[test]
fn tables_are_joined_and_lists_replaced() {
    let settings = settings(
        "[scopes.invoices]\ndescription = \"See your invoices\"\nclaims = []\n\
         [scopes.email]\ndescription = \"Write to you\"\n\
         [[acr]]\nname = \"low\"\namr = [\"pwd\"]\n",
    );
    let names: Vec<_> = settings.scopes.iter().map(|scope| scope.name.as_str()).collect();
    assert_eq!(
        names,
        ["openid", "profile", "email", "address", "phone", "offline_access", "invoices"]
    );
    assert_eq!(settings.scopes[2].description, "Write to you");
    assert_eq!(settings.scopes[2].claims, ["email", "email_verified"]);
    assert_eq!(settings.acr.len(), 1);
    assert_eq!(settings.acr[0].name, "low");
}

#[test]
fn unknown_keys_are_named_with_place_and_suggestion() {
    let text = "[server]\nlisten = \"127.0.0.1:8080\"\n  wokers = 2\n[servr]\n[lifetimes]\ncode = 7\n\
                colour = \"red\"\n[[clients]]\nclient_id = \"a\"\nsecrt = \"x\"\n";
    let found = problems(text);
    assert_eq!(
        found[..3],
        [
            "moneta.toml:3:3: server.wokers: unknown key; did you mean `workers`?",
            "moneta.toml:4:2: servr: unknown key; did you mean `server`?",
            "moneta.toml:7:1: lifetimes.colour: unknown key",
        ]
    );
    assert_eq!(found[3], "moneta.toml:10:1: clients.a.secrt: unknown key; did you mean `secret`?");
    let found = Directory::with("")
        .load(&[("MONETA__SERVER__LISSEN", "x")], &[("lifetime.code", "1")])
        .unwrap_err();
    assert_eq!(
        found,
        "the configuration has 2 problems:\n  \
         environment variable MONETA__SERVER__LISSEN: server.lissen: unknown key; did you mean \
         `listen`?\n  flag lifetime.code: lifetime: unknown key; did you mean `lifetimes`?"
    );
}

#[test]
fn wrong_types_are_named_with_place_and_expectation() {
    let text = "playground = \"yes\"\n[server]\nworkers = -1\ntrusted_proxies = \"10.0.0.7\"\n\
                [lifetimes]\ncode = \"soon\"\naccess_token = [1]\n[limits]\ncode_attempts = 5000000000\n\
                [[clients]]\nclient_id = \"a\"\ngrant_types = [\"authorisation_code\"]\n\
                redirect_uris = [\"https://a.test/\", 5]\n[[users]]\npassword = 12345678\n";
    let duration =
        "expected a duration such as \"90s\", \"10m\", \"12h\" or \"30d\", or whole seconds";
    assert_eq!(
        problems(text),
        [
            "moneta.toml:1:14: playground: expected true or false, found text in quotes",
            "moneta.toml:3:11: server.workers: expected a whole number from 0, found -1",
            "moneta.toml:4:19: server.trusted_proxies: expected a list, found text in quotes",
            &format!("moneta.toml:6:8: lifetimes.code: {duration}"),
            &format!("moneta.toml:7:16: lifetimes.access_token: {duration}"),
            "moneta.toml:9:17: limits.code_attempts: expected a whole number from 0 to 4294967295, \
             found 5000000000",
            "moneta.toml:12:16: clients.a.grant_types[0]: expected one of `authorization_code`, \
             `refresh_token`, `client_credentials`, `implicit`, \
             `urn:ietf:params:oauth:grant-type:device_code`, `urn:openid:params:grant-type:ciba`; \
             did you mean `authorization_code`?",
            "moneta.toml:13:37: clients.a.redirect_uris[1]: expected text in quotes, found a whole \
             number",
            "moneta.toml:14:1: users[0].username: is missing",
            "moneta.toml:15:12: users[0].password: expected text in quotes, found a whole number",
        ]
    );
}

#[test]
fn broken_notation_is_named_with_its_place() {
    let found = problems("[server]\nlisten = \"127.0.0.1:8080\nworkers = 1\nworkers = 2\n");
    assert!(found[0].starts_with("moneta.toml:2:"), "{found:?}");
    assert!(found.iter().any(|line| line.starts_with("moneta.toml:4:1: not TOML")), "{found:?}");
    let missing = Directory::with("");
    std::fs::remove_file(missing.file("moneta.toml")).unwrap();
    assert!(missing.load(&[], &[]).unwrap_err().contains("cannot read `moneta.toml`"));
}

#[test]
fn secrets_come_from_files_and_never_show() {
    let (secret, password) = ("0f1e2d3c4b5a69788796a5b4c3d2e1f0", "swordfish swordfish");
    let directory = Directory::with("");
    std::fs::write(directory.file("secret"), format!("{secret}\n")).unwrap();
    let text = format!(
        "[[clients]]\nclient_id = \"a\"\nsecret_file = \"{}\"\nredirect_uris = [\"https://a.test/\"]\n\
         [[users]]\nusername = \"alice\"\npassword = \"{password}\"\n",
        directory.file("secret").display()
    );
    std::fs::write(directory.file("moneta.toml"), text).unwrap();
    let loaded = directory.load(&[], &[]).unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.clients[0].secret.as_ref().unwrap().expose(), secret);
    let explained: Vec<String> = explain(&loaded).iter().map(ToString::to_string).collect();
    assert!(
        explained.iter().any(|line| line.starts_with("clients.a.secret = (secret, 32 characters)")
            && line.ends_with("moneta.toml:3:15"))
    );
    assert!(explained.iter().any(|line| line.starts_with("users.alice.password = (secret, 19 ")));
    let shown = format!("{loaded:?}{}{explained:?}", settings.recorded);
    assert!(!shown.contains(secret) && !shown.contains(password));

    // Neither in a message about the place it is in.
    for wrong in [
        format!("[[users]]\nusername = \"a\"\npassword = [\"{password}\"]\n"),
        format!("[[users]]\nusername = \"a\"\npassword_fil = \"{password}\"\n"),
        format!("[[clients]]\nclient_id = \"a\"\nsecret = \"{password}\"\n"),
        format!("[[clients]]\nclient_id = \"a\"\nsecret = \"{password}\n"),
    ] {
        let found = problems(&wrong).join("\n");
        assert!(!found.contains("swordfish"), "{found}");
    }
}

#[test]
fn the_version_changes_with_the_settings() {
    let plain = settings("");
    assert_eq!(plain.version.len(), 11);
    assert_eq!(plain.version, settings("# nothing\n").version);
    assert_ne!(plain.version, settings("[lifetimes]\ncode = 59\n").version);
    let one = settings("[[users]]\nusername = \"alice\"\nclaims = { name = \"Alice\" }\n");
    assert!(!one.recorded.to_string().contains("lice"), "personal data must not go on record");
    assert_eq!(one.recorded["users"], 1);
}

#[test]
fn origins_are_readable() {
    let place = Origin::File { file: "a.toml".into(), line: 3, column: 1 };
    assert_eq!(place.to_string(), "a.toml:3:1");
}
