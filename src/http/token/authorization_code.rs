//! Redeems a code (RFC 6749 §4.1.3, OpenID Connect Core 1.0 §3.1.3).

use moneta_events::{Actor, Category, Reason};

use super::mint::{Draft, Grant, Minted};
use crate::{
    domain::transaction::{Exchange, Step},
    engine::{
        facts::client_stream,
        gate::{EndUser, Holder, Wish},
        order::Order,
    },
    http::{caller::Caller, error::EndpointError, op::Op},
    protocol::{
        authorize::resource, client_auth::AuthenticatedClient, error::OAuthError, grantor::Grantor,
        handle::HandleKind, rules::OFFLINE_ACCESS, token::authorization_code::CodeRequest,
    },
};

pub(super) async fn redeem(
    op: &Op,
    caller: &Caller,
    client: &AuthenticatedClient<'_>,
    asked: &CodeRequest<'_>,
) -> Result<Minted, EndpointError> {
    let opened = op
        .handles
        .open(HandleKind::Code, asked.code)
        .filter(|opened| opened.stream.category == Category::Transaction)
        .ok_or(OAuthError::invalid_grant(Reason::CodeUnknown))?;
    let stream = opened.stream;
    let state = op.transactions.state(stream).await?;
    let (Some(requested), Some(authenticated)) = (&state.request, &state.authentication) else {
        return Err(OAuthError::invalid_grant(Reason::CodeUnknown).into());
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
    let granted_audience = if requested.audience.is_empty() {
        op.audience_of(&state.granted)
    } else {
        requested.audience.clone()
    };
    let audience = resource::narrow(&asked.resources, &granted_audience)?;
    let grantor = Grantor::of_transaction(requested, authenticated);
    let draft = Draft::new(
        op,
        Grant {
            stream,
            generation: 0,
            scope: state.granted.clone(),
            audience,
            client: metadata,
            grantor: Some(grantor),
            now: caller.now,
        },
    )?;
    let exchange = Exchange {
        code: opened.digest,
        client_id: client.id().clone(),
        redirect_uri: Some(asked.redirect_uri.to_owned()),
        code_verifier: asked.code_verifier.map(str::to_owned),
        attempts: op.rules.code_attempts,
        gate,
        issued: draft.issued.clone(),
        now: caller.now,
    };
    let key = op.privacy.data_key(client_stream(client.id().as_str())).await?;
    let order = Order {
        id: op.entropy().uuid(caller.now),
        command: vec![Step::Exchange(Box::new(exchange))],
        context: caller.context(op, stream, Actor::client(client.id()), &key),
    };
    let carried = op.transactions.tell(stream, order).await?;
    draft.mint(op, metadata, Some(&grantor), carried.position.unwrap_or(0))
}
