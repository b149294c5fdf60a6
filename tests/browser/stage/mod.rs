//! What the browser tests share. In: how the browser looks and what is different about the provider. Out:
//! a provider, a client and a Chromium, fresh for each test.

mod chromium;
mod client;

use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt as _;

use crate::support::provider::{Options, Provider};

pub(crate) use chromium::{Browser, Look};
pub(crate) use client::Client;

/// All that a test works with.
pub(crate) struct Stage {
    pub(crate) provider: Provider,
    /// Waits for the answers to the demo's client `web`.
    pub(crate) client: Client,
    pub(crate) browser: Browser,
}

impl Stage {
    /// The provider's issuer identifier, which is the origin of its pages.
    pub(crate) fn issuer(&self) -> &str {
        self.provider.http.issuer()
    }

    /// How many events of a type are on record.
    pub(crate) async fn count(&self, event_type: &str) -> usize {
        let events = self.provider.events_after(0).await;
        events.iter().filter(|(own, _)| own == event_type).count()
    }

    /// An authorization request of `web`, with further parameters.
    pub(crate) fn request(&self, parameters: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", "web")
            .append_pair("redirect_uri", self.client.redirect_uri())
            .append_pair("scope", "openid profile")
            .append_pair("state", "the state")
            .extend_pairs(parameters);
        format!("/authorize?{}", query.finish())
    }

    /// Signs in on the page that is shown.
    pub(crate) async fn sign_in(&self, username: &str, password: &str) {
        self.browser.fill("#username", username).await;
        self.browser.fill("#password", password).await;
        self.browser.click("#login-submit").await;
    }
}

/// Plays a test with an ordinary browser.
pub(crate) fn play(act: impl AsyncFnOnce(&Stage)) {
    play_with(Look::default(), act);
}

/// Plays a test.
pub(crate) fn play_with(look: Look, act: impl AsyncFnOnce(&Stage)) {
    play_upon(look, async |stage: &mut Stage| act(stage).await);
}

/// Plays a test that changes the stage.
pub(crate) fn play_upon(look: Look, act: impl AsyncFnOnce(&mut Stage)) {
    play_at("127.0.0.1", look, act);
}

/// Plays a test with a browser that has an authenticator. Passkeys want a name, so the provider has one.
pub(crate) fn play_with_passkeys(look: Look, act: impl AsyncFnOnce(&Stage)) {
    play_at("localhost", look, async |stage: &mut Stage| {
        stage.browser.plug_authenticator_in().await;
        act(stage).await;
    });
}

/// Plays a test at a provider of that name. Whatever it did, no page may have broken its own policy, and
/// nothing may have failed that the person was not told.
fn play_at(host: &'static str, look: Look, act: impl AsyncFnOnce(&mut Stage)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime needs nothing of the system").block_on(async {
        let client = Client::listen().await;
        let options = options(client.redirect_uri()).adjusted(move |settings| {
            settings.issuer = settings.issuer.replace("127.0.0.1", host);
        });
        let provider = Provider::start(options).await;
        let browser = Browser::open(look, provider.http.issuer()).await;
        let mut stage = Stage { provider, client, browser };
        let acted = AssertUnwindSafe(act(&mut stage)).catch_unwind().await;
        let complaints = stage.browser.complaints().await;
        stage.browser.quit().await;
        if let Err(panic) = acted {
            resume_unwind(panic);
        }
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
    });
}

/// The demo, whose client `web` also waits for its answers at `redirect_uri`.
fn options(redirect_uri: &str) -> Options {
    let redirect_uri = redirect_uri.to_owned();
    Options::default().adjusted(move |settings| {
        let mut clients = settings.clients.iter_mut();
        let web = clients.find(|client| client.metadata.client_id.as_str() == "web");
        let web = &mut web.expect("the demo has a client `web`").metadata;
        web.redirect_uris.push(redirect_uri);
        // The demo's is at an address that does not exist.
        web.logo_uri = None;
    })
}
