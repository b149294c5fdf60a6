//! Grants with a device apart: from the events of one order back to its command.

use std::sync::Arc;

use moneta_events::{
    Reason, Scope, Timestamp,
    approval::{ApprovalEvent, Redeemed},
    backchannel::BackchannelEvent,
    device::DeviceEvent,
    token::TokenEvent,
};

use super::{
    grants::{self, TokenCommand, nothing, other_than},
    rules::{Facts, Retold},
};
use crate::domain::{
    Aggregate as _,
    approval::{Approval, Phase, Redeem, Step, Terms},
    backchannel::{self, Backchannel},
    device::{self, Device},
};

impl Retold for Backchannel {
    fn retell(
        &self,
        events: &[BackchannelEvent],
        at: Timestamp,
    ) -> Option<(Self, backchannel::Command)> {
        let command = match events {
            [BackchannelEvent::Requested(request)] => {
                backchannel::Command::Request(Arc::clone(request))
            }
            [BackchannelEvent::Refused(refused)] => backchannel::Command::Refuse(refused.clone()),
            [BackchannelEvent::DeviceNotified(notified)] => {
                backchannel::Command::NotifyDevice(notified.clone())
            }
            [BackchannelEvent::ClientNotified(notified)] => {
                backchannel::Command::NotifyClient(notified.clone())
            }
            _ => {
                let events: Vec<_> = events
                    .iter()
                    .map(|event| match event {
                        BackchannelEvent::Approval(event) => Some(event),
                        _ => None,
                    })
                    .collect::<Option<_>>()?;
                let terms = self.terms()?;
                backchannel::Command::Approval(step(&self.approval, &terms, &events, at)?)
            }
        };
        Some((self.clone(), command))
    }

    fn facts(&self) -> Facts {
        let phase = if self.is_refused() { "refused" } else { phase(self.approval.phase) };
        facts(phase, self.client(), self.subject(), &self.approval)
    }
}

impl Retold for Device {
    fn retell(&self, events: &[DeviceEvent], at: Timestamp) -> Option<(Self, device::Command)> {
        let command = match events {
            [DeviceEvent::Requested(request)] => device::Command::Request(Arc::clone(request)),
            [DeviceEvent::Refused(refused)] => device::Command::Refuse(refused.clone()),
            [DeviceEvent::Claimed(claimed)] => device::Command::Claim {
                subject: claimed.subject,
                session: claimed.session,
                now: at,
            },
            _ => {
                let events: Vec<_> = events
                    .iter()
                    .map(|event| match event {
                        DeviceEvent::Approval(event) => Some(event),
                        _ => None,
                    })
                    .collect::<Option<_>>()?;
                let terms = self.terms()?;
                device::Command::Approval(step(&self.approval, &terms, &events, at)?)
            }
        };
        Some((self.clone(), command))
    }

    fn facts(&self) -> Facts {
        let phase = match self.approval.phase {
            _ if self.is_refused() => "refused",
            Phase::Pending if self.claimed.is_some() => "claimed",
            other => phase(other),
        };
        facts(phase, self.client(), self.subject(), &self.approval)
    }
}

/// The step that events of one order came from. What only the client knew gets a stand-in.
fn step(
    approval: &Approval,
    terms: &Terms<'_>,
    events: &[&ApprovalEvent],
    at: Timestamp,
) -> Option<Step> {
    let redeem = Redeem {
        secret: terms.secret,
        client_id: terms.client_id.clone(),
        gate: Ok(()),
        issued: Some(nothing(0)),
        polls: Redeemed { polls: 0, slow_downs: 0 },
        now: at,
    };
    Some(match events {
        [ApprovalEvent::Approved(approved)] => {
            Step::Approve { approved: Arc::clone(approved), now: at }
        }
        [ApprovalEvent::Failed(failed)] => Step::Fail(failed.reason),
        [ApprovalEvent::Denied(denied)] => Step::Deny { denied: denied.clone(), now: at },
        [ApprovalEvent::Expired(_)] => Step::Expire(at),
        [ApprovalEvent::Redeemed(polls), ApprovalEvent::Token(TokenEvent::Issued(issued))] => {
            let (polls, issued) = (polls.clone(), issued.clone());
            Step::Redeem(Box::new(Redeem { issued: Some(issued), polls, ..redeem }))
        }
        [ApprovalEvent::RedemptionRefused(refused)] => {
            let mut redeem = redeem;
            match refused.reason {
                Reason::ApprovalClientMismatch => redeem.client_id = other_than(terms.client_id),
                Reason::ApprovalRedeemed => {}
                Reason::ScopeExceedsGrant => {
                    let mut issued = nothing(0);
                    issued.access_token.scope = Scope::parse("\u{0} more than was allowed");
                    redeem.issued = Some(issued);
                }
                reason => redeem.gate = Err(reason),
            }
            Step::Redeem(Box::new(redeem))
        }
        _ => {
            let events = events.iter().map(|event| match event {
                ApprovalEvent::Token(event) => Some(event),
                _ => None,
            });
            let events: Vec<_> = events.collect::<Option<_>>()?;
            match grants::retell(&approval.tokens, terms.client_id, &events, at)? {
                TokenCommand::Refresh(refresh) => Step::Refresh(refresh),
                TokenCommand::Revoke { only, cause } => Step::Revoke { only, cause },
            }
        }
    })
}

fn facts(
    phase: &'static str,
    client: Option<&moneta_events::ClientId>,
    subject: Option<moneta_events::SubjectId>,
    approval: &Approval,
) -> Facts {
    let client = client.map(|client_id| ("client", client_id.to_string()));
    let subject = subject.map(|subject| ("subject", subject.to_string()));
    let granted = approval.approved.as_ref().map(|a| ("granted", a.scope.to_string()));
    [("phase", phase.to_owned())]
        .into_iter()
        .chain(client)
        .chain(subject)
        .chain(granted)
        .chain(grants::facts(&approval.tokens))
        .collect()
}

const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Pending => "requested",
        Phase::Approved => "approved",
        Phase::Denied => "denied",
        Phase::Redeemed => "exchanged",
        Phase::Expired => "expired",
    }
}
