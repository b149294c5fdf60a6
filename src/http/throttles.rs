//! What may be tried how often. Keys are people and places, never a lock that somebody else could close.

use std::{net::IpAddr, time::Duration};

use moneta_events::{StreamId, SubjectId, Timestamp};

use crate::engine::throttle::{Rate, Throttle};

/// A place in the network: an IPv4 address, or the /64 of an IPv6 one, which is one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place([u8; 8]);

impl From<IpAddr> for Place {
    fn from(address: IpAddr) -> Self {
        let mut bytes = [0; 8];
        match address {
            IpAddr::V4(v4) => bytes[..4].copy_from_slice(&v4.octets()),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => bytes[..4].copy_from_slice(&v4.octets()),
                None => bytes.copy_from_slice(&v6.octets()[..8]),
            },
        }
        Self(bytes)
    }
}

/// The limits of one node.
#[derive(Debug)]
pub struct Throttles {
    /// Passwords of one account, from one place.
    account: Throttle<(StreamId, Place)>,
    /// Passwords of one account, in a browser it signed in with before.
    known_browser: Throttle<(StreamId, [u8; 32])>,
    /// Passwords of any account, from one place.
    place: Throttle<Place>,
    /// One-time codes of one account, in a browser it signed in with before; from everywhere else together.
    code: Throttle<(SubjectId, Option<[u8; 32]>)>,
    /// Authorization requests that begin a transaction, from one place.
    authorize: Throttle<Place>,
    /// Tokens that introspection and userinfo did not know, from one client or place.
    unknown_token: Throttle<Place>,
    /// Failed authentications of one client, from one place: the genuine client elsewhere is not affected.
    client: Throttle<(StreamId, Place)>,
    /// Device authorization requests of one client.
    device: Throttle<StreamId>,
    /// Wrong user codes of one account.
    user_code: Throttle<SubjectId>,
    /// Wrong user codes from one place.
    user_code_place: Throttle<Place>,
    /// Wrong user codes of everybody.
    user_code_everybody: Throttle<()>,
    /// Backchannel requests of one client.
    backchannel: Throttle<StreamId>,
}

/// The rates, as configured.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Failed sign-ins of one account and place until the next has to wait.
    pub login_attempts: u32,
    /// Seconds in which they come back.
    pub login_window: u32,
    /// Failed sign-ins, and unknown tokens, from one place a minute; 0 is no limit.
    pub failures_per_place: u32,
    /// Authorization requests from one place a minute; 0 is no limit.
    pub authorize_per_place: u32,
    /// Device authorization requests of one client in the life of one, and that in seconds; 0 is no limit.
    pub device_per_client: (u32, u32),
    /// Wrong user codes of everybody a minute; 0 is no limit.
    pub wrong_user_codes: u32,
    /// Backchannel requests of one client a minute; 0 is no limit.
    pub backchannel_per_client: u32,
}

const KEYS: usize = 100_000;
/// A hundred wrong codes in the first day and ninety in each further one: guessing one of a million takes
/// decades.
const CODES: Rate = Rate { burst: 10, every: Duration::from_mins(16) };

impl Throttles {
    /// Fresh limits.
    pub fn new(rates: Rates) -> Self {
        let per = |count: u32, seconds: u32| Rate {
            burst: count,
            every: Duration::from_secs(seconds.into()) / count.max(1),
        };
        Self {
            account: Throttle::new(per(rates.login_attempts, rates.login_window), KEYS),
            known_browser: Throttle::new(per(rates.login_attempts, rates.login_window), KEYS),
            place: Throttle::new(per(rates.failures_per_place, 60), KEYS),
            code: Throttle::new(CODES, KEYS),
            authorize: Throttle::new(per(rates.authorize_per_place, 60), KEYS),
            unknown_token: Throttle::new(per(rates.failures_per_place, 60), KEYS),
            client: Throttle::new(per(rates.failures_per_place, 60), KEYS),
            device: Throttle::new(per(rates.device_per_client.0, rates.device_per_client.1), KEYS),
            user_code: Throttle::new(per(rates.login_attempts, rates.login_window), KEYS),
            user_code_place: Throttle::new(per(rates.failures_per_place, 60), KEYS),
            user_code_everybody: Throttle::new(per(rates.wrong_user_codes, 60), KEYS),
            backchannel: Throttle::new(per(rates.backchannel_per_client, 60), KEYS),
        }
    }

