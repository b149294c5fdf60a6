//! Backchannel requests (CIBA Core 1.0) over HTTP: asked, decided elsewhere, fetched.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{
    answer::Answer,
    ciba::decide,
    provider::{Options, Provider},
    rp::{Client, Tokens, claims},
    test,
};

/// The reason of the only refusal after `position`, as it is on record.
async fn recorded(provider: &Provider, position: u64) -> (String, String) {
    let events = provider.events_after(position).await;
    let refusals: Vec<_> =
        events.iter().filter(|(name, _)| name == "backchannel.refused").collect();
    assert_eq!(refusals.len(), 1, "{events:?}");
    let event: Value = serde_json::from_str(&refusals[0].1).expect("JSON");
    let text = |field: &str| event["data"][field].as_str().unwrap_or_default().to_owned();
    (text("error"), text("reason"))
}

fn assert_error(answer: &Answer, status: u16, error: &str) {
    let told = answer.error();
    assert_eq!((answer.status, told.as_deref()), (status, Some(error)), "{}", answer.whole());
    let members = answer.json().as_object().map(|body| body.keys().cloned().collect::<Vec<_>>());
    assert_eq!(members, Some(vec!["error".to_owned(), "error_description".to_owned()]));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

/// A second client like `ciba_secret`.
fn two_clients(options: Options) -> Options {
    options.adjusted(|settings| {
        let of = |id: &str| settings.clients.iter().find(|c| c.metadata.client_id.as_str() == id);
        let mut other = of("ciba_secret").expect("it is declared").clone();
        other.metadata.client_id = "other".into();
        settings.clients.push(other);
    })
}

async fn start(options: Options) -> (Provider, Client) {
    let provider = Provider::start(options).await;
    let client = provider.client("ciba_secret");
    (provider, client)
}

#[test]
fn a_client_polls_until_the_end_user_allows_it() {
    test(async {
        let (provider, client) = start(Options::default()).await;
        let scope = "openid profile offline_access";
        let asked = [("scope", scope), ("binding_message", "1234"), ("requested_expiry", "120")];
        let answer = client.backchannel(&asked).await;
        assert_eq!(answer.status, 200, "{}", answer.whole());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let acknowledged = answer.json();
        assert_eq!(
            (&acknowledged["expires_in"], &acknowledged["interval"]),
            (&120.into(), &5.into())
        );
        let auth_req_id = answer.member("auth_req_id").unwrap();
        assert!(auth_req_id.len() >= 43);
        assert!(auth_req_id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)));

        assert_error(&client.fetch(&auth_req_id).await, 400, "authorization_pending");
        assert_error(&client.fetch(&auth_req_id).await, 400, "slow_down");
        assert_eq!(decide(&provider.http, &auth_req_id, "approve").await.status, 204);
        let tokens = Tokens::of(&client.fetch(&auth_req_id).await);
        assert_eq!(tokens.response["scope"], scope);
        let id_token = claims(tokens.id());
        assert_eq!(id_token["sub"], provider.subject_of("alice").await);
        assert_eq!(id_token["aud"], "ciba_secret");
        for absent in ["nonce", "c_hash", "s_hash", "sid"] {
            assert_eq!(id_token.get(absent), None, "{absent}");
        }
        assert!(client.is_active(&tokens.access).await);
        assert_eq!(client.userinfo(&tokens.access).await.status, 200);
        let refreshed = Tokens::of(&client.refresh(tokens.refresh()).await);
        assert!(client.is_active(&refreshed.access).await);

        assert_error(&client.fetch(&auth_req_id).await, 400, "invalid_grant");
        assert_eq!(decide(&provider.http, &auth_req_id, "deny").await.status, 400, "too late");
    });
}

#[test]
fn what_is_not_allowed_brings_no_tokens() {
    test(async {
        let (provider, client) = start(two_clients(Options::default())).await;
        let other = provider.client("other");
        let denied = client.auth_req_id(&[]).await;
        assert_error(&other.fetch(&denied).await, 400, "invalid_grant");
        assert_eq!(decide(&provider.http, &denied, "deny").await.status, 204);
        for _ in 0..2 {
            assert_error(&client.fetch(&denied).await, 400, "access_denied");
        }
        let late = client.auth_req_id(&[("requested_expiry", "10")]).await;
        provider.clock.advance(10);
        assert_error(&client.fetch(&late).await, 400, "expired_token");
        assert_eq!(decide(&provider.http, &late, "approve").await.status, 400);
        let made_up = format!("{}A", &late[..late.len() - 1]);
        assert_error(&client.fetch(&made_up).await, 400, "invalid_grant");
        let unfetched = client.auth_req_id(&[("requested_expiry", "10")]).await;
        decide(&provider.http, &unfetched, "approve").await;
        provider.clock.advance(10);
        assert_error(&client.fetch(&unfetched).await, 400, "expired_token");
        let web = provider.client("web");
        assert_error(&web.fetch(&late).await, 400, "unauthorized_client");
    });
}

