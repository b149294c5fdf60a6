//! Read models of one stream. In: the stream's events, oldest first. Out: the fold, and the revision it
//! has seen.

use moneta_events::{Category, DecodeError, EventPayload, Recorded, Timestamp};

/// What the log says of an event besides its data, as far as views need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Place in the stream, from 0.
    pub revision: u64,
    /// When it happened, by the clock of the node that decided.
    pub occurred_at: Timestamp,
}

/// A read model of one stream, folded from its events.
pub trait View: Default + Clone + Send + Sync + 'static {
    /// The streams it can be folded from.
    const CATEGORY: Category;

    /// What such a stream holds.
    type Event: EventPayload;

    /// Takes in the next event. Total: what is on record is never refused.
    fn apply(&mut self, facts: &Facts, event: &Self::Event);
}

/// A view and how much of its stream it has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded<V> {
    /// The fold.
    pub view: V,
    /// The revision of the first event it has not seen; 0 where the stream does not exist.
    pub next_revision: u64,
}

impl<V: View> Folded<V> {
    /// Takes in further events of the stream. Those it has seen already count for nothing, so the same
    /// event may come from an append and again from the feed. After an error the view stands before the
    /// event that caused it.
    pub fn resume(&mut self, events: &[Recorded]) -> Result<(), DecodeError> {
        for recorded in events {
            if recorded.revision < self.next_revision {
                continue;
            }
            if recorded.revision > self.next_revision {
                return Err(DecodeError::Gap {
                    stream: recorded.stream,
                    expected: self.next_revision,
                    found: recorded.revision,
                });
            }
            let head = recorded.head()?;
            let event = head.payload::<V::Event>()?;
            let facts = Facts { revision: recorded.revision, occurred_at: head.occurred_at };
            self.view.apply(&facts, &event);
            self.next_revision += 1;
        }
        Ok(())
    }
}

/// Folds a stream from its beginning.
pub fn fold<V: View>(events: &[Recorded]) -> Result<Folded<V>, DecodeError> {
    let mut folded = Folded { view: V::default(), next_revision: 0 };
    folded.resume(events)?;
    Ok(folded)
}
