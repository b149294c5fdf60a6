//! RFC 6749 §4.2, OpenID Connect Core 1.0 §3.2 and §3.3, OAuth 2.0 Multiple Response Type Encoding Practices:
//! what may leave the authorization endpoint, to whom, and how it travels.

use moneta::protocol::authorize::response_type::ResponseType;
use moneta_events::{Reason as R, client::ClientMetadata, transaction::ResponseMode};
use serde_json::json;

use crate::{
    authorization_errors::refusal,
    fixtures::{ask, client, legacy},
};

/// `words` in every order there is.
fn orders(words: &[&str]) -> Vec<String> {
    if words.len() < 2 {
        return vec![words.join(" ")];
    }
    let with_first = |first: usize| {
        let mut rest = words.to_vec();
        let word = rest.remove(first);
        orders(&rest).into_iter().map(move |order| format!("{word} {order}"))
    };
    (0..words.len()).flat_map(with_first).collect()
}

fn encoded(response_type: &str) -> String {
    format!("response_type={}", response_type.replace(' ', "+"))
}

fn of_type(response_types: &[&str], grants: &[&str]) -> ClientMetadata {
    client(&json!({"response_types": response_types, "grant_types": grants}))
}

#[test]
fn multiple_response_types_3_the_order_of_words_does_not_matter() {
    let all = ["code", "id_token", "id_token token", "code id_token", "code token"];
    for canonical in all.into_iter().chain(["code id_token token", "token", "none"]) {
        let words: Vec<&str> = canonical.split(' ').collect();
        for order in orders(&words) {
            let registered = of_type(&[&order], &["authorization_code", "implicit"]);
            for asked in orders(&words) {
                let request = ask(&registered, &encoded(&asked)).unwrap();
                let read = request.response_type.to_string();
                assert_eq!(read, canonical, "{asked} by a client with {order}");
            }
        }
    }
    for text in ["", " ", "code ", "none none", "none code", "code code", "Code", "code,token"] {
        assert_eq!(ResponseType::parse(text), None, "{text:?}");
    }
}

/// Nothing of the front channel without being registered for it, type and grant both (RFC 7591 §2.1).
#[test]
fn rfc9700_2_1_2_implicit_is_opened_for_each_client() {
    let both = ["authorization_code", "implicit"];
    for (case, registered, asked) in [
        ("nothing but code", of_type(&["code"], &["authorization_code"]), "id_token"),
        ("another type", of_type(&["id_token"], &["implicit"]), "id_token token"),
        ("another type", of_type(&["code id_token"], &both), "code token"),
        ("a part of it", of_type(&["code id_token token"], &both), "code id_token"),
        ("the type alone", of_type(&["id_token"], &["authorization_code"]), "id_token"),
        ("half of the grants", of_type(&["code token"], &["implicit"]), "code token"),
        ("half of the grants", of_type(&["code token"], &["authorization_code"]), "code token"),
        ("the grant alone", of_type(&["code"], &both), "token"),
        ("not even nothing", of_type(&["code"], &both), "none"),
    ] {
        let (error, ..) = refusal(ask(&registered, &encoded(asked)));
        assert_eq!(error.code.as_str(), "unauthorized_client", "{case}: {asked}");
        assert_eq!(error.reason, R::GrantNotRegistered, "{case}: {asked}");
    }
}

#[test]
fn core_3_2_2_1_and_3_3_2_1_which_request_needs_a_nonce() {
    for (response_type, needed) in [
        ("code", false),
        ("none", false),
        ("token", false),
        ("code token", false),
        ("id_token", true),
        ("id_token token", true),
        ("code id_token", true),
        ("code id_token token", true),
    ] {
        let changes = encoded(response_type) + "&nonce=";
        if needed {
            let (error, mode, state) = refusal(ask(&legacy(), &changes));
            assert_eq!(error.reason, R::ParameterMissing, "{response_type}");
            assert_eq!(error.code.as_str(), "invalid_request", "{response_type}");
            assert_eq!((mode, state.as_deref()), (ResponseMode::Fragment, Some("s-1")));
        } else {
            assert_eq!(ask(&legacy(), &changes).unwrap().nonce, None, "{response_type}");
        }
    }
}

