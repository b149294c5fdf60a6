//! What every handler works with.

use std::{collections::HashSet, sync::Arc};

use arc_swap::ArcSwap;
use moneta_events::{Scope, Timestamp};

use super::{discovery::Document, inbox::Listeners, throttles::Throttles, tokens::Judged};
use crate::{
    domain::transaction::Transaction,
    engine::{
        client_keys::KeysOfClients, directory::Directory, execute::Ledger, facts::Facts,
        grants::Grants, guards::Guards, incidents::Incidents, outbound::Outbound, pending::Pending,
        people::UsernameIndex, polling::Polls, privacy::Privacy, queries::Queries,
        signing::Signing, waiters::Waiters,
    },
    ports::{
        authenticator::{OneTimeCodes, Passkeys},
        passwords::Passwords,
    },
    protocol::{derived::Derived, handle::Handles, passkey::Challenges, rules::Rules},
    runtime::{clock::Clock, entropy::Entropy},
};

/// The provider, as the doors see it.
pub struct Op {
    /// What is allowed.
    pub rules: Rules,
    /// What else is configured.
    pub terms: Terms,
    /// The transactions' actors.
    pub transactions: Arc<Directory<Transaction>>,
    /// The actors of every kind of grant.
    pub grants: Grants,
    /// The backchannel requests that wait for their end-users.
    pub pending: Pending,
    /// The pages that listen for them.
    pub listeners: Listeners,
    /// For orders without an actor.
    pub ledger: Ledger,
    /// What is known.
    pub facts: Facts,
    /// What is listed.
    pub queries: Queries,
    /// Seals and opens personal fields.
    pub privacy: Arc<Privacy>,
    /// The signing keys.
    pub signing: Arc<Signing>,
    /// Hashes passwords.
    pub passwords: Arc<dyn Passwords>,
    /// Verifies passkeys; none where browsers do not have them for this issuer.
    pub passkeys: Option<Arc<dyn Passkeys>>,
    /// Gives challenges to passkeys.
    pub challenges: Challenges,
    /// Knows one-time codes.
    pub codes: Arc<dyn OneTimeCodes>,
    /// Calls other servers.
    pub outbound: Arc<Outbound>,
    /// The public keys of clients.
    pub client_keys: KeysOfClients,
    /// What may be used once.
    pub guards: Guards,
    /// Makes and opens codes, tokens and cookies.
    pub handles: Handles,
    /// Makes secrets that are told more than once.
    pub derived: Derived,
    /// Names the streams of usernames.
    pub usernames: UsernameIndex,
    /// Binds forms to browsers.
    pub csrf: ring::hmac::Key,
    /// What is tried too often.
    pub throttles: Throttles,
    /// When grants were judged last.
    pub judged: Judged,
    /// Who asked for tokens that wait for a decision.
    pub polls: Polls,
    /// Who waits for one.
    pub waiters: Arc<Waiters>,
    /// What was refused at the doors.
    pub incidents: Arc<Incidents>,
    /// The origins whose scripts may call.
    pub web_origins: ArcSwap<HashSet<String>>,
    /// The published keys.
    pub jwks: ArcSwap<Document>,
    /// Whether requests are let in.
    pub readiness: ArcSwap<Readiness>,
}

/// Settings of the doors that are no protocol rules.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The provider's name on its pages.
    pub brand: String,
    /// Whether cookies are for https alone.
    pub secure: bool,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Seconds a session lives.
    pub session_lifetime: u32,
    /// Resource servers and the scope tokens that are for them.
    pub resources: Vec<(String, Vec<String>)>,
    /// Scope tokens and the sentence the consent page shows for each.
    pub scope_texts: Vec<(String, String)>,
    /// Transactions that may be live at once.
    pub live_transactions: usize,
    /// How long a token request may wait for a decision.
    pub long_polling: std::time::Duration,
    /// Whether tests may decide in the place of end-users.
    pub test_approval: bool,
    /// Whether the playground is there.
    pub playground: bool,
}

/// Whether the node serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Yes.
    Serving,
    /// It is about to stop.
    Draining,
}

impl Op {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.ledger.scribe.clock.now()
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.ledger.scribe.clock
    }

    /// Randomness.
    pub fn entropy(&self) -> &Entropy {
        &self.ledger.scribe.entropy
    }

    /// Whether there is a resource server of this identifier (RFC 8707 §2).
    pub fn is_resource(&self, identifier: &str) -> bool {
        self.terms.resources.iter().any(|(known, _)| known == identifier)
    }

    /// The resource servers that tokens of this scope are for, where the request named none.
    pub fn audience_of(&self, scope: &Scope) -> Vec<String> {
        let is_for = |scopes: &[String]| scopes.iter().any(|token| scope.contains(token));
        let resources = self.terms.resources.iter().filter(|(_, scopes)| is_for(scopes));
        resources.map(|(identifier, _)| identifier.clone()).collect()
    }
}
