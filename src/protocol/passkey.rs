//! What browsers are told to do with passkeys (Web Authentication Level 3 §5.4, §5.5), and the challenges
//! they answer: texts that say themselves when they were given out and are bound to one ceremony, so that
//! nothing has to be kept until they come back. That each is answered once is on the end-user's record.
//!
//! ```text
//! challenge = random 16, microseconds since 1970 8, tag 32 (bytes)
//! tag       = HMAC-SHA256(key, random, microseconds, ceremony)
//! ```

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::{Digest, StreamId, SubjectId, Timestamp, factor::Challenge};
use ring::hmac;
use serde::Serialize;
use zeroize::Zeroizing;

const RANDOM: usize = 16;
const TIME: usize = RANDOM + 8;
const CHALLENGE: usize = TIME + 32;
/// Seconds a challenge can be answered.
const LIFETIME: u32 = 600;

/// What a challenge is given out for. One of one ceremony is worth nothing in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceremony {
    /// Signing in without a password, in this browser; in a transaction, where it is for one.
    SignIn {
        /// The browser.
        browser: Digest,
        /// The transaction.
        transaction: Option<StreamId>,
    },
    /// The second step of signing in.
    SecondFactor {
        /// The browser.
        browser: Digest,
        /// The transaction.
        transaction: Option<StreamId>,
        /// Whose first factor was right.
        subject: SubjectId,
    },
    /// Registering a passkey in a session.
    Registration {
        /// The session.
        session: StreamId,
    },
    /// Approving something in a session.
    Approval {
        /// The session.
        session: StreamId,
        /// What is approved.
        about: StreamId,
    },
}

impl Ceremony {
    fn bind(&self, context: &mut hmac::Context) {
        let optional = |stream: &Option<StreamId>| stream.map_or([0; 17], StreamId::to_bytes);
        match self {
            Self::SignIn { browser, transaction } => {
                context.update(b"1");
                context.update(&browser.0);
                context.update(&optional(transaction));
            }
            Self::SecondFactor { browser, transaction, subject } => {
                context.update(b"2");
                context.update(&browser.0);
                context.update(&optional(transaction));
                context.update(subject.0.as_bytes());
            }
            Self::Registration { session } => {
                context.update(b"3");
                context.update(&session.to_bytes());
            }
            Self::Approval { session, about } => {
                context.update(b"4");
                context.update(&session.to_bytes());
                context.update(&about.to_bytes());
            }
        }
    }
}

/// Gives challenges out and knows them again.
#[derive(Debug)]
pub struct Challenges(hmac::Key);

impl Challenges {
    /// With the key of this deployment.
    pub fn new(key: &Zeroizing<[u8; 32]>) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &**key))
    }

    /// A challenge, in unpadded base64url.
    pub fn give(&self, ceremony: &Ceremony, now: Timestamp, random: [u8; RANDOM]) -> String {
        let mut challenge = [0; CHALLENGE];
        challenge[..RANDOM].copy_from_slice(&random);
        challenge[RANDOM..TIME].copy_from_slice(&now.as_micros().to_be_bytes());
        let tag = self.context(&challenge[..TIME], ceremony).sign();
        challenge[TIME..].copy_from_slice(tag.as_ref());
        URL_SAFE_NO_PAD.encode(challenge)
    }

    /// The challenge, if it was given out for this ceremony and can be answered still.
    pub fn open(&self, ceremony: &Ceremony, challenge: &[u8], now: Timestamp) -> Option<Challenge> {
        if challenge.len() != CHALLENGE {
            return None;
        }
        let tag = self.context(&challenge[..TIME], ceremony).sign();
        if !bool::from(subtle::ConstantTimeEq::ct_eq(tag.as_ref(), &challenge[TIME..])) {
            return None;
        }
        let micros = i64::from_be_bytes(challenge[RANDOM..TIME].try_into().ok()?);
        let issued_at = Timestamp::from_micros(micros);
        let expires_at = issued_at.plus_seconds(LIFETIME.into());
        let digest = Digest::of(&[challenge]);
        (now < expires_at).then_some(Challenge { digest, issued_at, expires_at })
    }

    fn context(&self, head: &[u8], ceremony: &Ceremony) -> hmac::Context {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(head);
        ceremony.bind(&mut context);
        context
    }
}

/// A passkey, as options name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Descriptor {
    /// `public-key`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The credential ID.
    id: String,
    /// How the authenticator can be reached.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    transports: Box<[String]>,
}

impl Descriptor {
    /// Names a passkey.
    pub fn new(credential_id: &[u8], transports: &[String]) -> Self {
        let id = URL_SAFE_NO_PAD.encode(credential_id);
        Self { kind: "public-key", id, transports: transports.into() }
    }
}

