//! How an enum of events is tied to its types' names, schemas and personal fields.

use serde_json::value::RawValue;

use crate::Outcome;

/// One event type of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    /// `category.past_tense`; never renamed.
    pub name: &'static str,
    /// The current schema number of its data.
    pub schema: u16,
    /// One sentence: what happened.
    pub summary: &'static str,
    /// The fields of its data that are personal, and therefore [`crate::Sealed`].
    pub personal: &'static [&'static str],
}

/// The events one kind of stream may hold.
pub trait EventPayload: Sized + Clone + Send + Sync + 'static {
    /// Every type among them.
    const TYPES: &'static [EventType];

    /// Which of the types this one is.
    fn event_type(&self) -> &'static EventType;

    /// How the step ended; the envelope repeats it.
    fn outcome(&self) -> Outcome;

    /// The data as JSON.
    fn write(&self) -> Result<Box<RawValue>, serde_json::Error>;

    /// Reads data of the current schema of the type called `name`.
    fn read(name: &'static str, data: &RawValue) -> Result<Self, serde_json::Error>;
}

/// Ties an enum of single-field variants to the catalogue.
///
/// `#[personal(a, b)]` names the sealed fields. A last line `+ Variant(Enum)` takes in all events of
/// another such enum.
macro_rules! events {
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[doc = $doc:literal])+ $variant:ident($data:ty) = $type_name:literal, $schema:literal $(, personal $personal:tt)?; )+
            $( + $nested:ident($inner:ty); )?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $( $(#[doc = $doc])+ $variant($data), )+
            $( #[doc = concat!("An event of [`", stringify!($inner), "`].")] $nested($inner), )?
        }

        impl $name {
            const OWN: &'static [$crate::EventType] = &[ $(
                $crate::EventType {
                    name: $type_name,
                    schema: $schema,
                    summary: concat!($($doc),+).trim_ascii(),
                    personal: $crate::payload::events!(@personal $($personal)?),
                },
            )+ ];

            /// Schema of the data of every own type as it is written, by name.
            #[cfg(feature = "schema")]
            pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
                let written = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
                vec![ $( (
                    $type_name,
                    written.clone().into_generator().into_root_schema_for::<$data>(),
                ), )+ ]
            }
        }

        impl $crate::EventPayload for $name {
            const TYPES: &'static [$crate::EventType] =
                $crate::payload::events!(@types $name::OWN $(, $inner)?);

            fn event_type(&self) -> &'static $crate::EventType {
                let name = match self {
                    $( Self::$variant(_) => $type_name, )+
                    $( Self::$nested(inner) => return inner.event_type(), )?
                };
                // Each name above is one of OWN's, in the same macro expansion.
                Self::OWN.iter().find(|known| known.name == name).unwrap_or(&Self::OWN[0])
            }

            fn outcome(&self) -> $crate::Outcome {
                match self {
                    $( Self::$variant(data) => data.outcome(), )+
                    $( Self::$nested(inner) => inner.outcome(), )?
                }
            }

            fn write(&self) -> Result<Box<serde_json::value::RawValue>, serde_json::Error> {
                match self {
                    $( Self::$variant(data) => serde_json::value::to_raw_value(data), )+
                    $( Self::$nested(inner) => inner.write(), )?
                }
            }

            fn read(
                name: &'static str,
                data: &serde_json::value::RawValue,
            ) -> Result<Self, serde_json::Error> {
                match name {
                    $( $type_name => serde_json::from_str(data.get()).map(Self::$variant), )+
                    _ => $crate::payload::events!(@read name, data $(, $nested, $inner)?),
                }
            }
        }
    };
    (@personal) => { &[] };
    (@personal ($($field:literal),+)) => { &[$($field),+] };
    (@types $own:expr) => { $own };
    (@types $own:expr, $inner:ty) => {{
        const ALL: [$crate::EventType; {
            $own.len() + <$inner as $crate::EventPayload>::TYPES.len()
        }] = $crate::payload::concat($own, <$inner as $crate::EventPayload>::TYPES);
        &ALL
    }};
    (@read $name:ident, $data:ident) => {
        Err(<serde_json::Error as serde::de::Error>::custom(format!("unknown event type {}", $name)))
    };
    (@read $name:ident, $data:ident, $nested:ident, $inner:ty) => {
        <$inner as $crate::EventPayload>::read($name, $data).map(Self::$nested)
    };
}
pub(crate) use events;

/// Joins two lists of types at compile time; `N` must be the sum of their lengths.
pub(crate) const fn concat<const N: usize>(a: &[EventType], b: &[EventType]) -> [EventType; N] {
    let mut all = [a[0]; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < a.len() { a[at] } else { b[at - a.len()] };
        at += 1;
    }
    all
}

/// The outcome of data that describes something done; the other data types say their own.
macro_rules! succeeds {
    ($($data:ty),+ $(,)?) => { $( impl $data {
        /// It was done.
        #[allow(clippy::unused_self, reason = "called alike on every data type by `events!`")]
        pub const fn outcome(&self) -> $crate::Outcome { $crate::Outcome::SUCCESS }
    } )+ };
}
pub(crate) use succeeds;
