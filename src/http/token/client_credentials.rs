//! A client's own access token (RFC 6749 §4.4): one append, no actor, nothing to read.

use moneta_events::{Actor, Category, StreamId, client::GrantType, direct::Granted};

use super::mint::{Draft, Grant, Minted};
use crate::{
    domain::direct::{Command, Direct},
    engine::{facts::client_stream, order::Order},
    http::{caller::Caller, error::EndpointError, op::Op},
    protocol::{
        client_auth::AuthenticatedClient, token::client_credentials::ClientCredentialsRequest,
    },
};

pub(super) async fn grant(
    op: &Op,
    caller: &Caller,
    client: &AuthenticatedClient<'_>,
    asked: ClientCredentialsRequest,
) -> Result<Minted, EndpointError> {
    let stream = StreamId::new(Category::Direct, op.entropy().uuid(caller.now));
    let audience =
        if asked.audience.is_empty() { op.audience_of(&asked.scope) } else { asked.audience };
    let draft = Draft::new(
        op,
        Grant {
            stream,
            generation: 0,
            scope: asked.scope,
            audience,
            client: client.metadata(),
            grantor: None,
            now: caller.now,
        },
    )?;
    let granted = Granted {
        client_id: client.id().clone(),
        grant_type: GrantType::ClientCredentials.as_str().to_owned(),
        tokens: draft.issued.clone(),
    };
    let key = op.privacy.data_key(client_stream(client.id().as_str())).await?;
    let order = Order::<Direct> {
        id: op.entropy().uuid(caller.now),
        command: Command::Grant(Box::new(granted)),
        context: caller.context(op, stream, Actor::client(client.id()), &key),
    };
    let carried = op.ledger.begin(stream, &order).await?;
    draft.mint(op, client.metadata(), None, carried.position.unwrap_or(0))
}
