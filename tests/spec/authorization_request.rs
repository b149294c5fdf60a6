//! RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.1 and §3.1.2.2: what is accepted and how it is read.

use moneta::protocol::authorize::{id_token_hint::HintClaims, pipeline::CHECKS};
use moneta_events::{
    ClientId, Reason, Timestamp,
    transaction::{CodeChallengeMethod, Prompt, ResponseMode},
};
use serde_json::json;

use crate::{
    authorization_errors::refusal,
    fixtures::{
        ALICE, API, BOB, CHALLENGE, ISSUER, VERIFIER, ask, check, client, facts, query, rules, web,
    },
};

#[test]
fn core_3_1_2_1_what_must_not_be_an_error() {
    let long = format!("state={0}&nonce={0}", "x".repeat(512));
    for changes in [
        "something=else",
        "scope=openid+bogus",
        "scope=profile+openid",
        "nonce=",
        "state=",
        &long,
        "state=a+%22%3Cb%3E%22+%26+c%3Dd+%23%C3%A9+%F0%9F%98%80+%2541%2B",
        "display=popup",
        "display=hologram",
        "ui_locales=se+de-AT+***+xx_YY",
        "claims_locales=se",
        "acr_values=1+2",
        "acr_values=urn:unknown",
        "login_hint=alice@example.com",
        "claims=%7B%0A%22userinfo%22:+%7B%7D%0A%7D",
        "max_age=99999999999999999999",
        "prompt=login+consent+select_account",
    ] {
        assert!(ask(&web(), changes).is_ok(), "{changes}");
    }
}

#[test]
fn core_3_1_2_1_what_is_read() {
    let client = client(&json!({"default_max_age": 90, "default_acr_values": ["2", "9"]}));
    let changes = "scope=email+openid+offline_access+email&resource=https://api.example\
         &prompt=consent+login+consent&acr_values=2+9+1+2&ui_locales=de-AT+en+1x+toolonglanguage\
         &claims_locales=se&display=touch&login_hint=alice&max_age=15&response_mode=form_post";
    let request = ask(&client, changes).unwrap();
    assert_eq!(request.scope.to_string(), "email openid offline_access");
    assert_eq!(request.audience, [API]);
    assert_eq!(request.prompt, [Prompt::Consent, Prompt::Login]);
    assert_eq!(request.acr_values, ["2", "1"]);
    assert_eq!(request.ui_locales, ["de-AT", "en"]);
    assert_eq!(request.claims_locales, ["se"]);
    assert_eq!(request.login_hint.as_deref(), Some("alice"));
    assert_eq!((request.max_age, request.response_mode), (Some(15), ResponseMode::FormPost));
    let event = request.into_event(None, None, None, Timestamp::from_seconds(5));
    assert_eq!((event.client_id, event.client_revision), (ClientId::from("web"), 7));
    assert_eq!((event.response_type.as_str(), event.nonce.as_deref()), ("code", Some("n-1")));
    assert_eq!(event.display.as_deref(), Some("touch"));
    let challenge = event.code_challenge.unwrap();
    assert_eq!((&*challenge.value, challenge.method), (CHALLENGE, CodeChallengeMethod::S256));

    let defaults = ask(&client, "").unwrap();
    assert_eq!(defaults.max_age, Some(90), "default_max_age");
    assert_eq!(defaults.acr_values, ["2"], "default_acr_values");
    assert_eq!(ask(&client, "max_age=0").unwrap().max_age, Some(0));
}

#[test]
fn rfc7636_4_3_plain_where_it_is_registered() {
    let legacy = client(&json!({"code_challenge_methods": ["S256", "plain"]}));
    for method in ["", "plain"] {
        let changes = format!("code_challenge={VERIFIER}&code_challenge_method={method}");
        let challenge = ask(&legacy, &changes).unwrap().code_challenge.unwrap();
        assert_eq!(challenge.method, CodeChallengeMethod::Plain);
    }
}

#[test]
fn core_11_offline_access_needs_a_refresh_token_to_be_possible() {
    let scope = "scope=openid+offline_access";
    assert_eq!(ask(&web(), scope).unwrap().scope.to_string(), "openid offline_access");
    let no_refresh = client(&json!({"grant_types": ["authorization_code"]}));
    assert_eq!(ask(&no_refresh, scope).unwrap().scope.to_string(), "openid");
}

#[test]
fn core_3_1_2_2_id_token_hint() {
    let web = web();
    let encoded = query(&web, "id_token_hint=e30.e30.e30");
    let (alice, bob) = (ALICE.to_string(), BOB.to_string());
    let (ours, theirs) = (["web".to_owned()], ["spa".to_owned()]);
    let hint = |issuer, subject, audience| Some(HintClaims { issuer, subject, audience });
    for (case, hint, expected) in [
        ("issued here to this client", hint(ISSUER, &alice, &ours), Some(ALICE)),
        ("for another person", hint(ISSUER, &bob, &ours), Some(BOB)),
        ("issued to another client", hint(ISSUER, &alice, &theirs), None),
        ("issued by somebody else", hint("https://evil.example", &alice, &ours), None),
        ("not a subject of ours", hint(ISSUER, "alice", &ours), None),
        ("signature not good", None, None),
    ] {
        match check(&encoded, Some(facts(&web)), hint, &rules()) {
            Ok(request) => assert_eq!(request.hinted_subject, expected, "{case}"),
            refused => {
                assert_eq!(expected, None, "{case}");
                assert_eq!(refusal(refused).0.reason, Reason::IdTokenHintInvalid, "{case}");
            }
        }
    }
    let unasked = hint(ISSUER, &alice, &ours);
    let request = check(&query(&web, ""), Some(facts(&web)), unasked, &rules()).unwrap();
    assert_eq!(request.hinted_subject, None, "no parameter, no hint");
}

/// The order is part of the contract: it decides which of several errors a client sees.
#[test]
fn the_order_of_checks() {
    let order: Vec<&str> = CHECKS.iter().map(|check| check.parameters).collect();
    assert_eq!(
        order,
        [
            "(all)",
            "request request_uri registration",
            "response_type",
            "response_mode",
            "state",
            "scope",
            "resource",
            "code_challenge code_challenge_method",
            "nonce",
            "prompt",
            "max_age",
            "id_token_hint",
            "login_hint",
            "acr_values display ui_locales claims_locales",
        ]
    );
    assert!(CHECKS.iter().all(|check| check.rule.contains('§')));
}
