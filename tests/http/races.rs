//! One code, many redemptions at once: exactly one wins, and since the others are replays, what it bought
//! is revoked. `RACE_ROUNDS` in the environment changes how many codes each store is tried with.

use crate::support::{
    browser::Stop,
    crowd::Crowd,
    demo::PASSWORD,
    http::encode,
    provider::{Options, Provider},
    quiet,
    rp::{AuthorizationRequest, Client, Tokens, random},
    runtime,
    wire::post,
};

const REQUESTS: usize = 1_000;
const CONNECTIONS: usize = 50;

fn rounds() -> usize {
    std::env::var("RACE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(200)
}

/// Everybody is let in: it is the stream that decides here, not the door.
fn open_doors(options: Options) -> Options {
    options.adjusted(|settings| {
        settings.limits.orders_per_stream = 2 * REQUESTS;
        settings.limits.orders_per_shard = 4 * REQUESTS;
        settings.limits.authorize_per_address = 1_000_000;
        settings.limits.failures_per_address = 1_000_000;
    })
}

fn message(client: &Client, form: &[(String, String)]) -> Vec<u8> {
    let (headers, mut body) = client.credentials();
    body.extend_from_slice(form);
    post(&client.http.authority(), "/token", &headers, &encode(&body))
}

async fn race_codes(options: Options) {
    let provider = Provider::start(open_doors(options)).await;
    let web = provider.client("web");
    let mut browser = provider.browser();
    let mut crowd = Crowd::open(provider.http.address(), CONNECTIONS).await;
    for round in 0..rounds() {
        let request = web.request().with("scope", "openid offline_access").with("state", &random());
        let code = next_code(&mut browser, &request).await;
        let redemption = message(&web, &web.redemption(&code, &request.verifier));
        let answers = crowd.fire(vec![redemption; REQUESTS]).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(won.len(), 1, "round {round}");
        let lost = answers.iter().filter(|a| a.error().as_deref() == Some("invalid_grant")).count();
        assert_eq!(lost, REQUESTS - 1, "round {round}");
        let tokens = Tokens::of(won[0]);
        assert!(!web.is_active(&tokens.access).await, "round {round}");
        assert!(!web.is_active(tokens.refresh()).await, "round {round}");
    }
    let events = provider.events_after(0).await;
    let exchanged = events.iter().filter(|(name, _)| name == "transaction.code_exchanged").count();
    assert_eq!(exchanged, rounds());
}

/// A code from the session that the browser has; the first time through login and consent.
async fn next_code(
    browser: &mut crate::support::browser::Browser,
    request: &AuthorizationRequest,
) -> String {
    let stop = browser.open(&request.path()).await;
    if let Stop::Page(page) = &stop
        && page.has("login-submit")
    {
        let page = browser.sign_in("alice", PASSWORD).await.page();
        if page.has("remember") {
            browser.fill("remember", "yes");
        }
        return browser.click("consent-allow").await.arrival().code();
    }
    browser.finish(stop, "alice", PASSWORD).await.code()
}

#[test]
fn a_code_is_redeemed_once_in_memory() {
    let _alone = quiet::alone();
    runtime().block_on(race_codes(Options::default()));
}

#[test]
fn a_code_is_redeemed_once_in_sqlite() {
    let _alone = quiet::alone();
    runtime().block_on(race_codes(Options::default().on_disk()));
}

#[test]
fn a_refresh_token_is_rotated_once() {
    let _alone = quiet::alone();
    runtime().block_on(async {
        let provider = Provider::start(open_doors(Options::default())).await;
        let web = provider.client("web");
        let mut crowd = Crowd::open(provider.http.address(), CONNECTIONS).await;
        for _ in 0..rounds().min(20) {
            let tokens = provider.tokens("web", "alice", "openid offline_access").await;
            let form = crate::support::http::pairs([
                ("grant_type", "refresh_token"),
                ("refresh_token", tokens.refresh()),
            ]);
            let answers = crowd.fire(vec![message(&web, &form); REQUESTS / 2]).await;
            assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
            assert!(!web.is_active(&tokens.access).await);
        }
    });
}