    /// Takes one try at a password before it is looked at, or says in how many seconds there is one.
    /// `known_browser` names a browser the account signed in with before: guessing elsewhere cannot use up
    /// its tries.
    pub fn password(
        &self,
        account: StreamId,
        known_browser: Option<[u8; 32]>,
        place: Place,
        now: Timestamp,
    ) -> Result<(), u32> {
        if let Some(browser) = known_browser {
            return self.known_browser.take((account, browser), now);
        }
        self.account.take((account, place), now)?;
        self.place.take(place, now)
    }

    /// The password was right: what was taken is given back.
    pub fn password_was_right(
        &self,
        account: StreamId,
        known_browser: Option<[u8; 32]>,
        place: Place,
    ) {
        if let Some(browser) = known_browser {
            self.known_browser.clear(&(account, browser));
        } else {
            self.account.clear(&(account, place));
            self.place.give_back(&place);
        }
    }

    /// Takes one try at a one-time code before it is looked at. Only those who have the password get here, so
    /// that all places together can be limited; `known_browser` is as for passwords.
    pub fn code(
        &self,
        subject: SubjectId,
        known_browser: Option<[u8; 32]>,
        place: Place,
        now: Timestamp,
    ) -> Result<(), u32> {
        self.place.take(place, now)?;
        self.code.take((subject, known_browser), now)
    }

    /// The code was right: what was taken is given back.
    pub fn code_was_right(
        &self,
        subject: SubjectId,
        known_browser: Option<[u8; 32]>,
        place: Place,
    ) {
        self.code.clear(&(subject, known_browser));
        self.place.give_back(&place);
    }

    /// Takes one try at the proof of a passkey before it is looked at. It cannot be guessed; this bounds the
    /// work.
    pub fn proof(&self, place: Place, now: Timestamp) -> Result<(), u32> {
        self.place.take(place, now)
    }

    /// The proof was right: what was taken is given back.
    pub fn proof_was_right(&self, place: Place) {
        self.place.give_back(&place);
    }

    /// Takes room for one more authorization transaction.
    pub fn authorize(&self, place: Place, now: Timestamp) -> Result<(), u32> {
        self.authorize.take(place, now)
    }

    /// Takes one try at the secret of a client before it is looked at.
    pub fn client(&self, client: StreamId, place: Place, now: Timestamp) -> Result<(), u32> {
        self.client.take((client, place), now)
    }

    /// The secret was right: what was taken is given back.
    pub fn client_was_right(&self, client: StreamId, place: Place) {
        self.client.give_back(&(client, place));
    }

    /// Takes room for one more device authorization request of a client.
    pub fn device(&self, client: StreamId, place: Place, now: Timestamp) -> Result<(), u32> {
        self.authorize.take(place, now)?;
        self.device.take(client, now)
    }

    /// Takes one try at a user code before it is looked up. Whoever is kept waiting uses up no try of the
    /// others.
    pub fn user_code(&self, subject: SubjectId, place: Place, now: Timestamp) -> Result<(), u32> {
        self.user_code.take(subject, now)?;
        self.user_code_place.take(place, now)?;
        self.user_code_everybody.take((), now)
    }

    /// There is such a code: what was taken is given back.
    pub fn user_code_was_right(&self, subject: SubjectId, place: Place) {
        self.user_code.give_back(&subject);
        self.user_code_place.give_back(&place);
        self.user_code_everybody.give_back(&());
    }

    /// Takes room for one more backchannel request of a client that has authenticated.
    pub fn backchannel(&self, client: StreamId, now: Timestamp) -> Result<(), u32> {
        self.backchannel.take(client, now)
    }

    /// Counts a token that was not known.
    pub fn unknown_token(&self, place: Place, now: Timestamp) -> Result<(), u32> {
        self.unknown_token.take(place, now)
    }
}
