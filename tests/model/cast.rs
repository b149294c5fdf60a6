//! Three users, four clients, their sessions and transactions; and how plain values become commands.

use std::sync::Arc;

use moneta::{
    domain::{
        tokens::Refresh as RealRefresh,
        transaction::{Answer, Exchange as RealExchange, Step},
    },
    engine::order::Context,
};
use moneta_events::{
    Actor, Category, ClientId, Digest, Reason, Scope, Sealed, StreamId, SubjectId, Timestamp,
    client::ClientMetadata,
    token::{AccessToken, AccessTokenFormat, IdToken, Issued, RefreshToken, RevocationCause},
    transaction::{
        Authenticated, AuthenticationMethod, CodeChallenge, CodeChallengeMethod, CodeIssued,
        ConsentBasis, Consented, Refused, Requested, ResponseMode,
    },
};
use serde_json::json;
use uuid::Uuid;

use crate::deed::{Allow, Challenge, Exchange, Move, Number, Refresh, Response, Scopes, Verifier};

pub(crate) const USERS: usize = 3;
pub(crate) const CLIENTS: usize = 4;
pub(crate) const SESSIONS: usize = 3;
pub(crate) const TRANSACTIONS: usize = 3;

pub(crate) const SCOPES: [&str; 5] = ["openid", "profile", "email", "api:read", "offline_access"];
pub(crate) const OFFLINE: Scopes = 1 << 4;

/// When the story begins.
pub(crate) const BEGINNING: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Lifetimes in seconds, and limits.
pub(crate) mod lifetime {
    pub(crate) const TRANSACTION: i64 = 600;
    pub(crate) const CODE: i64 = 60;
    pub(crate) const ACCESS: i64 = 300;
    pub(crate) const REFRESH: i64 = 900;
    pub(crate) const SESSION: i64 = 1_200;
    pub(crate) const CODE_ATTEMPTS: u32 = 3;
}

pub(crate) fn at(now: i64) -> Timestamp {
    BEGINNING.plus_seconds(now)
}

pub(crate) fn user(number: Number) -> SubjectId {
    SubjectId(Uuid::from_u128(0xA11C_E000 + number as u128))
}

pub(crate) fn client_id(number: Number) -> ClientId {
    ["web", "shop", "spa", "native"][number].into()
}

pub(crate) fn session(number: Number) -> StreamId {
    StreamId::new(Category::Session, Uuid::from_u128(0x5E55_0000 + number as u128))
}

pub(crate) fn transaction(number: Number) -> StreamId {
    StreamId::new(Category::Transaction, Uuid::from_u128(0x7A00_0000 + number as u128))
}

pub(crate) fn scope(scopes: Scopes) -> Scope {
    SCOPES.into_iter().enumerate().filter(|(at, _)| scopes >> at & 1 == 1).map(|(_, s)| s).collect()
}

pub(crate) fn sealed(owner: StreamId) -> Sealed {
    Sealed { owner, nonce: [7; 12], ciphertext: Box::new([1; 20]) }
}

pub(crate) fn context() -> Context {
    Context {
        now: BEGINNING,
        actor: Actor::system("model"),
        source: None,
        transaction: None,
        causation: Uuid::from_u128(0xCA_05E),
        correlation: Uuid::from_u128(0xCA_05E),
    }
}

/// A digest of its own for everything that is named differently.
pub(crate) fn digest(kind: &str, number: usize) -> Digest {
    Digest::of(&[kind.as_bytes(), &number.to_be_bytes()])
}

pub(crate) fn metadata(number: Number) -> ClientMetadata {
    serde_json::from_value(json!({
        "client_id": client_id(number),
        "redirect_uris": [redirect_uri(number)],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": SCOPES.join(" "),
    }))
    .unwrap()
}

pub(crate) fn redirect_uri(client: Number) -> String {
    format!("https://{}.example/cb", client_id(client))
}

pub(crate) fn requested(
    client: Number,
    scopes: Scopes,
    challenge: Challenge,
    response: Response,
    now: i64,
) -> Requested {
    let words = [
        (response.code, "code"),
        (response.id_token, "id_token"),
        (response.token, "token"),
        (response == Response::default(), "none"),
    ];
    let words: Vec<&str> = words.into_iter().filter(|(named, _)| *named).map(|(_, w)| w).collect();
    let code_challenge = match challenge {
        Challenge::None => None,
        Challenge::S256 => Some((CHALLENGE, CodeChallengeMethod::S256)),
        Challenge::Plain => Some((VERIFIER, CodeChallengeMethod::Plain)),
    };
    Requested {
        client_id: client_id(client),
        client_revision: 0,
        redirect_uri: redirect_uri(client),
        response_type: words.join(" "),
        response_mode: ResponseMode::Query,
        scope: scope(scopes),
        audience: Vec::new(),
        state: None,
        nonce: None,
        prompt: Vec::new(),
        max_age: None,
        acr_values: Vec::new(),
        login_hint: None,
        hinted_subject: None,
        ui_locales: Vec::new(),
        claims_locales: Vec::new(),
        display: None,
        code_challenge: code_challenge
            .map(|(value, method)| CodeChallenge { value: value.to_owned(), method }),
        browser: Some(Digest::of(&[b"browser"])),
        expires_at: at(now + lifetime::TRANSACTION),
    }
}

