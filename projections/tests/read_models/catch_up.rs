use std::convert::Infallible;

use moneta_events::Category;
use moneta_projections::{
    CatchUpError, Event, Projection, ProjectionError, Rejected, Runner, Step,
    checkpoint::{self, Checkpoint},
    database, rebuild,
    registry::{Clients, Subjects},
    runner::BATCH,
    timeline::Timeline,
};
use rusqlite::{Connection, params};

use crate::support::{Log, transaction};

/// Counts the events of each stream; refuses what it is told to.
struct Counter {
    version: u32,
    step: i64,
    refuses: u64,
}

const COUNTER: Counter = Counter { version: 1, step: 1, refuses: 0 };

impl Projection for Counter {
    fn name(&self) -> &'static str {
        "counter"
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn schema(&self) -> &'static str {
        "CREATE TABLE {table} (stream BLOB NOT NULL PRIMARY KEY, number INTEGER NOT NULL);
         CREATE INDEX {table}_number ON {table} (number);"
    }

    fn reads(&self, category: Category) -> bool {
        category == Category::Transaction
    }

    fn apply(
        &self,
        connection: &Connection,
        table: &str,
        events: &[Event<'_>],
    ) -> Result<(), Rejected> {
        let sql = format!(
            "INSERT INTO {table} VALUES (?1, ?2) ON CONFLICT DO UPDATE SET number = number + ?2"
        );
        let mut statement = connection.prepare_cached(&sql).map_err(Rejected::at(0))?;
        for (at, event) in events.iter().enumerate() {
            let values = params![event.head.stream.to_bytes(), self.step];
            statement.execute(values).map_err(Rejected::at(at))?;
            // After it wrote, so that the test sees the write undone.
            if event.position == self.refuses {
                return Err(Rejected { at, cause: ProjectionError::OutOfSequence });
            }
        }
        Ok(())
    }
}

fn total(connection: &Connection) -> i64 {
    connection
        .query_row("SELECT coalesce(sum(number), 0) FROM counter", [], |row| row.get(0))
        .unwrap()
}

fn served(connection: &Connection, name: &str) -> Checkpoint {
    checkpoint::served(connection, name).unwrap().unwrap()
}

