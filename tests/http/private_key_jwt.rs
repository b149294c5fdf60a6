//! Clients that prove themselves with a private key (RFC 7523, OpenID Connect Core 1.0 §9), at every
//! endpoint that asks who they are.

use std::{collections::BTreeMap, sync::Arc};

use moneta_events::Reason;
use serde_json::{Value, json};

use crate::support::{
    answer::Answer,
    crowd::Crowd,
    demo::PASSWORD,
    http::{encode, pairs},
    provider::{Options, Provider},
    rp::{Client, Tokens},
    signer::{self, Signer},
    test,
    wire::post,
};

/// The demo's client and what it signs with.
fn pkjwt(provider: &Provider) -> (Client, Arc<Signer>) {
    let client = provider.client("pkjwt");
    let signer = client.signer.clone().expect("it has a key");
    (client, signer)
}

/// Asks about a token nobody issued, which a client may do once it has proven itself.
async fn introspect(provider: &Provider, assertion: &str) -> Answer {
    let mut form = signer::by(assertion);
    form.extend(pairs([("token", "unknown")]));
    provider.http.post("/introspect", &[], &form).await
}

fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, 401, "{}", answer.whole());
    assert_eq!(answer.error().as_deref(), Some("invalid_client"));
}

/// What was counted at the doors: what is on record, and what is about to be.
async fn counted(provider: &Provider) -> BTreeMap<&'static str, u64> {
    let mut counted = BTreeMap::new();
    for ((reason, _), tally) in provider.op().incidents.drain() {
        *counted.entry(reason.as_str()).or_default() += tally.count;
    }
    for (name, event) in provider.events_after(0).await {
        if name == "incident.counted" {
            let event: Value = serde_json::from_str(&event).expect("an event is JSON");
            let found: Reason =
                serde_json::from_value(event["data"]["reason"].clone()).expect("a reason");
            *counted.entry(found.as_str()).or_default() +=
                event["data"]["count"].as_u64().unwrap_or(0);
        }
    }
    counted
}

#[test]
fn a_whole_grant_without_a_secret() {
    test(async {
        let provider = Provider::demo().await;
        let (client, _) = pkjwt(&provider);
        let tokens = provider.tokens("pkjwt", "alice", "openid offline_access").await;
        assert!(client.is_active(&tokens.access).await);
        let fresh = Tokens::of(&client.refresh(tokens.refresh()).await);
        assert_eq!(client.revoke(fresh.refresh()).await.status, 200);
        assert!(!client.is_active(&fresh.access).await);
        assert_eq!(counted(&provider).await, BTreeMap::new());
    });
}

#[test]
fn each_endpoint_is_meant_by_its_own_name() {
    test(async {
        let provider = Provider::demo().await;
        let (_, signer) = pkjwt(&provider);
        let issuer = provider.http.issuer().to_owned();
        for audience in ["", "/token", "/introspect"] {
            let assertion = signer.assertion(&format!("{issuer}{audience}"));
            assert_eq!(introspect(&provider, &assertion).await.status, 200, "{audience}");
        }
        for audience in ["/", "/revoke", "/authorize", "/introspect/"] {
            let assertion = signer.assertion(&format!("{issuer}{audience}"));
            assert_refused(&introspect(&provider, &assertion).await);
        }
        assert_eq!(counted(&provider).await, BTreeMap::from([("client_assertion_invalid", 4)]));
    });
}

#[test]
fn an_assertion_counts_once_wherever_it_is_used() {
    test(async {
        let mut provider = Provider::start(Options::default().on_disk()).await;
        let (_, signer) = pkjwt(&provider);
        let assertion = signer.assertion(provider.http.issuer());
        assert_eq!(introspect(&provider, &assertion).await.status, 200);
        assert_refused(&introspect(&provider, &assertion).await);
        let mut form = signer::by(&assertion);
        form.extend(pairs([("token", "unknown")]));
        assert_refused(&provider.http.post("/revoke", &[], &form).await);

        provider.restart(|_| {}).await;
        assert_refused(&introspect(&provider, &assertion).await);
        provider.clock.advance(61);
        assert_refused(&introspect(&provider, &assertion).await);
        let expected =
            BTreeMap::from([("client_assertion_expired", 1), ("client_assertion_replayed", 3)]);
        assert_eq!(counted(&provider).await, expected);
    });
}

/// Security rule 10: neither a code nor a `jti` is used up by a request that fails.
#[test]
fn what_fails_uses_nothing_up() {
    test(async {
        let provider = Provider::demo().await;
        let (client, signer) = pkjwt(&provider);
        let request = client.request();
        let mut browser = provider.browser();
        let stop = browser.open(&request.path()).await;
        let code = browser.finish(stop, "alice", PASSWORD).await.code();

        let assertion = signer.assertion(provider.http.issuer());
        let redeem = async |assertion: &str, more: &[(&str, &str)]| {
            let mut form = client.redemption(&code, &request.verifier);
            form.extend(signer::by(assertion));
            form.extend(more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
            provider.http.post("/token", &[], &form).await
        };
        let mut expired = signer.claims(provider.http.issuer());
        expired["exp"] = json!(provider.now().as_seconds() - 300);
        assert_refused(&redeem(&signer.sign(&expired), &[]).await);
        assert_refused(&redeem(&assertion, &[("client_secret", "s")]).await);
        assert_refused(&redeem(&assertion, &[("client_id", "web")]).await);
        assert_eq!(redeem(&assertion, &[]).await.status, 200);
        assert_refused(&redeem(&assertion, &[]).await);
    });
}

async fn race(options: Options) {
    const REQUESTS: usize = 200;
    let provider = Provider::start(options).await;
    let (_, signer) = pkjwt(&provider);
    let mut crowd = Crowd::open(provider.http.address(), 50).await;
    for round in 0..10 {
        let mut form = signer::by(&signer.assertion(provider.http.issuer()));
        form.extend(pairs([("token", "unknown")]));
        let message = post(&provider.http.authority(), "/introspect", &[], &encode(&form));
        let answers = crowd.fire(vec![message; REQUESTS]).await;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        let lost =
            answers.iter().filter(|a| a.error().as_deref() == Some("invalid_client")).count();
        assert_eq!((won, lost), (1, REQUESTS - 1), "round {round}");
    }
}

/// Each caller may guess as often as it likes: it is the guard that decides here.
fn open_doors(options: Options) -> Options {
    options.adjusted(|settings| settings.limits.failures_per_address = 1_000_000)
}

#[test]
fn of_200_at_once_one_wins_in_memory() {
    test(race(open_doors(Options::default())));
}

#[test]
fn of_200_at_once_one_wins_on_disk() {
    test(race(open_doors(Options::default().on_disk())));
}
