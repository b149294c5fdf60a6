//! Ping and push (CIBA Core 1.0 §10.2, §10.3), and requests that are signed (§7.1.1), over HTTP.

use moneta::{
    config::Destination,
    jose::{Alg, half_hash},
};
use serde_json::{Value, json};

use crate::support::{
    answer::Answer,
    ciba::{GRANT, decide},
    http::pairs,
    provider::{Options, Provider},
    receiver::Receiver,
    rp::{claims, random},
    signer::{Signer, by},
    test,
};

/// Where the notifications of a client go: to this receiver.
fn notifying(id: &'static str, receiver: &Receiver) -> Options {
    let address = receiver.address;
    let endpoint = format!("http://{address}/cb");
    Options::default().adjusted(move |settings| {
        let mut clients = settings.clients.iter_mut();
        let client = clients.find(|c| c.metadata.client_id.as_str() == id).expect("declared");
        client.metadata.backchannel_client_notification_endpoint = Some(endpoint);
        let host = url::Host::Ipv4(std::net::Ipv4Addr::LOCALHOST);
        settings.outbound.allow.push(Destination { host, port: address.port() });
    })
}

async fn ask(provider: &Provider, id: &str, token: &str) -> Answer {
    let signer = Signer::demo(id, &provider.clock);
    let mut form = by(&signer.assertion(provider.http.issuer()));
    form.extend(pairs([
        ("scope", "openid offline_access"),
        ("login_hint", "alice"),
        ("client_notification_token", token),
    ]));
    provider.http.post("/backchannel", &[], &form).await
}

async fn fetch(provider: &Provider, id: &str, auth_req_id: &str) -> Answer {
    let signer = Signer::demo(id, &provider.clock);
    let mut form = by(&signer.assertion(provider.http.issuer()));
    form.extend(pairs([("grant_type", GRANT), ("auth_req_id", auth_req_id)]));
    provider.http.post("/token", &[], &form).await
}

