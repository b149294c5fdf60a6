//! How patiently clients ask for tokens that nobody has decided about (RFC 8628 §3.5, CIBA Core 1.0 §11).
//! Nothing of it goes on record while it lasts: asking changes nothing. A node that starts anew, or has
//! forgotten, is patient again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use moneta_events::{Reason, StreamId, Timestamp, approval::Redeemed};

/// Requests that are remembered, at most twice that.
const REMEMBERED: usize = 100_000;
/// Seconds that a client which asks too soon has to wait longer, from then on.
const SLOWER: i64 = 5;
/// What a request may be early by, in microseconds: the network holds up one more than the next.
const JITTER: i64 = 500_000;

/// Who asked when.
#[derive(Debug)]
pub struct Polls {
    capacity: usize,
    /// Requests asked about lately, and those asked about before.
    known: Mutex<(HashMap<StreamId, Asked>, HashMap<StreamId, Asked>)>,
}

/// How often was asked about one request.
#[derive(Debug, Clone, Copy)]
struct Asked {
    polls: u32,
    slow_downs: u32,
    /// When it may be asked about again, in microseconds.
    again_at: i64,
}

impl Default for Polls {
    fn default() -> Self {
        Self { capacity: REMEMBERED, known: Mutex::default() }
    }
}

impl Polls {
    /// Takes down that a client asked about a request that is not decided yet. `interval` is what it was
    /// told to leave between two times; why it gets no tokens: [`Reason::ApprovalPending`], or
    /// [`Reason::PolledTooSoon`] with five seconds more to wait, this time and every time after.
    pub fn pending(&self, request: StreamId, interval: u32, now: Timestamp) -> Reason {
        let now = now.as_micros();
        let mut guard = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (young, old) = &mut *guard;
        let before = old.remove(&request).or_else(|| young.get(&request).copied());
        let mut asked = before.unwrap_or(Asked { polls: 0, slow_downs: 0, again_at: i64::MIN });
        let wait = |asked: &Asked| {
            (i64::from(interval) + i64::from(asked.slow_downs).saturating_mul(SLOWER)) * 1_000_000
        };
        // Nobody has to wait longer than that: the clock was set back.
        let is_early = (1..=wait(&asked)).contains(&asked.again_at.saturating_sub(now + JITTER));
        asked.polls = asked.polls.saturating_add(1);
        asked.slow_downs = asked.slow_downs.saturating_add(u32::from(is_early));
        asked.again_at = now.saturating_add(wait(&asked));
        if young.len() >= self.capacity && !young.contains_key(&request) {
            *old = std::mem::take(young);
        }
        young.insert(request, asked);
        if is_early { Reason::PolledTooSoon } else { Reason::ApprovalPending }
    }

    /// How patient the client was, as it goes on record with the tokens.
    pub fn so_far(&self, request: StreamId) -> Redeemed {
        let guard = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = guard.0.get(&request).or_else(|| guard.1.get(&request));
        asked.map_or(Redeemed { polls: 0, slow_downs: 0 }, |asked| Redeemed {
            polls: asked.polls,
            slow_downs: asked.slow_downs,
        })
    }

    /// Forgets a request: there is nothing to ask for any more.
    pub fn forget(&self, request: StreamId) {
        let mut guard = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        guard.0.remove(&request);
        guard.1.remove(&request);
    }
}

#[cfg(test)]
mod tests {
    use moneta_events::Category;
    use uuid::Uuid;

    use super::*;

    const fn request(number: u128) -> StreamId {
        StreamId::new(Category::Device, Uuid::from_u128(number))
    }

    const fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000 + millis * 1_000)
    }

    #[test]
    fn rfc8628_3_5_each_impatience_adds_five_seconds_for_good() {
        let polls = Polls::default();
        let ask = |millis| polls.pending(request(1), 5, at(millis));
        let (pending, too_soon) = (Reason::ApprovalPending, Reason::PolledTooSoon);
        for (millis, told, why) in [
            (0, pending, "the first time is never too soon"),
            (5_000, pending, "after the interval"),
            (9_600, pending, "the network was a little quicker"),
            (12_000, too_soon, "now ten seconds"),
            (18_000, too_soon, "five are not enough any more: fifteen"),
            (33_000, pending, "fifteen"),
            (43_000, too_soon, "ten are too few ever after: twenty"),
            (63_000, pending, "twenty"),
        ] {
            assert_eq!(ask(millis), told, "{why}");
        }
        assert_eq!(polls.pending(request(2), 5, at(63_000)), pending, "another is not affected");
        assert_eq!(polls.so_far(request(1)), Redeemed { polls: 8, slow_downs: 3 });
        polls.forget(request(1));
        assert_eq!(polls.so_far(request(1)), Redeemed { polls: 0, slow_downs: 0 });
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_waiting() {
        let polls = Polls::default();
        assert_eq!(polls.pending(request(1), 5, at(86_400_000)), Reason::ApprovalPending);
        assert_eq!(polls.pending(request(1), 5, at(0)), Reason::ApprovalPending);
        assert_eq!(polls.pending(request(1), 5, at(1_000)), Reason::PolledTooSoon);
    }

    #[test]
    fn memory_is_bounded_and_who_asks_is_remembered() {
        let polls = Polls { capacity: 100, known: Mutex::default() };
        for number in 0..10_000 {
            polls.pending(request(number), 5, at(0));
            polls.pending(request(0), 5, at(0));
        }
        let known = polls.known.lock().unwrap();
        assert!(known.0.len() + known.1.len() <= 200);
        drop(known);
        assert_eq!(polls.so_far(request(0)).polls, 10_001);
    }
}
