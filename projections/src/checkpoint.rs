//! How far a projection's table has come, saved in the same SQLite transaction as its rows: so an event
//! takes effect exactly once, whatever is interrupted.

use moneta_events::Digest;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

/// The table that holds the checkpoints.
pub const SCHEMA: &str = include_str!("sql/checkpoint.sql");

/// Where one build of a projection's table stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The projection's name.
    pub name: String,
    /// Which of its builds.
    pub build: u32,
    /// The version of the code that fills it.
    pub version: u32,
    /// The log position of the last event it took in, 0 for none.
    pub position: u64,
    /// The digest of that event.
    pub digest: Digest,
    /// Whether queries read it.
    pub serving: bool,
    /// Why it stands still, where it does.
    pub halted: Option<String>,
}

const COLUMNS: &str = "name, build, version, position, digest, serving, halted";

impl Checkpoint {
    /// The name of the table.
    pub fn table(&self) -> String {
        format!("{}_v{}_b{}", self.name, self.version, self.build)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            name: row.get(0)?,
            build: row.get(1)?,
            version: row.get(2)?,
            position: row.get::<_, i64>(3)?.cast_unsigned(),
            digest: Digest(row.get(4)?),
            serving: row.get(5)?,
            halted: row.get(6)?,
        })
    }

    pub(crate) fn insert(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        let sql = format!("INSERT INTO projection ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)");
        tx.execute(
            &sql,
            params![
                self.name,
                self.build,
                self.version,
                self.position.cast_signed(),
                self.digest.0,
                self.serving,
                self.halted
            ],
        )?;
        Ok(())
    }

    /// Moves on to `position`, in the transaction that writes its rows. `false`, and nothing is changed,
    /// where somebody else has moved it meanwhile.
    pub(crate) fn advance(
        &mut self,
        tx: &Transaction<'_>,
        position: u64,
        digest: Digest,
    ) -> rusqlite::Result<bool> {
        let moved = tx
            .prepare_cached(
                "UPDATE projection SET position = ?, digest = ?, halted = NULL
                 WHERE name = ? AND build = ? AND position = ?",
            )?
            .execute(params![
                position.cast_signed(),
                digest.0,
                self.name,
                self.build,
                self.position.cast_signed()
            ])?;
        (self.position, self.digest, self.halted) = (position, digest, None);
        Ok(moved == 1)
    }

    /// Notes why it stands still.
    pub(crate) fn halt(&mut self, connection: &Connection, why: String) -> rusqlite::Result<()> {
        connection.execute(
            "UPDATE projection SET halted = ? WHERE name = ? AND build = ?",
            params![why, self.name, self.build],
        )?;
        self.halted = Some(why);
        Ok(())
    }

    /// Removes table and checkpoint.
    pub(crate) fn discard(&self, tx: &Transaction<'_>) -> rusqlite::Result<()> {
        if self.serving {
            tx.execute_batch(&format!("DROP VIEW IF EXISTS {}", self.name))?;
        }
        tx.execute_batch(&format!("DROP TABLE IF EXISTS {}", self.table()))?;
        tx.execute(
            "DELETE FROM projection WHERE name = ? AND build = ?",
            params![self.name, self.build],
        )?;
        Ok(())
    }
}

/// Every build of every projection.
pub fn all(connection: &Connection) -> rusqlite::Result<Vec<Checkpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM projection ORDER BY name, build");
    connection.prepare_cached(&sql)?.query_map([], Checkpoint::read)?.collect()
}

/// The builds of one projection, oldest first.
pub(crate) fn of(connection: &Connection, name: &str) -> rusqlite::Result<Vec<Checkpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM projection WHERE name = ? ORDER BY build");
    connection.prepare_cached(&sql)?.query_map([name], Checkpoint::read)?.collect()
}

/// The build of a projection that queries read; `None` until its first build is complete.
pub fn served(connection: &Connection, name: &str) -> rusqlite::Result<Option<Checkpoint>> {
    let sql = format!("SELECT {COLUMNS} FROM projection WHERE name = ? AND serving = 1");
    connection.prepare_cached(&sql)?.query_row([name], Checkpoint::read).optional()
}