fn tables(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name LIKE 'counter%' ORDER BY 1";
    connection
        .prepare(sql)
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn some_log() -> Log {
    let mut log = Log::default();
    for number in 0..400 {
        log.code_flow(transaction(number), "web");
    }
    log
}

#[test]
fn every_event_takes_effect_once_however_often_the_runner_runs() {
    let mut log = some_log();
    let mut connection = database::in_memory().unwrap();
    assert_eq!(log.catch_up(&mut connection, &[&COUNTER]).0.unwrap(), 2_400);
    assert_eq!(total(&connection), 2_400);
    log.code_flow(transaction(999), "web");
    let (head, steps) = log.catch_up(&mut connection, &[&COUNTER]);
    assert_eq!(head.unwrap(), 2_406);
    let applied =
        Step::Applied { projection: "counter", building: false, position: 2_406, read: 6 };
    assert_eq!(steps, [applied]);
    assert_eq!(total(&connection), 2_406);
    let (_, steps) = log.catch_up(&mut connection, &[&COUNTER]);
    assert_eq!((steps, total(&connection)), (vec![], 2_406));
}

#[test]
fn an_empty_log_makes_empty_tables_that_answer() {
    let mut connection = database::in_memory().unwrap();
    let (head, _) = Log::default().catch_up(&mut connection, &[&COUNTER, &Timeline]);
    assert_eq!((head.unwrap(), total(&connection)), (0, 0));
}

#[test]
fn a_projection_halts_before_what_it_cannot_take_in_and_names_it() {
    let log = some_log();
    let mut connection = database::in_memory().unwrap();
    let halting = Counter { refuses: 1_500, ..COUNTER };
    for _ in 0..2 {
        let (result, _) = log.catch_up(&mut connection, &[&halting, &Timeline]);
        let Err(CatchUpError::Halted(halts)) = result else { panic!("{result:?}") };
        let [halt] = &halts[..] else { panic!("{halts:?}") };
        let event = &log.events[1_499];
        assert_eq!((halt.projection, halt.position), ("counter", 1_500));
        assert_eq!((halt.stream, halt.revision), (event.stream, event.revision));
        assert!(halt.to_string().contains(&event.stream.to_string()), "{halt}");
        assert_eq!(served(&connection, "timeline").position, 2_400, "the others go on");
        let standing = checkpoint::all(&connection).unwrap();
        let counter = standing.iter().find(|one| one.name == "counter").unwrap();
        assert_eq!(counter.position, 1_499, "what stands before it is taken in");
        assert_eq!(counter.halted, Some(halt.to_string()));
    }
    log.catch_up(&mut connection, &[&COUNTER]).0.unwrap();
    assert_eq!(total(&connection), 2_400, "a program that can goes on there");
    assert_eq!(served(&connection, "counter").halted, None);
}

#[test]
fn an_unknown_event_halts_who_would_have_to_know_it() {
    let mut log = some_log();
    log.add_unknown(transaction(7));
    log.code_flow(transaction(999), "web");
    let mut connection = database::in_memory().unwrap();
    let (result, _) = log.catch_up(&mut connection, &[&Timeline, &COUNTER]);
    let Err(CatchUpError::Halted(halts)) = result else { panic!("{result:?}") };
    assert_eq!((halts.len(), halts[0].projection, halts[0].position), (1, "timeline", 2_401));
    assert_eq!(served(&connection, "counter").position, 2_407);
}

#[test]
fn another_version_is_built_beside_the_old_one_which_serves_until_then() {
    let log = some_log();
    let mut connection = database::in_memory().unwrap();
    log.catch_up(&mut connection, &[&COUNTER]).0.unwrap();
    let second = Counter { version: 2, step: 10, refuses: 0 };
    // The log breaks off after the first batch of the rebuild.
    let mut calls = 0;
    let broken = moneta_projections::catch_up(
        &mut connection,
        &[&second],
        |after, limit| {
            calls += 1;
            if calls > 1 { Err("gone") } else { Ok(log.read(after, limit)) }
        },
        |_| {},
    );
    assert!(matches!(broken, Err(CatchUpError::Source("gone"))));
    assert_eq!((served(&connection, "counter").version, total(&connection)), (1, 2_400));
    assert_eq!(tables(&connection), ["counter", "counter_v1_b1", "counter_v2_b2"]);

    let (result, steps) = log.catch_up(&mut connection, &[&second]);
    result.unwrap();
    let rest = Step::Applied { projection: "counter", building: true, position: 2_400, read: 400 };
    assert_eq!(steps[0], rest, "goes on where it was interrupted");
    assert_eq!(steps.last(), Some(&Step::Swapped { projection: "counter", agrees: None }));
    assert_eq!((served(&connection, "counter").version, total(&connection)), (2, 24_000));
    assert_eq!(tables(&connection), ["counter", "counter_v2_b2"]);
}

#[test]
fn a_build_of_a_version_nobody_runs_any_more_is_cleared_away() {
    let log = some_log();
    let mut connection = database::in_memory().unwrap();
    log.catch_up(&mut connection, &[&COUNTER]).0.unwrap();
    let halting = Counter { version: 2, step: 10, refuses: 5 };
    log.catch_up(&mut connection, &[&halting]).0.unwrap_err();
    assert_eq!(tables(&connection), ["counter", "counter_v1_b1", "counter_v2_b2"]);
    let third = Counter { version: 3, step: 100, refuses: 0 };
    log.catch_up(&mut connection, &[&third]).0.unwrap();
    assert_eq!(tables(&connection), ["counter", "counter_v3_b2"]);
    assert_eq!(total(&connection), 240_000);
}

#[test]
fn a_requested_rebuild_says_whether_the_served_rows_were_right() {
    let log = some_log();
    let mut connection = database::in_memory().unwrap();
    log.catch_up(&mut connection, &[&Timeline, &COUNTER]).0.unwrap();
    for (spoiled, agrees) in [(false, true), (true, false)] {
        if spoiled {
            let table = served(&connection, "counter").table();
            let sql = format!("UPDATE {table} SET number = 7 WHERE rowid = 3");
            connection.execute(&sql, []).unwrap();
        }
        rebuild::request(&mut connection, &COUNTER).unwrap();
        rebuild::request(&mut connection, &COUNTER).unwrap();
        rebuild::request(&mut connection, &Timeline).unwrap();
        let (_, steps) = log.catch_up(&mut connection, &[&Timeline, &COUNTER]);
        assert!(steps.contains(&Step::Swapped { projection: "counter", agrees: Some(agrees) }));
        assert!(steps.contains(&Step::Swapped { projection: "timeline", agrees: Some(true) }));
        assert_eq!(total(&connection), 2_400);
    }
}

#[test]
fn a_rebuild_heals_what_halted() {
    let log = some_log();
    let mut connection = database::in_memory().unwrap();
    log.catch_up(&mut connection, &[&COUNTER]).0.unwrap();
    let table = served(&connection, "counter").table();
    let mut longer = some_log();
    longer.code_flow(transaction(999), "web");
    let halting = Counter { refuses: 2_401, ..COUNTER };
    longer.catch_up(&mut connection, &[&halting]).0.unwrap_err();
    connection.execute(&format!("DELETE FROM {table}"), []).unwrap();
    rebuild::request(&mut connection, &COUNTER).unwrap();
    longer.catch_up(&mut connection, &[&COUNTER]).0.unwrap();
    assert_eq!(total(&connection), 2_406);
}

#[test]
fn rows_of_another_log_are_not_gone_on_with() {
    let mut connection = database::in_memory().unwrap();
    let log = some_log();
    log.catch_up(&mut connection, &[&COUNTER]).0.unwrap();
    let mut shorter = Log::default();
    shorter.code_flow(transaction(1), "web");
    let mut other = Log::default();
    for number in 0..500 {
        other.code_flow(transaction(number), "other");
    }
    for (other, expected) in [(&shorter, 6), (&other, 3_000)] {
        let (result, steps) = other.catch_up(&mut connection, &[&COUNTER]);
        result.unwrap();
        assert_eq!(steps[0], Step::Restarted { projection: "counter" });
        assert_eq!(total(&connection), expected);
        assert_eq!(tables(&connection).len(), 2);
    }
}

#[test]
fn a_log_with_a_hole_is_not_read_on() {
    let mut log = some_log();
    log.events.remove(10);
    let mut connection = database::in_memory().unwrap();
    let (result, _) = log.catch_up(&mut connection, &[&COUNTER]);
    assert!(matches!(result, Err(CatchUpError::Hole { expected: 11, found: 12 })), "{result:?}");
}

#[test]
fn two_runners_of_one_file_do_not_count_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("read.db");
    let (mut first, mut second) = (database::open(&path).unwrap(), database::open(&path).unwrap());
    let log = some_log();
    let mut overtaken = false;
    let result = moneta_projections::catch_up(
        &mut first,
        &[&COUNTER],
        |after, limit| {
            if !overtaken {
                overtaken = true;
                log.catch_up(&mut second, &[&COUNTER]).0.unwrap();
            }
            Ok::<_, Infallible>(log.read(after, limit))
        },
        |_| {},
    );
    assert!(matches!(result, Err(CatchUpError::Contended)), "{result:?}");
    log.catch_up(&mut first, &[&COUNTER]).0.unwrap();
    assert_eq!(total(&database::open_read_only(&path).unwrap().unwrap()), 2_400);
}