pub(crate) fn authenticated(number: Number, of_session: Number, now: i64) -> Authenticated {
    Authenticated {
        subject: user(number),
        session: session(of_session),
        auth_time: at(now),
        acr: "1".to_owned(),
        amr: vec!["pwd".to_owned()],
        method: AuthenticationMethod::Password,
        transaction_key: None,
    }
}

fn access_token(digest: Digest, scopes: Scopes, now: i64) -> AccessToken {
    AccessToken {
        digest,
        format: AccessTokenFormat::Opaque,
        scope: scope(scopes),
        audience: Vec::new(),
        expires_at: at(now + lifetime::ACCESS),
    }
}

pub(crate) fn issued(
    generation: u32,
    scopes: Scopes,
    access: Digest,
    refresh: Option<Digest>,
    now: i64,
) -> Issued {
    Issued {
        generation,
        access_token: access_token(access, scopes, now),
        refresh_token: refresh
            .map(|digest| RefreshToken { digest, expires_at: at(now + lifetime::REFRESH) }),
        id_token: None,
    }
}

/// The domain's step for a move.
pub(crate) fn step(of: &Move, gate: Result<(), Reason>, now: i64) -> Step {
    match of {
        Move::Request { client, scope, challenge, response } => {
            Step::Request(Arc::new(requested(*client, *scope, *challenge, *response, now)))
        }
        Move::Fail => Step::FailAuthentication { reason: Reason::PasswordWrong, username: None },
        Move::SignIn { user, session } => {
            Step::Authenticate(Arc::new(authenticated(*user, *session, now)))
        }
        Move::Allow(allow) => Step::Answer(Box::new(answer(allow, now))),
        Move::Deny => Step::Deny(Reason::ConsentDenied),
        Move::Refuse { client } => Step::Refuse(Refused {
            client_id: client_id(*client),
            redirect_uri: redirect_uri(*client),
            error: "login_required".to_owned(),
            reason: Reason::LoginRequired,
        }),
        Move::Exchange(x) => Step::Exchange(Box::new(exchange(x, gate, now))),
        Move::Refresh(x) => Step::Refresh(Box::new(refresh(x, gate, now))),
        Move::RevokeAll => Step::Revoke { only: None, cause: RevocationCause::Client },
        Move::RevokeOne(digest) => {
            Step::Revoke { only: Some(*digest), cause: RevocationCause::Client }
        }
        Move::Expire => Step::Expire(at(now)),
    }
}

fn answer(allow: &Allow, now: i64) -> Answer {
    let expires_at = at(now + lifetime::CODE);
    Answer {
        consent: Consented { scope: scope(allow.scope), basis: ConsentBasis::Asked, shown: None },
        code: allow.code.map(|code| CodeIssued { code, expires_at }),
        access_token: allow.token.map(|(digest, scope)| access_token(digest, scope, now)),
        id_token: allow.id_token.then(|| IdToken {
            kid: "key".to_owned(),
            alg: "ES256".to_owned(),
            issued_at: at(now),
            expires_at: at(now + lifetime::ACCESS),
            claims: Vec::new(),
        }),
    }
}

fn exchange(x: &Exchange, gate: Result<(), Reason>, now: i64) -> RealExchange {
    let verifier = match x.verifier {
        Verifier::None => None,
        Verifier::Right => Some(VERIFIER),
        Verifier::Wrong => Some(CHALLENGE),
        Verifier::TooShort => Some("short"),
    };
    let redirect_uri = redirect_uri(x.client);
    RealExchange {
        code: x.code,
        client_id: client_id(x.client),
        redirect_uri: x.right_redirect_uri.then_some(redirect_uri),
        code_verifier: verifier.map(str::to_owned),
        attempts: lifetime::CODE_ATTEMPTS,
        gate,
        issued: issued(0, x.scope, x.new_access, x.rotated_to, now),
        now: at(now),
    }
}

fn refresh(x: &Refresh, gate: Result<(), Reason>, now: i64) -> RealRefresh {
    RealRefresh {
        generation: x.generation,
        digest: x.digest,
        client_id: client_id(x.client),
        gate,
        issued: issued(x.generation + 1, x.scope, x.new_access, Some(x.rotated_to), now),
        now: at(now),
    }
}
