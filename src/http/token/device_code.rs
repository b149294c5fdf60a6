//! Fetches the tokens of a device (RFC 8628 §3.4).

use moneta_events::{Category, Reason};

use super::{approval::Fetch, mint::Minted};
use crate::{
    http::{caller::Caller, error::EndpointError, op::Op},
    protocol::{
        client_auth::AuthenticatedClient, error::OAuthError, handle::HandleKind,
        token::device_code::DeviceCodeRequest,
    },
};

pub(super) async fn redeem(
    op: &Op,
    caller: &Caller,
    client: &AuthenticatedClient<'_>,
    asked: &DeviceCodeRequest<'_>,
) -> Result<Minted, EndpointError> {
    let unknown = OAuthError::invalid_grant(Reason::ApprovalUnknown);
    let opened = op
        .handles
        .open(HandleKind::DeviceCode, asked.device_code)
        .filter(|opened| opened.stream.category == Category::Device)
        .ok_or(unknown)?;
    let state = op.grants.devices.state(opened.stream).await?;
    let (Some(request), Some(terms)) = (&state.request, state.terms()) else {
        return Err(unknown.into());
    };
    let fetch = Fetch {
        stream: opened.stream,
        terms,
        audience: &request.audience,
        interval: request.interval,
        approval: &state.approval,
        secret: opened.digest,
        resources: &asked.resources,
    };
    fetch.redeem(op, caller, client).await
}