/// The runner of a growing log, and what it did at each step.
fn follow(
    runner: &mut Runner<'_>,
    connection: &mut Connection,
    log: &Log,
    limit: usize,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for after in runner.positions() {
        let events = log.read(after, limit);
        let taken = runner.take_in::<Infallible>(connection, after, &events, |s| steps.push(s));
        taken.unwrap();
    }
    steps
}

fn open<'a>(
    connection: &mut Connection,
    log: &Log,
    projections: &[&'a dyn Projection],
) -> Runner<'a> {
    let event = |position| Ok::<_, Infallible>(log.read(position - 1, 1).pop());
    Runner::open(connection, projections, event, |_| {}).unwrap()
}

#[test]
fn a_rebuild_does_not_hold_up_the_others() {
    let mut log = some_log();
    let mut connection = database::in_memory().unwrap();
    log.catch_up(&mut connection, &[&COUNTER, &Timeline]).0.unwrap();
    let second = Counter { version: 2, step: 10, refuses: 0 };
    let mut runner = open(&mut connection, &log, &[&second, &Timeline]);
    assert_eq!(runner.positions(), [2_400, 0]);
    log.code_flow(transaction(999), "web");
    follow(&mut runner, &mut connection, &log, 100);
    assert_eq!(runner.positions(), [2_406, 100]);
    assert_eq!(served(&connection, "timeline").position, 2_406);
    while runner.positions().len() > 1 {
        follow(&mut runner, &mut connection, &log, 100);
    }
    runner.settle(&mut connection, |_| {}).unwrap();
    assert_eq!(total(&connection), 24_060);
}

