//! What is registered of a client, and may it be served?

use std::sync::Arc;

use moneta_events::{
    Category, Timestamp,
    client::{ClientEvent, ClientMetadata, ClientSecret},
};

use crate::{Facts, View};

/// One client. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientView {
    /// Its metadata; `None` where it was never registered.
    pub metadata: Option<Arc<ClientMetadata>>,
    /// Its secrets, newest first.
    pub secrets: Arc<[ClientSecret]>,
    /// Whether it is served.
    pub enabled: bool,
    /// Whether it is gone.
    pub deleted: bool,
    /// The revision of the last event; what `client_revision` of a request cites.
    pub revision: u64,
}

impl ClientView {
    /// The metadata, where the client exists and is served.
    pub fn served(&self) -> Option<&Arc<ClientMetadata>> {
        self.metadata.as_ref().filter(|_| self.enabled && !self.deleted)
    }

    /// The secrets that work at `now`, newest first.
    pub fn live_secrets(&self, now: Timestamp) -> impl Iterator<Item = &ClientSecret> {
        self.secrets.iter().filter(move |secret| works(secret, now))
    }
}

fn works(secret: &ClientSecret, now: Timestamp) -> bool {
    secret.expires_at.is_none_or(|end| now < end)
}

impl View for ClientView {
    const CATEGORY: Category = Category::Client;
    type Event = ClientEvent;

    fn apply(&mut self, facts: &Facts, event: &ClientEvent) {
        self.revision = facts.revision;
        match event {
            ClientEvent::Registered(registered) => {
                self.metadata = Some(Arc::new(registered.metadata.clone()));
                self.secrets = registered.secret.iter().cloned().collect();
                self.enabled = true;
                self.deleted = false;
            }
            ClientEvent::Updated(updated) => {
                self.metadata = Some(Arc::new(updated.metadata.clone()));
            }
            ClientEvent::SecretRotated(rotated) => {
                let limit = rotated.old_expire_at;
                let old = self.secrets.iter().map(|old| ClientSecret {
                    digest: old.digest,
                    expires_at: Some(old.expires_at.map_or(limit, |end| end.min(limit))),
                });
                // Those that are over already are dropped, so rotating for ever does not grow the view.
                let old = old.filter(|old| works(old, facts.occurred_at));
                self.secrets = std::iter::once(rotated.secret.clone()).chain(old).collect();
            }
            ClientEvent::WeaknessNoted(_) => {}
            ClientEvent::Disabled(_) => self.enabled = false,
            ClientEvent::Enabled(_) => self.enabled = true,
            ClientEvent::Deleted(_) => {
                self.deleted = true;
                self.secrets = Arc::default();
            }
        }
    }
}
