//! Fetches the tokens of a backchannel request (CIBA Core 1.0 §10.1).

use std::{sync::Arc, time::Duration};

use moneta_events::{Category, Reason, StreamId};

use super::{approval::Fetch, mint::Minted};
use crate::{
    domain::{approval::Phase, backchannel::Backchannel},
    http::{caller::Caller, error::EndpointError, op::Op},
    protocol::{
        client_auth::AuthenticatedClient,
        error::OAuthError,
        handle::HandleKind,
        token::{approval::refusal, ciba::CibaRequest},
    },
};

pub(super) async fn redeem(
    op: &Op,
    caller: &Caller,
    client: &AuthenticatedClient<'_>,
    asked: &CibaRequest<'_>,
) -> Result<Minted, EndpointError> {
    let unknown = OAuthError::invalid_grant(Reason::ApprovalUnknown);
    let opened = op
        .handles
        .open(HandleKind::AuthReqId, asked.auth_req_id)
        .filter(|opened| opened.stream.category == Category::Backchannel)
        .ok_or(unknown)?;
    let stream = opened.stream;
    let mut state = op.grants.backchannel.state(stream).await?;
    let terms = state.terms().ok_or(unknown)?;
    let presented = (opened.digest, client.id());
    let is_pending = state.approval.redeemable(&terms, presented, caller.now).err()
        == Some(Reason::ApprovalPending);
    if is_pending && !op.terms.long_polling.is_zero() {
        let interval = state.request.as_ref().map_or(0, |request| request.interval);
        // Who asks too soon is told so at once, and holds no place.
        match op.polls.pending(stream, interval, caller.now) {
            Reason::ApprovalPending => {}
            reason => return Err(refusal(reason).into()),
        }
        state = decided(op, stream, op.terms.long_polling).await?;
        if state.approval.phase == Phase::Pending {
            return Err(refusal(Reason::ApprovalPending).into());
        }
    }
    let (Some(request), Some(terms)) = (&state.request, state.terms()) else {
        return Err(unknown.into());
    };
    let fetch = Fetch {
        stream,
        terms,
        audience: &request.audience,
        interval: request.interval,
        approval: &state.approval,
        secret: opened.digest,
        resources: &asked.resources,
    };
    fetch.redeem(op, caller, client).await
}

/// The state of a request once it is decided, or as it stands after `patience`; at once where too many wait.
async fn decided(
    op: &Op,
    stream: StreamId,
    patience: Duration,
) -> Result<Arc<Backchannel>, EndpointError> {
    let Some(mut waiter) = op.waiters.enter(stream) else {
        return Ok(op.grants.backchannel.state(stream).await?);
    };
    let wait = async {
        loop {
            let state = op.grants.backchannel.state(stream).await?;
            if state.approval.phase != Phase::Pending || !waiter.changed().await {
                return Ok::<_, EndpointError>(());
            }
        }
    };
    if let Ok(failed) = tokio::time::timeout(patience, wait).await {
        failed?;
    }
    Ok(op.grants.backchannel.state(stream).await?)
}
