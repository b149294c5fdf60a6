//! Rotates a refresh token (RFC 6749 §6, RFC 9700 §4.14).

use moneta_events::{Actor, Category, Reason};

use super::mint::{Draft, Grant, Minted};
use crate::{
    domain::{tokens::Refresh, transaction::Step},
    engine::{
        facts::client_stream,
        gate::{EndUser, Holder, Wish},
        order::Order,
    },
    http::{caller::Caller, error::EndpointError, op::Op},
    protocol::{
        authorize::resource,
        client_auth::AuthenticatedClient,
        error::OAuthError,
        grantor::Grantor,
        handle::HandleKind,
        rules::OFFLINE_ACCESS,
        token::refresh_token::{RefreshRequest, narrow},
    },
};

pub(super) async fn rotate(
    op: &Op,
    caller: &Caller,
    client: &AuthenticatedClient<'_>,
    asked: &RefreshRequest<'_>,
) -> Result<Minted, EndpointError> {
    let unknown = OAuthError::invalid_grant(Reason::RefreshTokenUnknown);
    let opened = op
        .handles
        .open(HandleKind::RefreshToken, asked.refresh_token)
        .filter(|opened| opened.stream.category == Category::Transaction)
        .ok_or(unknown)?;
    let stream = opened.stream;
    let state = op.transactions.state(stream).await?;
    let (Some(requested), Some(authenticated)) = (&state.request, &state.authentication) else {
        return Err(unknown.into());
    };
    let metadata = client.metadata();
    let end_user = EndUser {
        subject: authenticated.subject,
        session: Some(authenticated.session),
        auth_time: authenticated.auth_time,
        offline: state.granted.contains(OFFLINE_ACCESS),
    };
    let holder = Holder { client_id: requested.client_id.as_str(), end_user: Some(end_user) };
    let gate = op.facts.gate(holder, Wish::Issue, caller.now).await?;
    let is_own = requested.client_id == *client.id();
    // What a client may ask for of somebody else's grant is not worked out, and not told.
    let scope =
        if is_own { narrow(asked.scope.as_ref(), &state.granted)? } else { state.granted.clone() };
    let granted_audience = if requested.audience.is_empty() {
        op.audience_of(&scope)
    } else {
        requested.audience.clone()
    };
    let named = if is_own { asked.resources.as_slice() } else { &[] };
    let audience = resource::narrow(named, &granted_audience)?;
    let grantor = Grantor::of_transaction(requested, authenticated);
    let draft = Draft::new(
        op,
        Grant {
            stream,
            generation: opened.generation.saturating_add(1),
            scope,
            audience,
            client: metadata,
            grantor: Some(grantor),
            now: caller.now,
        },
    )?;
    let refresh = Refresh {
        generation: opened.generation,
        digest: opened.digest,
        client_id: client.id().clone(),
        gate,
        issued: draft.issued.clone(),
        now: caller.now,
    };
    let key = op.privacy.data_key(client_stream(client.id().as_str())).await?;
    let order = Order {
        id: op.entropy().uuid(caller.now),
        command: vec![Step::Refresh(Box::new(refresh))],
        context: caller.context(op, stream, Actor::client(client.id()), &key),
    };
    let carried = op.transactions.tell(stream, order).await?;
    draft.mint(op, metadata, Some(&grantor), carried.position.unwrap_or(0))
}
