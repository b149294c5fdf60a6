//! The public keys of clients. Those they registered are parsed once for each revision of a registration;
//! those at a `jwks_uri` are fetched, used for a while, and fetched again when something is signed with a
//! key that is not among them.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use moneta_events::{StreamId, Timestamp, client::ClientMetadata};
use quick_cache::sync::Cache;
use url::Url;

use super::outbound::{Outbound, OutboundError};
use crate::{
    jose::{ClientKeys, client_keys::ClientKeysError},
    ports::http_client::Call,
};

/// Seconds that old keys are used beyond their time while new ones cannot be fetched: a client whose server
/// is down for a moment should not be down here.
const GRACE: i64 = 3_600;
/// How much longer the next fetch has to wait when one brought nothing new.
const FRUITLESS: i64 = 6;

/// A client whose keys are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// Its stream.
    pub stream: StreamId,
    /// Its registration.
    pub metadata: &'a ClientMetadata,
    /// The revision of its stream that the registration is from.
    pub revision: u64,
}

/// Why there are no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    /// The client registered none.
    #[error("the client registered no keys")]
    None,
    /// They are no keys.
    #[error("the key set {0}")]
    Unusable(#[from] ClientKeysError),
    /// The `jwks_uri` is no address.
    #[error("the jwks_uri is no address")]
    NoAddress,
    /// The call failed.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// Something else came back.
    #[error("the jwks_uri answered with status {0}")]
    Status(u16),
    /// Fetching them has just failed.
    #[error("fetching the keys failed a moment ago")]
    Lately,
}

/// How long keys from a `jwks_uri` are used, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Ages {
    /// Until they are fetched again.
    pub lifetime: u32,
    /// Until they may be fetched again because of an unknown key.
    pub refetch: u32,
}

/// The keys in use. Bounded: what is not held is read or fetched again.
pub struct KeysOfClients {
    registered: Cache<StreamId, (u64, Arc<ClientKeys>)>,
    remote: Cache<StreamId, Arc<Remote>>,
    outbound: Arc<Outbound>,
    ages: Ages,
}

/// The keys at one `jwks_uri`.
struct Remote {
    uri: String,
    /// Held while they are fetched: one call answers everybody who waits.
    fetching: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
}

#[derive(Clone, Default)]
struct Known {
    keys: Option<Arc<ClientKeys>>,
    fetched_at: Timestamp,
    tried_at: Timestamp,
    /// Whether the last try brought other keys than were known.
    fruitful: bool,
}

impl KeysOfClients {
    /// Holds the keys of so many clients.
    pub fn new(capacity: usize, outbound: Arc<Outbound>, ages: Ages) -> Self {
        Self { registered: Cache::new(capacity), remote: Cache::new(capacity), outbound, ages }
    }

    /// The keys of a client.
    pub async fn of(&self, owner: Owner<'_>, now: Timestamp) -> Result<Arc<ClientKeys>, NoKeys> {
        let Some(uri) = &owner.metadata.jwks_uri else { return self.registered(owner) };
        let remote = self.remote(owner.stream, uri);
        if let Some(keys) = self.fresh(&remote, now) {
            return Ok(keys);
        }
        let _fetching = remote.fetching.lock().await;
        // Whoever was here first may have brought them.
        if let Some(keys) = self.fresh(&remote, now) {
            return Ok(keys);
        }
        let known = remote.known();
        let since = |time: Timestamp, seconds: i64| now < time.plus_seconds(seconds);
        let tried_lately = since(known.tried_at, self.ages.refetch.into());
        let fetched = if tried_lately {
            Err(NoKeys::Lately)
        } else {
            self.fetch(&remote, owner.stream, now).await
        };
        fetched.or_else(|cause| {
            let usable = since(known.fetched_at, i64::from(self.ages.lifetime) + GRACE);
            known.keys.filter(|_| usable).ok_or(cause)
        })
    }

    /// The keys of a client after `used` turned out not to have the one it signed with; `None` where there
    /// are no others, or none may be fetched yet.
    pub async fn after(
        &self,
        used: &Arc<ClientKeys>,
        owner: Owner<'_>,
        now: Timestamp,
    ) -> Option<Arc<ClientKeys>> {
        let remote = self.remote(owner.stream, owner.metadata.jwks_uri.as_ref()?);
        let _fetching = remote.fetching.lock().await;
        let known = remote.known();
        if let Some(keys) = known.keys.filter(|keys| !Arc::ptr_eq(keys, used)) {
            return Some(keys);
        }
        let patience = i64::from(self.ages.refetch) * if known.fruitful { 1 } else { FRUITLESS };
        if now < known.tried_at.plus_seconds(patience) {
            return None;
        }
        self.fetch(&remote, owner.stream, now).await.ok()
    }

    fn registered(&self, owner: Owner<'_>) -> Result<Arc<ClientKeys>, NoKeys> {
        let jwks = owner.metadata.jwks.as_ref().ok_or(NoKeys::None)?;
        if let Some((revision, keys)) = self.registered.get(&owner.stream)
            && revision == owner.revision
        {
            return Ok(keys);
        }
        let keys = Arc::new(ClientKeys::read(&jwks.0)?);
        self.registered.insert(owner.stream, (owner.revision, Arc::clone(&keys)));
        Ok(keys)
    }

    /// A client that changed its `jwks_uri` starts anew.
    fn remote(&self, client: StreamId, uri: &str) -> Arc<Remote> {
        let unknown = || {
            Arc::new(Remote {
                uri: uri.to_owned(),
                fetching: tokio::sync::Mutex::new(()),
                known: Mutex::default(),
            })
        };
        let remote = self
            .remote
            .get_or_insert_with(&client, || Ok::<_, Infallible>(unknown()))
            .unwrap_or_else(|never| match never {});
        if remote.uri == uri {
            return remote;
        }
        let remote = unknown();
        self.remote.insert(client, Arc::clone(&remote));
        remote
    }

    fn fresh(&self, remote: &Remote, now: Timestamp) -> Option<Arc<ClientKeys>> {
        let known = remote.known();
        let fresh = now < known.fetched_at.plus_seconds(self.ages.lifetime.into());
        known.keys.filter(|_| fresh)
    }

    /// To be called by whoever holds `remote.fetching`.
    async fn fetch(
        &self,
        remote: &Remote,
        client: StreamId,
        now: Timestamp,
    ) -> Result<Arc<ClientKeys>, NoKeys> {
        let fetched = self.ask(&remote.uri, client, now).await;
        let mut known = remote.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.tried_at = now;
        match fetched {
            Ok(keys) => {
                let keys = Arc::new(keys);
                known.fruitful = known.keys.as_ref().is_none_or(|old| !old.kids().eq(keys.kids()));
                known.keys = Some(Arc::clone(&keys));
                known.fetched_at = now;
                Ok(keys)
            }
            Err(cause) => {
                known.fruitful = false;
                tracing::info!(%client, %cause, "the keys of a client cannot be had");
                Err(cause)
            }
        }
    }

    async fn ask(&self, uri: &str, client: StreamId, now: Timestamp) -> Result<ClientKeys, NoKeys> {
        let url = Url::parse(uri).map_err(|_| NoKeys::NoAddress)?;
        let answer = self.outbound.send(client, Call::get(url), now).await?;
        if answer.status != 200 {
            return Err(NoKeys::Status(answer.status));
        }
        Ok(ClientKeys::parse(&answer.body)?)
    }
}

impl Remote {
    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
