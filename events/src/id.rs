//! Names of streams: a category and a UUID made by the provider, never text a stranger chose.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// What a stream is about. The number is stored; never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[repr(u8)]
pub enum Category {
    /// One browser authorization, from its request to its last refresh.
    Transaction = 1,
    /// One browser session of an end-user at the provider.
    Session = 2,
    /// One end-user: credentials, claims, status.
    Subject = 3,
    /// A reserved username, pointing to its subject.
    Username = 4,
    /// One relying party or resource server.
    Client = 5,
    /// What one subject allowed one client.
    Consent = 6,
    /// The provider's signing keys.
    Keyring = 7,
    /// A grant without an end-user step.
    Direct = 8,
    /// Refused requests worth keeping that belong to no transaction.
    Incident = 9,
    /// The configuration a node ran with.
    Configuration = 10,
    /// One backchannel authentication request, from its request to its last refresh.
    Backchannel = 11,
    /// One device authorization request, from its request to its last refresh.
    Device = 12,
}

impl Category {
    /// Every category, in the order of its stored number.
    pub const ALL: [Self; 12] = [
        Self::Transaction,
        Self::Session,
        Self::Subject,
        Self::Username,
        Self::Client,
        Self::Consent,
        Self::Keyring,
        Self::Direct,
        Self::Incident,
        Self::Configuration,
        Self::Backchannel,
        Self::Device,
    ];

    /// Whether such a stream is one authorization with an end-user, from its request to its last refresh.
    pub const fn is_grant(self) -> bool {
        matches!(self, Self::Transaction | Self::Backchannel | Self::Device)
    }

    /// The word before the first dash of a stream name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
            Self::Session => "session",
            Self::Subject => "subject",
            Self::Username => "username",
            Self::Client => "client",
            Self::Consent => "consent",
            Self::Keyring => "keyring",
            Self::Direct => "direct",
            Self::Incident => "incident",
            Self::Configuration => "configuration",
            Self::Backchannel => "backchannel",
            Self::Device => "device",
        }
    }

    /// The category stored as `number`.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|category| *category as u8 == number)
    }
}

/// The name of a stream, `category-uuid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId {
    /// What the stream is about.
    pub category: Category,
    /// Which one of its kind.
    pub uuid: Uuid,
}

impl StreamId {
    /// A stream of `category`.
    pub const fn new(category: Category, uuid: Uuid) -> Self {
        Self { category, uuid }
    }

    /// Seventeen bytes: the category's number and the UUID. Sorts by category, then by creation for
    /// UUIDs of version 7.
    pub fn to_bytes(self) -> [u8; 17] {
        let mut bytes = [0; 17];
        bytes[0] = self.category as u8;
        bytes[1..].copy_from_slice(self.uuid.as_bytes());
        bytes
    }

    /// Reads what [`StreamId::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (number, uuid) = bytes.split_first()?;
        Some(Self { category: Category::from_number(*number)?, uuid: Uuid::from_slice(uuid).ok()? })
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.category.as_str(), self.uuid.hyphenated())
    }
}

/// The text is not `category-uuid`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a stream name: expected category-uuid, such as transaction-01890a5d-…")]
pub struct NotAStreamId;

impl FromStr for StreamId {
    type Err = NotAStreamId;

    fn from_str(text: &str) -> Result<Self, NotAStreamId> {
        let (category, uuid) = text.split_once('-').ok_or(NotAStreamId)?;
        let category =
            Category::ALL.into_iter().find(|c| c.as_str() == category).ok_or(NotAStreamId)?;
        let uuid = Uuid::try_parse(uuid).map_err(|_| NotAStreamId)?;
        Ok(Self { category, uuid })
    }
}

impl Serialize for StreamId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StreamId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An end-user. The text form is the `sub` claim: never reused, at most 255 ASCII characters
/// (OpenID Connect Core 1.0 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transparent))]
pub struct SubjectId(
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "uuid")))] pub Uuid,
);

impl SubjectId {
    /// The stream that holds this subject's life.
    pub const fn stream(self) -> StreamId {
        StreamId::new(Category::Subject, self.0)
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for SubjectId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(text).map(Self)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for StreamId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StreamId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "The name of a stream: its category and a UUID.",
            "pattern": "^[a-z]+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_name_survives_text_and_bytes() {
        for category in Category::ALL {
            let id =
                StreamId::new(category, Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(StreamId::from_bytes(&id.to_bytes()), Some(id));
        }
        assert!("transaction".parse::<StreamId>().is_err());
        assert!("$all-x".parse::<StreamId>().is_err());
        assert_eq!(StreamId::from_bytes(&[0; 17]), None);
    }
}
