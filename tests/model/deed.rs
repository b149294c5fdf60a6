//! What is done to the provider, in plain values that the provider and the reference model both take.

use moneta_events::Digest;

/// Scope tokens as bits: number `n` stands for `cast::SCOPES[n]`.
pub(crate) type Scopes = u8;
/// Number of a user, client, session or transaction of the cast.
pub(crate) type Number = usize;

/// One thing that is done.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    /// Time goes by, in seconds.
    Wait(i64),
    /// Something about a user.
    User(Number, UserDeed),
    /// A client is served, or not.
    Client(Number, bool),
    /// Something about a session.
    Session(Number, SessionDeed),
    /// A user lets a client be remembered with a scope, or takes all back.
    Consent(Number, Number, Option<Scopes>),
    /// One order to a transaction.
    Transaction(Number, Vec<Move>),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum UserDeed {
    Disable,
    Enable,
    NewPassword,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum SessionDeed {
    Start(Number),
    Again(Number),
    End,
}

/// One step of an order to a transaction.
#[derive(Debug, Clone)]
pub(crate) enum Move {
    Request { client: Number, scope: Scopes, challenge: Challenge, response: Response },
    Fail,
    SignIn { user: Number, session: Number },
    Allow(Allow),
    Deny,
    Refuse { client: Number },
    Exchange(Exchange),
    Refresh(Refresh),
    RevokeAll,
    RevokeOne(Digest),
    Expire,
}

/// What a response type names; nothing of it is `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Response {
    pub(crate) code: bool,
    pub(crate) token: bool,
    pub(crate) id_token: bool,
}

impl Response {
    pub(crate) const CODE: Self = Self { code: true, token: false, id_token: false };
}

/// What is allowed, and what goes out with it.
#[derive(Debug, Clone)]
pub(crate) struct Allow {
    pub(crate) scope: Scopes,
    pub(crate) code: Option<Digest>,
    pub(crate) token: Option<(Digest, Scopes)>,
    pub(crate) id_token: bool,
}

impl Allow {
    pub(crate) fn code(scope: Scopes, code: Digest) -> Self {
        Self { scope, code: Some(code), token: None, id_token: false }
    }
}

/// The PKCE challenge of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Challenge {
    None,
    S256,
    Plain,
}

/// The PKCE verifier of a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verifier {
    None,
    Right,
    Wrong,
    TooShort,
}

#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) code: Digest,
    pub(crate) client: Number,
    pub(crate) right_redirect_uri: bool,
    pub(crate) verifier: Verifier,
    pub(crate) scope: Scopes,
    pub(crate) new_access: Digest,
    pub(crate) rotated_to: Option<Digest>,
}

#[derive(Debug, Clone)]
pub(crate) struct Refresh {
    pub(crate) generation: u32,
    pub(crate) digest: Digest,
    pub(crate) client: Number,
    pub(crate) scope: Scopes,
    pub(crate) new_access: Digest,
    pub(crate) rotated_to: Digest,
}
