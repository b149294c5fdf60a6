//! What an end-user can prove who they are with beside the password: passkeys (Web Authentication Level 3)
//! and one-time codes (RFC 6238). These events stand in the streams of subjects.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    Digest, Outcome, Reason, Sealed, Timestamp,
    payload::{events, succeeds},
};

events! {
    /// What happened to the further factors of one end-user.
    FactorEvent {
        /// A passkey was registered (Web Authentication Level 3 §7.1).
        PasskeyRegistered(PasskeyRegistered) = "subject.passkey_registered", 1, personal ("credential_id", "label");
        /// A passkey was used, and a challenge with it (Web Authentication Level 3 §7.2).
        PasskeyUsed(PasskeyUsed) = "subject.passkey_used", 1;
        /// A passkey was removed.
        PasskeyRemoved(PasskeyRemoved) = "subject.passkey_removed", 1;
        /// One-time codes were set up (RFC 6238).
        TotpEnrolled(TotpEnrolled) = "subject.totp_enrolled", 1, personal ("secret");
        /// A one-time code was used; it and all before it are spent (RFC 6238 §5.2).
        TotpUsed(TotpUsed) = "subject.totp_used", 1;
        /// One-time codes were removed.
        TotpRemoved(TotpRemoved) = "subject.totp_removed", 1;
        /// A proof by a further factor was refused.
        FactorFailed(FactorFailed) = "subject.factor_failed", 1;
    }
}

/// A new passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasskeyRegistered {
    /// Of the credential ID; names the passkey from now on.
    pub credential: Digest,
    /// The credential ID.
    pub credential_id: Sealed,
    /// What its signatures are verified with.
    pub public_key: CoseKey,
    /// What it answered.
    pub challenge: Challenge,
    /// The signature counter (Web Authentication Level 3 §6.1.1).
    pub sign_count: u32,
    /// The model of the authenticator, where it says.
    pub aaguid: Option<String>,
    /// Whether the authenticator verified who held it.
    pub user_verified: bool,
    /// Whether it may be copied to other devices (Web Authentication Level 3 §6.1.3).
    pub backup_eligible: bool,
    /// Whether it was.
    pub backed_up: bool,
    /// How the authenticator can be reached (Web Authentication Level 3 §5.8.4).
    pub transports: Vec<String>,
    /// What its owner calls it.
    pub label: Sealed,
}

/// A challenge the provider gave out, and which is spent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Challenge {
    /// Of the challenge.
    pub digest: Digest,
    /// When it was given out.
    pub issued_at: Timestamp,
    /// From then on it cannot be answered.
    pub expires_at: Timestamp,
}

/// A passkey signed a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasskeyUsed {
    /// Which passkey.
    pub credential: Digest,
    /// What for.
    pub purpose: Purpose,
    /// What it signed.
    pub challenge: Challenge,
    /// Of authenticator data, client data and signature: names the assertion as evidence.
    pub assertion: Digest,
    /// The signature counter (Web Authentication Level 3 §6.1.1).
    pub sign_count: u32,
    /// Whether the authenticator verified who held it.
    pub user_verified: bool,
    /// Whether it is copied to other devices.
    pub backed_up: bool,
}

/// What somebody proved who they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To sign in, without a password.
    SignIn,
    /// To sign in, after the password.
    SecondFactor,
    /// To approve something while being signed in.
    Approval,
}

/// A passkey works no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasskeyRemoved {
    /// Which.
    pub credential: Digest,
}

/// An application makes codes from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TotpEnrolled {
    /// The shared secret.
    pub secret: Sealed,
    /// The step of the code that proved it; spent with it.
    pub step: u64,
}

/// A code was right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TotpUsed {
    /// What for.
    pub purpose: Purpose,
    /// Its step: the count of half minutes since 1970 (RFC 6238 §4).
    pub step: u64,
}

/// Codes work no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TotpRemoved {}

/// A proof was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FactorFailed {
    /// Which kind of proof.
    pub factor: Factor,
    /// The rule that refused it.
    pub reason: Reason,
    /// From 1, counted since the last one that was right.
    pub attempt: u32,
}

/// A way to prove who one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// A password.
    Password,
    /// A passkey.
    Passkey,
    /// A one-time code.
    Totp,
}

succeeds!(PasskeyRegistered, PasskeyUsed, PasskeyRemoved, TotpEnrolled, TotpUsed, TotpRemoved);

impl FactorFailed {
    /// Refused, for the reason on record.
    pub const fn outcome(&self) -> Outcome {
        Outcome::refused(self.reason)
    }
}

/// A public key as authenticators write it (COSE_Key, RFC 9052 §7), in unpadded base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoseKey(pub Box<[u8]>);

impl Serialize for CoseKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for CoseKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(&*text).map_err(serde::de::Error::custom)?;
        Ok(Self(bytes.into_boxed_slice()))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for CoseKey {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CoseKey".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[A-Za-z0-9_-]+$",
            "description": "A COSE_Key (RFC 9052 §7) in unpadded base64url."
        })
    }
}
