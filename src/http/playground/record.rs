//! What the provider put on record about a transaction.

use moneta_events::{
    ActorKind, Category, ClientId, Recorded, StreamId, SubjectId,
    chain::{self, BrokenChain},
    transaction::TransactionEvent,
};
use moneta_projections::timeline::describe_recorded;
use uuid::Uuid;

use super::{CLIENT_ID, json, seen::Seen, session::Attempt};
use crate::{
    http::{op::Op, pages::Trouble},
    ui::{Chain, Status, TimelineEntry},
};

/// Pages of the log that are searched for a request; more has not happened since in a demonstration.
const SEARCHED: usize = 20;

/// The record of one transaction.
pub(super) struct Record {
    pub(super) client: Option<ClientId>,
    pub(super) subject: Option<SubjectId>,
    pub(super) configuration: String,
    pub(super) status: Status,
    pub(super) chain: Chain,
    pub(super) entries: Vec<TimelineEntry>,
    /// The order that was carried out last, and where its events begin.
    last_order: (Uuid, usize),
}

impl Record {
    /// Reads the record; `None` where there is none, or none of a transaction.
    pub(super) async fn read(op: &Op, stream: StreamId) -> Result<Option<Self>, Trouble> {
        if !matches!(stream.category, Category::Transaction | Category::Direct) {
            return Ok(None);
        }
        let events = op.facts.events(stream).await?;
        let mut record = Self {
            client: None,
            subject: None,
            configuration: String::new(),
            status: Status::InProgress,
            chain: chain(&events),
            entries: Vec::with_capacity(events.len()),
            last_order: (Uuid::nil(), 0),
        };
        for event in &events {
            record.take_in(event);
        }
        Ok((!record.entries.is_empty()).then_some(record))
    }

    /// An event that cannot be read is left out; the chain says that it is broken there.
    fn take_in(&mut self, event: &Recorded) {
        let (Ok(envelope), Ok(entry)) = (event.envelope(), describe_recorded(event)) else {
            return;
        };
        self.client = envelope.client.clone().or(self.client.take());
        self.subject = envelope.subject.or(self.subject);
        envelope.configuration.clone_into(&mut self.configuration);
        let before = self.entries.last().map(|last| last.event_type.as_str());
        self.status = after(self.status, before, entry.event_type);
        if envelope.order != self.last_order.0 {
            self.last_order = (envelope.order, self.entries.len());
        }
        let before = self.entries.last().map(|last| last.at);
        self.entries.push(TimelineEntry {
            at: entry.at,
            since_previous: before.map(|before| entry.at.micros_since(before)),
            actor: envelope.actor.kind,
            event_type: entry.event_type.to_owned(),
            sentence: entry.sentence,
            outcome: entry.outcome,
            reason: entry.reason,
            raw_json: json::pretty(&String::from_utf8_lossy(&event.body)),
        });
    }

    /// What happened last, for beside what the client was told: of the last events that were recorded
    /// together the one that says why, or else the last.
    pub(super) fn last_word(&self) -> Option<Seen> {
        let last = self.entries.get(self.last_order.1..)?;
        let entry = last.iter().find(|entry| entry.reason.is_some()).or(last.last())?;
        let seen = match entry.reason {
            None => Seen::on_record(&entry.event_type, entry.sentence.as_str()),
            Some(reason) => Seen::on_record(&entry.event_type, reason.sentence())
                .row("reason", reason.as_str())
                .row("rule", reason.rule())
                .row("step", entry.sentence.as_str()),
        };
        Some(seen.row("by", who(entry.actor)))
    }
}

const fn who(actor: ActorKind) -> &'static str {
    match actor {
        ActorKind::Browser => "a browser",
        ActorKind::User => "the end-user",
        ActorKind::Client => "the client",
        ActorKind::Operator => "an operator",
        ActorKind::System => "the provider",
    }
}

fn after(status: Status, before: Option<&str>, event_type: &str) -> Status {
    match event_type {
        // A code beside them is still waited for.
        "transaction.front_channel_issued" if before != Some("transaction.code_issued") => {
            Status::Completed
        }
        "transaction.denied" => Status::Denied,
        "transaction.refused" => Status::Refused,
        "transaction.expired" => Status::Expired,
        "transaction.code_exchanged" | "transaction.answered" | "direct.granted" => {
            Status::Completed
        }
        "transaction.code_replayed" | "token.replayed" => Status::Replayed,
        "token.revoked" if status != Status::Replayed => Status::Revoked,
        _ => status,
    }
}

fn chain(events: &[Recorded]) -> Chain {
    match chain::verify(events) {
        Ok(link) => Chain::Verified { head: link.digest.to_string() },
        Err(
            BrokenChain::Unreadable { revision, .. }
            | BrokenChain::Previous { revision, .. }
            | BrokenChain::Revision { expected: revision, .. },
        ) => Chain::Broken { revision },
    }
}

/// The transaction that an attempt began. An answer without a code names none, so the provider is asked
/// which of its transactions the request with this `nonce` opened.
pub(super) async fn find(op: &Op, attempt: &Attempt) -> Result<Option<StreamId>, Trouble> {
    let mut position = attempt.position;
    for _ in 0..SEARCHED {
        let page = op.facts.events_after(position).await?;
        let Some(last) = page.last() else { return Ok(None) };
        position = last.position;
        if let Some(event) = page.iter().find(|event| opens(event, &attempt.nonce)) {
            return Ok(Some(event.stream));
        }
    }
    Ok(None)
}

fn opens(event: &Recorded, nonce: &str) -> bool {
    if event.stream.category != Category::Transaction || event.revision != 0 {
        return false;
    }
    let Ok(envelope) = event.envelope() else { return false };
    match envelope.payload::<TransactionEvent>() {
        Ok(TransactionEvent::Requested(request)) => {
            request.client_id.as_str() == CLIENT_ID && request.nonce.as_deref() == Some(nonce)
        }
        _ => false,
    }
}
