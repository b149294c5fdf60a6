//! Decides in the place of an end-user. It exists in the demo and under test alone (`test_approval`), so that
//! clients and suites can be tried without anybody at a device.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use moneta_events::{
    Actor, Reason,
    approval::{Approved, DecisionDevice, Denied, Proof, ProofMethod},
    backchannel::Requested,
};
use serde::Deserialize;

use crate::{
    engine::{order::Failure, pending::Decision},
    http::{caller::Caller, error::EndpointError, op::Op},
    protocol::{error::OAuthError, handle::HandleKind},
};

/// Where it is.
pub const PATH: &str = "/test/backchannel/approve";

/// What is to be decided, and how.
#[derive(Debug, Deserialize)]
pub struct Query {
    auth_req_id: String,
    decision: Verdict,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    #[serde(alias = "allow")]
    Approve,
    Deny,
    Report,
}

/// `GET` or `POST /test/backchannel/approve?auth_req_id=…&decision=approve|deny|report`.
pub async fn decide(
    request: HttpRequest,
    op: web::Data<Op>,
    query: web::Query<Query>,
) -> Result<HttpResponse, EndpointError> {
    let caller = Caller::of(&request, &op);
    let unknown = const { OAuthError::malformed("there is no such auth_req_id") };
    let opened = op.handles.open(HandleKind::AuthReqId, &query.auth_req_id).ok_or(unknown)?;
    let state = op.grants.backchannel.state(opened.stream).await?;
    let requested = state.request.as_deref().ok_or(unknown)?;
    let decision = match query.decision {
        Verdict::Approve => Decision::Approve(Arc::new(approved(requested, &caller))),
        Verdict::Deny => denied(Reason::ConsentDenied),
        Verdict::Report => denied(Reason::RequestReported),
    };
    let key = op.privacy.data_key(requested.subject.stream()).await?;
    let actor = Actor::system("test");
    let context = caller.context(&op, opened.stream, actor, &key);
    match op.pending.decide(opened.stream, decision, context).await {
        Ok(_) => {
            let no_store = (header::CACHE_CONTROL, "no-store");
            Ok(HttpResponse::NoContent().insert_header(no_store).finish())
        }
        Err(Failure::Refused(reason)) => Err(OAuthError { reason, ..unknown_now() }.into()),
        Err(failure) => Err(failure.into()),
    }
}

fn approved(requested: &Requested, caller: &Caller) -> Approved {
    Approved {
        subject: requested.subject,
        scope: requested.scope.clone(),
        session: None,
        auth_time: caller.now,
        // A test says so.
        acr: requested.acr_values.first().cloned().unwrap_or_default(),
        amr: Vec::new(),
        shown: None,
        device: DecisionDevice::Test,
        proof: Proof { method: ProofMethod::Test, credential: None, assertion: None },
    }
}

const fn denied(reason: Reason) -> Decision {
    Decision::Deny(Denied { reason, shown: None, device: DecisionDevice::Test })
}

const fn unknown_now() -> OAuthError {
    const { OAuthError::malformed("the request is decided or over") }
}
