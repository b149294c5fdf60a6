//! Clients, one row each.

use std::collections::BTreeSet;

use moneta_events::{
    Category, ClientId, StreamId, Timestamp,
    client::{ClientEvent, ClientMetadata},
};
use rusqlite::{Connection, Row, params};
use serde::Serialize;

use super::State;
use crate::{
    Page, Projection, ProjectionError, QueryError,
    projection::{Event, Rejected},
    query::{PAGE, ask},
    rows::{self, StreamRow, Values, known, missing, word},
};

/// Keeps one row for each client.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clients;

impl Projection for Clients {
    fn name(&self) -> &'static str {
        "registry_clients"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        include_str!("../sql/registry_clients.sql")
    }

    fn reads(&self, category: Category) -> bool {
        category == Category::Client
    }

    fn apply(
        &self,
        connection: &Connection,
        table: &str,
        events: &[Event<'_>],
    ) -> Result<(), Rejected> {
        rows::apply::<Client>(connection, table, events)
    }
}

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Client {
    /// Its stream.
    pub stream: StreamId,
    /// Its identifier.
    pub client: ClientId,
    /// Since when it is registered.
    pub registered_at: Timestamp,
    /// The name shown to end-users.
    pub name: Option<String>,
    /// Whether it is one that cannot keep a secret.
    pub public: bool,
    /// Whether it is served.
    pub state: State,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// The origins its scripts may call from.
    pub web_origins: Vec<String>,
    /// How many events it has.
    pub events: u64,
}

impl Client {
    fn describe(&mut self, metadata: &ClientMetadata) {
        self.name.clone_from(&metadata.client_name);
        self.public = metadata.is_public();
        self.web_origins.clone_from(&metadata.web_origins);
    }
}

impl StreamRow for Client {
    const COLUMNS: &'static [&'static str] = &[
        "stream",
        "client",
        "registered_at",
        "name",
        "public",
        "state",
        "updated_at",
        "web_origins",
        "events",
    ];
    const FIXED: usize = 3;

    fn begin(event: &Event<'_>) -> Result<Self, ProjectionError> {
        let ClientEvent::Registered(registered) = event.head.payload()? else {
            return Err(ProjectionError::OutOfSequence);
        };
        let mut client = Self {
            stream: event.head.stream,
            client: registered.metadata.client_id.clone(),
            registered_at: event.head.occurred_at,
            name: None,
            public: false,
            state: State::Enabled,
            updated_at: event.head.occurred_at,
            web_origins: Vec::new(),
            events: 1,
        };
        client.describe(&registered.metadata);
        Ok(client)
    }

    fn follow(&mut self, event: &Event<'_>) -> Result<(), ProjectionError> {
        match event.head.payload()? {
            ClientEvent::Registered(_) => return Err(ProjectionError::OutOfSequence),
            ClientEvent::Updated(updated) => self.describe(&updated.metadata),
            ClientEvent::SecretRotated(_) | ClientEvent::WeaknessNoted(_) => {}
            ClientEvent::Disabled(_) => self.state = State::Disabled,
            ClientEvent::Enabled(_) => self.state = State::Enabled,
            ClientEvent::Deleted(_) => self.state = State::Deleted,
        }
        self.updated_at = event.head.occurred_at;
        self.events += 1;
        Ok(())
    }

    fn events(&self) -> u64 {
        self.events
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            stream: known(row, 0, StreamId::from_bytes)?.ok_or(missing(0))?,
            client: ClientId(row.get(1)?),
            registered_at: Timestamp::from_micros(row.get(2)?),
            name: row.get(3)?,
            public: row.get(4)?,
            state: word(row, 5, State::parse)?.ok_or(missing(5))?,
            updated_at: Timestamp::from_micros(row.get(6)?),
            web_origins: origins(row, 7)?,
            events: row.get::<_, i64>(8)?.cast_unsigned(),
        })
    }

    fn write(&self, values: &mut Values<'_, '_>) -> rusqlite::Result<()> {
        values
            .push(self.stream.to_bytes())?
            .push(self.client.as_str())?
            .push(self.registered_at.as_micros())?
            .push(&self.name)?
            .push(self.public)?
            .push(self.state.as_str())?
            .push(self.updated_at.as_micros())?
            .push(serde_json::json!(self.web_origins).to_string())?
            .push(self.events.cast_signed())?;
        Ok(())
    }
}

fn origins(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    known(row, column, |text| serde_json::from_slice(text).ok())?.ok_or(missing(column))
}

/// Lists clients by identifier, the deleted ones too: at most `limit` (at least 1, at most 1000) of those
/// that come after `after`.
pub fn clients(
    connection: &Connection,
    after: Option<&ClientId>,
    limit: u32,
) -> Result<Page<Client, ClientId>, QueryError> {
    let limit = limit.clamp(1, PAGE);
    ask(connection, &Clients, |served| {
        let sql = format!(
            "SELECT {} FROM registry_clients WHERE client > ? ORDER BY client LIMIT ?",
            Client::COLUMNS.join(", ")
        );
        let after = after.map_or("", ClientId::as_str);
        let rows: rusqlite::Result<_> = connection
            .prepare_cached(&sql)?
            .query_map(params![after, limit + 1], Client::read)?
            .collect();
        Ok(Page::cut(rows?, limit, served.position, |client: &Client| client.client.clone()))
    })
}

/// The origins that scripts of enabled clients may call from.
pub fn web_origins(connection: &Connection) -> Result<BTreeSet<String>, QueryError> {
    ask(connection, &Clients, |_| {
        let sql = "SELECT web_origins FROM registry_clients
                   WHERE state = 'enabled' AND web_origins <> '[]'";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut all = BTreeSet::new();
        while let Some(row) = rows.next()? {
            all.extend(origins(row, 0)?);
        }
        Ok(all)
    })
}
