//! The demo is part of what others test against: it must stay as it is.

use moneta_events::{
    Scope,
    client::{ApplicationType, ClientAuthMethod, GrantType},
    token::AccessTokenFormat,
};

use super::super::{
    ClientDeclaration, ConfigError, Loaded, Offered, Sources, load, validate_client,
};

fn demo(flags: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    let flags = flags.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    load(Sources { demo: true, file: None, env: [], flags })
}

#[test]
fn the_demo_is_local_and_has_a_playground() {
    let settings = demo(&[]).unwrap().settings;
    assert_eq!(settings.issuer, "http://127.0.0.1:8080");
    assert_eq!(settings.data.to_str(), Some("./data"));
    assert!(settings.playground);
    let moved = demo(&[("server.listen", "127.0.0.1:9000")]).unwrap().settings;
    assert_eq!(moved.issuer, "http://127.0.0.1:9000");
    let playground = moved.clients.last().unwrap();
    assert_eq!(playground.metadata.client_id.as_str(), "playground");
    assert_eq!(playground.metadata.redirect_uris, ["http://127.0.0.1:9000/playground/callback"]);
    assert_eq!(validate_client(&playground.metadata, &Offered::by(&moved)), []);
}

#[test]
fn the_demo_stays_on_this_machine() {
    for flags in [
        &[("server.listen", "0.0.0.0:8080"), ("issuer", "https://id.example.com")][..],
        &[
            ("server.listen", "0.0.0.0:8080"),
            ("issuer", "https://id.example.com"),
            ("playground", "false"),
        ],
        &[("issuer", "https://id.example.com")],
    ] {
        let error = demo(flags).unwrap_err().to_string();
        assert!(error.contains("well-known passwords"), "{error}");
    }
}

#[test]
fn the_demo_has_these_users() {
    let settings = demo(&[]).unwrap().settings;
    let names: Vec<_> = settings.users.iter().map(|user| user.username.as_str()).collect();
    assert_eq!(names, ["alice", "bob", "mallory"]);
    let standard: Vec<&String> = settings.scopes.iter().flat_map(|scope| &scope.claims).collect();
    for user in &settings.users {
        assert_eq!(user.password.as_ref().unwrap().expose(), "correct horse battery staple");
        for claim in standard.iter().filter(|claim| **claim != "sub") {
            assert!(user.claims.contains_key(*claim), "{}: {claim}", user.username);
        }
        assert_eq!(user.claims.len(), 19);
        assert_eq!(user.claims["address"].as_object().unwrap().len(), 6);
    }
}

