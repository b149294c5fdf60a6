//! The further factors of an end-user: which there are, and what of them is spent.
//!
//! ```text
//! passkey: none -> registered (used any number of times, each time with a fresh challenge) -> removed
//! codes:   none -> enrolled (used, each time with a later step) -> removed
//! ```

use std::collections::BTreeMap;

use moneta_events::{
    Digest, Reason,
    factor::{
        Challenge, Factor, FactorEvent as Event, FactorFailed, PasskeyRegistered, PasskeyRemoved,
        PasskeyUsed, TotpEnrolled, TotpRemoved, TotpUsed,
    },
};

/// Passkeys one end-user may have.
const PASSKEYS: usize = 20;
/// Failures that go on record until a factor is right again; further ones are answered and not recorded,
/// so that nobody can grow a stream.
const RECORDED_FAILURES: u32 = 50;
/// Answered challenges that are remembered while they could be answered again. Whoever signs in more
/// often in that time has to wait.
const CHALLENGES: usize = 1_024;
/// Microseconds by which the clocks of two nodes may differ.
const SKEW: i64 = 60_000_000;

/// What an end-user has beside the password.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Factors {
    /// The signature counter of each passkey.
    passkeys: BTreeMap<Digest, u32>,
    /// The last step spent, where codes are enrolled.
    totp: Option<u64>,
    /// Challenges that were answered and could be answered again.
    challenges: Vec<Challenge>,
    failures: u32,
}

/// What may be asked of it.
#[derive(Debug, Clone)]
pub enum Command {
    /// Take a passkey in.
    RegisterPasskey(Box<PasskeyRegistered>),
    /// Take the proof of a passkey, once.
    UsePasskey(PasskeyUsed),
    /// Take a passkey out.
    RemovePasskey(PasskeyRemoved),
    /// Take an application in.
    EnrolTotp(TotpEnrolled),
    /// Take a code, once.
    UseTotp(TotpUsed),
    /// Take the application out.
    RemoveTotp,
    /// A proof was refused before it could be spent.
    Fail {
        /// Which kind.
        factor: Factor,
        /// Why.
        reason: Reason,
    },
}

impl Factors {
    /// What comes of a command.
    pub fn decide(&self, command: &Command) -> Result<Option<Event>, Reason> {
        match command {
            Command::RegisterPasskey(new) => {
                if self.passkeys.contains_key(&new.credential) || self.passkeys.len() >= PASSKEYS {
                    return Err(Reason::FactorMismatch);
                }
                self.must_be_fresh(&new.challenge)?;
                Ok(Some(Event::PasskeyRegistered(PasskeyRegistered::clone(new))))
            }
            Command::UsePasskey(used) => {
                let known = *self.passkeys.get(&used.credential).ok_or(Reason::PasskeyUnknown)?;
                self.must_be_fresh(&used.challenge)?;
                // Authenticators without a counter always say 0 (Web Authentication Level 3 §7.2).
                if (known, used.sign_count) != (0, 0) && used.sign_count <= known {
                    return Err(Reason::PasskeyCloned);
                }
                Ok(Some(Event::PasskeyUsed(used.clone())))
            }
            Command::RemovePasskey(gone) if self.passkeys.contains_key(&gone.credential) => {
                Ok(Some(Event::PasskeyRemoved(gone.clone())))
            }
            Command::EnrolTotp(_) if self.totp.is_some() => Err(Reason::FactorMismatch),
            Command::EnrolTotp(new) => Ok(Some(Event::TotpEnrolled(new.clone()))),
            Command::UseTotp(used) => match self.totp {
                None => Err(Reason::FactorMismatch),
                Some(spent) if used.step <= spent => Err(Reason::TotpReplayed),
                Some(_) => Ok(Some(Event::TotpUsed(used.clone()))),
            },
            Command::RemoveTotp if self.totp.is_some() => {
                Ok(Some(Event::TotpRemoved(TotpRemoved {})))
            }
            Command::RemovePasskey(_) | Command::RemoveTotp => Ok(None),
            Command::Fail { .. } if self.failures >= RECORDED_FAILURES => Ok(None),
            Command::Fail { factor, reason } => Ok(Some(Event::FactorFailed(FactorFailed {
                factor: *factor,
                reason: *reason,
                attempt: self.failures + 1,
            }))),
        }
    }

    /// Takes in what happened.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::PasskeyRegistered(new) => {
                self.passkeys.insert(new.credential, new.sign_count);
                self.spend(new.challenge);
            }
            Event::PasskeyUsed(used) => {
                if let Some(count) = self.passkeys.get_mut(&used.credential) {
                    *count = used.sign_count;
                }
                self.spend(used.challenge);
                self.failures = 0;
            }
            Event::PasskeyRemoved(gone) => {
                self.passkeys.remove(&gone.credential);
            }
            Event::TotpEnrolled(new) => self.totp = Some(new.step),
            Event::TotpUsed(used) => {
                self.totp = Some(used.step);
                self.failures = 0;
            }
            Event::TotpRemoved(_) => self.totp = None,
            Event::FactorFailed(_) => self.failures += 1,
        }
    }

    fn must_be_fresh(&self, challenge: &Challenge) -> Result<(), Reason> {
        if self.challenges.iter().any(|spent| spent.digest == challenge.digest) {
            return Err(Reason::ChallengeReplayed);
        }
        let full =
            self.challenges.iter().filter(|spent| could_come_again(spent, challenge)).count();
        if full >= CHALLENGES { Err(Reason::Throttled) } else { Ok(()) }
    }

    /// Remembers the challenge, and forgets those that have been too old since before it was given out.
    fn spend(&mut self, challenge: Challenge) {
        self.challenges.retain(|spent| could_come_again(spent, &challenge));
        self.challenges.push(challenge);
    }
}

