//! Limits against request fatigue (CIBA Core 1.0 §15): how many requests may wait for one end-user, and how
//! often a client may come back whom they turned away. Kept as reservations, which all nodes share, outlive a
//! restart and are forgotten in time.

use std::sync::Arc;

use moneta_events::{ClientId, Reason, StreamId, SubjectId, Timestamp};

use super::guards::{GuardError, Guards, Kind};

/// The limits, as configured. The numbers are small: each place is asked for by itself.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests that wait for one end-user.
    pub open: u32,
    /// Requests of one client that wait for one end-user.
    pub open_per_client: u32,
    /// Denials of one client after which it has to wait.
    pub denials: u32,
    /// Seconds over which denials count.
    pub denial_window: u32,
    /// Seconds a client has to wait that was reported.
    pub report_window: u32,
}

/// Why an end-user is not to be disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fatigue {
    /// Enough requests wait for them, such as this one; none where it went away a moment ago.
    Open(Option<StreamId>),
    /// They turned the client away too often, or reported it.
    TurnedAway,
}

/// Whose request is about whom.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'a> {
    /// The client.
    pub client: &'a ClientId,
    /// The end-user.
    pub subject: SubjectId,
}

/// Counts requests and denials.
#[derive(Clone)]
pub struct FatigueGuard {
    guards: Guards,
    limits: Arc<Limits>,
}

/// What places are counted.
#[derive(Debug, Clone, Copy)]
enum Count {
    Open,
    OpenOfClient,
    Denied,
    Reported,
}

impl FatigueGuard {
    /// By these limits.
    pub fn new(guards: Guards, limits: Limits) -> Self {
        Self { guards, limits: Arc::new(limits) }
    }

