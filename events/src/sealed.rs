//! Personal data at rest: ciphertext and the name of the key's owner, never a key.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::StreamId;

/// Bytes of an AES-256-GCM nonce.
pub const NONCE_BYTES: usize = 12;

/// A personal field, encrypted with AES-256-GCM under the data key of `owner`. The associated data is
/// the stream, the event type and the field's name, so a ciphertext cannot be moved elsewhere unseen.
///
/// Written as `owner.nonce.ciphertext`, the last two in unpadded base64url. Hashes cover this text, so
/// destroying the key erases the content and breaks no proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Whose data key opens it: a subject, or a transaction before its end-user is known.
    pub owner: StreamId,
    /// Fresh for every sealing.
    pub nonce: [u8; NONCE_BYTES],
    /// Ciphertext and tag.
    pub ciphertext: Box<[u8]>,
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{}.{}",
            self.owner,
            URL_SAFE_NO_PAD.encode(self.nonce),
            URL_SAFE_NO_PAD.encode(&self.ciphertext)
        )
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        parse(&text).ok_or_else(|| serde::de::Error::custom("not a sealed field"))
    }
}

fn parse(text: &str) -> Option<Sealed> {
    let mut parts = text.split('.');
    let owner = parts.next()?.parse().ok()?;
    let mut nonce = [0; NONCE_BYTES];
    if URL_SAFE_NO_PAD.decode_slice(parts.next()?, &mut nonce) != Ok(NONCE_BYTES) {
        return None;
    }
    let ciphertext = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?.into_boxed_slice();
    parts.next().is_none().then_some(Sealed { owner, nonce, ciphertext })
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Sealed {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sealed".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[a-z]+-[0-9a-f-]{36}\\.[A-Za-z0-9_-]{16}\\.[A-Za-z0-9_-]+$",
            "description": "A personal field: owner of the data key, nonce, AES-256-GCM ciphertext."
        })
    }
}
