//! Tables with one row for each stream, folded from the stream's events. What a batch brings for one
//! stream is folded in memory first, so a stream costs one write however many of its events came.

use std::collections::{HashMap, hash_map::Entry};

use moneta_events::StreamId;
use rusqlite::{
    CachedStatement, Connection, OptionalExtension as _, Row, Statement, ToSql, types::ValueRef,
};

use crate::{
    ProjectionError,
    projection::{Event, Rejected},
};

/// A row of such a table.
pub(crate) trait StreamRow: Sized {
    /// The columns: `stream` first, then those that the first event sets for good, then the others.
    const COLUMNS: &'static [&'static str];

    /// How many of them the first event sets for good. No index on them alone is ever touched again.
    const FIXED: usize;

    /// The row after the first event of its stream.
    fn begin(event: &Event<'_>) -> Result<Self, ProjectionError>;

    /// The row after the next event.
    fn follow(&mut self, event: &Event<'_>) -> Result<(), ProjectionError>;

    /// How many events of its stream it has seen.
    fn events(&self) -> u64;

    /// Reads it from the columns.
    fn read(row: &Row<'_>) -> rusqlite::Result<Self>;

    /// Writes it, column by column.
    fn write(&self, values: &mut Values<'_, '_>) -> rusqlite::Result<()>;
}

/// The values of a row on their way into a statement.
pub(crate) struct Values<'a, 'c> {
    statement: &'a mut Statement<'c>,
    count: usize,
}

impl Values<'_, '_> {
    /// The value of the next column.
    pub(crate) fn push(&mut self, value: impl ToSql) -> rusqlite::Result<&mut Self> {
        self.count += 1;
        self.statement.raw_bind_parameter(self.count, value)?;
        Ok(self)
    }
}

/// A row in memory.
struct Held<R> {
    row: R,
    /// Whether the table has it.
    known: bool,
    /// The place in the batch of the first event for it.
    at: usize,
}

/// Folds a batch into a table.
pub(crate) fn apply<R: StreamRow>(
    connection: &Connection,
    table: &str,
    events: &[Event<'_>],
) -> Result<(), Rejected> {
    let select = format!("SELECT {} FROM {table} WHERE stream = ?", R::COLUMNS.join(", "));
    let mut held: Vec<Held<R>> = Vec::new();
    let mut places: HashMap<StreamId, usize> = HashMap::new();
    for (at, event) in events.iter().enumerate() {
        let (stream, revision) = (event.head.stream, event.head.revision);
        let place = match places.entry(stream) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) if revision == 0 => {
                let row = R::begin(event).map_err(Rejected::at(at))?;
                free.insert(held.len());
                held.push(Held { row, known: false, at });
                continue;
            }
            Entry::Vacant(free) => {
                let loaded = load(connection, &select, stream).map_err(Rejected::at(at))?;
                let row = loaded.ok_or(ProjectionError::OutOfSequence).map_err(Rejected::at(at))?;
                held.push(Held { row, known: true, at });
                *free.insert(held.len() - 1)
            }
        };
        let row = &mut held[place].row;
        if row.events() != revision {
            return Err(Rejected { at, cause: ProjectionError::OutOfSequence });
        }
        row.follow(event).map_err(Rejected::at(at))?;
    }
    let mut insert = insertion::<R>(connection, table).map_err(Rejected::at(0))?;
    let mut update = replacement::<R>(connection, table).map_err(Rejected::at(0))?;
    for Held { row, known, at } in &held {
        let statement = if *known { &mut update } else { &mut insert };
        row.write(&mut Values { statement, count: 0 })
            .and_then(|()| statement.raw_execute())
            .map_err(Rejected::at(*at))?;
    }
    Ok(())
}

fn load<R: StreamRow>(
    connection: &Connection,
    select: &str,
    stream: StreamId,
) -> rusqlite::Result<Option<R>> {
    connection.prepare_cached(select)?.query_row([stream.to_bytes()], R::read).optional()
}

fn insertion<'c, R: StreamRow>(
    connection: &'c Connection,
    table: &str,
) -> rusqlite::Result<CachedStatement<'c>> {
    let places: Vec<String> = (1..=R::COLUMNS.len()).map(|place| format!("?{place}")).collect();
    let (columns, places) = (R::COLUMNS.join(", "), places.join(", "));
    connection.prepare_cached(&format!("INSERT INTO {table} ({columns}) VALUES ({places})"))
}

fn replacement<'c, R: StreamRow>(
    connection: &'c Connection,
    table: &str,
) -> rusqlite::Result<CachedStatement<'c>> {
    let changing = R::COLUMNS.iter().zip(1..).skip(R::FIXED);
    let set: Vec<String> = changing.map(|(column, place)| format!("{column} = ?{place}")).collect();
    connection.prepare_cached(&format!("UPDATE {table} SET {} WHERE stream = ?1", set.join(", ")))
}

/// A stored word that must make sense where it is there at all.
pub(crate) fn word<T>(
    row: &Row<'_>,
    column: usize,
    read: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    known(row, column, |bytes| std::str::from_utf8(bytes).ok().and_then(read))
}

/// Text or bytes that must make sense where they are there at all.
pub(crate) fn known<T>(
    row: &Row<'_>,
    column: usize,
    read: impl FnOnce(&[u8]) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            read(bytes).map(Some).ok_or(missing(column))
        }
        ValueRef::Integer(_) | ValueRef::Real(_) => Err(missing(column)),
    }
}

/// A value that this program would not have written.
pub(crate) fn missing(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnIndex(column)
}
