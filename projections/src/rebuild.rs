//! Building a projection's table anew beside the one that is served, and putting it in its place once it
//! has caught up. What was interrupted goes on where it stood.

use moneta_events::Digest;
use rusqlite::{Connection, Transaction, TransactionBehavior, types::ValueRef};

use crate::{
    Projection,
    checkpoint::{self, Checkpoint},
};

/// The builds of `projection` that take in events: the served one, where it is of this version, and the
/// one being built. Begins a build where the version calls for one, and clears away those nobody will
/// finish.
pub(crate) fn open(
    connection: &mut Connection,
    projection: &dyn Projection,
) -> rusqlite::Result<Vec<Checkpoint>> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (current, other): (Vec<_>, Vec<_>) = checkpoint::of(&tx, projection.name())?
        .into_iter()
        .partition(|known| known.version == projection.version());
    for abandoned in other.iter().filter(|known| !known.serving) {
        abandoned.discard(&tx)?;
    }
    let builds = if current.is_empty() { vec![begin(&tx, projection)?] } else { current };
    tx.commit()?;
    Ok(builds)
}

/// Asks for a new build although the version is the same, to compare it with the served one and replace
/// it. The next [`crate::catch_up`] carries it out.
pub fn request(connection: &mut Connection, projection: &dyn Projection) -> rusqlite::Result<()> {
    let builds = open(connection, projection)?;
    if builds.iter().all(|known| known.serving) {
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        begin(&tx, projection)?;
        tx.commit()?;
    }
    Ok(())
}

/// Gives up all builds, because their rows came from another log than the one at hand, and begins anew.
pub(crate) fn restart(
    connection: &mut Connection,
    projection: &dyn Projection,
) -> rusqlite::Result<Checkpoint> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let stale = checkpoint::of(&tx, projection.name())?;
    // Before the old ones go, so that the number of its build is a new one.
    let fresh = begin(&tx, projection)?;
    for old in stale {
        old.discard(&tx)?;
    }
    tx.commit()?;
    Ok(fresh)
}

fn begin(tx: &Transaction<'_>, projection: &dyn Projection) -> rusqlite::Result<Checkpoint> {
    let newest = checkpoint::of(tx, projection.name())?.iter().map(|known| known.build).max();
    let fresh = Checkpoint {
        name: projection.name().to_owned(),
        build: newest.unwrap_or(0) + 1,
        version: projection.version(),
        position: 0,
        digest: Digest::ZERO,
        serving: false,
        halted: None,
    };
    tx.execute_batch(&projection.schema().replace("{table}", &fresh.table()))?;
    fresh.insert(tx)?;
    Ok(fresh)
}

/// Serves `built` and drops what was served. Says whether both held the same rows, where they are of the
/// same version and have seen the same events.
pub(crate) fn swap(
    connection: &mut Connection,
    built: &mut Checkpoint,
) -> rusqlite::Result<Option<bool>> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut agrees = None;
    for old in checkpoint::of(&tx, &built.name)?.into_iter().filter(|known| known.serving) {
        if (old.version, old.position) == (built.version, built.position) {
            agrees = Some(digest(&tx, &old)? == digest(&tx, built)?);
        }
        old.discard(&tx)?;
    }
    tx.execute_batch(&format!("CREATE VIEW {} AS SELECT * FROM {}", built.name, built.table()))?;
    tx.execute(
        "UPDATE projection SET serving = 1 WHERE name = ? AND build = ?",
        (&built.name, built.build),
    )?;
    tx.commit()?;
    built.serving = true;
    Ok(agrees)
}

/// SHA-256 over all rows of a build, in the order of the primary key: equal for equal rows.
pub fn digest(connection: &Connection, build: &Checkpoint) -> rusqlite::Result<Digest> {
    let mut statement =
        connection.prepare(&format!("SELECT * FROM {} ORDER BY 1", build.table()))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut sum = Digest::ZERO;
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        bytes.clear();
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Null => bytes.push(0),
                ValueRef::Integer(number) => tagged(&mut bytes, 1, &number.to_be_bytes()),
                ValueRef::Real(number) => tagged(&mut bytes, 2, &number.to_bits().to_be_bytes()),
                ValueRef::Text(text) => tagged(&mut bytes, 3, text),
                ValueRef::Blob(blob) => tagged(&mut bytes, 4, blob),
            }
        }
        sum = Digest::of(&[&sum.0, &bytes]);
    }
    Ok(sum)
}

fn tagged(bytes: &mut Vec<u8>, tag: u8, value: &[u8]) {
    bytes.push(tag);
    bytes.extend_from_slice(&value.len().to_be_bytes());
    bytes.extend_from_slice(value);
}
