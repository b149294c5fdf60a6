//! Spans of time as people read them.

/// A span between two events, from microseconds: two significant units at most.
pub(super) fn span(micros: i64) -> String {
    let micros = micros.max(0);
    let (millis, seconds) = (micros / 1_000, micros / 1_000_000);
    match seconds {
        0 if micros < 50 => "0 ms".to_owned(),
        0 if millis < 10 => format!("{}.{} ms", millis, micros / 100 % 10),
        0 => format!("{millis} ms"),
        1..60 => format!("{}.{} s", seconds, millis / 100 % 10),
        60..3_600 => pair(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => pair(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => pair(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

/// How long to wait, from seconds, in words; never less than there is to wait.
pub(super) fn wait(seconds: u32) -> String {
    match seconds {
        0 | 1 => "1 second".to_owned(),
        2..120 => format!("{seconds} seconds"),
        120..7_200 => format!("{} minutes", seconds.div_ceil(60)),
        _ => format!("{} hours", seconds.div_ceil(3_600)),
    }
}

fn pair(large: i64, large_unit: &str, small: i64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (micros, text) in [
            (-5, "0 ms"),
            (420, "0.4 ms"),
            (9_990, "9.9 ms"),
            (412_300, "412 ms"),
            (3_940_000, "3.9 s"),
            (60_000_000, "1 min"),
            (125_000_000, "2 min 5 s"),
            (11_040_000_000, "3 h 4 min"),
            (180_000_000_000, "2 d 2 h"),
        ] {
            assert_eq!(span(micros), text);
        }
    }

    #[test]
    fn waits() {
        for (seconds, text) in
            [(0, "1 second"), (40, "40 seconds"), (121, "3 minutes"), (7_201, "3 hours")]
        {
            assert_eq!(wait(seconds), text);
        }
    }
}