#[test]
fn the_demo_has_these_clients() {
    let settings = demo(&[]).unwrap().settings;
    let names: Vec<_> = settings.clients.iter().map(|c| c.metadata.client_id.to_string()).collect();
    assert_eq!(
        names.join(" "),
        "web web-es256 web-jwt conf pkjwt spa native multi legacy low high tv ciba_secret ciba ciba_ping ciba_push rs1 rs2 evil playground"
    );
    let client = |name: &str| -> &ClientDeclaration {
        settings.clients.iter().find(|c| c.metadata.client_id.as_str() == name).unwrap()
    };
    for declared in &settings.clients {
        let id = &declared.metadata.client_id;
        let secret = declared.secret.as_ref().map(|secret| secret.expose().clone());
        let expected = declared
            .metadata
            .token_endpoint_auth_method
            .uses_secret()
            .then(|| format!("{id}-secret-0123456789abcdef0123456789abcdef"));
        assert_eq!(secret, expected, "{id}");
        assert!(declared.metadata.client_name.is_some(), "{id}");
    }
    let (basic, post, none) = (
        ClientAuthMethod::ClientSecretBasic,
        ClientAuthMethod::ClientSecretPost,
        ClientAuthMethod::None,
    );
    let rp = &["https://rp.test/cb", "http://127.0.0.1:9999/cb"][..];
    for (name, method, redirect_uris, alg, require_pkce) in [
        ("web", basic, rp, "RS256", false),
        ("web-es256", basic, rp, "ES256", false),
        ("web-jwt", basic, rp, "ES256", false),
        ("conf", post, &rp[..1], "RS256", true),
        ("spa", none, &["https://spa.test/cb"], "RS256", true),
        ("native", none, &["http://127.0.0.1/cb"], "RS256", true),
        ("multi", basic, &["https://multi.test/a", "https://multi.test/b"], "RS256", false),
        ("evil", none, &["https://evil.test/cb"], "RS256", true),
    ] {
        let metadata = &client(name).metadata;
        assert_eq!(metadata.token_endpoint_auth_method, method, "{name}");
        assert_eq!(metadata.redirect_uris, redirect_uris, "{name}");
        assert_eq!(metadata.id_token_signed_response_alg, alg, "{name}");
        assert_eq!(metadata.require_pkce, require_pkce, "{name}");
        assert_eq!(metadata.grant_types, [GrantType::AuthorizationCode, GrantType::RefreshToken]);
        assert_eq!(metadata.response_types, ["code"], "{name}");
        let scope = "openid profile email address phone offline_access api reports";
        assert_eq!(metadata.scope, Scope::parse(scope), "{name}");
    }
    assert_eq!(client("web-jwt").metadata.access_token_format, AccessTokenFormat::Jwt);
    assert_eq!(client("web-es256").metadata.access_token_format, AccessTokenFormat::Opaque);
    assert_eq!(client("spa").metadata.web_origins, ["https://spa.test"]);
    assert_eq!(client("native").metadata.application_type, ApplicationType::Native);
    assert!(client("web").metadata.logo_uri.is_some() && client("web").metadata.tos_uri.is_some());
    let tv = &client("tv").metadata;
    assert_eq!(tv.grant_types, [GrantType::DeviceCode, GrantType::RefreshToken]);
    assert_eq!(tv.scope, Scope::parse("openid profile offline_access api"));
    assert!(tv.is_public() && tv.response_types.is_empty() && tv.redirect_uris.is_empty());
    for (name, scope) in [("low", "api"), ("high", "api admin")] {
        let metadata = &client(name).metadata;
        assert_eq!(metadata.grant_types, [GrantType::ClientCredentials]);
        assert_eq!(metadata.scope, Scope::parse(scope));
        assert!(metadata.response_types.is_empty() && metadata.redirect_uris.is_empty());
    }
}

/// What the authorization endpoint can give, one client of the demo may have, and no other.
#[test]
fn the_demo_has_one_client_for_the_front_channel() {
    let settings = demo(&[]).unwrap().settings;
    let weak = |declared: &&ClientDeclaration| declared.metadata.weaknesses().next().is_some();
    let weak: Vec<_> = settings.clients.iter().filter(weak).collect();
    let [ClientDeclaration { metadata, .. }] = weak.as_slice() else { panic!("not {weak:?}") };
    assert_eq!(metadata.client_id.as_str(), "legacy");
    assert_eq!(metadata.token_endpoint_auth_method, ClientAuthMethod::ClientSecretBasic);
    assert_eq!(
        metadata.redirect_uris,
        ["https://legacy.test/cb", "https://rp.test/cb", "http://127.0.0.1:9999/cb"]
    );
    assert_eq!(
        metadata.grant_types,
        [GrantType::AuthorizationCode, GrantType::Implicit, GrantType::RefreshToken]
    );
    assert_eq!(
        metadata.response_types.join(", "),
        "code, id_token, id_token token, code id_token, code token, code id_token token, token, none"
    );
    assert_eq!(metadata.id_token_signed_response_alg, "RS256");
    assert!(!metadata.require_pkce);
}

/// A token of `web` is for rs1 or for rs2 as its scope says, so one of them can see it and the other not.
#[test]
fn the_demo_has_two_resource_servers_that_share_no_scope() {
    let settings = demo(&[]).unwrap().settings;
    let resources: Vec<_> =
        settings.resources.iter().map(|r| (r.identifier.as_str(), r.scopes.join(" "))).collect();
    assert_eq!(
        resources,
        [("https://rs1.test", "api".to_owned()), ("https://rs2.test", "reports admin".to_owned())]
    );
    for name in ["rs1", "rs2"] {
        let declared = settings.clients.iter().find(|c| c.metadata.client_id.as_str() == name);
        let metadata = &declared.unwrap().metadata;
        assert_eq!(metadata.resource, Some(format!("https://{name}.test")));
        assert!(metadata.grant_types.is_empty() && metadata.scope.is_empty());
    }
}
