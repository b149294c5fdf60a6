//! The gate in front of a shard: a permit per order, or the answer to come back later. Actix mailboxes
//! bound nothing once addresses are cloned.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::order::Failure;

/// Counts what is inside, up to a limit.
#[derive(Debug, Clone)]
pub struct Admission {
    inside: Arc<AtomicUsize>,
    limit: usize,
}

/// Room for one order; given back when dropped.
#[derive(Debug)]
pub struct Permit(Arc<AtomicUsize>);

impl Admission {
    /// Lets in at most `limit` at a time.
    pub fn new(limit: usize) -> Self {
        Self { inside: Arc::default(), limit }
    }

    /// A permit, or `Busy`, at once.
    pub fn enter(&self) -> Result<Permit, Failure> {
        let entered = self.inside.fetch_update(Ordering::AcqRel, Ordering::Acquire, |inside| {
            (inside < self.limit).then_some(inside + 1)
        });
        match entered {
            Ok(_) => Ok(Permit(Arc::clone(&self.inside))),
            Err(_) => Err(Failure::Busy),
        }
    }

    /// How many are inside.
    pub fn inside(&self) -> usize {
        self.inside.load(Ordering::Acquire)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_limit_are_inside() {
        let admission = Admission::new(2);
        let first = admission.enter().unwrap();
        let second = admission.enter().unwrap();
        assert!(matches!(admission.enter(), Err(Failure::Busy)));
        drop(first);
        let third = admission.enter().unwrap();
        assert_eq!(admission.inside(), 2);
        drop((second, third));
        assert_eq!(admission.inside(), 0);
    }
}
