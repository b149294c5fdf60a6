//! The token families of every kind of grant.

use std::sync::Arc;

use moneta_events::{
    Category, backchannel::BackchannelEvent, device::DeviceEvent, direct::DirectEvent,
    transaction::TransactionEvent,
};

use super::{Terms, TokenFamily};
use crate::{Facts, View};

/// The token family of a browser authorization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionFamily(pub TokenFamily);

impl View for TransactionFamily {
    const CATEGORY: Category = Category::Transaction;
    type Event = TransactionEvent;

    fn apply(&mut self, facts: &Facts, event: &TransactionEvent) {
        let family = &mut self.0;
        match event {
            TransactionEvent::Requested(request) => {
                family.terms = Some(Arc::new(Terms {
                    client_id: request.client_id.clone(),
                    scope: request.scope.clone(),
                    audience: request.audience.as_slice().into(),
                    acr: Box::default(),
                    amr: Box::default(),
                }));
            }
            TransactionEvent::Authenticated(authenticated) => {
                family.subject = Some(authenticated.subject);
                family.session = Some(authenticated.session);
                family.auth_time = authenticated.auth_time;
                if let Some(terms) = family.terms.as_mut().map(Arc::make_mut) {
                    terms.acr = authenticated.acr.as_str().into();
                    terms.amr = authenticated.amr.as_slice().into();
                }
            }
            TransactionEvent::Consented(consented) => {
                if let Some(terms) = family.terms.as_mut().map(Arc::make_mut) {
                    terms.scope = consented.scope.clone();
                }
            }
            TransactionEvent::CodeReplayed(_) => family.revoke(),
            TransactionEvent::FrontChannelIssued(issued) => {
                if let Some(token) = &issued.access_token {
                    family.add(facts, 0, token);
                }
            }
            TransactionEvent::Token(event) => family.token_event(facts, event),
            TransactionEvent::AuthenticationFailed(_)
            | TransactionEvent::FactorVerified(_)
            | TransactionEvent::Denied(_)
            | TransactionEvent::Refused(_)
            | TransactionEvent::Expired(_)
            | TransactionEvent::CodeIssued(_)
            | TransactionEvent::CodeRefused(_)
            | TransactionEvent::CodeExchanged(_)
            | TransactionEvent::Answered(_) => {}
        }
    }
}

/// The token family of a grant without an end-user step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DirectFamily(pub TokenFamily);

impl View for DirectFamily {
    const CATEGORY: Category = Category::Direct;
    type Event = DirectEvent;

    fn apply(&mut self, facts: &Facts, event: &DirectEvent) {
        match event {
            DirectEvent::Granted(granted) => {
                let token = &granted.tokens.access_token;
                self.0.terms = Some(Arc::new(Terms {
                    client_id: granted.client_id.clone(),
                    scope: token.scope.clone(),
                    audience: token.audience.as_slice().into(),
                    acr: Box::default(),
                    amr: Box::default(),
                }));
                self.0.issue(facts, &granted.tokens);
            }
            DirectEvent::Token(event) => self.0.token_event(facts, event),
        }
    }
}

/// The token family of a backchannel request. It is bound to no browser session: the end-user decided
/// elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackchannelFamily(pub TokenFamily);

impl View for BackchannelFamily {
    const CATEGORY: Category = Category::Backchannel;
    type Event = BackchannelEvent;

    fn apply(&mut self, facts: &Facts, event: &BackchannelEvent) {
        match event {
            BackchannelEvent::Requested(request) => {
                self.0.ask(&request.client_id, &request.scope, &request.audience);
            }
            BackchannelEvent::Approval(event) => self.0.approval_event(facts, event),
            BackchannelEvent::Refused(_)
            | BackchannelEvent::DeviceNotified(_)
            | BackchannelEvent::ClientNotified(_) => {}
        }
    }
}

/// The token family of a device authorization request. It is bound to no browser session: the device is
/// not the browser the end-user decided in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceFamily(pub TokenFamily);

impl View for DeviceFamily {
    const CATEGORY: Category = Category::Device;
    type Event = DeviceEvent;

    fn apply(&mut self, facts: &Facts, event: &DeviceEvent) {
        match event {
            DeviceEvent::Requested(request) => {
                self.0.ask(&request.client_id, &request.scope, &request.audience);
            }
            DeviceEvent::Approval(event) => self.0.approval_event(facts, event),
            DeviceEvent::Refused(_) | DeviceEvent::Claimed(_) => {}
        }
    }
}
