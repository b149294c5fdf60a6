//! From events to rows.

use moneta_events::{
    Category, ClientId, EventPayload, Reason, StreamId, SubjectId, Timestamp,
    approval::ApprovalEvent,
    backchannel::BackchannelEvent,
    client::GrantType,
    device::DeviceEvent,
    direct::DirectEvent,
    token::TokenEvent,
    transaction::{Requested, TransactionEvent},
};
use rusqlite::{Connection, Row};

use super::{Ending, State, Summary};
use crate::{
    Projection, ProjectionError,
    projection::{Event, Rejected},
    rows::{self, StreamRow, Values, known, missing, word},
};

/// Keeps one row for each grant.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timeline;

impl Projection for Timeline {
    fn name(&self) -> &'static str {
        "timeline"
    }

    fn version(&self) -> u32 {
        2
    }

    fn schema(&self) -> &'static str {
        include_str!("../sql/timeline.sql")
    }

    fn reads(&self, category: Category) -> bool {
        match category {
            Category::Transaction | Category::Backchannel | Category::Device | Category::Direct => {
                true
            }
            Category::Session
            | Category::Subject
            | Category::Username
            | Category::Client
            | Category::Consent
            | Category::Keyring
            | Category::Incident
            | Category::Configuration => false,
        }
    }

    fn apply(
        &self,
        connection: &Connection,
        table: &str,
        events: &[Event<'_>],
    ) -> Result<(), Rejected> {
        rows::apply::<Summary>(connection, table, events)
    }
}

/// What an event does to the row of its grant.
#[derive(Default)]
struct Change {
    state: Option<State>,
    outcome: Option<Ending>,
    subject: Option<SubjectId>,
    session: Option<StreamId>,
    deadline: Option<Timestamp>,
}

impl Change {
    fn to(state: State) -> Self {
        Self { state: Some(state), ..Self::default() }
    }

    fn end(state: State, outcome: Ending) -> Self {
        Self { state: Some(state), outcome: Some(outcome), ..Self::default() }
    }
}

/// `state` is how far the grant had come.
fn of_transaction(event: &TransactionEvent, state: State) -> Result<Change, ProjectionError> {
    Ok(match event {
        TransactionEvent::Requested(_) => return Err(ProjectionError::OutOfSequence),
        TransactionEvent::FactorVerified(verified) => {
            Change { subject: Some(verified.subject), ..Change::default() }
        }
        TransactionEvent::Authenticated(authenticated) => Change {
            subject: Some(authenticated.subject),
            session: Some(authenticated.session),
            ..Change::to(State::Authenticated)
        },
        TransactionEvent::Consented(_) => Change::to(State::Consented),
        TransactionEvent::CodeIssued(issued) => {
            Change { deadline: Some(issued.expires_at), ..Change::to(State::CodeIssued) }
        }
        // With a code beside them, the code is still waited for.
        TransactionEvent::FrontChannelIssued(_) if state == State::CodeIssued => Change::default(),
        TransactionEvent::FrontChannelIssued(_) | TransactionEvent::Answered(_) => {
            Change::end(State::Answered, Ending::Success)
        }
        TransactionEvent::CodeExchanged(_) => Change::end(State::Exchanged, Ending::Success),
        TransactionEvent::Denied(_) => Change::end(State::Denied, Ending::Denied),
        TransactionEvent::Refused(_) => Change::end(State::Refused, Ending::Refused),
        TransactionEvent::Expired(_) => Change::end(State::Expired, Ending::Refused),
        TransactionEvent::Token(event) => of_tokens(event),
        TransactionEvent::AuthenticationFailed(_)
        | TransactionEvent::CodeRefused(_)
        | TransactionEvent::CodeReplayed(_) => Change::default(),
    })
}

fn of_backchannel(event: &BackchannelEvent) -> Result<Change, ProjectionError> {
    Ok(match event {
        BackchannelEvent::Requested(_) | BackchannelEvent::Refused(_) => {
            return Err(ProjectionError::OutOfSequence);
        }
        BackchannelEvent::DeviceNotified(_) | BackchannelEvent::ClientNotified(_) => {
            Change::default()
        }
        BackchannelEvent::Approval(event) => of_approval(event),
    })
}

