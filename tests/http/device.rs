//! The device authorization grant (RFC 8628), as a device sees it.

use moneta_events::Reason;

use crate::support::{
    device::Codes,
    http::pairs,
    provider::{Options, Provider},
    rp::Client,
    test,
};

async fn told(client: &Client, codes: &Codes) -> (u16, String) {
    let answer = client.poll(&codes.device).await;
    (answer.status, answer.error().unwrap_or_else(|| answer.whole()))
}

fn refused(error: &str) -> (u16, String) {
    (400, error.to_owned())
}

#[test]
fn rfc8628_3_2_the_codes_and_where_to_go_with_them() {
    test(async {
        let provider = Provider::start(Options::production_like()).await;
        let answer = provider.client("tv").device_authorization("openid profile").await;
        assert_eq!(answer.status, 200, "{}", answer.whole());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let body = answer.json();
        let code = body["user_code"].as_str().unwrap();
        assert!(code.len() == 9 && code.as_bytes()[4] == b'-', "{code}");
        assert_eq!(body["verification_uri"], "https://op.test/device");
        let complete = format!("https://op.test/device?user_code={code}");
        assert_eq!(body["verification_uri_complete"], complete);
        assert_eq!((&body["expires_in"], &body["interval"]), (&600.into(), &5.into()));
        let metadata = provider.http.get("/.well-known/openid-configuration", &[]).await.json();
        let endpoint = metadata["device_authorization_endpoint"].as_str().unwrap();
        assert_eq!(provider.http.local(endpoint), Some("/device_authorization"));
    });
}

#[test]
fn no_code_is_on_record_or_in_the_answers_of_others() {
    test(async {
        let provider = Provider::demo().await;
        let tv = provider.client("tv");
        let (first, second) = (tv.codes("openid").await, tv.codes("openid").await);
        assert!(first.user != second.user && first.device != second.device);
        for (_, event) in provider.events_after(0).await {
            for secret in [&first.user, &first.user.replace('-', ""), &first.device] {
                assert!(!event.contains(secret.as_str()), "{event}");
            }
        }
    });
}

#[test]
fn rfc8628_3_2_a_refused_request_is_a_stream_of_its_own() {
    test(async {
        let provider = Provider::demo().await;
        let head = provider.head().await;
        for (client, form, error, reason) in [
            ("tv", pairs([("scope", "openid admin")]), "invalid_scope", Reason::ScopeNotRegistered),
            ("tv", pairs([("resource", "https://x")]), "invalid_target", Reason::TargetUnknown),
            ("web", pairs([]), "unauthorized_client", Reason::GrantNotRegistered),
        ] {
            let answer = provider.client(client).post("/device_authorization", form).await;
            assert_eq!((answer.status, answer.error().as_deref()), (400, Some(error)));
            let events = provider.events_after(head).await;
            let (name, text) = events.last().unwrap();
            assert_eq!(name, "device.refused");
            assert!(text.contains(reason.as_str()) && text.contains(error), "{text}");
        }
        let head = provider.head().await;
        let stranger = Client { id: "nobody".to_owned(), ..provider.client("tv") };
        let answer = stranger.device_authorization("openid").await;
        assert_eq!((answer.status, answer.error().as_deref()), (401, Some("invalid_client")));
        assert!(provider.events_after(head).await.is_empty(), "a stranger moves a counter only");
    });
}

#[test]
fn rfc8628_3_5_a_device_that_is_patient_and_one_that_is_not() {
    test(async {
        let provider = Provider::demo().await;
        let tv = provider.client("tv");
        let codes = tv.codes("openid").await;
        let head = provider.head().await;
        for (wait, error) in [
            (0, "authorization_pending"),
            (5, "authorization_pending"),
            (4, "slow_down"),
            (9, "slow_down"),
            (15, "authorization_pending"),
            (10, "slow_down"),
            (20, "authorization_pending"),
        ] {
            provider.clock.advance(wait);
            assert_eq!(told(&tv, &codes).await, refused(error), "after {wait} seconds");
        }
        assert!(provider.events_after(head).await.is_empty(), "asking changes nothing");
    });
}

#[test]
fn rfc8628_3_5_nobody_decided_in_time() {
    test(async {
        let provider = Provider::demo().await;
        let tv = provider.client("tv");
        let codes = tv.codes("openid").await;
        provider.clock.advance(599);
        assert_eq!(told(&tv, &codes).await, refused("authorization_pending"));
        provider.clock.advance(1);
        assert_eq!(told(&tv, &codes).await, refused("expired_token"));
    });
}

#[test]
fn rfc8628_3_4_a_code_is_of_one_client_and_of_one_kind() {
    test(async {
        let provider = Provider::start(Options::default().adjusted(|settings| {
            let tv = settings.clients.iter().find(|c| c.metadata.client_id.as_str() == "tv");
            let mut other = tv.unwrap().clone();
            other.metadata.client_id = "other-tv".into();
            settings.clients.push(other);
        }))
        .await;
        let tv = provider.client("tv");
        let codes = tv.codes("openid").await;
        let head = provider.head().await;
        for _ in 0..7 {
            let other = provider.client("other-tv");
            assert_eq!(told(&other, &codes).await, refused("invalid_grant"));
        }
        let events = provider.events_after(head).await;
        assert_eq!(events.len(), 5, "few of them go on record");
        assert!(events[0].1.contains("approval_client_mismatch"), "{}", events[0].1);
        let cut = Codes { device: codes.device[..106].to_owned(), ..codes.clone() };
        assert_eq!(told(&tv, &cut).await, refused("invalid_grant"));
        let tokens = provider.tokens("web", "alice", "openid offline_access").await;
        for foreign in [&*tokens.access, tokens.refresh(), &codes.user] {
            let foreign = Codes { device: foreign.to_owned(), ..codes.clone() };
            assert_eq!(told(&tv, &foreign).await, refused("invalid_grant"));
        }
        assert_eq!(told(&tv, &codes).await, refused("authorization_pending"));
    });
}

#[test]
fn the_requests_of_one_client_and_place_are_bounded() {
    test(async {
        let provider = Provider::start(Options::default().adjusted(|settings| {
            settings.limits.device_requests_per_client = 3;
        }))
        .await;
        let tv = provider.client("tv");
        for _ in 0..3 {
            tv.codes("openid").await;
        }
        let head = provider.head().await;
        for scope in ["openid", "admin"] {
            let answer = tv.device_authorization(scope).await;
            assert_eq!(answer.status, 429);
            let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=201).contains(&seconds), "{seconds}");
        }
        assert!(provider.events_after(head).await.is_empty());
        provider.clock.advance(200);
        tv.codes("openid").await;
    });
}
