//! Tells a client that its request is decided: that it can fetch its tokens, or the tokens themselves (CIBA
//! Core 1.0 §10.2, §10.3). What is sent can be made again, so nothing secret is stored.

use std::{sync::Arc, time::Duration};

use actix_web::web;
use async_trait::async_trait;
use moneta_events::{
    Actor, Recorded, StreamId,
    approval::{ApprovalEvent, Approved, Redeemed},
    backchannel::{BackchannelEvent, Notified, Requested},
    client::{ClientMetadata, TokenDeliveryMode},
    token::{Issued, TokenEvent},
};
use url::Url;

use crate::{
    domain::{
        approval::{Phase, Redeem},
        backchannel::{Backchannel, Command},
    },
    engine::{
        facts::client_stream,
        gate::{EndUser, Holder, Wish},
        order::{Context, Failure, Order},
        outbound::OutboundError,
    },
    http::{
        error::EndpointError,
        op::Op,
        token::mint::{Draft, Grant, Minted},
    },
    ports::{
        client_notifier::ClientNotifier,
        http_client::{Call, CallError},
    },
    protocol::{
        ciba::Notification, grantor::Grantor, handle::HandleKind, rules::OFFLINE_ACCESS,
        token::TokenResponse,
    },
};

/// Attempts at one client.
const ATTEMPTS: u32 = 6;
/// Seconds until the second attempt; twice as long each time.
const FIRST_PAUSE: u64 = 2;

/// Tells clients by what the doors work with.
pub struct Notifier(pub web::Data<Op>);

#[async_trait]
impl ClientNotifier for Notifier {
    async fn tell(&self, request: StreamId) -> Option<Duration> {
        match tell(&self.0, request).await {
            Ok(wait) => wait,
            Err(failure) => {
                tracing::warn!(%request, %failure, "a client could not be told");
                Some(Duration::from_secs(FIRST_PAUSE))
            }
        }
    }
}

async fn tell(op: &Op, stream: StreamId) -> Result<Option<Duration>, EndpointError> {
    let state = op.grants.backchannel.state(stream).await?;
    let Some(request) = state.request.clone() else { return Ok(None) };
    let is_told = request.delivery_mode == TokenDeliveryMode::Poll || state.client_notified.over;
    if is_told || state.approval.phase == Phase::Pending {
        return Ok(None);
    }
    let attempt = state.client_notified.attempts + 1;
    let sent = match call(op, stream, &state, &request).await? {
        Told::Nothing => return Ok(None),
        Told::Impossible => Sent { status: None, again: false },
        Told::Call(call) => {
            let client = client_stream(request.client_id.as_str());
            match op.outbound.send(client, *call, op.now()).await {
                Ok(answer) => {
                    let again = matches!(answer.status, 408 | 429 | 500..=599);
                    Sent { status: Some(answer.status), again }
                }
                Err(OutboundError::TooMany(seconds)) => {
                    return Ok(Some(Duration::from_secs(seconds.into())));
                }
                Err(OutboundError::Call(cause)) => {
                    Sent { status: None, again: cause != CallError::Forbidden }
                }
            }
        }
    };
    let again = sent.again && attempt < ATTEMPTS;
    let notified = Notified { attempt, status: sent.status, last: !again };
    let id = op.entropy().uuid(op.now());
    let order = Order { id, command: Command::NotifyClient(notified), context: own_work(op) };
    op.grants.backchannel.tell(stream, order).await?;
    Ok(again.then(|| Duration::from_secs(FIRST_PAUSE << (attempt - 1))))
}

/// What an attempt came to.
struct Sent {
    status: Option<u16>,
    again: bool,
}

/// What there is to tell.
enum Told {
    Nothing,
    /// Nobody can be called.
    Impossible,
    Call(Box<Call>),
}

async fn call(
    op: &Op,
    stream: StreamId,
    state: &Backchannel,
    request: &Requested,
) -> Result<Told, EndpointError> {
    let client = op.facts.client(request.client_id.as_str()).await?;
    let Some(metadata) = client.view.served() else { return Ok(Told::Impossible) };
    let endpoint = metadata.backchannel_client_notification_endpoint.as_deref();
    let Some(endpoint) = endpoint.and_then(|text| Url::parse(text).ok()) else {
        return Ok(Told::Impossible);
    };
    let Some(sealed) = &request.client_notification_token else { return Ok(Told::Impossible) };
    let (event, field) = ("backchannel.requested", "client_notification_token");
    let token = op.privacy.open(sealed, stream, event, field).await;
    let Some(token) = token.ok().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()) else {
        return Ok(Told::Impossible);
    };
    let secret = op.derived.secret(HandleKind::AuthReqId, stream, 0);
    let auth_req_id = op.handles.seal_lasting(HandleKind::AuthReqId, stream, &secret);
    let phase = state.approval.phase;
    let body = match (request.delivery_mode, phase) {
        (TokenDeliveryMode::Ping, Phase::Approved | Phase::Denied) => {
            json(&Notification::Ping { auth_req_id: &auth_req_id })
        }
        (TokenDeliveryMode::Push, Phase::Denied) => json(&Notification::denied(&auth_req_id)),
        (TokenDeliveryMode::Push, Phase::Expired) => json(&Notification::expired(&auth_req_id)),
        (TokenDeliveryMode::Push, Phase::Approved | Phase::Redeemed) => {
            push(op, stream, state, request, (metadata, &auth_req_id)).await?
        }
        _ => return Ok(Told::Nothing),
    };
    Ok(Told::Call(Box::new(Call::post_json(endpoint, body).bearer(&token))))
}

