//! kill -9 at random moments under load (the ledger method): what was acknowledged is there after the
//! restart, nothing is redeemed twice, and the log verifies. 200 cycles; with `MONETA_TEST_LONG=1`, 2,000
//! with spells of load twice as long.

mod http;
mod ledger;
mod provider;
mod random;
mod worker;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ledger::Tally;
use provider::Provider;
use random::Random;
use worker::Worker;

const WORKERS: usize = 4;

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_used_twice() {
    let long = std::env::var_os("MONETA_TEST_LONG").is_some();
    let (cycles, spell) = if long { (2_000, 500) } else { (200, 250) };
    let seed = std::env::var("MONETA_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or(0x6d6f_6e65_7461);
    println!("seed {seed} (set MONETA_TEST_SEED to change it)");
    let mut random = Random::new(seed);
    let data = tempfile::tempdir().unwrap();
    let mut provider = Provider::start(data.path(), None);
    let users = ["alice", "bob", "mallory"];
    let mut workers: Vec<Worker> = (0..WORKERS)
        .map(|at| Worker::sign_in(provider.address, users[at % users.len()], seed + at as u64))
        .collect();
    let mut tally = Tally::default();
    let mut restarts = Vec::with_capacity(cycles);
    for cycle in 0..cycles {
        let stop = Arc::new(AtomicBool::new(false));
        let spell = Duration::from_micros(random.below(spell * 1_000));
        workers = thread::scope(|scope| {
            let running: Vec<_> = workers
                .into_iter()
                .map(|mut worker| {
                    let stop = Arc::clone(&stop);
                    scope.spawn(move || {
                        while !stop.load(Ordering::Relaxed) {
                            worker.work();
                        }
                        worker
                    })
                })
                .collect();
            let begun = Instant::now();
            while begun.elapsed() < spell {
                thread::park_timeout(spell.saturating_sub(begun.elapsed()));
            }
            provider.kill();
            stop.store(true, Ordering::Relaxed);
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        if cycle % 25 == 24 {
            provider::verify(data.path());
        }
        let begun = Instant::now();
        provider = Provider::start(data.path(), Some(provider.address));
        restarts.push(begun.elapsed());
        for worker in &mut workers {
            worker.settle(&mut tally);
        }
    }
    drop(provider);
    let verified = provider::verify(data.path());
    restarts.sort();
    let percentile =
        |share: usize| restarts[(restarts.len() * share / 100).min(restarts.len() - 1)];
    println!("{verified}");
    println!(
        "{cycles} cycles, {} acknowledged operations checked, {} outcomes unknown to the client \
         (of them {} done, {} not), 0 violations; restart p50 {:?}, p99 {:?}",
        tally.acknowledged,
        tally.unknown,
        tally.unknown_done,
        tally.unknown - tally.unknown_done,
        percentile(50),
        percentile(99),
    );
    assert!(tally.acknowledged > cycles as u64, "the load was real");
    assert!(tally.unknown > 0, "some kills hit a request on its way");
}
