//! The table that the list is read from: the server's where it is at the head of the log, else a private
//! copy that is brought there from where the server's stands.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use moneta_events::Digest;
use moneta_projections::{
    Projection as _, Step, catch_up, checkpoint, database, timeline::Timeline,
};
use rusqlite::{Connection, backup::Backup};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};

use crate::{
    cli::terminal,
    store::{EventStore as _, sqlite::SqliteLog},
};

/// How long the server has to catch up before this does it by itself.
const PATIENCE: Duration = Duration::from_millis(600);
const AGAIN: Duration = Duration::from_millis(25);

/// What a server keeps, and the event it has come to.
struct Served {
    connection: Connection,
    position: u64,
    digest: Digest,
}

/// A connection to a table that has seen the whole log.
pub(super) async fn up_to_date(log: &Arc<SqliteLog>, read: &Path) -> anyhow::Result<Connection> {
    let head = log.head().await?;
    let until = Instant::now() + PATIENCE;
    let mut served = open(read);
    while served.as_ref().is_some_and(|served| served.position < head) && Instant::now() < until {
        sleep(AGAIN).await;
        served = open(read);
    }
    match served {
        Some(served) if served.position >= head && is_of(log, &served).await? => {
            Ok(served.connection)
        }
        behind => {
            let log = Arc::clone(log);
            let runtime = Handle::current();
            let work = move || by_itself(behind.as_ref(), &log, head, &runtime);
            tokio::task::spawn_blocking(work).await?
        }
    }
}

/// The server's table; nothing where there is none that can be used. What is wrong with it is the server's
/// to mend, and everything in it is in the log.
fn open(read: &Path) -> Option<Served> {
    let connection = database::open_read_only(read).ok()??;
    let checkpoint = checkpoint::served(&connection, Timeline.name()).ok()??;
    let usable = checkpoint.version == Timeline.version() && checkpoint.halted.is_none();
    let (position, digest) = (checkpoint.position, checkpoint.digest);
    usable.then_some(Served { connection, position, digest })
}

/// Whether it was made from this log, and not from one that a backup has replaced.
async fn is_of(log: &SqliteLog, served: &Served) -> anyhow::Result<bool> {
    let Some(before) = served.position.checked_sub(1) else { return Ok(true) };
    let last = log.read_all(before, 1).await?;
    Ok(last.first().is_some_and(|last| last.digest() == served.digest))
}

fn by_itself(
    behind: Option<&Served>,
    log: &SqliteLog,
    head: u64,
    runtime: &Handle,
) -> anyhow::Result<Connection> {
    let mut own = database::temporary()?;
    if let Some(behind) = behind {
        let copy = Backup::new(&behind.connection, &mut own)?;
        copy.run_to_completion(1_000, Duration::ZERO, None)?;
    }
    let bar = terminal::progress(head, "Reading the log");
    let source = |after, limit| runtime.block_on(log.read_all(after, limit));
    let told = catch_up(&mut own, &[&Timeline], source, |step| {
        if let Step::Applied { position, .. } = step {
            bar.set_position(position);
        }
    });
    bar.finish_and_clear();
    told.context("the list of transactions cannot be made")?;
    Ok(own)
}
