//! A relying party: makes authorization requests, redeems codes, uses tokens.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta::runtime::entropy::Entropy;
use serde_json::Value;

use super::{
    answer::Answer,
    http::{Header, Http, encode, pairs},
    signer::{self, Signer},
};

/// One registered client and the provider it uses.
#[derive(Debug, Clone)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// `client_secret`, where it has one.
    pub secret: Option<String>,
    /// The first registered redirect URI; empty for resource servers.
    pub redirect_uri: String,
    /// Whether it authenticates in the body.
    pub posts_secret: bool,
    /// What it signs with, where it has a key instead.
    pub signer: Option<Arc<Signer>>,
    /// How it asks.
    pub http: Http,
}

/// An authorization request and what the client must remember of it.
#[derive(Debug, Clone)]
pub struct AuthorizationRequest {
    /// Its parameters, in order.
    pub params: Vec<(String, String)>,
    /// `code_verifier` of the challenge in it.
    pub verifier: String,
}

/// A successful token response.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// `access_token`.
    pub access: String,
    /// `refresh_token`.
    pub refresh: Option<String>,
    /// `id_token`.
    pub id: Option<String>,
    /// The whole response.
    pub response: Value,
}

impl Tokens {
    /// Of a token response.
    ///
    /// # Panics
    /// Where it is none.
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "a token response, not {}", answer.whole());
        let text = |name| answer.member(name);
        Self {
            access: text("access_token").expect("a token response has an access token"),
            refresh: text("refresh_token"),
            id: text("id_token"),
            response: answer.json(),
        }
    }

    /// The refresh token.
    ///
    /// # Panics
    /// Where there is none.
    pub fn refresh(&self) -> &str {
        self.refresh.as_deref().unwrap_or_else(|| panic!("a refresh token in {}", self.response))
    }

    /// The ID Token.
    ///
    /// # Panics
    /// Where there is none.
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_else(|| panic!("an ID Token in {}", self.response))
    }
}

/// 32 random bytes as text.
pub fn random() -> String {
    URL_SAFE_NO_PAD.encode(Entropy::default().bytes::<32>())
}

/// The S256 challenge of a verifier (RFC 7636 §4.2).
pub fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes()))
}

/// The claims of a JWT, unverified.
///
/// # Panics
/// Where it is no JWT.
pub fn claims(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).expect("a JWT has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("in base64url")).expect("JSON")
}

impl AuthorizationRequest {
    /// A code request with `openid`, state, nonce and an S256 challenge.
    pub fn new(client: &Client) -> Self {
        let verifier = random();
        let params = pairs([
            ("client_id", &client.id),
            ("response_type", "code"),
            ("scope", "openid"),
            ("redirect_uri", &client.redirect_uri),
            ("state", &random()),
            ("nonce", &random()),
            ("code_challenge", &s256(&verifier)),
            ("code_challenge_method", "S256"),
        ]);
        Self { params, verifier }
    }

    /// Sets or replaces a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.params.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.params.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// Takes a parameter out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.params.retain(|(n, _)| n != name);
        self
    }

    /// A parameter's value.
    ///
    /// # Panics
    /// Where it is not there.
    pub fn get(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(n, _)| n == name);
        found.map_or_else(|| panic!("the request has no {name}"), |(_, value)| value)
    }

    /// Path and query at the authorization endpoint.
    pub fn path(&self) -> String {
        format!("/authorize?{}", encode(&self.params))
    }
}

impl Client {
    /// A request to start with.
    pub fn request(&self) -> AuthorizationRequest {
        AuthorizationRequest::new(self)
    }

    /// What authenticates this client: header fields and body parameters.
    pub fn credentials(&self) -> (Vec<Header>, Vec<(String, String)>) {
        if let Some(signer) = &self.signer {
            return (Vec::new(), signer::by(&signer.assertion(self.http.issuer())));
        }
        match &self.secret {
            Some(secret) if !self.posts_secret => (vec![basic(&self.id, secret)], Vec::new()),
            Some(secret) => {
                (Vec::new(), pairs([("client_id", &self.id), ("client_secret", secret)]))
            }
            None => (Vec::new(), pairs([("client_id", &self.id)])),
        }
    }

    /// `POST`s a form as this client.
    pub async fn post(&self, path: &str, form: Vec<(String, String)>) -> Answer {
        let (headers, mut body) = self.credentials();
        body.extend(form);
        self.http.post(path, &headers, &body).await
    }

    /// Redeems a code (RFC 6749 §4.1.3).
    pub async fn redeem(&self, code: &str, verifier: &str) -> Answer {
        self.post("/token", self.redemption(code, verifier)).await
    }

    /// The form that redeems a code.
    pub fn redemption(&self, code: &str, verifier: &str) -> Vec<(String, String)> {
        pairs([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier),
        ])
    }

    /// Uses a refresh token (RFC 6749 §6).
    pub async fn refresh(&self, token: &str) -> Answer {
        let form = pairs([("grant_type", "refresh_token"), ("refresh_token", token)]);
        self.post("/token", form).await
    }

    /// Asks for a token of its own (RFC 6749 §4.4).
    pub async fn client_credentials(&self, scope: &str) -> Answer {
        let form = pairs([("grant_type", "client_credentials"), ("scope", scope)]);
        self.post("/token", form).await
    }

    /// Introspects a token (RFC 7662).
    pub async fn introspect(&self, token: &str) -> Answer {
        self.post("/introspect", pairs([("token", token)])).await
    }

    /// Whether a token is active, by introspection.
    ///
    /// # Panics
    /// Where the provider does not say.
    pub async fn is_active(&self, token: &str) -> bool {
        let answer = self.introspect(token).await;
        let active = answer.json().get("active").and_then(Value::as_bool);
        active.unwrap_or_else(|| panic!("an introspection response, not {}", answer.whole()))
    }

    /// Revokes a token (RFC 7009).
    pub async fn revoke(&self, token: &str) -> Answer {
        self.post("/revoke", pairs([("token", token)])).await
    }

    /// Asks for the end-user's claims with an access token.
    pub async fn userinfo(&self, token: &str) -> Answer {
        self.http.get("/userinfo", &[bearer(token)]).await
    }
}

/// HTTP Basic as OAuth encodes it (RFC 6749 §2.3.1).
pub fn basic(id: &str, secret: &str) -> Header {
    let part = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", part(id), part(secret));
    ("authorization", format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
}

/// A bearer token in its header field (RFC 6750 §2.1).
pub fn bearer(token: &str) -> Header {
    ("authorization", format!("Bearer {token}"))
}
