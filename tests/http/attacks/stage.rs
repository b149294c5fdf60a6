//! What one case has at hand: a fresh provider, the browsers of the victim and of the attacker, and the
//! values its templates name.

use std::collections::BTreeMap;

use crate::support::{
    browser::{Arrival, Browser, Page, Stop},
    demo::PASSWORD,
    provider::{Options, Provider},
    rp::{AuthorizationRequest, Client, Tokens, random},
};

use super::case::Case;

/// The stage of one case.
pub struct Stage {
    /// The case that is played.
    pub case: Case,
    /// The provider under attack.
    pub provider: Provider,
    /// The victim's browser, or the only one.
    pub browser: Browser,
    /// The attacker's browser.
    pub attacker: Browser,
    /// What templates name, by their text.
    pub values: BTreeMap<String, String>,
    /// The code verifier of all requests of this case.
    pub verifier: String,
    /// Tokens that existed before the attack.
    pub before: Vec<Tokens>,
    /// Paths to try instead of the endpoint's own.
    pub targets: Vec<String>,
    /// Position of the log when the attack began.
    pub head: u64,
    /// Length of what was logged when the attack began.
    pub log_mark: usize,
}

impl Stage {
    /// A fresh one.
    pub async fn set(case: Case, options: Options) -> Self {
        let provider = Provider::start(options).await;
        let (browser, attacker) = (provider.browser(), provider.browser());
        Self {
            case,
            browser,
            attacker,
            values: BTreeMap::new(),
            verifier: random(),
            before: Vec::new(),
            targets: Vec::new(),
            head: 0,
            log_mark: 0,
            provider,
        }
    }

    /// A demo client.
    pub fn client(&self, id: &str) -> Client {
        self.provider.client(id)
    }

    /// An authorization request of a client with this case's verifier.
    pub fn request(&self, client: &str) -> AuthorizationRequest {
        let mut request = self.client(client).request();
        request.verifier.clone_from(&self.verifier);
        let challenge = crate::support::rp::s256(&self.verifier);
        request.with("code_challenge", &challenge)
    }

    /// Signs alice in and allows what `request` asks for.
    pub async fn grant(&mut self, request: &AuthorizationRequest) -> Arrival {
        self.grant_as(request, "alice").await
    }

    /// Signs somebody in and allows what `request` asks for.
    pub async fn grant_as(&mut self, request: &AuthorizationRequest, user: &str) -> Arrival {
        let stop = self.browser.open(&request.path()).await;
        self.browser.finish(stop, user, PASSWORD).await
    }

    /// A session for alice in her browser; she has allowed nothing yet.
    pub async fn sign_in(&mut self) {
        let request = self.request("web").with("state", &random());
        let stop = self.browser.open(&request.path()).await;
        if matches!(&stop, Stop::Page(page) if page.has("login-submit")) {
            self.browser.sign_in("alice", PASSWORD).await;
        }
    }

    /// A code of a client for alice; its value is `{{code}}` from now on.
    pub async fn code(&mut self, client: &str) -> String {
        let code = self.grant(&self.request(client)).await.code();
        self.values.insert("code".to_owned(), code.clone());
        code
    }

    /// Tokens of a client for alice, bought with a fresh code and a scope.
    pub async fn tokens(&mut self, client: &str, scope: &str) -> Tokens {
        let request = self.request(client).with("scope", scope).with("prompt", "consent");
        let code = self.grant(&request).await.code();
        Tokens::of(&self.client(client).redeem(&code, &self.verifier).await)
    }

    /// Tokens of `web` for rs2, with a refresh token; their values are `{{at}}`, `{{rt}}` and `{{idt}}`.
    pub async fn offline_tokens(&mut self) -> Tokens {
        let tokens = self.tokens("web", "openid offline_access reports").await;
        self.keep(&tokens);
        tokens
    }

    /// Makes tokens the values of `{{at}}`, `{{rt}}`, `{{rt_web}}` and `{{idt}}`.
    pub fn keep(&mut self, tokens: &Tokens) {
        self.values.insert("at".to_owned(), tokens.access.clone());
        if let Some(refresh) = &tokens.refresh {
            self.values.insert("rt".to_owned(), refresh.clone());
            self.values.insert("rt_web".to_owned(), refresh.clone());
        }
        if let Some(id) = &tokens.id {
            self.values.insert("idt".to_owned(), id.clone());
        }
        self.before.push(tokens.clone());
    }

    /// The login page of a fresh transaction of `web`, in alice's browser.
    pub async fn login_page(&mut self) -> Page {
        let request = self.request("web");
        self.browser.open(&request.path()).await.page()
    }

    /// The consent page of a fresh transaction of `web`, after alice signed in; its path is `{{t}}`.
    pub async fn consent_page(&mut self) -> Page {
        let request = self.request("web").with("prompt", "consent");
        let stop = self.browser.open(&request.path()).await;
        let page = match stop {
            Stop::Page(page) if page.has("login-submit") => {
                self.browser.sign_in("alice", PASSWORD).await.page()
            }
            other => other.page(),
        };
        self.values.insert("t".to_owned(), page.path.clone());
        page
    }

    /// Everything recorded since the attack began: type and whole text of each event.
    pub async fn recorded(&self) -> Vec<(String, String)> {
        self.provider.events_after(self.head).await
    }

    /// How many events of a type were recorded since the attack began.
    pub async fn count(&self, event_type: &str) -> usize {
        self.recorded().await.iter().filter(|(name, _)| name == event_type).count()
    }
}