/// The notifications on record, once there are so many of them.
async fn notified(provider: &Provider, count: usize) -> Vec<Value> {
    loop {
        let events = provider.events_after(0).await;
        let found: Vec<Value> = events
            .iter()
            .filter(|(name, _)| name == "backchannel.client_notified")
            .map(|(_, text)| serde_json::from_str::<Value>(text).expect("JSON")["data"].clone())
            .collect();
        if found.len() >= count {
            return found;
        }
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_ping_says_which_request_is_decided_and_nothing_else() {
    test(async {
        for (decision, expected) in [("approve", 200), ("deny", 400)] {
            let receiver = Receiver::start(&[]).await;
            let provider = Provider::start(notifying("ciba_ping", &receiver)).await;
            let token = random();
            let answer = ask(&provider, "ciba_ping", &token).await;
            assert_eq!(answer.status, 200, "{}", answer.whole());
            let auth_req_id = answer.member("auth_req_id").unwrap();
            decide(&provider.http, &auth_req_id, decision).await;
            let calls = receiver.wait_for(1).await;
            assert!(calls[0].line.starts_with("POST /cb "), "{}", calls[0].line);
            assert_eq!(calls[0].body, json!({"auth_req_id": auth_req_id}));
            assert_eq!(calls[0].header("content-type"), Some("application/json"));
            let bearer = format!("Bearer {token}");
            assert_eq!(calls[0].header("authorization"), Some(bearer.as_str()));
            let on_record = notified(&provider, 1).await;
            assert_eq!(on_record, [json!({"attempt": 1, "status": 204, "last": true})]);
            assert_eq!(fetch(&provider, "ciba_ping", &auth_req_id).await.status, expected);
            let events = provider.events_after(0).await;
            assert!(!events.iter().any(|(_, text)| text.contains(&token)), "it is sealed");
        }
    });
}

#[test]
fn nobody_is_called_again_who_refused_or_sent_us_elsewhere() {
    test(async {
        for answer in ["401 Unauthorized", "403 Forbidden", "302 Found\r\nlocation: /elsewhere"] {
            let receiver = Receiver::start(&[answer]).await;
            let provider = Provider::start(notifying("ciba_ping", &receiver)).await;
            let asked = ask(&provider, "ciba_ping", &random()).await;
            let auth_req_id = asked.member("auth_req_id").unwrap();
            decide(&provider.http, &auth_req_id, "approve").await;
            let on_record = notified(&provider, 1).await;
            assert_eq!(on_record[0]["last"], true, "{answer}");
            assert_eq!(fetch(&provider, "ciba_ping", &auth_req_id).await.status, 200, "{answer}");
            assert_eq!(receiver.received().len(), 1, "{answer}");
        }
    });
}

#[test]
fn who_was_down_is_called_again_also_after_a_restart() {
    test(async {
        let receiver = Receiver::start(&["503 Service Unavailable"]).await;
        let mut provider = Provider::start(notifying("ciba_push", &receiver)).await;
        let asked = ask(&provider, "ciba_push", &random()).await;
        assert_eq!(asked.json().get("interval"), None, "nobody polls");
        let auth_req_id = asked.member("auth_req_id").unwrap();
        decide(&provider.http, &auth_req_id, "approve").await;
        let first = notified(&provider, 1).await;
        assert_eq!(first[0], json!({"attempt": 1, "status": 503, "last": false}));
        provider.restart(|_| ()).await;
        let calls = receiver.wait_for(2).await;
        let second = notified(&provider, 2).await;
        assert_eq!(second[1], json!({"attempt": 2, "status": 204, "last": true}));
        for name in ["access_token", "refresh_token", "auth_req_id", "token_type", "scope"] {
            assert_eq!(calls[0].body[name], calls[1].body[name], "{name}: the same twice");
        }
        let issued = provider.events_after(0).await;
        let issued = issued.iter().filter(|(name, _)| name == "token.issued").count();
        assert_eq!(issued, 1, "and issued once");
    });
}

#[test]
fn a_push_brings_the_tokens_bound_to_the_request() {
    test(async {
        let receiver = Receiver::start(&[]).await;
        let provider = Provider::start(notifying("ciba_push", &receiver)).await;
        let asked = ask(&provider, "ciba_push", &random()).await;
        let auth_req_id = asked.member("auth_req_id").unwrap();
        let refused = fetch(&provider, "ciba_push", &auth_req_id).await;
        assert_eq!(refused.error().as_deref(), Some("unauthorized_client"));
        decide(&provider.http, &auth_req_id, "approve").await;
        let body = receiver.wait_for(1).await[0].body.clone();
        assert_eq!(body["auth_req_id"], auth_req_id);
        let text = |name: &str| body[name].as_str().expect("text").to_owned();
        let id_token = claims(&text("id_token"));
        assert_eq!(id_token["urn:openid:params:jwt:claim:auth_req_id"], auth_req_id);
        let hash = |name: &str| half_hash(Alg::ES256, &text(name));
        assert_eq!(id_token["at_hash"], hash("access_token"));
        assert_eq!(id_token["urn:openid:params:jwt:claim:rt_hash"], hash("refresh_token"));
        notified(&provider, 1).await;
        let bearer = ("authorization", format!("Bearer {}", text("access_token")));
        assert_eq!(provider.http.get("/userinfo", &[bearer]).await.status, 200);
    });
}

#[test]
fn a_push_says_why_there_are_no_tokens() {
    test(async {
        let receiver = Receiver::start(&[]).await;
        let provider = Provider::start(notifying("ciba_push", &receiver)).await;
        let denied = ask(&provider, "ciba_push", &random()).await.member("auth_req_id").unwrap();
        decide(&provider.http, &denied, "deny").await;
        let body = receiver.wait_for(1).await[0].body.clone();
        assert_eq!(
            (&body["auth_req_id"], &body["error"]),
            (&denied.into(), &"access_denied".into())
        );
        let failed = ask(&provider, "ciba_push", &random()).await.member("auth_req_id").unwrap();
        provider.disable_user("alice").await;
        decide(&provider.http, &failed, "approve").await;
        let body = receiver.wait_for(2).await[1].body.clone();
        assert_eq!(body["error"], "transaction_failed");
    });
}

/// The claims of a good request object of `ciba`.
fn request(provider: &Provider) -> Value {
    let now = provider.now().as_seconds();
    json!({
        "iss": "ciba", "aud": provider.http.issuer(), "iat": now, "nbf": now, "exp": now + 300,
        "jti": random(), "scope": "openid", "login_hint": "alice", "binding_message": "1234",
        "requested_expiry": "120",
    })
}

async fn send_signed(provider: &Provider, object: &str, beside: &[(&str, &str)]) -> Answer {
    let signer = Signer::demo("ciba", &provider.clock);
    let mut form = by(&signer.assertion(provider.http.issuer()));
    form.push(("request".to_owned(), object.to_owned()));
    form.extend(beside.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    provider.http.post("/backchannel", &[], &form).await
}

#[test]
fn ciba_7_1_1_a_signed_request_is_taken_once() {
    test(async {
        let provider = Provider::demo().await;
        let signer = Signer::demo("ciba", &provider.clock);
        let object = signer.sign(&request(&provider));
        let answer = send_signed(&provider, &object, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.whole());
        assert_eq!(answer.json()["expires_in"], 120);
        let auth_req_id = answer.member("auth_req_id").unwrap();
        decide(&provider.http, &auth_req_id, "approve").await;
        let tokens = fetch(&provider, "ciba", &auth_req_id).await;
        assert_eq!(tokens.status, 200, "{}", tokens.whole());
        let again = send_signed(&provider, &object, &[]).await;
        assert_eq!(again.error().as_deref(), Some("invalid_request"), "used before");
    });
}

#[test]
fn ciba_7_1_1_whatever_is_wrong_with_it_is_an_invalid_request() {
    test(async {
        let provider = Provider::demo().await;
        let signer = Signer::demo("ciba", &provider.clock);
        let now = provider.now().as_seconds();
        let mut objects: Vec<(String, String)> = Vec::new();
        for name in ["aud", "iss", "exp", "iat", "nbf", "jti"] {
            let mut claims = request(&provider);
            claims.as_object_mut().unwrap().remove(name);
            objects.push((format!("no {name}"), signer.sign(&claims)));
        }
        for (name, value) in [
            ("aud", json!("https://elsewhere.test")),
            ("iss", json!("ciba_ping")),
            ("exp", json!(now - 60)),
            ("exp", json!(now + 70 * 60)),
            ("nbf", json!(now + 10 * 60)),
            ("nbf", json!(now - 70 * 60)),
            ("id_token_hint", json!("x")),
        ] {
            let mut claims = request(&provider);
            claims[name] = value.clone();
            objects.push((format!("{name}={value}"), signer.sign(&claims)));
        }
        let none = signer.sign_headed(&json!({"alg": "none"}), &request(&provider));
        objects.push(("alg none".to_owned(), none));
        let foreign = Signer::demo("ciba_ping", &provider.clock);
        objects.push(("another client's key".to_owned(), foreign.sign(&request(&provider))));
        for (case, object) in objects {
            let answer = send_signed(&provider, &object, &[]).await;
            assert_eq!(
                (answer.status, answer.error().as_deref()),
                (400, Some("invalid_request")),
                "{case}"
            );
        }
        let object = signer.sign(&request(&provider));
        let beside = send_signed(&provider, &object, &[("scope", "openid")]).await;
        assert_eq!(beside.error().as_deref(), Some("invalid_request"), "a parameter beside it");
        let mut plain = by(&signer.assertion(provider.http.issuer()));
        plain.extend(pairs([("scope", "openid"), ("login_hint", "alice")]));
        let answer = provider.http.post("/backchannel", &[], &plain).await;
        assert_eq!(answer.error().as_deref(), Some("invalid_request"), "not signed");
    });
}

#[test]
fn a_login_hint_token_names_an_end_user_until_it_expires() {
    test(async {
        let provider = Provider::demo().await;
        let signer = Signer::demo("ciba_ping", &provider.clock);
        let now = provider.now().as_seconds();
        let hint = |exp: i64, name: &str, value: &str| {
            signer.sign(&json!({
                "iss": "ciba_ping", "aud": provider.http.issuer(), "iat": now - 120, "exp": exp,
                name: value,
            }))
        };
        let subject = provider.subject_of("alice").await;
        for (token, error) in [
            (hint(now - 60, "login_hint", "alice"), Some("expired_login_hint_token")),
            (hint(now + 60, "login_hint", "ghost"), Some("unknown_user_id")),
            (hint(now + 60, "sub", "ciba_ping"), Some("invalid_request")),
            ("x.y.z".to_owned(), Some("invalid_request")),
            (hint(now + 60, "sub", &subject), None),
        ] {
            let mut form = by(&signer.assertion(provider.http.issuer()));
            form.extend(pairs([
                ("scope", "openid"),
                ("login_hint_token", &token),
                ("client_notification_token", &random()),
            ]));
            let answer = provider.http.post("/backchannel", &[], &form).await;
            assert_eq!(answer.error().as_deref(), error, "{}", answer.whole());
        }
    });
}