/// Whether the authenticator is to verify who holds it (Web Authentication Level 3 §5.8.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// Or it is of no use.
    Required,
    /// If it can.
    Preferred,
    /// That is not needed.
    Discouraged,
}

/// `PublicKeyCredentialRequestOptionsJSON` (Web Authentication Level 3 §5.1.9).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestOptions<'a> {
    /// The challenge.
    pub challenge: String,
    /// The RP ID.
    pub rp_id: &'a str,
    /// Which passkeys will do; any of this site where there is none.
    pub allow_credentials: Vec<Descriptor>,
    /// Whether the user is to be verified.
    pub user_verification: UserVerification,
    /// Milliseconds.
    pub timeout: u32,
}

impl<'a> RequestOptions<'a> {
    /// To be signed by one of `allowed`, or by any.
    pub fn new(
        challenge: String,
        rp_id: &'a str,
        allowed: Vec<Descriptor>,
        user_verification: UserVerification,
    ) -> Self {
        let timeout = LIFETIME * 1_000;
        Self { challenge, rp_id, allow_credentials: allowed, user_verification, timeout }
    }
}

/// `PublicKeyCredentialCreationOptionsJSON` (Web Authentication Level 3 §5.1.8): a discoverable passkey, without
/// attestation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreationOptions<'a> {
    challenge: String,
    rp: Party<'a>,
    user: User<'a>,
    pub_key_cred_params: [Parameters; 3],
    exclude_credentials: Vec<Descriptor>,
    authenticator_selection: Selection,
    attestation: &'static str,
    timeout: u32,
}

#[derive(Debug, Serialize)]
struct Party<'a> {
    id: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct User<'a> {
    id: String,
    name: &'a str,
    display_name: &'a str,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Parameters {
    #[serde(rename = "type")]
    kind: &'static str,
    alg: i32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Selection {
    resident_key: &'static str,
    require_resident_key: bool,
    user_verification: UserVerification,
}

impl<'a> CreationOptions<'a> {
    /// For an end-user who has the passkeys `known` already. The user handle is the subject, which says
    /// nothing about the person (Web Authentication Level 3 §14.6.1).
    pub fn new(
        challenge: String,
        (rp_id, brand): (&'a str, &'a str),
        (subject, username): (SubjectId, &'a str),
        known: Vec<Descriptor>,
    ) -> Self {
        let parameters = |alg| Parameters { kind: "public-key", alg };
        Self {
            challenge,
            rp: Party { id: rp_id, name: brand },
            user: User {
                id: URL_SAFE_NO_PAD.encode(subject.0.as_bytes()),
                name: username,
                display_name: username,
            },
            // ES256, EdDSA, RS256.
            pub_key_cred_params: [-7, -8, -257].map(parameters),
            exclude_credentials: known,
            authenticator_selection: Selection {
                resident_key: "required",
                require_resident_key: true,
                user_verification: UserVerification::Preferred,
            },
            attestation: "none",
            timeout: LIFETIME * 1_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use moneta_events::Category;
    use uuid::Uuid;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn a_challenge_is_good_for_its_own_ceremony_and_time() {
        let challenges = Challenges::new(&Zeroizing::new([1; 32]));
        let stream = |number| StreamId::new(Category::Session, Uuid::from_u128(number));
        let (browser, other) = (Digest([1; 32]), Digest([2; 32]));
        let alice = SubjectId(Uuid::from_u128(1));
        let all = [
            Ceremony::SignIn { browser, transaction: None },
            Ceremony::SignIn { browser: other, transaction: None },
            Ceremony::SignIn { browser, transaction: Some(stream(1)) },
            Ceremony::SecondFactor { browser, transaction: None, subject: alice },
            Ceremony::SecondFactor { browser, transaction: Some(stream(1)), subject: alice },
            Ceremony::SecondFactor { browser, transaction: None, subject: SubjectId(Uuid::nil()) },
            Ceremony::Registration { session: stream(1) },
            Ceremony::Registration { session: stream(2) },
            Ceremony::Approval { session: stream(1), about: stream(2) },
            Ceremony::Approval { session: stream(1), about: stream(3) },
        ];
        for given in &all {
            let text = challenges.give(given, NOW, [7; RANDOM]);
            let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
            for asked in &all {
                let opened = challenges.open(asked, &bytes, NOW.plus_seconds(599));
                assert_eq!(opened.is_some(), given == asked, "{given:?} {asked:?}");
            }
            assert!(challenges.open(given, &bytes, NOW.plus_seconds(600)).is_none());
            for bit in 0..CHALLENGE * 8 {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                assert!(challenges.open(given, &changed, NOW).is_none(), "bit {bit}");
            }
            let another = Challenges::new(&Zeroizing::new([2; 32]));
            assert!(another.open(given, &bytes, NOW).is_none());
        }
    }
}
