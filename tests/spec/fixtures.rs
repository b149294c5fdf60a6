//! A provider, its clients, and requests that are good until a row changes something.

use std::borrow::Cow;

use moneta::protocol::{
    authorize::{
        self, AuthorizationRequest, AuthorizeError, Facts, id_token_hint::HintClaims,
        response_type::ResponseType,
    },
    client::ClientFacts,
    client_auth::{self, Assertions, AuthenticatedClient, Presented},
    error::OAuthError,
    params::Params,
    rules::{AcrRule, BackchannelRules, DeviceRules, Lifetimes, Rules, ScopeRule},
};
use moneta_events::{
    Digest, SubjectId, Timestamp,
    client::{ClientAuthMethod, ClientMetadata, ClientSecret, GrantType, TokenDeliveryMode},
    transaction::{CodeChallengeMethod, ResponseMode},
};
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ISSUER: &str = "https://op.example";
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
pub(crate) const ALICE: SubjectId = SubjectId(Uuid::from_u128(0xA11CE));
pub(crate) const BOB: SubjectId = SubjectId(Uuid::from_u128(0xB0B));
pub(crate) const API: &str = "https://api.example";

/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Authenticates with credentials that may be used again.
pub(crate) fn authenticate<'a>(
    presented: &Presented,
    client: Option<&ClientFacts<'a>>,
) -> Result<AuthenticatedClient<'a>, OAuthError> {
    let verified = client_auth::authenticate(presented, client, &Assertions::default(), NOW)?;
    assert_eq!(verified.once(), None);
    verified.admit(false)
}

pub(crate) fn rules() -> Rules {
    let scope = |name: &str, claims: &[&str]| ScopeRule {
        name: name.to_owned(),
        claims: claims.iter().map(|&claim| claim.to_owned()).collect(),
    };
    Rules {
        issuer: ISSUER.to_owned(),
        scopes: vec![
            scope("openid", &[]),
            scope("profile", &[]),
            scope("email", &[]),
            scope("address", &[]),
            scope("phone", &[]),
            scope("offline_access", &[]),
            scope("staff", &["department"]),
            scope("api:read", &[]),
            scope("api:write", &[]),
        ],
        acr: vec![
            AcrRule { name: "1".to_owned(), amr: vec!["pwd".to_owned()] },
            AcrRule { name: "2".to_owned(), amr: vec!["pwd".to_owned(), "otp".to_owned()] },
        ],
        response_types: ResponseType::ALL.to_vec(),
        response_modes: vec![ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost],
        grant_types: vec![
            GrantType::AuthorizationCode,
            GrantType::Implicit,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
            GrantType::DeviceCode,
        ],
        client_auth_methods: vec![
            ClientAuthMethod::ClientSecretBasic,
            ClientAuthMethod::ClientSecretPost,
            ClientAuthMethod::None,
        ],
        code_challenge_methods: vec![CodeChallengeMethod::S256, CodeChallengeMethod::Plain],
        id_token_signing_algs: vec!["RS256".to_owned(), "ES256".to_owned()],
        ui_locales: vec!["en".to_owned()],
        lifetimes: Lifetimes {
            transaction: 600,
            code: 60,
            access_token: 600,
            refresh_token: 2_592_000,
            id_token: 3600,
        },
        code_attempts: 5,
        device: DeviceRules { lifetime: 600, interval: 5 },
        backchannel: BackchannelRules {
            lifetime: 300,
            longest_lifetime: 900,
            interval: 5,
            delivery_modes: vec![
                TokenDeliveryMode::Poll,
                TokenDeliveryMode::Ping,
                TokenDeliveryMode::Push,
            ],
        },
    }
}

/// A client whose registration is `metadata` over what every client here has.
pub(crate) fn client(metadata: &Value) -> ClientMetadata {
    let mut whole = json!({
        "client_id": "web",
        "redirect_uris": ["https://rp.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile email offline_access api:read",
    });
    for (name, value) in metadata.as_object().expect("metadata is an object") {
        whole[name] = value.clone();
    }
    serde_json::from_value(whole).expect("metadata is well-formed")
}

pub(crate) fn web() -> ClientMetadata {
    client(&json!({}))
}

/// A client that may have everything from the authorization endpoint.
pub(crate) fn legacy() -> ClientMetadata {
    let types = ResponseType::ALL.map(|known| known.to_string());
    client(&json!({
        "client_id": "legacy",
        "grant_types": ["authorization_code", "refresh_token", "implicit"],
        "response_types": types,
    }))
}

pub(crate) fn spa() -> ClientMetadata {
    client(&json!({"client_id": "spa", "token_endpoint_auth_method": "none"}))
}

pub(crate) fn native() -> ClientMetadata {
    client(&json!({
        "client_id": "native",
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        "redirect_uris": ["http://127.0.0.1/cb"],
    }))
}

pub(crate) fn facts(metadata: &ClientMetadata) -> ClientFacts<'_> {
    ClientFacts { metadata, secrets: &[], enabled: true, revision: 7 }
}

pub(crate) fn secret(text: &str, expires_at: Option<Timestamp>) -> ClientSecret {
    ClientSecret { digest: Digest::of(&[text.as_bytes()]), expires_at }
}

/// A good authorization request of `client`, with `changes`, all of it encoded: an empty value takes a
/// parameter out, a name that is there is replaced.
pub(crate) fn query(client: &ClientMetadata, changes: &str) -> String {
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = [
        ("client_id", client.client_id.as_str()),
        ("redirect_uri", client.redirect_uris[0].as_str()),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "s-1"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .into();
    for (name, value) in form_urlencoded::parse(changes.as_bytes()) {
        pairs.retain(|(own, _)| *own != name);
        if !value.is_empty() {
            pairs.push((name, value));
        }
    }
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Checks an encoded request, with what a caller would have looked up.
pub(crate) fn check(
    encoded: &str,
    client: Option<ClientFacts<'_>>,
    hint: Option<HintClaims<'_>>,
    rules: &Rules,
) -> Result<AuthorizationRequest, AuthorizeError> {
    let params = Params::read(encoded.as_bytes())?;
    let facts = Facts { client, hint, is_resource: &|resource| resource == API };
    authorize::check(&params, &facts, rules)
}

/// Checks a good request of `client` with `changes`.
pub(crate) fn ask(
    client: &ClientMetadata,
    changes: &str,
) -> Result<AuthorizationRequest, AuthorizeError> {
    check(&query(client, changes), Some(facts(client)), None, &rules())
}
