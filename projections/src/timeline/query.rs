//! Looking for grants.

use std::{fmt, str::FromStr};

use moneta_events::{ClientId, Reason, StreamId, SubjectId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, ToSql, params};

use super::{Ending, State, Summary, Timeline};
use crate::{
    QueryError,
    query::{PAGE, ask},
    rows::{StreamRow as _, known, missing},
};

/// Which grants to list; what is `None` does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Asked for by this client.
    pub client: Option<ClientId>,
    /// Of this end-user.
    pub subject: Option<SubjectId>,
    /// In this session.
    pub session: Option<StreamId>,
    /// That came just so far.
    pub state: Option<State>,
    /// That ended like this.
    pub outcome: Option<Ending>,
    /// In which this was the last reason to refuse something.
    pub reason: Option<Reason>,
    /// Started then or later.
    pub since: Option<Timestamp>,
    /// Started before.
    pub until: Option<Timestamp>,
    /// On the page after this place.
    pub after: Option<Cursor>,
    /// At most so many; at least 1 and at most 1000.
    pub limit: u32,
}

/// A place in the list, newest grant first. Its text form is for links and command lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    started_at: Timestamp,
    stream: StreamId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.started_at.as_micros(), self.stream)
    }
}

/// The text is not a place in the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the list of transactions")]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (micros, stream) = text.split_once('.').ok_or(NotACursor)?;
        let micros = micros.parse().map_err(|_| NotACursor)?;
        let stream = stream.parse().map_err(|_| NotACursor)?;
        Ok(Self { started_at: Timestamp::from_micros(micros), stream })
    }
}

/// Some grants, newest first.
pub type Page = crate::query::Page<Summary, Cursor>;

/// An open grant whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapsed {
    /// Since when it is over.
    pub deadline: Timestamp,
    /// Its stream.
    pub stream: StreamId,
}

/// Lists grants, newest first.
pub fn list(connection: &Connection, filter: &Filter) -> Result<Page, QueryError> {
    let limit = filter.limit.clamp(1, PAGE);
    let (conditions, values) = conditions(filter);
    let values: Vec<&dyn ToSql> = values.iter().map(AsRef::as_ref).collect();
    ask(connection, &Timeline, |served| {
        // One more than asked for tells whether there is another page.
        let sql = format!(
            "SELECT {} FROM timeline{conditions} ORDER BY started_at DESC, stream DESC LIMIT {}",
            Summary::COLUMNS.join(", "),
            limit + 1
        );
        let rows: rusqlite::Result<_> =
            connection.prepare_cached(&sql)?.query_map(&*values, Summary::read)?.collect();
        Ok(Page::cut(rows?, limit, served.position, |row: &Summary| Cursor {
            started_at: row.started_at,
            stream: row.stream,
        }))
    })
}

/// The grant of this stream.
pub fn find(connection: &Connection, stream: StreamId) -> Result<Option<Summary>, QueryError> {
    ask(connection, &Timeline, |_| {
        let columns = Summary::COLUMNS.join(", ");
        connection
            .prepare_cached(&format!("SELECT {columns} FROM timeline WHERE stream = ?"))?
            .query_row([stream.to_bytes()], Summary::read)
            .optional()
    })
}

/// The grants that are open although their time was over at `now`, oldest first: at most `limit` of those
/// that come after `after`.
pub fn overdue(
    connection: &Connection,
    now: Timestamp,
    after: Option<Lapsed>,
    limit: usize,
) -> Result<Vec<Lapsed>, QueryError> {
    let (deadline, stream) = match after {
        Some(last) => (last.deadline.as_micros(), last.stream.to_bytes().to_vec()),
        None => (i64::MIN, Vec::new()),
    };
    ask(connection, &Timeline, |_| {
        connection
            .prepare_cached(
                "SELECT deadline, stream FROM timeline
                 WHERE deadline <= ? AND (deadline, stream) > (?, ?)
                 ORDER BY deadline, stream LIMIT ?",
            )?
            .query_map(
                params![
                    now.as_micros(),
                    deadline,
                    stream,
                    i64::try_from(limit).unwrap_or(i64::MAX)
                ],
                |row| {
                    Ok(Lapsed {
                        deadline: Timestamp::from_micros(row.get(0)?),
                        stream: known(row, 1, StreamId::from_bytes)?.ok_or(missing(1))?,
                    })
                },
            )?
            .collect()
    })
}

fn conditions(filter: &Filter) -> (String, Vec<Box<dyn ToSql>>) {
    let mut conditions = Vec::new();
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    let mut narrow = |condition: &'static str, value: Option<Box<dyn ToSql>>| {
        if let Some(value) = value {
            conditions.push(condition);
            values.push(value);
        }
    };
    narrow("client = ?", filter.client.as_ref().map(|id| Box::new(id.as_str().to_owned()) as _));
    narrow("subject = ?", filter.subject.map(|id| Box::new(id.stream().to_bytes()) as _));
    narrow("session = ?", filter.session.map(|id| Box::new(id.to_bytes()) as _));
    narrow("state = ?", filter.state.map(|state| Box::new(state.as_str()) as _));
    narrow("outcome = ?", filter.outcome.map(|outcome| Box::new(outcome.as_str()) as _));
    narrow("reason = ?", filter.reason.map(|reason| Box::new(reason.as_str()) as _));
    narrow("started_at >= ?", filter.since.map(|since| Box::new(since.as_micros()) as _));
    narrow("started_at < ?", filter.until.map(|until| Box::new(until.as_micros()) as _));
    if let Some(after) = filter.after {
        narrow("(started_at, stream) < (?, ?)", Some(Box::new(after.started_at.as_micros())));
        values.push(Box::new(after.stream.to_bytes()));
    }
    if conditions.is_empty() {
        return (String::new(), values);
    }
    (format!(" WHERE {}", conditions.join(" AND ")), values)
}
