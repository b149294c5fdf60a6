//! Refused requests that belong to no transaction: counted here, written down by a process. A stranger
//! moves a counter, never the log.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use moneta_events::{Reason, Timestamp};

/// Characters kept of what a request said of itself.
const EXAMPLE: usize = 400;

/// What was counted for one reason at one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub since: Timestamp,
    /// The last of them.
    pub until: Timestamp,
    /// What the first of them said of itself.
    pub example: String,
}

/// The counters of one node. Their number is that of reasons times endpoints.
#[derive(Debug, Default)]
pub struct Incidents(Mutex<HashMap<(Reason, &'static str), Tally>>);

impl Incidents {
    /// Counts a refusal. `example` is asked only for the first of a window.
    pub fn note(
        &self,
        reason: Reason,
        endpoint: &'static str,
        now: Timestamp,
        example: impl FnOnce() -> String,
    ) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry((reason, endpoint)).or_insert_with(|| Tally {
            count: 0,
            since: now,
            until: now,
            example: example().chars().take(EXAMPLE).collect(),
        });
        tally.count += 1;
        tally.until = tally.until.max(now);
    }

    /// Takes out everything counted so far.
    pub fn drain(&self) -> HashMap<(Reason, &'static str), Tally> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
