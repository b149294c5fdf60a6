//! A request as the inbox shows it: its sealed parts opened, its client looked up.

use std::{net::IpAddr, sync::Arc};

use moneta_events::{
    Sealed, StreamId, Timestamp,
    transaction::{ShownConsent, ShownScope},
};
use moneta_projections::{client::ClientView, view::Folded};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::visitor::{Visitor, path_of};
use crate::{
    engine::pending::Waiting,
    http::{
        interaction::consent::{line, sentence},
        op::Op,
        pages::Trouble,
    },
    ui::{self, ClientCard, RequestCard},
};

/// A request with all that is shown of it.
pub(super) struct Opened {
    pub(super) waiting: Waiting,
    client: Arc<Folded<ClientView>>,
    binding_message: Option<String>,
    place: Option<String>,
    id: String,
    path: String,
    csrf: String,
    seconds_left: u32,
}

/// What the source of an event says of the place; see `Caller`.
#[derive(Deserialize)]
struct Source {
    address: IpAddr,
}

impl Opened {
    /// Opens a request; none where its client may not ask any more.
    pub(super) async fn of(
        op: &Op,
        visitor: &Visitor,
        waiting: Waiting,
    ) -> Result<Option<Self>, Trouble> {
        let client = op.facts.client(waiting.request.client_id.as_str()).await?;
        if client.view.served().is_none() {
            return Ok(None);
        }
        let stream = waiting.stream;
        let message = waiting.request.binding_message.as_ref();
        let message = reveal(op, stream, "backchannel.requested", "binding_message", message).await;
        // One that came and cannot be shown is not to be taken for none.
        if message.is_none() && waiting.request.binding_message.is_some() {
            return Ok(None);
        }
        let source = reveal(op, stream, "envelope", "source", waiting.source.as_ref()).await;
        let source = source.and_then(|bytes| serde_json::from_slice::<Source>(&bytes).ok());
        let left = waiting.request.expires_at.micros_since(visitor.caller.now);
        Ok(Some(Self {
            binding_message: message.and_then(|bytes| String::from_utf8(bytes).ok()),
            place: source.map(|source| source.address.to_string()),
            id: stream.uuid.to_string(),
            path: path_of(stream),
            csrf: visitor.csrf(op, stream),
            seconds_left: u32::try_from(left / 1_000_000).unwrap_or(0),
            client,
            waiting,
        }))
    }

    /// The card, with the claims the scope would release.
    pub(super) fn card<'a>(
        &'a self,
        op: &'a Op,
        claims: &Map<String, Value>,
    ) -> Option<RequestCard<'a>> {
        let metadata = self.client.view.metadata.as_deref()?;
        Some(RequestCard {
            id: &self.id,
            path: &self.path,
            csrf: &self.csrf,
            client: ClientCard::of(metadata),
            binding_message: self.binding_message.as_deref(),
            scopes: self.waiting.request.scope.iter().map(|t| line(op, t, claims)).collect(),
            asked_at: self.asked_at(),
            place: self.place.as_deref(),
            seconds_left: self.seconds_left,
        })
    }

    /// What the card showed, as evidence. The binding message is on record with the request.
    pub(super) fn shown(&self, op: &Op) -> ShownConsent {
        let name = self.client.view.metadata.as_deref().map_or("", |client| client.display_name());
        let line = |token: &str| ShownScope {
            scope: token.to_owned(),
            text: sentence(op, token).to_owned(),
        };
        ShownConsent {
            client_name: name.to_owned(),
            scopes: self.waiting.request.scope.iter().map(line).collect(),
            locale: ui::LANGUAGE.to_owned(),
        }
    }

    const fn asked_at(&self) -> Timestamp {
        self.waiting.requested_at
    }
}

async fn reveal(
    op: &Op,
    stream: StreamId,
    event: &str,
    field: &str,
    sealed: Option<&Sealed>,
) -> Option<Vec<u8>> {
    match op.privacy.open(sealed?, stream, event, field).await {
        Ok(bytes) => Some(bytes.to_vec()),
        Err(cause) => {
            tracing::warn!(%stream, field, %cause, "a field of a waiting request cannot be opened");
            None
        }
    }
}