#[test]
fn every_refusal_is_on_record_with_its_reason() {
    let long = "1234 \u{1F44D}\u{1F3FF} \u{54C1}\u{5DDD} Lorem ipsum dolor sit amet ".repeat(4);
    let row = |changes, error: &'static str, reason| (changes, error, reason);
    let rows = [
        row(vec![("scope", "")], "invalid_request", "parameter_missing"),
        row(vec![("scope", "profile")], "invalid_scope", "parameter_missing"),
        row(vec![("scope", "openid admin")], "invalid_scope", "scope_not_registered"),
        row(vec![("login_hint", "")], "invalid_request", "hint_count"),
        row(vec![("id_token_hint", "x")], "invalid_request", "hint_count"),
        row(vec![("login_hint", "ghost")], "unknown_user_id", "hint_unknown"),
        row(
            vec![("login_hint", ""), ("id_token_hint", "x.y.z")],
            "invalid_request",
            "id_token_hint_invalid",
        ),
        row(vec![("binding_message", &long)], "invalid_binding_message", "binding_message_invalid"),
        row(
            vec![("binding_message", "a\u{7}b")],
            "invalid_binding_message",
            "binding_message_invalid",
        ),
        row(vec![("requested_expiry", "-1")], "invalid_request", "parameter_malformed"),
        row(vec![("resource", "https://nowhere.test")], "invalid_target", "target_unknown"),
        row(vec![("user_code", "0000")], "invalid_user_code", "user_code_invalid"),
    ];
    let rows: Vec<(Vec<(String, String)>, _, _)> = rows
        .into_iter()
        .map(|(changes, error, reason)| {
            let owned = changes.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned()));
            (owned.collect(), error, reason)
        })
        .collect();
    test(async move {
        let (provider, client) = start(Options::default()).await;
        for (changes, error, reason) in rows {
            let changes: Vec<(&str, &str)> =
                changes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let before = provider.head().await;
            assert_error(&client.backchannel(&changes).await, 400, error);
            let expected = (error.to_owned(), reason.to_owned());
            assert_eq!(recorded(&provider, before).await, expected, "{changes:?}");
        }
        let before = provider.head().await;
        assert_error(&provider.client("web").backchannel(&[]).await, 400, "unauthorized_client");
        let expected = ("unauthorized_client".to_owned(), "grant_not_registered".to_owned());
        assert_eq!(recorded(&provider, before).await, expected);
    });
}

#[test]
fn an_end_user_is_named_by_username_by_sub_or_by_an_id_token() {
    test(async {
        let (provider, client) = start(Options::default()).await;
        let subject = provider.subject_of("alice").await;
        let mut hints = vec![("login_hint", "ALICE".to_owned()), ("login_hint", subject.clone())];
        for at in 0..4 {
            let (name, value) = hints[at].clone();
            let request = [("login_hint", ""), (name, value.as_str())];
            let auth_req_id = client.auth_req_id(&request).await;
            decide(&provider.http, &auth_req_id, "approve").await;
            let tokens = Tokens::of(&client.fetch(&auth_req_id).await);
            assert_eq!(claims(tokens.id())["sub"], subject, "{name}={value}");
            if at < 2 {
                hints.push(("id_token_hint", tokens.id().to_owned()));
            }
            // From now on the ID Token that is the hint has expired.
            provider.clock.advance(3_700);
        }
        let foreign = provider.tokens("web", "alice", "openid").await;
        let request = [("login_hint", ""), ("id_token_hint", foreign.id())];
        assert_error(&client.backchannel(&request).await, 400, "invalid_request");
    });
}

#[test]
fn nobody_gets_tokens_for_an_end_user_who_is_disabled() {
    test(async {
        let (provider, client) = start(Options::default()).await;
        let auth_req_id = client.auth_req_id(&[]).await;
        decide(&provider.http, &auth_req_id, "approve").await;
        provider.disable_user("alice").await;
        assert_error(&client.fetch(&auth_req_id).await, 400, "invalid_grant");
        let before = provider.head().await;
        assert_error(&client.backchannel(&[]).await, 400, "unknown_user_id");
        let expected = ("unknown_user_id".to_owned(), "user_disabled".to_owned());
        assert_eq!(recorded(&provider, before).await, expected, "the client cannot tell");
        provider.enable_user("alice").await;
        assert_eq!(client.fetch(&auth_req_id).await.status, 200, "nothing was used up");
    });
}

