//! The suite's part in every module: its clients, its browser, its requests, and the checks that run
//! whatever the module is about.

use moneta::config::{ClientDeclaration, Secret, Settings};
use serde_json::{Value, json};

use super::{
    checks, id_token,
    keys::Keys,
    metadata,
    support::{
        answer::Answer,
        browser::{Arrival, Browser, Page, Stop},
        demo::{self, PASSWORD},
        jar::Origin,
        provider::{Options, Provider},
        rp::{AuthorizationRequest, Client, Tokens, random},
    },
    variant::Variant,
};

/// The suite before a provider of its own.
pub struct Suite {
    /// The provider under test.
    pub provider: Provider,
    /// Its metadata.
    pub metadata: Value,
    /// Its public keys.
    pub keys: Keys,
    /// What the plan pins.
    pub variant: Variant,
    /// The first client.
    pub client: Client,
    /// The browser that lives as long as the module.
    pub browser: Browser,
}

/// An authorization request and how it was answered.
pub struct Visit {
    /// The authorization response.
    pub arrival: Arrival,
    /// The pages on the way.
    pub pages: Vec<Page>,
}

impl Visit {
    /// Whether the end-user had to sign in.
    pub fn saw_login(&self) -> bool {
        self.pages.iter().any(|page| page.has("login-submit"))
    }
}

/// Everything a client has after a complete flow.
pub struct Outcome {
    /// How the authorization request was answered.
    pub visit: Visit,
    /// The ID Tokens, the one of the authorization endpoint first.
    pub id_tokens: Vec<String>,
    /// Their claims, all checked.
    pub claims: Vec<Value>,
    /// The access tokens, the one of the authorization endpoint first.
    pub access_tokens: Vec<String>,
    /// The token response, where there was a code.
    pub tokens: Option<Tokens>,
}

impl Outcome {
    /// `sub`, the same in all ID Tokens.
    pub fn sub(&self) -> &str {
        self.claims[0]["sub"].as_str().expect("it was checked")
    }

    /// `auth_time` of the newest ID Token.
    pub fn auth_time(&self) -> i64 {
        let newest = self.claims.last().expect("there is one");
        newest["auth_time"].as_i64().expect("an auth_time")
    }
}

impl Suite {
    /// Starts a module.
    pub async fn start(variant: Variant) -> Self {
        let options = Options::production_like().adjusted(move |settings| {
            register(settings, variant);
        });
        let provider = Provider::start(options).await;
        let metadata = metadata::discover(&provider, variant).await;
        let keys = Keys::fetch(&provider).await;
        let client = provider.client("suite");
        let browser = provider.browser();
        Self { provider, metadata, keys, variant, client, browser }
    }

    /// What the suite asks for where the module does not say otherwise.
    pub fn request(&self) -> AuthorizationRequest {
        self.request_of(&self.client)
    }

    /// The same for another client.
    pub fn request_of(&self, client: &Client) -> AuthorizationRequest {
        let request = client
            .request()
            .without("code_challenge")
            .without("code_challenge_method")
            .with("response_type", self.variant.response_type)
            .with("state", &[random(), random(), random()].concat()[..128]);
        if self.variant.form_post { request.with("response_mode", "form_post") } else { request }
    }

    /// Makes a request; the end-user signs in and allows, and wants to be remembered.
    pub async fn visit(&mut self, request: &AuthorizationRequest) -> Visit {
        let stop = self.browser.open(&request.path()).await;
        self.go_on(stop).await
    }

    /// Makes a request with `POST`, from a form of the client.
    pub async fn visit_by_post(&mut self, request: &AuthorizationRequest) -> Visit {
        let (params, from) = (&request.params, Origin::CrossSitePost);
        let answer = self.browser.request("POST", "/authorize", Some(params), from).await;
        let location = answer.location().expect("it leads to a page").to_owned();
        let stop = self.browser.open(&location).await;
        self.go_on(stop).await
    }

    async fn go_on(&mut self, mut stop: Stop) -> Visit {
        let mut pages = Vec::new();
        loop {
            let page = match stop {
                Stop::Away(arrival) => return Visit { arrival, pages },
                Stop::Page(page) => page,
            };
            assert!(pages.len() < 3, "asked again and again: {}", page.visible());
            pages.push(page.clone());
            stop = if page.has("login-submit") {
                self.browser.sign_in("alice", PASSWORD).await
            } else {
                assert!(page.has("consent-allow"), "{}: {}", page.path, page.visible());
                if page.has("remember") {
                    self.browser.fill("remember", "yes");
                }
                self.browser.click("consent-allow").await
            };
        }
    }

