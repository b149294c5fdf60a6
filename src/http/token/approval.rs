//! Fetches the tokens of a request that the end-user decides on a device apart (RFC 8628 §3.4, CIBA Core
//! 1.0 §10.1), whatever grant it is.

use moneta_events::{Actor, Digest, Reason, StreamId};

use super::mint::{Draft, Grant, Minted};
use crate::{
    domain::approval::{Approval, Redeem, Terms},
    engine::{
        facts::client_stream,
        gate::{EndUser, Holder, Wish},
        order::Failure,
    },
    http::{caller::Caller, error::EndpointError, op::Op},
    protocol::{
        authorize::resource, client_auth::AuthenticatedClient, grantor::Grantor,
        rules::OFFLINE_ACCESS, token::approval::refusal,
    },
};

/// A request as it stands, and what the client brings along for its tokens.
pub(super) struct Fetch<'a> {
    /// The request's stream.
    pub(super) stream: StreamId,
    /// What the request says.
    pub(super) terms: Terms<'a>,
    /// The resource servers it named.
    pub(super) audience: &'a [String],
    /// Seconds the client was told to leave between two tries.
    pub(super) interval: u32,
    /// Whether it is decided.
    pub(super) approval: &'a Approval,
    /// Digest of what was presented.
    pub(super) secret: Digest,
    /// The part of the audience the tokens are for (RFC 8707 §2.2).
    pub(super) resources: &'a [&'a str],
}

impl Fetch<'_> {
    /// Whoever comes first with the right secret gets the tokens; what the others are told is on record,
    /// where a rule refuses it.
    pub(super) async fn redeem(
        self,
        op: &Op,
        caller: &Caller,
        client: &AuthenticatedClient<'_>,
    ) -> Result<Minted, EndpointError> {
        let stream = self.stream;
        let presented = (self.secret, client.id());
        let approved = match self.approval.redeemable(&self.terms, presented, caller.now) {
            Ok(approved) => Some(approved),
            Err(Reason::ApprovalPending) => return Err(self.pending(op, caller)),
            Err(_) => None,
        };
        let grantor = approved.map(|approved| Grantor::of_approval(approved));
        let (mut gate, mut draft) = (Ok(()), None);
        if let (Some(approved), Some(grantor)) = (approved, grantor) {
            let end_user = EndUser {
                subject: grantor.subject,
                session: grantor.session,
                auth_time: grantor.auth_time,
                offline: approved.scope.contains(OFFLINE_ACCESS),
            };
            let holder = Holder { client_id: client.id().as_str(), end_user: Some(end_user) };
            gate = op.facts.gate(holder, Wish::Issue, caller.now).await?;
            let granted = if self.audience.is_empty() {
                op.audience_of(&approved.scope)
            } else {
                self.audience.to_vec()
            };
            let grant = Grant {
                stream,
                generation: 0,
                scope: approved.scope.clone(),
                audience: resource::narrow(self.resources, &granted)?,
                client: client.metadata(),
                grantor: Some(grantor),
                now: caller.now,
            };
            draft = Some(Draft::new(op, grant)?);
        }
        let redeem = Redeem {
            secret: self.secret,
            client_id: client.id().clone(),
            gate,
            issued: draft.as_ref().map(|draft| draft.issued.clone()),
            polls: op.polls.so_far(stream),
            now: caller.now,
        };
        let key = op.privacy.data_key(client_stream(client.id().as_str())).await?;
        let context = caller.context(op, stream, Actor::client(client.id()), &key);
        let id = op.entropy().uuid(caller.now);
        let position = match op.grants.redeem(stream, redeem, id, context).await {
            Ok(position) => position,
            Err(Failure::Refused(Reason::ApprovalPending)) => return Err(self.pending(op, caller)),
            Err(Failure::Refused(reason)) => return Err(refusal(reason).into()),
            Err(failure) => return Err(failure.into()),
        };
        op.polls.forget(stream);
        let Some(draft) = draft else {
            return Err(refusal(Reason::ApprovalPending).into());
        };
        draft.mint(op, client.metadata(), grantor.as_ref(), position.unwrap_or(0))
    }

    fn pending(&self, op: &Op, caller: &Caller) -> EndpointError {
        refusal(op.polls.pending(self.stream, self.interval, caller.now)).into()
    }
}