    /// Takes a place for a request that waits until `expires_at`, or says why there is none.
    pub async fn enter(
        &self,
        parties: Parties<'_>,
        request: StreamId,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Result<(), Fatigue>, GuardError> {
        let turned_away = [(Count::Reported, 1), (Count::Denied, self.limits.denials)];
        for (count, places) in turned_away {
            if self.held(count, parties, places, now).await?.len() == places as usize {
                return Ok(Err(Fatigue::TurnedAway));
            }
        }
        let counted =
            [(Count::OpenOfClient, self.limits.open_per_client), (Count::Open, self.limits.open)];
        for (count, places) in counted {
            if !self.take(count, parties, places, (request, expires_at), now).await? {
                self.leave(parties, request).await?;
                let held = self.held(count, parties, places, now).await?;
                return Ok(Err(Fatigue::Open(held.first().copied())));
            }
        }
        Ok(Ok(()))
    }

    /// Gives back the place of a request that waits no more.
    pub async fn leave(&self, parties: Parties<'_>, request: StreamId) -> Result<(), GuardError> {
        for (count, places) in
            [(Count::OpenOfClient, self.limits.open_per_client), (Count::Open, self.limits.open)]
        {
            for place in 0..places {
                self.free(count, parties, place, request).await?;
            }
        }
        Ok(())
    }

    /// Counts that the end-user said no; `reason` says whether they reported it.
    pub async fn turn_away(
        &self,
        parties: Parties<'_>,
        request: StreamId,
        reason: Reason,
        now: Timestamp,
    ) -> Result<(), GuardError> {
        let (count, places, seconds) = match reason {
            Reason::RequestReported => (Count::Reported, 1, self.limits.report_window),
            _ => (Count::Denied, self.limits.denials, self.limits.denial_window),
        };
        let until = now.plus_seconds(seconds.into());
        self.take(count, parties, places, (request, until), now).await?;
        self.leave(parties, request).await
    }

    /// Takes one of so many places.
    async fn take(
        &self,
        count: Count,
        parties: Parties<'_>,
        places: u32,
        (request, until): (StreamId, Timestamp),
        now: Timestamp,
    ) -> Result<bool, GuardError> {
        for place in 0..places {
            let name = Name::of(count, parties, place);
            let kind = Kind::Request;
            if self.guards.reserve(kind, &name.parts(), Some(request), until, now).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The requests that hold places.
    async fn held(
        &self,
        count: Count,
        parties: Parties<'_>,
        places: u32,
        now: Timestamp,
    ) -> Result<Vec<StreamId>, GuardError> {
        let mut held = Vec::new();
        for place in 0..places {
            let name = Name::of(count, parties, place);
            held.extend(self.guards.find(Kind::Request, &name.parts(), now).await?);
        }
        Ok(held)
    }

    async fn free(
        &self,
        count: Count,
        parties: Parties<'_>,
        place: u32,
        request: StreamId,
    ) -> Result<(), GuardError> {
        let name = Name::of(count, parties, place);
        self.guards.release(Kind::Request, &name.parts(), Some(request)).await
    }
}

/// The name of one place.
struct Name([String; 4]);

impl Name {
    fn of(count: Count, parties: Parties<'_>, place: u32) -> Self {
        let (what, client) = match count {
            Count::Open => ("open", ""),
            Count::OpenOfClient => ("open of client", parties.client.as_str()),
            Count::Denied => ("denied", parties.client.as_str()),
            Count::Reported => ("reported", parties.client.as_str()),
        };
        Self([what.to_owned(), parties.subject.to_string(), client.to_owned(), place.to_string()])
    }

    fn parts(&self) -> [&str; 4] {
        self.0.each_ref().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use moneta_events::Category;
    use uuid::Uuid;

    use super::*;
    use crate::store::guard::memory::MemoryGuards;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const ALICE: SubjectId = SubjectId(Uuid::from_u128(0xA11CE));
    const BOB: SubjectId = SubjectId(Uuid::from_u128(0xB0B));

    fn guard() -> FatigueGuard {
        let limits = Limits {
            open: 3,
            open_per_client: 2,
            denials: 2,
            denial_window: 60,
            report_window: 600,
        };
        let guards = Guards::new(Arc::new(MemoryGuards::default()), &[1; 32]);
        FatigueGuard::new(guards, limits)
    }

    const fn request(id: u128) -> StreamId {
        StreamId::new(Category::Backchannel, Uuid::from_u128(id))
    }

    /// Enters a request that waits for 30 seconds.
    async fn enter(
        guard: &FatigueGuard,
        parties: Parties<'_>,
        id: u128,
        now: Timestamp,
    ) -> Result<(), Fatigue> {
        guard.enter(parties, request(id), now.plus_seconds(30), now).await.unwrap()
    }

    #[tokio::test]
    async fn so_many_wait_of_one_client_and_so_many_of_all() {
        let guard = guard();
        let (web, shop) = (ClientId::from("web"), ClientId::from("shop"));
        let of = |client, subject| Parties { client, subject };
        for id in [1, 2] {
            assert_eq!(enter(&guard, of(&web, ALICE), id, NOW).await, Ok(()));
        }
        let full = Err(Fatigue::Open(Some(request(1))));
        assert_eq!(enter(&guard, of(&web, ALICE), 3, NOW).await, full);
        assert_eq!(enter(&guard, of(&web, BOB), 4, NOW).await, Ok(()), "another end-user");
        assert_eq!(enter(&guard, of(&shop, ALICE), 5, NOW).await, Ok(()));
        assert_eq!(enter(&guard, of(&shop, ALICE), 6, NOW).await, full, "three in all");
        guard.leave(of(&web, ALICE), request(2)).await.unwrap();
        assert_eq!(enter(&guard, of(&shop, ALICE), 7, NOW).await, Ok(()));
        let over = NOW.plus_seconds(30);
        for id in [8, 9] {
            assert_eq!(enter(&guard, of(&web, ALICE), id, over).await, Ok(()), "they are over");
        }
    }

    #[tokio::test]
    async fn who_is_turned_away_stays_away_for_a_while() {
        let guard = guard();
        let (web, shop) = (ClientId::from("web"), ClientId::from("shop"));
        let by_web = Parties { client: &web, subject: ALICE };
        let by_shop = Parties { client: &shop, subject: ALICE };
        for (id, expected) in [(1, Ok(())), (2, Ok(())), (3, Err(Fatigue::TurnedAway))] {
            let now = NOW.plus_seconds(i64::try_from(id).unwrap());
            assert_eq!(enter(&guard, by_web, id, now).await, expected, "{id}");
            if expected.is_ok() {
                let reason = Reason::ConsentDenied;
                guard.turn_away(by_web, request(id), reason, now).await.unwrap();
            }
        }
        assert_eq!(enter(&guard, by_shop, 4, NOW).await, Ok(()), "another client");
        let later = NOW.plus_seconds(61);
        assert_eq!(enter(&guard, by_web, 5, later).await, Ok(()), "the first denial is forgotten");
        guard.turn_away(by_web, request(5), Reason::RequestReported, later).await.unwrap();
        let away = Err(Fatigue::TurnedAway);
        assert_eq!(enter(&guard, by_web, 6, later.plus_seconds(599)).await, away);
        assert_eq!(enter(&guard, by_web, 7, later.plus_seconds(600)).await, Ok(()));
    }
}