fn json(notification: &Notification<'_>) -> String {
    serde_json::to_string(notification).expect("text and numbers are always JSON")
}

/// The tokens of a request that was allowed, issued now or before, as they are sent.
async fn push(
    op: &Op,
    stream: StreamId,
    state: &Backchannel,
    request: &Requested,
    (client, auth_req_id): (&ClientMetadata, &str),
) -> Result<String, EndpointError> {
    let failed = || json(&Notification::transaction_failed(auth_req_id));
    let Some(approved) = &state.approval.approved else { return Ok(failed()) };
    let Some(minted) = tokens(op, stream, approved, request, (client, auth_req_id)).await? else {
        return Ok(failed());
    };
    let tokens = TokenResponse::bearer(&minted.access_token, minted.expires_in, &minted.scope)
        .with(minted.refresh_token.as_deref(), minted.id_token.as_deref());
    Ok(json(&Notification::Push { auth_req_id, tokens }))
}

async fn tokens(
    op: &Op,
    stream: StreamId,
    approved: &Arc<Approved>,
    request: &Requested,
    (client, auth_req_id): (&ClientMetadata, &str),
) -> Result<Option<Minted>, EndpointError> {
    let now = op.now();
    let grantor = Grantor::of_approval(approved);
    let end_user = EndUser {
        subject: grantor.subject,
        session: None,
        auth_time: grantor.auth_time,
        offline: approved.scope.contains(OFFLINE_ACCESS),
    };
    let holder = Holder { client_id: request.client_id.as_str(), end_user: Some(end_user) };
    let gate = op.facts.gate(holder, Wish::Issue, now).await?;
    let before = issued(op, stream).await?;
    if before.is_some() && gate.is_err() {
        return Ok(None);
    }
    let audience = if request.audience.is_empty() {
        op.audience_of(&approved.scope)
    } else {
        request.audience.clone()
    };
    let grant = Grant {
        stream,
        generation: 0,
        scope: approved.scope.clone(),
        audience,
        client,
        grantor: Some(grantor),
        now,
    };
    let draft = Draft::lasting(op, grant, before.as_ref().map(|(issued, _)| issued))?;
    let Some(draft) = draft else { return Ok(None) };
    let position = if let Some((_, position)) = before {
        position
    } else {
        let redeem = Redeem {
            secret: request.auth_req_id,
            client_id: request.client_id.clone(),
            gate,
            issued: Some(draft.issued.clone()),
            polls: Redeemed { polls: 0, slow_downs: 0 },
            now,
        };
        let id = op.entropy().uuid(now);
        match op.grants.redeem(stream, redeem, id, own_work(op)).await {
            Ok(position) => position.unwrap_or(0),
            Err(Failure::Refused(reason)) => {
                tracing::info!(%stream, reason = reason.as_str(), "nothing to push");
                return Ok(None);
            }
            Err(failure) => return Err(failure.into()),
        }
    };
    draft.mint_for(op, client, Some(&grantor), (position, Some(auth_req_id))).map(Some)
}

/// What was issued before, and where that is on record.
async fn issued(op: &Op, stream: StreamId) -> Result<Option<(Issued, u64)>, EndpointError> {
    let events = op.facts.events(stream).await?;
    Ok(events.iter().find_map(|event: &Recorded| {
        match event.envelope().ok()?.payload::<BackchannelEvent>().ok()? {
            BackchannelEvent::Approval(ApprovalEvent::Token(TokenEvent::Issued(issued))) => {
                Some((issued, event.position))
            }
            _ => None,
        }
    }))
}

fn own_work(op: &Op) -> Context {
    let now = op.now();
    let id = op.entropy().uuid(now);
    Context {
        now,
        actor: Actor::system("backchannel"),
        source: None,
        transaction: None,
        causation: id,
        correlation: id,
    }
}
