//! How far the read models are, for whoever asks.

use moneta_events::StreamId;
use moneta_projections::runner::Standing;

/// How far the projections of this node are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// The position of the newest event known of.
    pub head: u64,
    /// How many events the slowest of the tables that queries read has not taken in.
    pub lag_events: u64,
    /// Where each table stands; a projection that is being rebuilt has two.
    pub positions: Vec<Position>,
    /// The projections that stand still before an event they cannot take in.
    pub halted: Vec<Halted>,
    /// Why nothing is taken in at all, where that is so.
    pub trouble: Option<String>,
}

/// Where the table of a projection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Which projection.
    pub projection: &'static str,
    /// The position of the last event it took in.
    pub position: u64,
    /// The position up to which it has stood as it is: events after it said nothing to it.
    pub changed: u64,
    /// Whether queries read it.
    pub serving: bool,
}

/// A projection that stands still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halted {
    /// Which projection.
    pub projection: &'static str,
    /// Place in the log of the event it stands before.
    pub position: u64,
    /// That event's stream.
    pub stream: StreamId,
    /// Its place there.
    pub revision: u64,
    /// Why it was not taken in.
    pub cause: String,
}

impl Status {
    /// Where the table stands that queries of `projection` read; `None` where there is none yet.
    pub fn served(&self, projection: &str) -> Option<&Position> {
        self.positions.iter().find(|one| one.projection == projection && one.serving)
    }

    /// Whether queries of `projection` know of everything up to `position`.
    pub fn has_seen(&self, projection: &str, position: u64) -> bool {
        self.served(projection).is_some_and(|one| one.position >= position)
    }

    /// Whether somebody must look at it.
    pub fn is_degraded(&self) -> bool {
        self.trouble.is_some() || !self.halted.is_empty()
    }

    /// The same, now that the log has grown to `head`.
    #[must_use]
    pub fn grown_to(mut self, head: u64) -> Self {
        self.head = self.head.max(head);
        let behind = |one: &Position| self.head.saturating_sub(one.position);
        self.lag_events =
            self.positions.iter().filter(|one| one.serving).map(behind).max().unwrap_or(self.head);
        self
    }

    pub(super) fn of<'a>(
        standings: impl Iterator<Item = Standing<'a>>,
        changed: impl Fn(&'static str) -> u64,
    ) -> Self {
        let mut status = Self::default();
        for one in standings {
            status.head = status.head.max(one.position);
            status.positions.push(Position {
                projection: one.projection,
                position: one.position,
                changed: changed(one.projection),
                serving: one.serving,
            });
            status.halted.extend(one.halt.map(|halt| Halted {
                projection: halt.projection,
                position: halt.position,
                stream: halt.stream,
                revision: halt.revision,
                cause: halt.cause.to_string(),
            }));
        }
        status
    }
}
