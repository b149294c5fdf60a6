//! Rotates a refresh token (RFC 6749 §6, RFC 9700 §4.14), of whatever grant it is.

use std::sync::Arc;

use moneta_events::{
    Actor, Category, ClientId, Reason, Scope, StreamId,
    approval::Approved,
    transaction::{Authenticated, Requested},
};

use super::mint::{Draft, Grant, Minted};
use crate::{
    domain::{approval::Approval, tokens::Refresh},
    engine::{
        facts::client_stream,
        gate::{EndUser, Holder, Wish},
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

/// What a refresh needs to know of a grant.
struct Known {
    client_id: ClientId,
    audience: Vec<String>,
    granted: Scope,
    by: By,
}

/// Who allowed it.
enum By {
    Browser(Arc<Requested>, Arc<Authenticated>),
    Device(Arc<Approved>),
}

impl Known {
    fn grantor(&self) -> Grantor<'_> {
        match &self.by {
            By::Browser(requested, authenticated) => {
                Grantor::of_transaction(requested, authenticated)
            }
            By::Device(approved) => Grantor::of_approval(approved),
        }
    }

    fn of_approval(asked: Option<(&ClientId, &[String])>, approval: &Approval) -> Option<Self> {
        let (client_id, audience) = asked?;
        let approved = approval.approved.as_ref()?;
        Some(Self {
            client_id: client_id.clone(),
            audience: audience.to_vec(),
            granted: approved.scope.clone(),
            by: By::Device(Arc::clone(approved)),
        })
    }
}

/// What is on record of the grant; `None` where it never got so far.
async fn look_up(op: &Op, stream: StreamId) -> Result<Option<Known>, EndpointError> {
    Ok(match stream.category {
        Category::Transaction => {
            let state = op.transactions.state(stream).await?;
            let parties = state.request.as_ref().zip(state.authentication.as_ref());
            parties.map(|(requested, authenticated)| Known {
                client_id: requested.client_id.clone(),
                audience: requested.audience.clone(),
                granted: state.granted.clone(),
                by: By::Browser(Arc::clone(requested), Arc::clone(authenticated)),
            })
        }
        Category::Backchannel => {
            let state = op.grants.backchannel.state(stream).await?;
            let asked = state.request.as_deref().map(|r| (&r.client_id, r.audience.as_slice()));
            Known::of_approval(asked, &state.approval)
        }
        Category::Device => {
            let state = op.grants.devices.state(stream).await?;
            let asked = state.request.as_deref().map(|r| (&r.client_id, r.audience.as_slice()));
            Known::of_approval(asked, &state.approval)
        }
        _ => None,
    })
}

pub(super) async fn rotate(
    op: &Op,
    caller: &Caller,
    client: &AuthenticatedClient<'_>,
    asked: &RefreshRequest<'_>,
) -> Result<Minted, EndpointError> {
    let unknown = OAuthError::invalid_grant(Reason::RefreshTokenUnknown);
    let opened = op.handles.open(HandleKind::RefreshToken, asked.refresh_token).ok_or(unknown)?;
    let stream = opened.stream;
    let known = look_up(op, stream).await?.ok_or(unknown)?;
    let (metadata, grantor) = (client.metadata(), known.grantor());
    let end_user = EndUser {
        subject: grantor.subject,
        session: grantor.session,
        auth_time: grantor.auth_time,
        offline: known.granted.contains(OFFLINE_ACCESS),
    };
    let holder = Holder { client_id: known.client_id.as_str(), end_user: Some(end_user) };
    let gate = op.facts.gate(holder, Wish::Issue, caller.now).await?;
    let is_own = known.client_id == *client.id();
    // What a client may ask for of somebody else's grant is not worked out, and not told.
    let scope =
        if is_own { narrow(asked.scope.as_ref(), &known.granted)? } else { known.granted.clone() };
    let granted_audience =
        if known.audience.is_empty() { op.audience_of(&scope) } else { known.audience.clone() };
    let named = if is_own { asked.resources.as_slice() } else { &[] };
    let audience = resource::narrow(named, &granted_audience)?;
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
    let context = caller.context(op, stream, Actor::client(client.id()), &key);
    let id = op.entropy().uuid(caller.now);
    let position = op.grants.refresh(stream, refresh, id, context).await?;
    draft.mint(op, metadata, Some(&grantor), position.unwrap_or(0))
}
