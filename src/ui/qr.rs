//! QR codes, drawn into the page itself: no picture has to be loaded, and none is kept anywhere.

use std::fmt::Write as _;

use fast_qr::{ECL, QRBuilder};

/// Modules of white around it (ISO/IEC 18004 §6.3.8).
const QUIET: usize = 4;

/// A QR code.
#[derive(Clone)]
pub struct Qr {
    /// Modules of its side, the white around it included.
    pub side: usize,
    /// Its black modules as the path of an SVG.
    pub path: String,
}

impl Qr {
    /// The code of a text; none where it is too long for one.
    pub fn of(text: &str) -> Option<Self> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
        let mut path = String::with_capacity(code.size * code.size * 4);
        for row in 0..code.size {
            let mut column = 0;
            while column < code.size {
                let run = (column..code.size).take_while(|at| code[row][*at].value()).count();
                if run > 0 {
                    write!(path, "M{} {}h{run}v1H{0}z", column + QUIET, row + QUIET)
                        .expect("a String takes every write");
                }
                column += run.max(1);
            }
        }
        Some(Self { side: code.size + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corner_marks_are_where_readers_look_for_them() {
        let qr = Qr::of("otpauth://totp/Moneta:alice?secret=GEZDGNBVGY3TQOJQ").unwrap();
        assert!(qr.path.starts_with("M4 4h7v1H4z"), "{}", &qr.path[..40]);
        let right = qr.side - QUIET - 7;
        assert!(qr.path.contains(&format!("M{right} 4h7v1H{right}z")));
        assert!(qr.path.contains(&format!("M4 {right}h7v1H4z")));
        assert!(Qr::of(&"x".repeat(5_000)).is_none());
    }
}
