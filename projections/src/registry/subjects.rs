//! End-users of the built-in directory, one row each.

use moneta_events::{Category, StreamId, SubjectId, Timestamp, subject::SubjectEvent};
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::State;
use crate::{
    Page, Projection, ProjectionError, QueryError,
    projection::{Event, Rejected},
    query::{PAGE, ask},
    rows::{self, StreamRow, Values, known, missing, word},
};

/// Keeps one row for each end-user.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subjects;

impl Projection for Subjects {
    fn name(&self) -> &'static str {
        "registry_subjects"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("../sql/registry_subjects.sql")
    }

    fn reads(&self, category: Category) -> bool {
        category == Category::Subject
    }

    fn apply(
        &self,
        connection: &Connection,
        table: &str,
        events: &[Event<'_>],
    ) -> Result<(), Rejected> {
        rows::apply::<Subject>(connection, table, events)
    }
}

/// A registered end-user. Who it is, is sealed in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The pseudonym.
    pub subject: SubjectId,
    /// Since when they are registered.
    pub registered_at: Timestamp,
    /// Whether they may sign in.
    pub state: State,
    /// When anything about them last changed.
    pub changed_at: Timestamp,
    /// How many events they have.
    pub events: u64,
}

impl StreamRow for Subject {
    const COLUMNS: &'static [&'static str] =
        &["stream", "registered_at", "state", "changed_at", "events"];
    const FIXED: usize = 2;

    fn begin(event: &Event<'_>) -> Result<Self, ProjectionError> {
        let SubjectEvent::Registered(_) = event.head.payload()? else {
            return Err(ProjectionError::OutOfSequence);
        };
        Ok(Self {
            subject: SubjectId(event.head.stream.uuid),
            registered_at: event.head.occurred_at,
            state: State::Enabled,
            changed_at: event.head.occurred_at,
            events: 1,
        })
    }

    fn follow(&mut self, event: &Event<'_>) -> Result<(), ProjectionError> {
        match event.head.payload()? {
            SubjectEvent::Registered(_) => return Err(ProjectionError::OutOfSequence),
            SubjectEvent::PasswordChanged(_)
            | SubjectEvent::ClaimsChanged(_)
            | SubjectEvent::Factor(_) => {}
            SubjectEvent::Disabled(_) => self.state = State::Disabled,
            SubjectEvent::Enabled(_) => self.state = State::Enabled,
        }
        self.changed_at = event.head.occurred_at;
        self.events += 1;
        Ok(())
    }

    fn events(&self) -> u64 {
        self.events
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let stream = known(row, 0, StreamId::from_bytes)?.ok_or(missing(0))?;
        Ok(Self {
            subject: SubjectId(stream.uuid),
            registered_at: Timestamp::from_micros(row.get(1)?),
            state: word(row, 2, State::parse)?.ok_or(missing(2))?,
            changed_at: Timestamp::from_micros(row.get(3)?),
            events: row.get::<_, i64>(4)?.cast_unsigned(),
        })
    }

    fn write(&self, values: &mut Values<'_, '_>) -> rusqlite::Result<()> {
        values
            .push(self.subject.stream().to_bytes())?
            .push(self.registered_at.as_micros())?
            .push(self.state.as_str())?
            .push(self.changed_at.as_micros())?
            .push(self.events.cast_signed())?;
        Ok(())
    }
}

/// Lists end-users in the order they were registered, at most `limit` (at least 1, at most 1000) of those
/// that come after `after`.
pub fn subjects(
    connection: &Connection,
    after: Option<SubjectId>,
    limit: u32,
) -> Result<Page<Subject, SubjectId>, QueryError> {
    let limit = limit.clamp(1, PAGE);
    ask(connection, &Subjects, |served| {
        let sql = format!(
            "SELECT {} FROM registry_subjects WHERE stream > ? ORDER BY stream LIMIT ?",
            Subject::COLUMNS.join(", ")
        );
        let after = after.map_or_else(Vec::new, |last| last.stream().to_bytes().to_vec());
        let rows: rusqlite::Result<_> = connection
            .prepare_cached(&sql)?
            .query_map(params![after, limit + 1], Subject::read)?
            .collect();
        Ok(Page::cut(rows?, limit, served.position, |row: &Subject| row.subject))
    })
}
