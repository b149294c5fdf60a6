//! Sentences for grants that the end-user decides about on a device apart.

use moneta_events::{
    Timestamp,
    approval::{ApprovalEvent, Approved, DecisionDevice, ProofMethod, Redeemed},
    backchannel::{BackchannelEvent, HintKind, Notified},
    client::TokenDeliveryMode,
    device::DeviceEvent,
};

use super::span;
use crate::timeline::Describe;

impl Describe for BackchannelEvent {
    fn sentence(&self, at: Timestamp) -> String {
        match self {
            Self::Requested(request) => format!(
                "Client {} asked an end-user, named by {}, for {}{}; it will {}. The request is good {}.",
                request.client_id,
                match request.hint {
                    HintKind::LoginHint => "login_hint",
                    HintKind::IdTokenHint => "id_token_hint",
                    HintKind::LoginHintToken => "login_hint_token",
                },
                request.scope,
                if request.binding_message.is_some() { " with a binding message" } else { "" },
                match request.delivery_mode {
                    TokenDeliveryMode::Poll => "ask for the tokens",
                    TokenDeliveryMode::Ping => "be told when to fetch the tokens",
                    TokenDeliveryMode::Push => "be sent the tokens",
                },
                span(at, request.expires_at)
            ),
            Self::Refused(refused) => {
                format!(
                    "The provider refused and told client {} {}.",
                    refused.client_id, refused.error
                )
            }
            Self::DeviceNotified(notified) => {
                format!("The end-user's device {}.", told(notified))
            }
            Self::ClientNotified(notified) => format!("The client {}.", told(notified)),
            Self::Approval(event) => event.sentence(at),
        }
    }
}

impl Describe for DeviceEvent {
    fn sentence(&self, at: Timestamp) -> String {
        match self {
            Self::Requested(request) => format!(
                "Client {} asked for {} and got codes for a device, good {}.",
                request.client_id,
                request.scope,
                span(at, request.expires_at)
            ),
            Self::Refused(refused) => {
                format!(
                    "The provider refused and told client {} {}.",
                    refused.client_id, refused.error
                )
            }
            Self::Claimed(_) => "An end-user who is signed in entered the user code.".to_owned(),
            Self::Approval(event) => event.sentence(at),
        }
    }
}

impl Describe for ApprovalEvent {
    fn sentence(&self, at: Timestamp) -> String {
        match self {
            Self::Approved(approved) => self::approved(approved),
            Self::Failed(failed) => {
                format!("Attempt {} to confirm it failed.", failed.attempt)
            }
            Self::Denied(denied) => {
                format!("The end-user said no {}.", place(denied.device))
            }
            Self::Expired(expired) => if expired.approved {
                "The end-user had allowed it, but the client did not fetch the tokens in time."
            } else {
                "The end-user did not decide in time."
            }
            .to_owned(),
            Self::Redeemed(redeemed) => {
                format!("The client fetched the tokens{}.", asked_before(redeemed))
            }
            Self::RedemptionRefused(refused) => {
                format!("Attempt {} to fetch the tokens was refused.", refused.attempt)
            }
            Self::Token(event) => event.sentence(at),
        }
    }
}

fn approved(approved: &Approved) -> String {
    format!(
        "The end-user allowed {} {}, {}; authentication context {}.",
        approved.scope,
        place(approved.device),
        match approved.proof.method {
            ProofMethod::Password => "confirmed with the password",
            ProofMethod::Passkey => "confirmed with a passkey",
            ProofMethod::Session => "signed in",
            ProofMethod::Service => "as the device service signed",
            ProofMethod::Test => "as a test said",
        },
        if approved.acr.is_empty() { "unknown" } else { &approved.acr }
    )
}

const fn place(device: DecisionDevice) -> &'static str {
    match device {
        DecisionDevice::Inbox => "in the device inbox",
        DecisionDevice::Verification => "on the verification page",
        DecisionDevice::Webhook => "with the device service",
        DecisionDevice::Test => "at the endpoint for tests",
    }
}

fn told(notified: &Notified) -> String {
    let end = if notified.last && !notified.is_taken() { "; nobody tries again" } else { "" };
    match notified.status {
        Some(status) => format!("was told (attempt {}, status {status}){end}", notified.attempt),
        None => format!("could not be reached (attempt {}){end}", notified.attempt),
    }
}

/// How patient the client was.
fn asked_before(redeemed: &Redeemed) -> String {
    let times = |count: u32| match count {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    };
    match (redeemed.polls, redeemed.slow_downs) {
        (0, _) => String::new(),
        (polls, 0) => format!("; it had asked {} before", times(polls)),
        (polls, early) => {
            format!("; it had asked {} before, {} of them too soon", times(polls), times(early))
        }
    }
}