fn of_device(event: &DeviceEvent) -> Result<Change, ProjectionError> {
    Ok(match event {
        DeviceEvent::Requested(_) | DeviceEvent::Refused(_) => {
            return Err(ProjectionError::OutOfSequence);
        }
        DeviceEvent::Claimed(claimed) => Change {
            subject: Some(claimed.subject),
            session: Some(claimed.session),
            ..Change::to(State::Authenticated)
        },
        DeviceEvent::Approval(event) => of_approval(event),
    })
}

fn of_approval(event: &ApprovalEvent) -> Change {
    match event {
        ApprovalEvent::Approved(approved) => Change {
            subject: Some(approved.subject),
            session: approved.session,
            ..Change::to(State::Consented)
        },
        ApprovalEvent::Denied(_) => Change::end(State::Denied, Ending::Denied),
        ApprovalEvent::Expired(_) => Change::end(State::Expired, Ending::Refused),
        ApprovalEvent::Redeemed(_) => Change::end(State::Exchanged, Ending::Success),
        ApprovalEvent::Token(event) => of_tokens(event),
        ApprovalEvent::Failed(_) | ApprovalEvent::RedemptionRefused(_) => Change::default(),
    }
}

fn of_tokens(event: &TokenEvent) -> Change {
    match event {
        // Only where it has not ended otherwise: a code that was revoked before it was redeemed.
        TokenEvent::Revoked(_) => Change::end(State::Revoked, Ending::Refused),
        TokenEvent::Issued(_)
        | TokenEvent::Rotated(_)
        | TokenEvent::RefreshRefused(_)
        | TokenEvent::Replayed(_)
        | TokenEvent::AccessTokenRevoked(_) => Change::default(),
    }
}

impl Summary {
    fn open(event: &Event<'_>, grant_type: &str, client: &ClientId) -> Self {
        Self {
            stream: event.head.stream,
            grant_type: grant_type.to_owned(),
            client: client.clone(),
            subject: None,
            session: None,
            started_at: event.head.occurred_at,
            last_at: event.head.occurred_at,
            state: State::Requested,
            outcome: Ending::Open,
            reason: None,
            events: 1,
            duration: None,
            deadline: None,
        }
    }

    fn requested(event: &Event<'_>, requested: &Requested) -> Self {
        let deadline = Some(requested.expires_at);
        let mut words = requested.response_type.split(' ');
        let grant_type = match requested.response_type.as_str() {
            "none" => "none",
            _ if words.any(|word| word == "code") => "authorization_code",
            _ => "implicit",
        };
        Self { deadline, ..Self::open(event, grant_type, &requested.client_id) }
    }

    /// A request that the provider refused at once.
    fn refused(event: &Event<'_>, grant: GrantType, client: &ClientId, reason: Reason) -> Self {
        let mut row = Self::open(event, grant.as_str(), client);
        let change = Change::end(State::Refused, Ending::Refused);
        row.change(event.head.occurred_at, &change, Some(reason));
        row
    }

    fn begin_backchannel(event: &Event<'_>) -> Result<Self, ProjectionError> {
        let grant = GrantType::Ciba;
        match event.head.payload()? {
            BackchannelEvent::Requested(requested) => Ok(Self {
                subject: Some(requested.subject),
                deadline: Some(requested.expires_at),
                ..Self::open(event, grant.as_str(), &requested.client_id)
            }),
            BackchannelEvent::Refused(refused) => {
                Ok(Self::refused(event, grant, &refused.client_id, refused.reason))
            }
            _ => Err(ProjectionError::OutOfSequence),
        }
    }

    fn begin_device(event: &Event<'_>) -> Result<Self, ProjectionError> {
        let grant = GrantType::DeviceCode;
        match event.head.payload()? {
            DeviceEvent::Requested(requested) => Ok(Self {
                deadline: Some(requested.expires_at),
                ..Self::open(event, grant.as_str(), &requested.client_id)
            }),
            DeviceEvent::Refused(refused) => {
                Ok(Self::refused(event, grant, &refused.client_id, refused.reason))
            }
            _ => Err(ProjectionError::OutOfSequence),
        }
    }

    fn begin_direct(event: &Event<'_>) -> Result<Self, ProjectionError> {
        let DirectEvent::Granted(granted) = event.head.payload()? else {
            return Err(ProjectionError::OutOfSequence);
        };
        let mut row = Self::open(event, &granted.grant_type, &granted.client_id);
        let change = Change::end(State::Exchanged, Ending::Success);
        row.change(event.head.occurred_at, &change, None);
        Ok(row)
    }

