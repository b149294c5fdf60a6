//! Tokens straight from the authorization endpoint: implicit, hybrid and `none` (OpenID Connect Core 1.0 §3.2
//! and §3.3, OAuth 2.0 Multiple Response Types).

use moneta::jose::{Alg, half_hash};
use moneta_events::token::AccessTokenFormat;
use serde_json::{Value, json};

use crate::support::{
    browser::{Arrival, Carried, Stop},
    demo::PASSWORD,
    http::pairs,
    provider::{Options, Provider},
    rp::{AuthorizationRequest, Client, Tokens, claims},
    test,
};

/// Signs alice in and lets her allow what the request asks for.
async fn visit(provider: &Provider, request: &AuthorizationRequest) -> Arrival {
    let mut browser = provider.browser();
    let stop = browser.open(&request.path()).await;
    browser.finish(stop, "alice", PASSWORD).await
}

fn request(client: &Client, response_type: &str) -> AuthorizationRequest {
    client.request().with("response_type", response_type)
}

fn token(arrival: &Arrival) -> &str {
    arrival.get("access_token").unwrap_or_else(|| panic!("an access token, not {arrival:?}"))
}

fn id_token(arrival: &Arrival) -> Value {
    claims(arrival.get("id_token").unwrap_or_else(|| panic!("an ID Token, not {arrival:?}")))
}

/// Each response type brings what it names, in the fragment, and the ID Token binds what is beside it.
#[test]
fn core_3_2_2_5_and_3_3_2_5_each_response_type_brings_what_it_names() {
    test(async {
        let provider = Provider::demo().await;
        let legacy = provider.client("legacy");
        for response_type in [
            "code",
            "id_token",
            "token id_token",
            "id_token code",
            "code token",
            "token code id_token",
            "token",
            "none",
        ] {
            let request = request(&legacy, response_type);
            let arrival = visit(&provider, &request).await;
            let has = |word| response_type.split(' ').any(|own| own == word);
            let carried =
                if has("token") || has("id_token") { Carried::Fragment } else { Carried::Query };
            assert_eq!(arrival.carried, carried, "{response_type}");
            assert_eq!(arrival.uri, "https://legacy.test/cb", "nothing in the query");
            assert_eq!(arrival.get("code").is_some(), has("code"), "{response_type}");
            assert_eq!(arrival.get("state"), Some(request.get("state")), "{response_type}");
            assert_eq!(arrival.get("iss"), Some(provider.http.issuer()), "{response_type}");
            assert_eq!(arrival.get("refresh_token"), None, "{response_type}");
            for name in ["access_token", "token_type", "expires_in", "scope"] {
                assert_eq!(arrival.get(name).is_some(), has("token"), "{name}: {response_type}");
            }
            if has("token") {
                assert_eq!(arrival.get("token_type"), Some("Bearer"));
                assert_eq!(arrival.get("scope"), Some("openid"));
                assert_eq!(legacy.userinfo(token(&arrival)).await.status, 200, "{response_type}");
            }
            assert_eq!(arrival.get("id_token").is_some(), has("id_token"), "{response_type}");
            if has("id_token") {
                let claims = id_token(&arrival);
                let hash = |name: &str| arrival.get(name).map(|text| half_hash(Alg::RS256, text));
                assert_eq!(claims["nonce"], request.get("nonce"), "{response_type}");
                for (claim, beside) in
                    [("at_hash", "access_token"), ("c_hash", "code"), ("s_hash", "state")]
                {
                    let told = claims.get(claim).and_then(Value::as_str).map(str::to_owned);
                    assert_eq!(told, hash(beside), "{claim}: {response_type}");
                }
            }
        }
    });
}

/// Scope claims are in the ID Token where no access token can fetch them, and nowhere else.
#[test]
fn core_5_4_where_the_claims_are() {
    test(async {
        let provider = Provider::demo().await;
        let legacy = provider.client("legacy");
        for (response_type, there) in [
            ("id_token", true),
            ("id_token token", false),
            ("code id_token", false),
            ("code id_token token", false),
        ] {
            let request = request(&legacy, response_type).with("scope", "openid email");
            let arrival = visit(&provider, &request).await;
            let email = id_token(&arrival).get("email").and_then(Value::as_str).map(str::to_owned);
            assert_eq!(email, provider.claim_of("alice", "email").filter(|_| there));
            assert_eq!(id_token(&arrival).get("name"), None, "{response_type}: not asked for");
        }
        let events = provider.events_after(0).await;
        let issued = events.iter().find(|(name, _)| name == "transaction.front_channel_issued");
        let issued: Value = serde_json::from_str(&issued.expect("it is on record").1).unwrap();
        let (access_token, id_token) =
            (&issued["data"]["access_token"], &issued["data"]["id_token"]);
        assert_eq!(access_token, &Value::Null);
        assert_eq!(id_token["claims"], json!(["email", "email_verified"]), "names, no values");
    });
}