/// The fragment by default, a form on request, and never the query as soon as there is a token.
#[test]
fn multiple_response_types_2_1_and_5_how_the_answer_travels() {
    use ResponseMode::{FormPost, Fragment, Query};
    for (response_type, default, query) in [
        ("code", Query, true),
        ("none", Query, true),
        ("token", Fragment, false),
        ("id_token", Fragment, false),
        ("id_token token", Fragment, false),
        ("code token", Fragment, false),
        ("code id_token", Fragment, false),
        ("code id_token token", Fragment, false),
    ] {
        let run = |mode: &str| ask(&legacy(), &(encoded(response_type) + mode));
        let mode = |mode| run(mode).unwrap().response_mode;
        assert_eq!(mode(""), default, "{response_type}");
        assert_eq!(mode("&response_mode=fragment"), Fragment, "{response_type}");
        assert_eq!(mode("&response_mode=form_post"), FormPost, "{response_type}");
        if query {
            assert_eq!(mode("&response_mode=query"), Query, "{response_type}");
        } else {
            let (error, travels, _) = refusal(run("&response_mode=query"));
            assert_eq!(error.reason, R::ResponseModeForbidden, "{response_type}");
            assert_eq!(travels, Fragment, "{response_type}");
        }
    }
}

#[test]
fn core_5_4_an_id_token_alone_brings_the_claims() {
    for known in ResponseType::ALL {
        let alone = known.to_string() == "id_token";
        assert_eq!(known.has_claims_in_id_token(), alone, "{known}");
    }
}

#[test]
fn rfc7636_4_3_a_challenge_binds_the_code_of_a_hybrid_answer() {
    let none = "&code_challenge=&code_challenge_method=";
    for (response_type, has_code) in
        [("code id_token", true), ("code token", true), ("id_token", false), ("none", false)]
    {
        let request = ask(&legacy(), &encoded(response_type)).unwrap();
        assert_eq!(request.code_challenge.is_some(), has_code, "{response_type}");
        let without = ask(&legacy(), &(encoded(response_type) + none));
        if has_code {
            assert_eq!(refusal(without).0.reason, R::CodeChallengeMissing, "{response_type}");
        } else {
            assert!(without.is_ok(), "{response_type}");
        }
    }
    let optional = ClientMetadata { require_pkce: false, ..legacy() };
    let request = ask(&optional, &(encoded("code id_token") + none)).unwrap();
    assert_eq!(request.code_challenge, None, "confidential, registered without require_pkce");
}

/// A refresh token is bought with a code or not at all (RFC 6749 §4.2.2), so there is nothing to ask for.
#[test]
fn core_11_offline_access_only_where_there_is_a_code() {
    for (response_type, expected) in [
        ("id_token token", "openid"),
        ("id_token", "openid"),
        ("none", "openid"),
        ("code id_token", "openid offline_access"),
    ] {
        let changes = encoded(response_type) + "&scope=openid+offline_access";
        let request = ask(&legacy(), &changes).unwrap();
        assert_eq!(request.scope.to_string(), expected, "{response_type}");
    }
}

#[test]
fn core_3_2_2_1_an_id_token_needs_the_scope_openid() {
    for response_type in ["id_token", "id_token token", "code id_token", "code id_token token"] {
        let (error, mode, _) =
            refusal(ask(&legacy(), &(encoded(response_type) + "&scope=api:read")));
        assert_eq!(error.code.as_str(), "invalid_scope", "{response_type}");
        assert_eq!(mode, ResponseMode::Fragment, "{response_type}");
    }
    for response_type in ["token", "code token", "none"] {
        let plain = ask(&legacy(), &(encoded(response_type) + "&scope=api:read")).unwrap();
        assert_eq!(plain.scope.to_string(), "api:read", "{response_type}");
    }
}