/// Whether somebody could still answer `spent` when `now` was given out.
fn could_come_again(spent: &Challenge, now: &Challenge) -> bool {
    spent.expires_at.as_micros().saturating_add(SKEW) > now.issued_at.as_micros()
}

#[cfg(test)]
mod tests {
    use moneta_events::{Timestamp, factor::Purpose};
    use proptest::prelude::*;

    use super::*;

    fn used(challenge: u8, at: i64, sign_count: u32) -> Command {
        let issued_at = Timestamp::from_seconds(at);
        Command::UsePasskey(PasskeyUsed {
            credential: Digest([1; 32]),
            purpose: Purpose::SignIn,
            challenge: Challenge {
                digest: Digest([challenge; 32]),
                issued_at,
                expires_at: issued_at.plus_seconds(300),
            },
            assertion: Digest([challenge; 32]),
            sign_count,
            user_verified: true,
            backed_up: false,
        })
    }

    fn with_passkey(sign_count: u32) -> Factors {
        Factors { passkeys: [(Digest([1; 32]), sign_count)].into(), ..Factors::default() }
    }

    fn carry(factors: &mut Factors, command: &Command) -> Result<(), Reason> {
        let event = factors.decide(command)?;
        event.iter().for_each(|event| factors.evolve(event));
        Ok(())
    }

    #[test]
    fn a_challenge_is_answered_once_and_forgotten_when_it_is_too_old() {
        let mut factors = with_passkey(0);
        carry(&mut factors, &used(7, 0, 0)).unwrap();
        assert_eq!(carry(&mut factors, &used(7, 0, 0)), Err(Reason::ChallengeReplayed));
        carry(&mut factors, &used(8, 200, 0)).unwrap();
        assert_eq!(factors.challenges.len(), 2);
        carry(&mut factors, &used(9, 361, 0)).unwrap();
        assert_eq!(factors.challenges.len(), 2, "the first one expired more than a minute before");
    }

    #[test]
    fn remembered_challenges_are_bounded_and_none_is_forgotten_too_early() {
        let mut factors = with_passkey(0);
        for round in 0..CHALLENGES {
            let Command::UsePasskey(mut one) = used(0, 0, 0) else { unreachable!() };
            one.challenge.digest.0[..8].copy_from_slice(&(round as u64 + 1).to_be_bytes());
            carry(&mut factors, &Command::UsePasskey(one)).unwrap();
        }
        assert_eq!(carry(&mut factors, &used(7, 10, 0)), Err(Reason::Throttled));
        assert_eq!(carry(&mut factors, &used(7, 400, 0)), Ok(()));
    }

    #[test]
    fn w3c_webauthn_7_2_the_signature_counter() {
        let table = [
            ((0, 0), Ok(())),
            ((0, 1), Ok(())),
            ((5, 6), Ok(())),
            ((5, 5), Err(Reason::PasskeyCloned)),
            ((5, 4), Err(Reason::PasskeyCloned)),
            ((5, 0), Err(Reason::PasskeyCloned)),
        ];
        for ((known, said), expected) in table {
            let decided = with_passkey(known).decide(&used(7, 0, said)).map(|_| ());
            assert_eq!(decided, expected, "{known} then {said}");
        }
    }

    #[test]
    fn failures_on_record_are_bounded_until_a_factor_is_right() {
        let mut factors = with_passkey(0);
        let fail = Command::Fail { factor: Factor::Totp, reason: Reason::TotpWrong };
        for _ in 0..2 * RECORDED_FAILURES {
            carry(&mut factors, &fail).unwrap();
        }
        assert_eq!(factors.failures, RECORDED_FAILURES);
        carry(&mut factors, &used(1, 0, 0)).unwrap();
        assert!(factors.decide(&fail).unwrap().is_some());
    }

    proptest! {
        #[test]
        fn no_step_is_taken_twice_and_none_before_another(steps in prop::collection::vec(0_u64..40, 0..60)) {
            let mut factors = Factors { totp: Some(3), ..Factors::default() };
            let mut taken = vec![3];
            for step in steps {
                let command = Command::UseTotp(TotpUsed { purpose: Purpose::SecondFactor, step });
                if carry(&mut factors, &command).is_ok() {
                    taken.push(step);
                }
            }
            prop_assert!(taken.is_sorted_by(|before, after| before < after));
        }
    }
}