/// No code, no refresh token; and the token endpoint knows no such grant (RFC 6749 §4.2.2).
#[test]
fn rfc6749_4_2_2_implicit_brings_no_refresh_token() {
    test(async {
        let provider = Provider::demo().await;
        let legacy = provider.client("legacy");
        let request = request(&legacy, "id_token token")
            .with("scope", "openid offline_access")
            .with("prompt", "consent");
        let arrival = visit(&provider, &request).await;
        assert_eq!((arrival.get("scope"), arrival.get("refresh_token")), (Some("openid"), None));
        let answer = legacy.post("/token", pairs([("grant_type", "implicit")])).await;
        assert_eq!(answer.error().as_deref(), Some("unsupported_grant_type"));
        let answer = legacy.refresh(token(&arrival)).await;
        assert_eq!(answer.error().as_deref(), Some("invalid_grant"), "an access token is none");
    });
}

#[test]
fn form_post_2_tokens_in_a_form() {
    test(async {
        let provider = Provider::demo().await;
        let legacy = provider.client("legacy");
        let request = request(&legacy, "code id_token token").with("response_mode", "form_post");
        let arrival = visit(&provider, &request).await;
        assert_eq!(arrival.carried, Carried::FormPost);
        assert_eq!(arrival.uri, "https://legacy.test/cb");
        assert_eq!(legacy.userinfo(token(&arrival)).await.status, 200);
        assert_eq!(id_token(&arrival)["c_hash"], half_hash(Alg::RS256, &arrival.code()));
    });
}

/// What goes wrong is told where the answer would have been (OpenID Connect Core 1.0 §3.2.2.6, §3.3.2.6).
#[test]
fn core_3_2_2_6_errors_are_in_the_fragment() {
    test(async {
        let provider = Provider::demo().await;
        let legacy = provider.client("legacy");
        for (case, change, expected) in [
            ("nobody is signed in", ("prompt", "none"), "login_required"),
            ("the query", ("response_mode", "query"), "invalid_request"),
            ("no nonce", ("nonce", ""), "invalid_request"),
            ("no such scope", ("scope", "openid admin"), "invalid_scope"),
        ] {
            let request = request(&legacy, "code id_token").with(change.0, change.1);
            let request = if change.1.is_empty() { request.without(change.0) } else { request };
            let stop = provider.browser().open(&request.path()).await;
            let Stop::Away(arrival) = stop else { panic!("{case}: not away but {stop:?}") };
            assert_eq!(arrival.carried, Carried::Fragment, "{case}");
            assert_eq!(arrival.uri, "https://legacy.test/cb", "{case}");
            assert_eq!(arrival.get("error"), Some(expected), "{case}");
            assert_eq!(arrival.get("state"), Some(request.get("state")), "{case}");
            assert_eq!(arrival.get("iss"), Some(provider.http.issuer()), "{case}");
            for name in ["code", "id_token", "access_token"] {
                assert_eq!(arrival.get(name), None, "{case}");
            }
        }
    });
}

/// One transaction, one family: the front-channel token lives beside those of the code, and dies with them.
#[test]
fn rfc6749_4_1_2_a_replayed_code_takes_the_front_channel_token_along() {
    test(async {
        let provider = Provider::demo().await;
        let legacy = provider.client("legacy");
        let request =
            request(&legacy, "code id_token token").with("scope", "openid offline_access api");
        let request = request.with("prompt", "consent");
        let arrival = visit(&provider, &request).await;
        let front = token(&arrival).to_owned();
        let tokens = Tokens::of(&legacy.redeem(&arrival.code(), &request.verifier).await);
        let own = claims(tokens.id());
        for claim in ["iss", "sub", "aud", "nonce", "auth_time", "acr", "sid"] {
            assert_eq!(own[claim], id_token(&arrival)[claim], "§3.3.3.6: {claim}");
        }
        assert_ne!(front, tokens.access);
        for token in [&front, &tokens.access] {
            assert!(legacy.is_active(token).await);
        }
        let fresh = Tokens::of(&legacy.refresh(tokens.refresh()).await);
        assert!(legacy.is_active(&front).await, "a refresh replaces the refresh token alone");
        let replayed = legacy.redeem(&arrival.code(), &request.verifier).await;
        assert_eq!(replayed.error().as_deref(), Some("invalid_grant"));
        for token in [&front, &tokens.access, &fresh.access] {
            assert!(!legacy.is_active(token).await);
        }
        assert_eq!(legacy.userinfo(&front).await.status, 401);
    });
}