    fn begin_transaction(event: &Event<'_>) -> Result<Self, ProjectionError> {
        match event.head.payload()? {
            TransactionEvent::Requested(requested) => Ok(Self::requested(event, &requested)),
            TransactionEvent::Refused(refused) => {
                let grant = GrantType::AuthorizationCode;
                Ok(Self::refused(event, grant, &refused.client_id, refused.reason))
            }
            _ => Err(ProjectionError::OutOfSequence),
        }
    }

    fn change(&mut self, at: Timestamp, change: &Change, reason: Option<Reason>) {
        self.last_at = at;
        self.state = change.state.unwrap_or(self.state);
        self.subject = change.subject.or(self.subject);
        self.session = change.session.or(self.session);
        self.reason = reason.or(self.reason);
        self.deadline = change.deadline.or(self.deadline);
        if let (Ending::Open, Some(outcome)) = (self.outcome, change.outcome) {
            self.outcome = outcome;
            self.duration = Some(at.micros_since(self.started_at).max(0));
            self.deadline = None;
        }
    }
}

impl StreamRow for Summary {
    const COLUMNS: &'static [&'static str] = &[
        "stream",
        "grant_type",
        "client",
        "started_at",
        "subject",
        "session",
        "last_at",
        "state",
        "outcome",
        "reason",
        "events",
        "duration",
        "deadline",
    ];
    const FIXED: usize = 4;

    fn begin(event: &Event<'_>) -> Result<Self, ProjectionError> {
        match event.head.stream.category {
            Category::Direct => Self::begin_direct(event),
            Category::Backchannel => Self::begin_backchannel(event),
            Category::Device => Self::begin_device(event),
            _ => Self::begin_transaction(event),
        }
    }

    fn follow(&mut self, event: &Event<'_>) -> Result<(), ProjectionError> {
        let (change, reason) = match event.head.stream.category {
            Category::Direct => match event.head.payload()? {
                DirectEvent::Granted(_) => return Err(ProjectionError::OutOfSequence),
                DirectEvent::Token(event) => (of_tokens(&event), event.outcome().reason),
            },
            Category::Backchannel => {
                let event: BackchannelEvent = event.head.payload()?;
                (of_backchannel(&event)?, event.outcome().reason)
            }
            Category::Device => {
                let event: DeviceEvent = event.head.payload()?;
                (of_device(&event)?, event.outcome().reason)
            }
            _ => {
                let event: TransactionEvent = event.head.payload()?;
                (of_transaction(&event, self.state)?, event.outcome().reason)
            }
        };
        self.change(event.head.occurred_at, &change, reason);
        self.events += 1;
        Ok(())
    }

    fn events(&self) -> u64 {
        self.events
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let reason = |code: &str| Reason::ALL.iter().copied().find(|known| known.as_str() == code);
        Ok(Self {
            stream: known(row, 0, StreamId::from_bytes)?.ok_or(missing(0))?,
            grant_type: row.get(1)?,
            client: ClientId(row.get(2)?),
            started_at: Timestamp::from_micros(row.get(3)?),
            subject: known(row, 4, StreamId::from_bytes)?.map(|stream| SubjectId(stream.uuid)),
            session: known(row, 5, StreamId::from_bytes)?,
            last_at: Timestamp::from_micros(row.get(6)?),
            state: word(row, 7, State::parse)?.ok_or(missing(7))?,
            outcome: word(row, 8, Ending::parse)?.ok_or(missing(8))?,
            reason: word(row, 9, reason)?,
            events: row.get::<_, i64>(10)?.cast_unsigned(),
            duration: row.get(11)?,
            deadline: row.get::<_, Option<i64>>(12)?.map(Timestamp::from_micros),
        })
    }

    fn write(&self, values: &mut Values<'_, '_>) -> rusqlite::Result<()> {
        values
            .push(self.stream.to_bytes())?
            .push(&self.grant_type)?
            .push(self.client.as_str())?
            .push(self.started_at.as_micros())?
            .push(self.subject.map(|subject| subject.stream().to_bytes()))?
            .push(self.session.map(StreamId::to_bytes))?
            .push(self.last_at.as_micros())?
            .push(self.state.as_str())?
            .push(self.outcome.as_str())?
            .push(self.reason.map(Reason::as_str))?
            .push(self.events.cast_signed())?
            .push(self.duration)?
            .push(self.deadline.map(Timestamp::as_micros))?;
        Ok(())
    }
}