#[test]
fn rows_are_the_same_however_the_log_is_cut_into_batches() {
    let mut log = Log::corpus();
    for event in some_log().events.into_iter().rev().take(60).rev() {
        log.append(event);
    }
    let all: [&dyn Projection; 4] = [&COUNTER, &Timeline, &Clients, &Subjects];
    let digests = |limit| {
        let mut connection = database::in_memory().unwrap();
        let mut runner = open(&mut connection, &log, &all);
        while !follow(&mut runner, &mut connection, &log, limit).is_empty() {}
        assert!(runner.standings().all(|one| one.halt.is_none()), "{:?}", runner.positions());
        let builds = checkpoint::all(&connection).unwrap();
        assert!(builds.iter().all(|build| build.position == log.events.len() as u64));
        let digest = |build| (rebuild::digest(&connection, build).unwrap(), build.position);
        builds.iter().map(digest).collect::<Vec<_>>()
    };
    let whole = digests(BATCH);
    assert_eq!(whole.len(), 4);
    for limit in [1, 2, 7] {
        assert_eq!(digests(limit), whole, "in batches of {limit}");
    }
}

#[test]
fn an_event_nobody_can_read_halts_only_who_would_have_to_read_it() {
    let mut log = some_log();
    log.push(transaction(7), 6, b"no event at all");
    log.code_flow(transaction(999), "web");
    let mut connection = database::in_memory().unwrap();
    let (result, _) = log.catch_up(&mut connection, &[&Timeline, &Clients]);
    let Err(CatchUpError::Halted(halts)) = result else { panic!("{result:?}") };
    assert_eq!((halts.len(), halts[0].projection, halts[0].position), (1, "timeline", 2_401));
    assert_eq!(served(&connection, "registry_clients").position, 2_407);
}

#[test]
fn what_halts_in_its_first_build_is_served_as_far_as_it_goes() {
    let log = some_log();
    let mut connection = database::in_memory().unwrap();
    let halting = Counter { refuses: 1_500, ..COUNTER };
    log.catch_up(&mut connection, &[&halting]).0.unwrap_err();
    assert_eq!((served(&connection, "counter").position, total(&connection)), (1_499, 1_499));
    let second = Counter { version: 2, refuses: 1_000, ..COUNTER };
    log.catch_up(&mut connection, &[&second]).0.unwrap_err();
    assert_eq!((served(&connection, "counter").version, total(&connection)), (1, 1_499));
}

#[test]
fn what_does_not_follow_on_its_stream_is_not_taken_in() {
    for missing in [0, 1] {
        let mut log = Log::default();
        log.code_flow(transaction(1), "web");
        log.events.remove(missing);
        for (position, event) in (1..).zip(&mut log.events) {
            event.position = position;
        }
        let mut connection = database::in_memory().unwrap();
        let (result, _) = log.catch_up(&mut connection, &[&Timeline]);
        let Err(CatchUpError::Halted(halts)) = result else { panic!("{result:?}") };
        assert!(matches!(halts[0].cause, ProjectionError::OutOfSequence), "{halts:?}");
        assert_eq!(halts[0].position, missing as u64 + 1);
    }
}

#[test]
fn a_file_that_is_no_database_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("read.db");
    assert!(database::open_read_only(&path).unwrap().is_none());
    std::fs::write(&path, "This was never a database, whatever its name says.".repeat(100))
        .unwrap();
    some_log().catch_up(&mut database::open(&path).unwrap(), &[&COUNTER]).0.unwrap();
    assert_eq!(total(&database::open_read_only(&path).unwrap().unwrap()), 2_400);
}