/// PKCE holds for the code of a hybrid answer as for any other.
#[test]
fn rfc7636_4_6_hybrid_with_pkce() {
    test(async {
        let provider = Provider::demo().await;
        let legacy = provider.client("legacy");
        let request = request(&legacy, "code id_token");
        let arrival = visit(&provider, &request).await;
        let wrong = legacy.redeem(&arrival.code(), &legacy.request().verifier).await;
        assert_eq!(wrong.error().as_deref(), Some("invalid_grant"));
        let tokens = Tokens::of(&legacy.redeem(&arrival.code(), &request.verifier).await);
        assert_eq!(legacy.userinfo(&tokens.access).await.status, 200);
    });
}

/// RFC 7009 §2: whatever became of the code, the token can be given back.
#[test]
fn rfc7009_2_a_front_channel_token_is_revoked_in_every_phase() {
    test(async {
        let provider = Provider::demo().await;
        let legacy = provider.client("legacy");
        for (case, response_type, seconds, redeems) in [
            ("nothing else was asked for", "token", 0, false),
            ("the code is out", "code token", 1, false),
            ("the code is too old", "code token", 61, false),
            ("the code was redeemed", "code token", 1, true),
        ] {
            let request = request(&legacy, response_type);
            let arrival = visit(&provider, &request).await;
            provider.clock.advance(seconds);
            if redeems {
                Tokens::of(&legacy.redeem(&arrival.code(), &request.verifier).await);
            } else if seconds > 60 {
                let late = legacy.redeem(&arrival.code(), &request.verifier).await;
                assert_eq!(late.error().as_deref(), Some("invalid_grant"), "{case}");
            }
            let front = token(&arrival);
            assert!(legacy.is_active(front).await, "{case}");
            let other = provider.client("web").revoke(front).await;
            assert_eq!(other.status, 400, "{case}: somebody else's");
            assert!(legacy.is_active(front).await, "{case}");
            for _ in 0..2 {
                assert_eq!(legacy.revoke(front).await.status, 200, "{case}");
                assert!(!legacy.is_active(front).await, "{case}");
            }
        }
    });
}

/// The `jti` of a front-channel JWT is none of those that the code buys.
#[test]
fn rfc9068_2_2_jwt_access_tokens_of_one_transaction_have_names_of_their_own() {
    test(async {
        let options = Options::default().adjusted(|settings| {
            let legacy = settings.clients.iter_mut().find(|c| &*c.metadata.client_id.0 == "legacy");
            let metadata = &mut legacy.expect("legacy is declared").metadata;
            metadata.access_token_format = AccessTokenFormat::Jwt;
        });
        let provider = Provider::start(options).await;
        let legacy = provider.client("legacy");
        let request = request(&legacy, "code id_token token");
        let arrival = visit(&provider, &request).await;
        let front = token(&arrival).to_owned();
        let tokens = Tokens::of(&legacy.redeem(&arrival.code(), &request.verifier).await);
        assert_ne!(claims(&front)["jti"], claims(&tokens.access)["jti"]);
        assert_eq!(id_token(&arrival)["at_hash"], half_hash(Alg::RS256, &front));
        assert_eq!(legacy.revoke(&front).await.status, 200);
        assert!(!legacy.is_active(&front).await);
        assert!(legacy.is_active(&tokens.access).await, "revoked by itself");
    });
}

/// The second time, with a session and remembered consent, no page is shown: one append, no answer less.
#[test]
fn a_live_session_and_remembered_consent_need_no_page() {
    test(async {
        let provider = Provider::demo().await;
        let legacy = provider.client("legacy");
        let mut browser = provider.browser();
        let first = request(&legacy, "id_token token");
        browser.open(&first.path()).await;
        browser.sign_in("alice", PASSWORD).await;
        browser.fill("remember", "yes");
        let Stop::Away(arrival) = browser.click("consent-allow").await else { panic!("not away") };
        let silent = request(&legacy, "code id_token token").with("prompt", "none");
        let Stop::Away(again) = browser.open(&silent.path()).await else { panic!("not away") };
        assert_eq!(id_token(&again)["sub"], id_token(&arrival)["sub"]);
        assert_eq!(id_token(&again)["nonce"], silent.get("nonce"));
        assert_eq!(legacy.userinfo(token(&again)).await.status, 200);
    });
}

/// What was opened for a client is on record there, for auditors to find.
#[test]
fn rfc9700_2_1_2_the_implicit_grant_is_warned_of() {
    test(async {
        let provider = Provider::demo().await;
        let events = provider.events_after(0).await;
        let warnings = events.iter().filter(|(name, _)| name == "client.weakness_noted");
        let warnings: Vec<Value> =
            warnings.map(|(_, text)| serde_json::from_str(text).unwrap()).collect();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_eq!(warnings[0]["client"], "legacy");
        assert_eq!(warnings[0]["data"], json!({"weakness": "implicit_grant"}));
    });
}
