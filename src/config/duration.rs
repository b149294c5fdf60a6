//! Durations as people write them.

use std::fmt;

use jiff::{Span, SpanRelativeTo};
use serde::{
    Deserialize, Deserializer,
    de::{self, Visitor},
};

/// Whole seconds, written `"90s"`, `"10m"`, `"1h 30m"`, `"30d"`, or as a plain number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Seconds(pub(crate) u32);

/// The name by which [`Seconds`] is known to a deserializer.
pub(crate) const TYPE: &str = "Seconds";

const EXPECTED: &str = "a duration such as \"90s\", \"10m\", \"12h\" or \"30d\", or whole seconds";

impl Seconds {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Self(seconds));
        }
        let span: Span = text.parse().ok()?;
        let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
        let whole = duration.subsec_nanos() == 0;
        u32::try_from(duration.as_secs()).ok().filter(|_| whole).map(Self)
    }
}

/// In the largest unit that has no remainder.
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, unit) = [(86_400, "d"), (3_600, "h"), (60, "m")]
            .into_iter()
            .find(|(size, _)| self.0 >= *size && self.0.is_multiple_of(*size))
            .unwrap_or((1, "s"));
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Duration;

        impl<'de> Visitor<'de> for Duration {
            type Value = Seconds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Seconds, D::Error> {
                deserializer.deserialize_any(self)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Seconds, E> {
                Seconds::parse(text).ok_or_else(|| E::custom(format_args!("expected {EXPECTED}")))
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Seconds, E> {
                self.visit_i64(i64::try_from(seconds).unwrap_or(i64::MAX))
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Seconds, E> {
                u32::try_from(seconds)
                    .map(Seconds)
                    .map_err(|_| E::custom(format_args!("expected {EXPECTED}")))
            }
        }

        deserializer.deserialize_newtype_struct(TYPE, Duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("10m", Some(600)),
            ("1h 30m", Some(5_400)),
            ("12h", Some(43_200)),
            ("30d", Some(2_592_000)),
            ("2 weeks", Some(1_209_600)),
            ("600", Some(600)),
            ("0s", Some(0)),
            ("-5s", None),
            ("1.5s", None),
            ("1 month", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(Seconds::parse(text), seconds.map(Seconds), "{text}");
        }
    }

    #[test]
    fn durations_show_in_the_largest_unit() {
        for (seconds, text) in
            [(0, "0s"), (90, "90s"), (600, "10m"), (5_400, "90m"), (86_400, "1d")]
        {
            assert_eq!(Seconds(seconds).to_string(), text);
        }
    }
}
