//! Instants and spans as people write and read them at a command line.

use jiff::{Span, SpanRelativeTo, civil::Date, tz::TimeZone};
use moneta_events::Timestamp;

use crate::runtime::clock::{Clock as _, SystemClock};

const DURATION: &str = "not a duration such as 90s, 10m, 12h or 7d";
const INSTANT: &str = "not a time: write 2026-11-22, 2026-11-22T22:36:39Z, or how long ago, such as 90s, 10m, 12h or 7d";

/// Whole seconds, written `90s`, `10m`, `1h 30m`, `7d`.
pub(super) fn seconds(text: &str) -> Result<u32, String> {
    let span: Span = text.trim().parse().map_err(|_| DURATION.to_owned())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let seconds = duration.map_err(|_| DURATION.to_owned())?.as_secs();
    u32::try_from(seconds).map_err(|_| DURATION.to_owned())
}

/// An instant: RFC 3339, a day (its beginning in UTC), or a span before now.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(ago) = seconds(text) {
        return Ok(SystemClock.now().plus_seconds(-i64::from(ago)));
    }
    let micros = match (text.parse::<jiff::Timestamp>(), text.parse::<Date>()) {
        (Ok(instant), _) => instant.as_microsecond(),
        (_, Ok(day)) => {
            let midnight = day.to_zoned(TimeZone::UTC).map_err(|_| INSTANT.to_owned())?;
            midnight.timestamp().as_microsecond()
        }
        _ => return Err(INSTANT.to_owned()),
    };
    Ok(Timestamp::from_micros(micros))
}

/// `2026-11-22 22:36:39.123`, in UTC.
pub(super) fn show(at: Timestamp) -> String {
    at.to_string()[..23].replace('T', " ")
}

/// A span in the unit a person would choose: `830 µs`, `12 ms`, `3.2 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`.
pub(super) fn span(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    let two = |big: i64, unit: &str, small: i64, smaller: &str| match small {
        0 => format!("{big} {unit}"),
        _ => format!("{big} {unit} {small} {smaller}"),
    };
    match micros {
        ..0 => "before that".to_owned(),
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{} ms", micros / 1_000),
        1_000_000..60_000_000 => format!("{seconds}.{} s", micros / 100_000 % 10),
        60_000_000..3_600_000_000 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600_000_000..86_400_000_000 => two(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_spans_are_read() {
        for (text, micros) in [
            ("2026-11-22", 1_795_305_600_000_000),
            ("2026-11-22T22:36:39Z", 1_795_386_999_000_000),
            ("2026-11-22T23:36:39.5+01:00", 1_795_386_999_500_000),
        ] {
            assert_eq!(instant(text), Ok(Timestamp::from_micros(micros)), "{text}");
        }
        let hour_ago = instant("1h").unwrap();
        let ago = SystemClock.now().micros_since(hour_ago);
        assert!((3_600_000_000..3_660_000_000).contains(&ago), "{ago}");
        assert!(instant("yesterday").is_err());
        assert_eq!(seconds("1h 30m"), Ok(5_400));
        assert!(seconds("-1h").is_err());
    }

    #[test]
    fn spans_are_shown_in_the_unit_that_fits() {
        for (micros, text) in [
            (830, "830 µs"),
            (12_345, "12 ms"),
            (3_240_000, "3.2 s"),
            (250_000_000, "4 min 10 s"),
            (7_500_000_000, "2 h 5 min"),
            (86_400_000_000, "1 d"),
        ] {
            assert_eq!(span(micros), text);
        }
    }
}
