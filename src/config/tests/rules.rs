//! Rules of single options and across options.

use super::{Directory, problems, settings};

/// The one problem of a file.
fn problem(text: &str) -> String {
    let found = problems(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn the_issuer_is_an_https_origin_unless_local() {
    let public = "[server]\nlisten = \"0.0.0.0:8080\"\ntrusted_proxies = [\"10.0.0.7\"]\n";
    for (issuer, good) in [
        ("https://id.example.com", true),
        ("https://id.example.com:8443", true),
        ("http://id.example.com", false),
        ("http://127.0.0.1:8080", false),
        ("https://id.example.com/", false),
        ("https://id.example.com/op", false),
        ("https://id.example.com?a", false),
        ("https://id.example.com#a", false),
        ("https://a@id.example.com", false),
        ("https://ID.example.com", false),
        ("https://id.example.com:443", false),
        ("id.example.com", false),
    ] {
        let text = format!("issuer = \"{issuer}\"\n{public}");
        if good {
            assert_eq!(settings(&text).issuer, issuer);
        } else {
            assert!(problem(&text).starts_with("moneta.toml:1:10: issuer: "), "{issuer}");
        }
    }
    assert!(problem(public).contains("issuer: must be set"));
}

#[test]
fn a_local_issuer_names_the_port_that_is_listened_on() {
    let listen = "[server]\nlisten = \"127.0.0.1:9000\"\n";
    assert_eq!(settings(listen).issuer, "http://127.0.0.1:9000");
    assert_eq!(
        settings(&format!("issuer = \"http://localhost:9000\"\n{listen}")).issuer,
        "http://localhost:9000"
    );
    let text = format!("issuer = \"http://127.0.0.1:8080\"\n{listen}");
    assert!(problem(&text).contains("names another port"));
    settings(&format!("{text}trusted_proxies = [\"127.0.0.1\"]\n"));
    assert_eq!(settings("[server]\nlisten = \"[::1]:80\"\n").issuer, "http://[::1]:80");
}

/// The name stands in every event as it is, so nothing in it may need an escape in JSON.
#[test]
fn the_name_of_a_node_needs_no_escape() {
    assert_eq!(settings("node = \"eu-1\"\n").node, "eu-1");
    for name in ["\\\"", "\\\\", "a\\tb", "a\\u0000", "\\u00e9", "\\u2028", "a/b", "A", ""] {
        let said = problem(&format!("node = \"{name}\"\n"));
        assert!(said.contains("node: must be 1 to 63 small letters, digits or `-`"), "{said}");
    }
}

#[test]
fn numbers_have_ranges() {
    for (text, start) in [
        ("[lifetimes]\ncode = 601\n", "moneta.toml:2:8: lifetimes.code: must be from 1s to 10m"),
        ("[lifetimes]\ncode = 0\n", "moneta.toml:2:8: lifetimes.code: must be from 1s"),
        ("[lifetimes]\naccess_token = 5\n", "moneta.toml:2:16: lifetimes.access_token: must be"),
        (
            "[lifetimes]\nkeys_overlap = \"59m\"\n",
            "moneta.toml:2:16: lifetimes.keys_overlap: must be at",
        ),
        (
            "[lifetimes]\nrefresh_token = \"5m\"\n",
            "moneta.toml:2:17: lifetimes.refresh_token: must not",
        ),
        (
            "[passwords]\nmemory_kib = 19455\n",
            "moneta.toml:2:14: passwords.memory_kib: must be from 19456",
        ),
        ("[passwords]\niterations = 1\n", "default: passwords.memory_kib: must be from 47104"),
        ("[limits]\ncode_attempts = 0\n", "moneta.toml:2:17: limits.code_attempts: must be from 1"),
        (
            "[limits]\norders_per_stream = 9000\n",
            "moneta.toml:2:21: limits.orders_per_stream: must not",
        ),
        (
            "[server]\nlisten = \"8080\"\n",
            "moneta.toml:2:10: server.listen: must be address and port",
        ),
        (
            "[server]\ntrusted_proxies = [\"10.0.0.0/8\"]\n",
            "moneta.toml:2:20: server.trusted_proxies[0]: must be one IP",
        ),
        (
            "[keys]\nalgorithms = [\"ES256\"]\n",
            "moneta.toml:2:14: keys.algorithms: must have RS256",
        ),
        (
            "[keys]\nalgorithms = [\"RS256\", \"HS256\"]\n",
            "moneta.toml:2:24: keys.algorithms[1]: must be one of",
        ),
        ("[keys]\nkek_file = \"/nowhere/kek\"\n", "moneta.toml:2:12: keys.kek_file: cannot read"),
        ("[brand]\nname = \"\"\n", "moneta.toml:2:8: brand.name: is empty"),
        (
            "[brand]\ntos_uri = \"http://example.com\"\n",
            "moneta.toml:2:11: brand.tos_uri: is plain",
        ),
        ("node = \"Node 1\"\n", "moneta.toml:1:8: node: must be"),
        ("data = \"\"\n", "moneta.toml:1:8: data: is empty"),
        ("[[acr]]\nname = \"0\"\namr = [\"pwd\"]\n", "moneta.toml:2:8: acr.0.name: must be"),
        ("[[acr]]\nname = \"high\"\namr = [\"fpt\"]\n", "moneta.toml:3:7: acr.high.amr: must name"),
        ("acr = []\n", "moneta.toml:1:7: acr: is empty"),
        ("[scopes.a]\ndescription = \"\"\n", "moneta.toml:2:15: scopes.a.description: is empty"),
        (
            "[scopes.a]\ndescription = \"A\"\nclaims = [\"iss\"]\n",
            "moneta.toml:3:11: scopes.a.claims[0]: `iss`",
        ),
        ("[scopes.\"a b\"]\ndescription = \"A\"\n", "moneta.toml:1:9: scopes.a b: is no scope"),
        (
            "[[resources]]\nidentifier = \"https://rs.test#a\"\nscopes = [\"emial\"]\n",
            "moneta.toml:2:14: resources.https://rs.test#a.identifier: has a fragment",
        ),
    ] {
        assert!(problems(text)[0].starts_with(start), "{text}: {:?}", problems(text));
    }
}

#[test]
fn every_problem_is_reported_at_once() {
    let text = "nod = \"a\"\nissuer = \"http://id.example.com\"\n[lifetimes]\ncode = \"1h\"\n\
                [server]\nworkers = \"many\"\n[[clients]]\nclient_id = \"a b\"\n\
                scope = \"openid emial\"\n[[users]]\nusername = \"alice\"\n\
                claims = { updated_at = \"now\", nickame = \"Al\" }\n";
    let found: Vec<String> = problems(text)
        .iter()
        .map(|line| line.splitn(3, ": ").take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        found,
        [
            "moneta.toml:1:1 nod",
            "moneta.toml:2:10 issuer",
            "moneta.toml:4:8 lifetimes.code",
            "moneta.toml:6:11 server.workers",
            "moneta.toml:7:1 clients.a b.redirect_uris",
            "moneta.toml:7:1 clients.a b.secret",
            "moneta.toml:8:13 clients.a b.client_id",
            "moneta.toml:9:9 clients.a b.scope",
            "moneta.toml:12:25 users.alice.claims.updated_at",
            "moneta.toml:12:42 users.alice.claims.nickame",
        ]
    );
}

#[test]
fn declarations_are_unique_and_complete() {
    let client = "[[clients]]\nclient_id = \"a\"\ntoken_endpoint_auth_method = \"none\"\n\
                  redirect_uris = [\"https://a.test/\"]\n";
    assert!(
        problem(&format!("{client}{client}")).ends_with("clients.a.client_id: is declared twice")
    );
    let user = |name: &str| format!("[[users]]\nusername = \"{name}\"\n");
    assert!(problem(&(user("alice") + &*user("Alice"))).contains("is declared twice"));
    assert!(problem("[[users]]\nusername = \"a\"\npassword = \"short\"\n").contains("at least 8"));
    let both = "[[users]]\nusername = \"a\"\npassword = \"long enough\"\npassword_file = \"x\"\n";
    assert!(problem(both).contains("is set beside `password`"));
    let missing = "[[users]]\nusername = \"a\"\npassword_file = \"/nowhere/x\"\n";
    assert!(problem(missing).contains("cannot read `/nowhere/x`"));
}

#[test]
fn a_client_starts_from_the_defaults_of_registration() {
    let settings = settings(
        "[[clients]]\nclient_id = \"a\"\nsecret = \"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"\n\
         redirect_uris = [\"https://a.test/\"]\naccess_token_lifetime = \"5m\"\n",
    );
    let mut registered: moneta_events::client::ClientMetadata =
        serde_json::from_str(r#"{"client_id": "a", "redirect_uris": ["https://a.test/"]}"#)
            .unwrap();
    registered.access_token_lifetime = Some(300);
    assert_eq!(settings.clients[0].metadata, registered);
}

#[cfg(unix)]
#[test]
fn the_key_encryption_key_is_not_for_everybody() {
    use std::os::unix::fs::PermissionsExt;

    let directory = Directory::with("");
    let kek = directory.file("kek");
    std::fs::write(&kek, [0; 32]).unwrap();
    std::fs::set_permissions(&kek, std::fs::Permissions::from_mode(0o644)).unwrap();
    let flags = [("keys.kek_file", kek.to_str().unwrap())];
    assert!(directory.load(&[], &flags).unwrap_err().contains("can be read by everybody"));
    std::fs::set_permissions(&kek, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(directory.load(&[], &flags).unwrap().settings.keys.kek_file, Some(kek));
}
