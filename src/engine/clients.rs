//! Clients: registering and changing them. Their metadata has passed the one validator before.

use std::sync::Arc;

use moneta_events::{
    Category, Digest, Reason, Timestamp,
    client::{ClientMetadata, ClientSecret, Registered, SecretRotated},
};
use moneta_projections::{client::ClientView, view::Folded};

use super::{
    execute::Ledger,
    facts::{Facts, NoView, client_stream},
    order::{Context, Failure, Order},
};
use crate::domain::client::{Client, Command};

/// Why a client could not be registered or changed.
#[derive(Debug, thiserror::Error)]
pub enum ClientsError {
    /// The identifier is in use.
    #[error("there is a client of that client_id already")]
    Taken,
    /// There is no such client.
    #[error("there is no such client")]
    Unknown,
    /// The order was not carried out.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// What is on record cannot be read.
    #[error(transparent)]
    NoView(#[from] NoView),
}

/// What registering and changing clients needs.
pub struct Clients<'a> {
    /// The log.
    pub ledger: &'a Ledger,
    /// What is on record.
    pub facts: &'a Facts,
}

/// The digest a secret is kept by.
pub fn secret_digest(secret: &str) -> Digest {
    Digest::of(&[secret.as_bytes()])
}

impl Clients<'_> {
    /// Registers a client.
    pub async fn register(
        &self,
        metadata: ClientMetadata,
        secret: Option<&str>,
        context: Context,
    ) -> Result<(), ClientsError> {
        let client_id = metadata.client_id.clone();
        let secret =
            secret.map(|text| ClientSecret { digest: secret_digest(text), expires_at: None });
        let command = Command::Register(Box::new(Registered { metadata, secret }));
        self.tell(client_id.as_str(), command, context).await
    }

    /// Replaces the metadata of a client; nothing is recorded where nothing differs.
    pub async fn update(
        &self,
        metadata: ClientMetadata,
        context: Context,
    ) -> Result<(), ClientsError> {
        let client_id = metadata.client_id.clone();
        self.tell(client_id.as_str(), Command::Update(Box::new(metadata)), context).await
    }

    /// Gives a client a new secret; the ones before it work until `old_expire_at`.
    pub async fn rotate_secret(
        &self,
        client_id: &str,
        secret: &str,
        old_expire_at: Timestamp,
        context: Context,
    ) -> Result<(), ClientsError> {
        let secret = ClientSecret { digest: secret_digest(secret), expires_at: None };
        let command = Command::RotateSecret(SecretRotated { secret, old_expire_at });
        self.tell(client_id, command, context).await
    }

    /// Serves a client, or refuses it everywhere.
    pub async fn set_enabled(
        &self,
        client_id: &str,
        enabled: bool,
        context: Context,
    ) -> Result<(), ClientsError> {
        let command = if enabled { Command::Enable } else { Command::Disable };
        self.tell(client_id, command, context).await
    }

    /// Removes a client.
    pub async fn delete(&self, client_id: &str, context: Context) -> Result<(), ClientsError> {
        self.tell(client_id, Command::Delete, context).await
    }

    /// Every client that is not removed, by identifier.
    pub async fn all(&self) -> Result<Vec<Arc<Folded<ClientView>>>, ClientsError> {
        let mut all = Vec::new();
        for stream in self.facts.store.streams(Category::Client).await.map_err(NoView::from)? {
            let client = self.facts.client_in(stream).await?;
            if client.view.metadata.is_some() && !client.view.deleted {
                all.push(client);
            }
        }
        all.sort_by_cached_key(|client| {
            client.view.metadata.as_ref().map(|metadata| metadata.client_id.clone())
        });
        Ok(all)
    }

    /// Makes what is on record agree with a declaration: registers, updates, and replaces the secret.
    pub async fn declare(
        &self,
        metadata: ClientMetadata,
        secret: Option<&str>,
        context: Context,
    ) -> Result<(), ClientsError> {
        let known = self.facts.client(metadata.client_id.as_str()).await?;
        let Some(registered) = known.view.metadata.as_deref() else {
            return self.register(metadata, secret, context).await;
        };
        let client_id = metadata.client_id.clone();
        if *registered != metadata {
            self.update(metadata, context.clone()).await?;
        }
        let Some(secret) = secret else { return Ok(()) };
        let digest = secret_digest(secret);
        if known.view.live_secrets(context.now).any(|live| live.digest == digest) {
            return Ok(());
        }
        self.rotate_secret(client_id.as_str(), secret, context.now, context).await
    }

    async fn tell(
        &self,
        client_id: &str,
        command: Command,
        context: Context,
    ) -> Result<(), ClientsError> {
        let id = self.ledger.scribe.entropy.uuid(context.now);
        let order = Order::<Client> { id, command, context };
        match self.ledger.tell(client_stream(client_id), &order).await {
            Ok(_) => Ok(()),
            Err(Failure::Refused(Reason::OutOfOrder)) => Err(ClientsError::Taken),
            Err(Failure::Refused(_)) => Err(ClientsError::Unknown),
            Err(failure) => Err(failure.into()),
        }
    }
}
