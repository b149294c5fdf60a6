//! Proofs beside the password: passkeys (Web Authentication Level 3) and one-time codes (RFC 6238).
//!
//! What they answer is checked as far as it can be without the record. That nothing is used twice, and that
//! a counter never goes back, is for the end-user's stream to decide.

use moneta_events::{
    Digest, Reason, Timestamp,
    factor::{Challenge, CoseKey},
};
use zeroize::Zeroizing;

/// Says of the bytes of a challenge whether they were given out for this ceremony, and when.
pub type Challenges<'a> = &'a (dyn Fn(&[u8]) -> Option<Challenge> + Sync);

/// Reads and verifies what authenticators send. Implementations do not wait for anything.
pub trait Passkeys: Send + Sync + 'static {
    /// The RP ID that passkeys are bound to (Web Authentication Level 3 §5.1.2).
    fn rp_id(&self) -> &str;

    /// Checks the answer to a registration, JSON as browsers write it (Web Authentication Level 3 §7.1).
    fn register(&self, response: &str, challenges: Challenges<'_>) -> Result<NewPasskey, Reason>;

    /// Reads the answer to an authentication, JSON as browsers write it. Nothing in it is proved yet.
    fn read(&self, response: &str) -> Result<Assertion, Reason>;

    /// Verifies it against the passkey it names (Web Authentication Level 3 §7.2).
    fn verify(
        &self,
        assertion: &Assertion,
        passkey: KnownPasskey<'_>,
        challenges: Challenges<'_>,
    ) -> Result<Verified, Reason>;
}

/// A passkey that was registered with a challenge of ours.
#[derive(Debug, Clone)]
pub struct NewPasskey {
    /// The credential ID.
    pub credential_id: Vec<u8>,
    /// What its signatures are verified with.
    pub public_key: CoseKey,
    /// What it answered.
    pub challenge: Challenge,
    /// The signature counter.
    pub sign_count: u32,
    /// The model of the authenticator, where it says.
    pub aaguid: Option<uuid::Uuid>,
    /// Whether the authenticator verified who held it.
    pub user_verified: bool,
    /// Whether it may be copied to other devices.
    pub backup_eligible: bool,
    /// Whether it was.
    pub backed_up: bool,
    /// How the authenticator can be reached, as far as the specification names it.
    pub transports: Vec<String>,
}

/// An answer that names a passkey, and whose it says it is.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The credential ID.
    pub credential_id: Vec<u8>,
    /// The user handle, where the authenticator keeps one.
    pub user_handle: Option<Vec<u8>>,
    /// `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// `signature`.
    pub signature: Vec<u8>,
}

/// A passkey on record, and what is asked of it.
#[derive(Debug, Clone, Copy)]
pub struct KnownPasskey<'a> {
    /// What its signatures are verified with.
    pub public_key: &'a CoseKey,
    /// Whether it may be copied to other devices; that never changes.
    pub backup_eligible: bool,
    /// Whether the authenticator must have verified who holds it.
    pub must_verify_user: bool,
}

/// A proof that a passkey is held.
#[must_use = "it must be spent in the end-user's stream before it counts"]
#[derive(Debug, Clone)]
pub struct Verified {
    /// What it signed.
    pub challenge: Challenge,
    /// Names the assertion as evidence.
    pub assertion: Digest,
    /// The signature counter.
    pub sign_count: u32,
    /// Whether the authenticator verified who holds it.
    pub user_verified: bool,
    /// Whether it is copied to other devices.
    pub backed_up: bool,
}

/// Makes secrets for one-time codes and finds out which code belongs to which step.
pub trait OneTimeCodes: Send + Sync + 'static {
    /// A fresh secret.
    fn secret(&self) -> Zeroizing<Vec<u8>>;

    /// The step whose code this is, around `now`. It counts only once it is spent in the end-user's stream.
    fn step(&self, secret: &[u8], code: &str, now: Timestamp) -> Option<u64>;

    /// What an application takes the secret in by.
    fn enrolment(&self, secret: &[u8], account: &str) -> Enrolment;
}

/// A secret in the forms in which applications take it in.
pub struct Enrolment {
    /// An `otpauth:` URI, to be shown as QR code.
    pub uri: Zeroizing<String>,
    /// Base32, to be typed.
    pub text: Zeroizing<String>,
}
