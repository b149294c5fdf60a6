//! What the driver knows: what it asked for, and what was acknowledged.

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was never sent.
    NotAsked,
    /// It was sent, and the answer never came.
    Unknown,
    /// It was acknowledged.
    Done,
}

/// One transaction, as its client sees it.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The code.
    pub(crate) code: String,
    /// Its verifier.
    pub(crate) verifier: String,
    /// Its redemption.
    pub(crate) redeemed: Fate,
    /// The access token that is good now.
    pub(crate) access_token: Option<String>,
    /// The refresh token that is good now.
    pub(crate) refresh_token: Option<String>,
    /// The refresh token before it.
    pub(crate) old_refresh_token: Option<String>,
    /// The refresh.
    pub(crate) refreshed: Fate,
    /// The revocation of everything.
    pub(crate) revoked: Fate,
}

impl Entry {
    /// A code is out.
    pub(crate) fn new(code: String, verifier: String) -> Self {
        Self {
            code,
            verifier,
            redeemed: Fate::NotAsked,
            access_token: None,
            refresh_token: None,
            old_refresh_token: None,
            refreshed: Fate::NotAsked,
            revoked: Fate::NotAsked,
        }
    }
}

/// What was checked.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Acknowledged operations found again.
    pub(crate) acknowledged: u64,
    /// Operations whose answer never came.
    pub(crate) unknown: u64,
    /// Those of them that had been carried out.
    pub(crate) unknown_done: u64,
}
