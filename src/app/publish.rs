//! Takes what is on record to the doors: the published keys, and the origins whose scripts may call.

use std::{collections::HashSet, sync::Arc};

use actix_web::web;
use moneta_projections::{
    Projection as _,
    registry::{self, Clients},
};
use tokio::sync::watch;

use crate::{
    config::Settings,
    engine::queries::QueryError,
    http::{discovery::Document, op::Op},
};

/// Brings the doors up to date. To be called when keys or clients may have changed.
pub async fn publish(op: &web::Data<Op>) -> anyhow::Result<()> {
    publish_keys(op);
    let head = op.facts.store.head().await?;
    if !op.queries.up_to(Clients.name(), head).await {
        tracing::warn!(
            "the list of clients lags behind; their origins are published when it is there"
        );
    }
    Ok(publish_origins(op).await?)
}

/// The same for the keys alone.
pub(super) fn publish_keys(op: &Op) {
    op.jwks.store(Arc::new(Document::new(op.signing.keys().jwks_json().to_owned())));
}

async fn publish_origins(op: &web::Data<Op>) -> Result<(), QueryError> {
    let doors = op.clone();
    let publish = move |connection: &_| {
        let origins = registry::web_origins(connection)?;
        doors.web_origins.store(Arc::new(origins.into_iter().collect()));
        Ok(())
    };
    op.queries.query(publish).await
}

/// Publishes the keys, the origins of the declared clients, and those of all others that the list of
/// clients knows. Waits for nothing: how far the list is does not matter here.
pub(super) async fn publish_at_start(op: &web::Data<Op>, settings: &Settings) {
    publish_keys(op);
    let listed = op.queries.query(registry::web_origins).await.unwrap_or_default();
    let declared = settings.clients.iter().flat_map(|client| &client.metadata.web_origins).cloned();
    op.web_origins.store(Arc::new(listed.into_iter().chain(declared).collect::<HashSet<_>>()));
}

/// Publishes the origins whenever the list of clients has changed, once it knows of everything up to
/// `declared`. Works until `stop` says so.
pub(super) async fn keep_origins(
    op: web::Data<Op>,
    declared: u64,
    mut stop: watch::Receiver<bool>,
) {
    let mut status = op.queries.changes();
    let mut published = None;
    loop {
        let clients = status.borrow_and_update().served(Clients.name()).copied();
        let changed = clients.filter(|one| one.position >= declared).map(|one| one.changed);
        if changed.is_some() && changed != published {
            match publish_origins(&op).await {
                Ok(()) => published = changed,
                Err(failure) => tracing::warn!(%failure, "web origins cannot be published"),
            }
        }
        tokio::select! {
            moved = status.changed() => if moved.is_err() { return },
            _ = stop.changed() => return,
        }
    }
}