#[test]
fn an_end_user_is_not_worn_down() {
    test(async {
        let (provider, client) = start(two_clients(Options::default())).await;
        let other = provider.client("other");
        let first = client.auth_req_id(&[]).await;
        let before = provider.head().await;
        let full = client.backchannel(&[]).await;
        assert_error(&full, 429, "temporarily_unavailable");
        assert_eq!(full.header("retry-after"), Some("300"), "until the first is over");
        let expected = ("temporarily_unavailable".to_owned(), "request_fatigue".to_owned());
        assert_eq!(recorded(&provider, before).await, expected);
        assert_eq!(client.backchannel(&[("login_hint", "bob")]).await.status, 200);
        let of_other = other.auth_req_id(&[]).await;
        decide(&provider.http, &first, "approve").await;
        let mut next = client.auth_req_id(&[]).await;
        for denials in 1..=3 {
            decide(&provider.http, &next, "deny").await;
            if denials < 3 {
                next = client.auth_req_id(&[]).await;
            }
        }
        assert_error(&client.backchannel(&[]).await, 403, "access_denied");
        decide(&provider.http, &of_other, "report").await;
        assert_error(&other.backchannel(&[]).await, 403, "access_denied");
        provider.clock.advance(3_600);
        client.auth_req_id(&[]).await;
        assert_error(&other.backchannel(&[]).await, 403, "access_denied");
        provider.clock.advance(86_400);
        other.auth_req_id(&[]).await;
    });
}

#[test]
fn no_more_wait_for_one_end_user_than_they_can_look_at() {
    test(async {
        let options = Options::default().adjusted(|settings| {
            settings.limits.open_requests_per_client = 8;
            settings.limits.backchannel_per_client = 5;
        });
        let (provider, client) = start(options).await;
        for _ in 0..3 {
            client.auth_req_id(&[("requested_expiry", "60")]).await;
        }
        assert_error(&client.backchannel(&[]).await, 429, "temporarily_unavailable");
        provider.clock.advance(1);
        assert_error(&client.backchannel(&[]).await, 429, "temporarily_unavailable");
        let before = provider.head().await;
        assert_error(&client.backchannel(&[]).await, 429, "temporarily_unavailable");
        assert_eq!(provider.head().await, before, "who asks too often leaves no trace but a count");
        provider.clock.advance(60);
        client.auth_req_id(&[]).await;
    });
}

#[test]
fn a_long_poll_is_answered_as_soon_as_it_is_decided() {
    test(async {
        let options = Options::default().adjusted(|settings| {
            settings.backchannel.long_polling = 30;
            settings.limits.long_polls = 1;
        });
        let (provider, client) = start(options).await;
        let auth_req_id = client.auth_req_id(&[]).await;
        let asked = Instant::now();
        let (waiting, waiter) = (client.clone(), auth_req_id.clone());
        let poll = tokio::spawn(async move { waiting.fetch(&waiter).await });
        while provider.op().waiters.inside() == 0 {
            tokio::task::yield_now().await;
        }
        provider.clock.advance(5);
        let full = client.fetch(&auth_req_id).await;
        assert_error(&full, 400, "authorization_pending");
        assert_error(&client.fetch(&auth_req_id).await, 400, "slow_down");
        decide(&provider.http, &auth_req_id, "approve").await;
        let tokens = Tokens::of(&poll.await.unwrap());
        assert!(client.is_active(&tokens.access).await);
        assert!(asked.elapsed() < Duration::from_secs(25), "nobody waited for a timer");
        assert_eq!(provider.op().waiters.inside(), 0);
    });
}

#[test]
fn a_node_that_stops_lets_long_polls_go() {
    test(async {
        let options =
            Options::default().adjusted(|settings| settings.backchannel.long_polling = 60);
        let (mut provider, client) = start(options).await;
        let auth_req_id = client.auth_req_id(&[]).await;
        let (waiting, waiter) = (client.clone(), auth_req_id.clone());
        let poll = tokio::spawn(async move { waiting.fetch(&waiter).await });
        while provider.op().waiters.inside() == 0 {
            tokio::task::yield_now().await;
        }
        let asked = Instant::now();
        provider.restart(|_| ()).await;
        assert_error(&poll.await.unwrap(), 400, "authorization_pending");
        assert!(asked.elapsed() < Duration::from_secs(20));
        decide(&provider.http, &auth_req_id, "approve").await;
        assert_eq!(provider.client("ciba_secret").fetch(&auth_req_id).await.status, 200);
    });
}

#[test]
fn tests_decide_only_where_they_may() {
    test(async {
        let options =
            Options::default().adjusted(|settings| settings.backchannel.test_approval = false);
        let (provider, client) = start(options).await;
        let auth_req_id = client.auth_req_id(&[]).await;
        assert_eq!(decide(&provider.http, &auth_req_id, "approve").await.status, 404);
        assert_error(&client.fetch(&auth_req_id).await, 400, "authorization_pending");
    });
}
