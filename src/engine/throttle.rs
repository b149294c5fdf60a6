//! Limits how fast something may be tried again, per key, in bounded memory (generic cell rate algorithm).

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use moneta_events::Timestamp;

/// How much is let through.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// At once; 0 for no limit at all.
    pub burst: u32,
    /// After that, one in this time.
    pub every: Duration,
}

/// Counts tries per key. When `capacity` keys are known those not seen for longest are forgotten; each of
/// them has by then waited longer than all the others.
#[derive(Debug)]
pub struct Throttle<K> {
    rate: Rate,
    capacity: usize,
    /// When the key's allowance is full again: keys tried lately, and those tried before.
    full_at: Mutex<(HashMap<K, i64>, HashMap<K, i64>)>,
}

impl<K: Eq + Hash> Throttle<K> {
    /// A throttle that knows about `capacity` keys, at most twice that.
    pub fn new(rate: Rate, capacity: usize) -> Self {
        Self { rate, capacity, full_at: Mutex::default() }
    }

    /// Takes one try of `key`, or says in how many seconds there is one.
    pub fn take(&self, key: K, now: Timestamp) -> Result<(), u32> {
        if self.rate.burst == 0 {
            return Ok(());
        }
        let every = i64::try_from(self.rate.every.as_micros()).unwrap_or(i64::MAX);
        let burst = every.saturating_mul(i64::from(self.rate.burst));
        let now = now.as_micros();
        let mut guard = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let (young, old) = &mut *guard;
        let known = old.remove(&key).or_else(|| young.get(&key).copied());
        // Nobody can owe more than a whole burst: the clock was set back.
        let before = known.filter(|full_at| full_at - now <= burst).unwrap_or(now).max(now);
        let after = before.saturating_add(every);
        if after - now > burst {
            let wait = after - now - burst;
            young.insert(key, before);
            return Err(u32::try_from(wait.div_euclid(1_000_000) + 1).unwrap_or(u32::MAX));
        }
        if young.len() >= self.capacity && !young.contains_key(&key) {
            *old = std::mem::take(young);
        }
        young.insert(key, after);
        Ok(())
    }

    /// Gives one try back.
    pub fn give_back(&self, key: &K) {
        let every = i64::try_from(self.rate.every.as_micros()).unwrap_or(i64::MAX);
        let mut guard = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let (young, old) = &mut *guard;
        if let Some(full_at) = young.get_mut(key).or_else(|| old.get_mut(key)) {
            *full_at = full_at.saturating_sub(every);
        }
    }

    /// Forgets the tries of a key: it has shown that it is no guesser.
    pub fn clear(&self, key: &K) {
        let mut guard = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        guard.0.remove(key);
        guard.1.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_at_a_time_then_all_again() {
        let rate = Rate { burst: 3, every: Duration::from_secs(10) };
        let throttle = Throttle::new(rate, 8);
        let at = |seconds| Timestamp::from_seconds(1_000 + i64::from(seconds));
        for _ in 0..3 {
            assert_eq!(throttle.take("alice", at(0)), Ok(()));
        }
        assert_eq!(throttle.take("alice", at(0)), Err(11));
        assert_eq!(throttle.take("bob", at(0)), Ok(()), "another key is not affected");
        assert_eq!(throttle.take("alice", at(10)), Ok(()));
        assert!(throttle.take("alice", at(10)).is_err());
        throttle.clear(&"alice");
        assert_eq!(throttle.take("alice", at(10)), Ok(()));
        assert_eq!(throttle.take("alice", at(1)), Ok(()), "a clock that jumps back gives no panic");
        let yesterday = Timestamp::from_seconds(-86_400);
        assert_eq!(
            throttle.take("alice", yesterday),
            Ok(()),
            "and keeps nobody out until it is there"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::new(Rate { burst: 1, every: Duration::from_secs(1) }, 100);
        for key in 0..10_000 {
            throttle.take(key, Timestamp::from_seconds(0)).unwrap();
        }
        let held = throttle.full_at.lock().unwrap();
        assert!(held.0.len() + held.1.len() <= 200);
    }
}
