//! The client validator, one row for each rule.

use moneta_events::client::ClientMetadata;
use serde_json::{Value, json};

use super::super::{Offered, validate_client};

fn offered() -> Offered<'static> {
    Offered {
        scopes: vec!["openid", "email", "offline_access", "api"],
        algorithms: vec!["RS256", "ES256"],
        acr: vec!["urn:moneta:acr:password"],
        resources: vec!["https://rs.test"],
    }
}

/// The members that are wrong with a good client after `change`, such as `redirect_uris[0]`, and the text.
fn problems(change: &Value) -> Vec<(String, String)> {
    let mut client = json!({
        "client_id": "web",
        "redirect_uris": ["https://rp.test/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid email offline_access api",
    });
    client.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let client: ClientMetadata = serde_json::from_value(client).unwrap();
    let split = |text: String| {
        let (member, text) = text.split_once(": ").unwrap();
        (member.to_owned(), text.to_owned())
    };
    validate_client(&client, &offered()).into_iter().map(|p| split(p.to_string())).collect()
}

/// A client that gets tokens from the authorization endpoint and nowhere else.
fn implicit(response_types: &[&str]) -> Value {
    json!({"grant_types": ["implicit"], "response_types": response_types, "scope": "openid api"})
}

fn native_implicit() -> Value {
    let on_a_device = with(implicit(&["id_token"]), "application_type", &json!("native"));
    with(on_a_device, "redirect_uris", &json!(["http://127.0.0.1/cb"]))
}

fn with(mut client: Value, member: &str, value: &Value) -> Value {
    client[member] = value.clone();
    client
}

#[test]
fn rfc7591_2_client_metadata() {
    let public = "none";
    for (change, wrong) in [
        (json!({}), ""),
        (json!({"client_id": ""}), "client_id"),
        (json!({"client_id": "a b"}), "client_id"),
        (json!({"client_id": "a:b"}), "client_id"),
        (json!({"client_id": "a".repeat(129)}), "client_id"),
        (json!({"client_id": "01890a5d-ac96-774b-bcce-b302099a8057"}), "client_id"),
        (json!({"client_name": " "}), "client_name"),
        (json!({"client_name": "a\u{202e}b"}), "client_name"),
        (json!({"client_name": "Łódź Shop"}), ""),
        (json!({"contacts": ["a@example.com", "\n"]}), "contacts[1]"),
        (json!({"redirect_uris": []}), "redirect_uris"),
        (json!({"redirect_uris": ["https://a.test/", "https://a.test/"]}), "redirect_uris[1]"),
        (json!({"grant_types": []}), "redirect_uris grant_types response_types[0] scope"),
        (json!({"grant_types": ["authorization_code"]}), "scope"),
        (
            json!({"grant_types": ["refresh_token"], "redirect_uris": [], "response_types": [],
                   "scope": "offline_access"}),
            "grant_types",
        ),
        (
            json!({"grant_types": ["client_credentials"], "redirect_uris": [],
                   "response_types": [], "scope": "api"}),
            "",
        ),
        (
            json!({"grant_types": ["client_credentials"], "redirect_uris": [],
                   "response_types": [], "scope": "openid"}),
            "scope",
        ),
        (
            json!({"grant_types": ["client_credentials"], "scope": "api"}),
            "redirect_uris response_types[0]",
        ),
        (
            json!({"grant_types": ["authorization_code", "refresh_token", "refresh_token"]}),
            "grant_types[2]",
        ),
        (json!({"response_types": []}), "response_types"),
        (json!({"response_types": ["code", "code"]}), "response_types[1]"),
        (json!({"response_types": ["id_token token"]}), "response_types[0]"),
        (json!({"response_types": ["Code"]}), "response_types[0]"),
        (json!({"response_modes": []}), "response_modes"),
        (json!({"code_challenge_methods": []}), "code_challenge_methods"),
        (json!({"require_pkce": false}), ""),
        (json!({"code_challenge_methods": ["S256", "plain"]}), ""),
        (json!({"token_endpoint_auth_method": public}), ""),
        (json!({"token_endpoint_auth_method": public, "require_pkce": false}), "require_pkce"),
        (
            json!({"token_endpoint_auth_method": public, "code_challenge_methods": ["S256", "plain"]}),
            "code_challenge_methods",
        ),
        (
            json!({"token_endpoint_auth_method": public,
                   "grant_types": ["authorization_code", "refresh_token", "client_credentials"]}),
            "grant_types",
        ),
        (json!({"token_endpoint_auth_method": public, "consent": "skip"}), ""),
        (
            json!({"token_endpoint_auth_method": public, "consent": "skip",
                   "redirect_uris": ["http://127.0.0.1/cb"]}),
            "consent",
        ),
        (json!({"scope": "openid emial"}), "scope"),
        (json!({"id_token_signed_response_alg": "none"}), "id_token_signed_response_alg"),
        (json!({"id_token_signed_response_alg": "HS256"}), "id_token_signed_response_alg"),
        (json!({"access_token_signed_response_alg": "PS256"}), ""),
        (
            json!({"access_token_signed_response_alg": "PS256", "access_token_format": "jwt"}),
            "access_token_signed_response_alg",
        ),
        (json!({"default_acr_values": ["urn:moneta:acr:passwort"]}), "default_acr_values[0]"),
        (json!({"access_token_lifetime": 86_401}), "access_token_lifetime"),
        (json!({"refresh_token_lifetime": 1}), "refresh_token_lifetime"),
        (json!({"web_origins": ["https://rp.test"]}), "web_origins"),
        (json!({"resource": "https://rs.test"}), ""),
        (json!({"resource": "https://other.test"}), "resource"),
        (json!({"resource": "rs"}), "resource"),
        (json!({"resource": "https://rs.test#a"}), "resource"),
        (json!({"resource": "https://rs.test", "token_endpoint_auth_method": public}), "resource"),
        (
            json!({"logo_uri": "https://rp.test/logo.png", "tos_uri": "http://127.0.0.1:3000/tos"}),
            "",
        ),
        (json!({"logo_uri": "http://rp.test/logo.png"}), "logo_uri"),
        (json!({"policy_uri": "javascript:alert(1)"}), "policy_uri"),
        (json!({"tos_uri": "/tos"}), "tos_uri"),
        (json!({"client_uri": "https://user@rp.test/"}), "client_uri"),
    ] {
        is_wrong(&change, wrong);
    }
}

fn is_wrong(change: &Value, wrong: &str) {
    let found = problems(change);
    let members: Vec<_> = found.iter().map(|(member, _)| member.as_str()).collect();
    assert_eq!(members.join(" "), wrong, "{change}: {found:?}");
}

#[test]
fn rfc7591_2_1_response_types_and_their_grants() {
    for (change, wrong) in [
        (json!({"response_types": ["code", "none"]}), ""),
        (json!({"response_types": ["code token"]}), "response_types[0]"),
        (implicit(&["id_token", "id_token token", "token"]), ""),
        (implicit(&["token id_token"]), "response_types[0] response_types"),
        (implicit(&["code id_token"]), "response_types[0]"),
        (implicit(&["none"]), "response_types"),
        (implicit(&[]), "response_types"),
        (with(implicit(&["token"]), "scope", &json!("api")), ""),
        (with(implicit(&["id_token"]), "scope", &json!("api")), "response_types[0]"),
        (with(implicit(&["id_token"]), "response_modes", &json!(["query"])), "response_modes"),
        (
            with(implicit(&["id_token"]), "redirect_uris", &json!(["http://127.0.0.1/cb"])),
            "redirect_uris[0]",
        ),
        (native_implicit(), ""),
        (with(native_implicit(), "consent", &json!("skip")), "consent"),
        (
            json!({"grant_types": ["authorization_code", "refresh_token", "implicit"],
                   "response_types": ["code", "code id_token", "code token", "code id_token token"]}),
            "",
        ),
    ] {
        is_wrong(&change, wrong);
    }
}

#[test]
fn rfc6749_3_1_2_rfc8252_7_redirect_uris() {
    const BAD: &str = "is read by browsers as";
    for (uri, web, native) in [
        ("https://rp.test/cb", "", ""),
        ("https://rp.test", "", ""),
        ("https://rp.test/cb?tenant=1", "", ""),
        ("https://rp.test?tenant=1", "", ""),
        ("https://rp.test:8443/cb", "", ""),
        ("https://[2001:db8::1]/cb", "", ""),
        ("http://127.0.0.1/cb", "", ""),
        ("http://127.0.0.1:9999/cb", "", ""),
        ("http://[::1]:9999/cb", "", ""),
        ("com.example.app:/cb", "has the private-use scheme", ""),
        ("com.example.app://cb", "has the private-use scheme", "must have one slash"),
        ("com.example.app:cb", "has the private-use scheme", "must have one slash"),
        ("myapp:/cb", "has the scheme `myapp`", "has the scheme `myapp`"),
        ("http://rp.test/cb", "is plain http", "is plain http"),
        ("http://10.0.0.1/cb", "is plain http", "is plain http"),
        ("http://127.0.0.2/cb", "is plain http", "is plain http"),
        ("http://localhost/cb", "names `localhost`", "names `localhost`"),
        ("http://127.1/cb", BAD, BAD),
        ("http://2130706433/cb", BAD, BAD),
        ("http://127.0.0.1.evil.test/cb", "is plain http", "is plain http"),
        ("https://rp.test/cb#a", "has a fragment", "has a fragment"),
        ("https://rp.test/cb#", "has a fragment", "has a fragment"),
        ("https://*.rp.test/cb", "has a `*`", "has a `*`"),
        ("https://rp.test/*", "has a `*`", "has a `*`"),
        ("https://a:b@rp.test/cb", "has user information", "has user information"),
        ("https://rp.test@evil.test/cb", "has user information", "has user information"),
        ("https://@rp.test/cb", "has user information", "has user information"),
        ("https://rp.test/a/../cb", BAD, BAD),
        ("https://rp.test/a/%2e%2e/cb", BAD, BAD),
        ("https://RP.test/cb", BAD, BAD),
        ("https://rp.test:443/cb", BAD, BAD),
        ("HTTPS://rp.test/cb", "has a scheme in capitals", "has a scheme in capitals"),
        ("https:/rp.test/cb", "has no host", "has no host"),
        ("https:///cb", "has no host", "has no host"),
        ("https:rp.test/cb", "has no host", "has no host"),
        ("https://rp.test\\@evil.test/cb", "has the character", "has the character"),
        ("https://rp.te\tst/cb", "has the character", "has the character"),
        ("https://rp.test/c b", "has the character", "has the character"),
        ("https://rp.test/cb\0", "has the character", "has the character"),
        ("https://rp.test/%zz", "has a `%`", "has a `%`"),
        ("https://rp.test/%a", "has a `%`", "has a `%`"),
        ("https://bücher.test/cb", "has characters outside ASCII", "has characters outside ASCII"),
        ("https://rp.test/cb?code=1&x=2", "has the query parameter `code`", "has the query"),
        ("https://rp.test/cb?%73tate=1", "has the query parameter `state`", "has the query"),
        ("javascript:alert(1)", "has the scheme", "has the scheme"),
        ("jAvAsCrIpT:alert(1)", "has a scheme in capitals", "has a scheme in capitals"),
        ("data:text/html,a", "has the scheme", "has the scheme"),
        ("//rp.test/cb", "is not absolute", "is not absolute"),
        ("/cb", "is not absolute", "is not absolute"),
        ("", "is not absolute", "is not absolute"),
    ] {
        for (application_type, expected) in [("web", web), ("native", native)] {
            let found =
                problems(&json!({"application_type": application_type, "redirect_uris": [uri]}));
            match found.as_slice() {
                [] => assert!(expected.is_empty(), "{application_type} {uri:?} was accepted"),
                [(member, text)] => assert!(
                    !expected.is_empty()
                        && member == "redirect_uris[0]"
                        && text.starts_with(expected),
                    "{application_type} {uri:?}: {text}"
                ),
                _ => panic!("{uri:?}: {found:?}"),
            }
        }
    }
    let long = format!("https://rp.test/{}", "a".repeat(2048));
    assert!(problems(&json!({"redirect_uris": [long]}))[0].1.starts_with("is longer"));
}

#[test]
fn rfc6454_6_2_web_origins() {
    for (origin, good) in [
        ("https://spa.test", true),
        ("https://spa.test:8443", true),
        ("http://127.0.0.1:3000", true),
        ("http://localhost:3000", true),
        ("https://spa.test/", false),
        ("https://spa.test/app", false),
        ("https://SPA.test", false),
        ("https://spa.test:443", false),
        ("http://spa.test", false),
        ("https://user@spa.test", false),
        ("null", false),
        ("*", false),
        ("file:///", false),
    ] {
        let client = json!({"token_endpoint_auth_method": "none", "web_origins": [origin]});
        assert_eq!(problems(&client).is_empty(), good, "{origin}: {:?}", problems(&client));
    }
}