    /// A complete flow of the first client, every answer checked.
    pub async fn complete(&mut self, request: &AuthorizationRequest) -> Outcome {
        let visit = self.visit(request).await;
        self.finish(&self.client.clone(), request, visit).await
    }

    /// What follows an authorization response: front-channel tokens are checked, the code is redeemed.
    pub async fn finish(
        &self,
        client: &Client,
        request: &AuthorizationRequest,
        visit: Visit,
    ) -> Outcome {
        checks::authorization_response(self, request, &visit.arrival);
        let arrival = &visit.arrival;
        let mut outcome = Outcome {
            id_tokens: arrival.get("id_token").map(str::to_owned).into_iter().collect(),
            claims: Vec::new(),
            access_tokens: arrival.get("access_token").map(str::to_owned).into_iter().collect(),
            tokens: None,
            visit: Visit { arrival: visit.arrival.clone(), pages: visit.pages },
        };
        if let Some(id_token) = visit.arrival.get("id_token") {
            let beside = id_token::Beside::of(&visit.arrival);
            outcome.claims.push(id_token::check(self, client, request, id_token, &beside));
        }
        if let Some(code) = visit.arrival.get("code") {
            let answer = redeem(client, request, code).await;
            let tokens = checks::token_response(&answer);
            let beside = id_token::Beside::at_token_endpoint(&tokens.access);
            outcome.claims.push(id_token::check(self, client, request, tokens.id(), &beside));
            outcome.id_tokens.push(tokens.id().to_owned());
            outcome.access_tokens.push(tokens.access.clone());
            outcome.tokens = Some(tokens);
        }
        let subs: Vec<&Value> = outcome.claims.iter().map(|claims| &claims["sub"]).collect();
        assert!(subs.windows(2).all(|pair| pair[0] == pair[1]), "one end-user, not {subs:?}");
        outcome
    }

    /// The claims about the end-user: of the UserInfo endpoint, or of the ID Token where there is nothing
    /// else.
    pub async fn end_user(&self, outcome: &Outcome) -> Value {
        if self.variant.is_id_token_alone() {
            return outcome.claims[0].clone();
        }
        let token = outcome.access_tokens.last().expect("an access token");
        checks::userinfo(&self.client.userinfo(token).await, outcome.sub())
    }

    /// The clock of the provider, in seconds.
    pub fn now(&self) -> i64 {
        self.provider.now().as_seconds()
    }
}

/// Redeems the code of a request; the verifier goes along where there was a challenge.
pub async fn redeem(client: &Client, request: &AuthorizationRequest, code: &str) -> Answer {
    let mut form = client.redemption(code, &request.verifier);
    let has_challenge = request.params.iter().any(|(name, _)| name == "code_challenge");
    form.retain(|(name, _)| has_challenge || name != "code_verifier");
    client.post("/token", form).await
}

/// The suite's clients: one, another whose redirect URI has a query, and one that posts its secret. The
/// suite needs no others, and only the algorithm that clients get who ask for none.
fn register(settings: &mut Settings, variant: Variant) {
    const CALLBACK: &str = "https://suite.test/test/a/moneta/callback";
    let declare = |(id, query, method): (&str, &str, &str)| ClientDeclaration {
        metadata: serde_json::from_value(json!({
            "client_id": id,
            "client_name": "Conformance Suite",
            "redirect_uris": [format!("{CALLBACK}{query}")],
            "token_endpoint_auth_method": method,
            "grant_types": variant.grant_types(),
            "response_types": [variant.response_type],
            "scope": "openid profile email address phone offline_access",
            "require_pkce": false,
        }))
        .expect("client metadata"),
        secret: Some(Secret::new(demo::secret(id))),
    };
    settings.clients = [
        ("suite", "", "client_secret_basic"),
        ("suite-2", "?dummy1=lorem&dummy2=ipsum", "client_secret_basic"),
        ("suite-post", "", "client_secret_post"),
    ]
    .map(declare)
    .into();
    settings.keys.algorithms = vec!["RS256".to_owned()];
    settings.playground = false;
}
