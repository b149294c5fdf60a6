//! The stream of changes: what it tells, to whom, and when it ends.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::inbox;
use crate::support::{browser::Browser, demo::PASSWORD, jar::Origin, provider::Provider, test};

const PATH: &str = "/device-inbox/events";

/// How long anything may take before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(10);

/// A page that listens.
struct Listener(reqwest::Response);

impl Listener {
    async fn open(provider: &Provider, browser: &Browser) -> Result<Self, u16> {
        let cookies = browser.jar.header(PATH, provider.now(), Origin::SameSite);
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let request = client.get(format!("http://{}{PATH}", provider.http.address()));
        let answer = request.header("cookie", cookies.unwrap_or_default()).send().await;
        let answer = answer.expect("the provider answers");
        if answer.status() != 200 {
            return Err(answer.status().as_u16());
        }
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let mut listener = Self(answer);
        assert!(listener.next().await.expect("a greeting").starts_with("retry:"));
        Ok(listener)
    }

    /// What is said next; none at the end.
    async fn next(&mut self) -> Option<String> {
        let chunk = tokio::time::timeout(PATIENCE, self.0.chunk()).await;
        let chunk = chunk.expect("something is said, or the end comes").expect("it is whole");
        chunk.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn is_quiet(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(300), self.0.chunk()).await.is_err()
    }
}

#[test]
fn every_change_is_told_to_whom_it_concerns_and_to_nobody_else() {
    test(async {
        let provider = Provider::demo().await;
        let (mut alice, _) = inbox(&provider, "alice").await;
        let (bob, _) = inbox(&provider, "bob").await;
        let mut first = Listener::open(&provider, &alice).await.unwrap();
        let mut second = Listener::open(&provider, &alice).await.unwrap();
        let mut others = Listener::open(&provider, &bob).await.unwrap();
        let stream = provider.asks("web", "alice", "openid", "W4SCT").await;
        for listener in [&mut first, &mut second] {
            let said = listener.next().await.unwrap();
            assert!(said.starts_with("event: changed"), "{said}");
            assert!(!said.contains("W4SCT") && !said.contains(&stream.uuid.to_string()));
        }
        alice.reload().await.page();
        alice.click("deny").await.page();
        assert!(first.next().await.unwrap().starts_with("event: changed"));
        assert!(others.is_quiet().await);
    });
}

#[test]
fn it_ends_with_the_session() {
    test(async {
        let provider = Provider::demo().await;
        let (mut browser, _) = inbox(&provider, "alice").await;
        let mut listener = Listener::open(&provider, &browser).await.unwrap();
        let request = provider.client("web").request().with("prompt", "login");
        browser.open(&request.path()).await.page();
        browser.sign_in("bob", PASSWORD).await;
        assert!(listener.next().await.unwrap().starts_with("event: ended"));
        assert_eq!(listener.next().await, None);
    });
}

#[test]
fn whoever_signs_in_anew_is_told_so_on_the_old_stream() {
    test(async {
        let provider = Provider::demo().await;
        let (mut browser, _) = inbox(&provider, "alice").await;
        let mut listener = Listener::open(&provider, &browser).await.unwrap();
        let request = provider.client("web").request().with("prompt", "login");
        browser.open(&request.path()).await.page();
        browser.sign_in("alice", PASSWORD).await;
        let said = listener.next().await.unwrap();
        assert!(said.starts_with("event: ended"), "its cookie is not good any more: {said}");
    });
}

#[test]
fn one_end_user_has_so_many_at_once() {
    test(async {
        let provider = Provider::demo().await;
        let (alice, _) = inbox(&provider, "alice").await;
        let (bob, _) = inbox(&provider, "bob").await;
        let mut open = join_all((0..6).map(|_| Listener::open(&provider, &alice))).await;
        assert!(open.iter().all(Result::is_ok));
        assert_eq!(Listener::open(&provider, &alice).await.err(), Some(429));
        assert!(Listener::open(&provider, &bob).await.is_ok(), "others have theirs");
        open.pop();
        // Its end is noticed when something is to be said to it.
        provider.asks("web", "alice", "openid", "W4SCT").await;
        let began = Instant::now();
        while Listener::open(&provider, &alice).await.is_err() {
            assert!(began.elapsed() < PATIENCE, "the place is not given back");
            provider.asks("web", "alice", "openid", "W4SCT").await;
        }
    });
}

#[test]
fn a_node_that_stops_does_not_wait_for_pages() {
    test(async {
        let mut provider = Provider::demo().await;
        let (browser, _) = inbox(&provider, "alice").await;
        let mut listener = Listener::open(&provider, &browser).await.unwrap();
        let began = Instant::now();
        provider.restart(|_| {}).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!(listener.next().await, None);
    });
}
