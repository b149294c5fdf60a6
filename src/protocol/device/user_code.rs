//! Codes that people read on one device and type on another (RFC 8628 §6.1).

use std::fmt;

/// Consonants that look like no other, and that spell no word: twenty of them.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// 20^8 codes are 34.5 bits. With the guesses that are let through in the life of a code, nobody finds one.
const LETTERS: usize = 8;
/// How much of a line somebody typed is looked at.
const TYPED: usize = 64;

/// A user code, as it is compared: capital letters and nothing between them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UserCode([u8; LETTERS]);

impl UserCode {
    /// The code that `random` stands for. There are so many more numbers than codes that each code is drawn
    /// as often as any other.
    pub fn draw(random: [u8; 16]) -> Self {
        let mut rest = u128::from_le_bytes(random);
        Self(std::array::from_fn(|_| {
            let letter = ALPHABET[(rest % 20) as usize];
            rest /= 20;
            letter
        }))
    }

    /// Reads what somebody typed: small letters are as good as capital ones, and what is between them does
    /// not count. `None` where that is no code.
    pub fn read(typed: &str) -> Option<Self> {
        if typed.len() > TYPED {
            return None;
        }
        let is_between = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
        let mut letters = typed.chars().filter(|c| !is_between(c));
        let mut code = [0; LETTERS];
        for place in &mut code {
            let letter = u8::try_from(letters.next()?).ok()?.to_ascii_uppercase();
            *place = ALPHABET.contains(&letter).then_some(letter)?;
        }
        letters.next().is_none().then_some(Self(code))
    }

    /// The letters alone.
    pub fn letters(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }
}

/// As it is shown: two groups, which are easier to keep in mind.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.letters().split_at(LETTERS / 2);
        write!(f, "{first}-{second}")
    }
}

/// It opens a request, so it is left out.
impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rfc8628_6_1_what_is_shown_can_be_typed_in_many_ways(random in any::<[u8; 16]>()) {
            let code = UserCode::draw(random);
            let shown = code.to_string();
            prop_assert!(shown.len() == 9 && shown.as_bytes()[4] == b'-');
            for typed in [
                shown.clone(),
                shown.to_lowercase(),
                shown.replace('-', ""),
                shown.replace('-', " "),
                shown.replace('-', "\u{2013}"),
                format!("  {}\t", shown.chars().map(|c| format!("{c} ")).collect::<String>()),
            ] {
                prop_assert_eq!(UserCode::read(&typed), Some(code), "{}", typed);
            }
        }

        #[test]
        fn whatever_is_typed_is_read_or_not(typed in "\\PC*") {
            if let Some(code) = UserCode::read(&typed) {
                prop_assert_eq!(UserCode::read(&code.to_string()), Some(code));
            }
        }
    }

    #[test]
    fn what_is_no_code() {
        for typed in [
            "",
            "WDJB-MJH",
            "WDJB-MJHTT",
            "WDJB-MJHA",
            "WDJB-MJH0",
            "WDJB_MJHT",
            "WDJB.MJHT",
            "ＷDJB-MJHT",
            "WDJB-MJH\u{17f}",
            "--------",
            &"W".repeat(65),
            &format!("{}WDJB-MJHT", " ".repeat(60)),
        ] {
            assert_eq!(UserCode::read(typed), None, "{typed:?}");
        }
        assert!(UserCode::read("WDJB-MJHT").is_some());
    }

    #[test]
    fn rfc8628_5_1_there_are_more_codes_than_anybody_can_try() {
        let codes = (0..LETTERS).fold(1_u64, |codes, _| codes * ALPHABET.len() as u64);
        assert!(codes > 1 << 34, "{codes}");
        let distinct: HashSet<&u8> = ALPHABET.iter().collect();
        assert_eq!(distinct.len(), ALPHABET.len());
        for look_alike in b"AEIOUY0123456789" {
            assert!(!ALPHABET.contains(look_alike), "{look_alike}");
        }
    }

    #[test]
    fn every_letter_is_drawn_at_every_place() {
        let mut seen = vec![HashSet::new(); LETTERS];
        for number in 0..2_000_u128 {
            let random = number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
            let code = UserCode::draw(random.to_le_bytes());
            for (place, letter) in code.letters().bytes().enumerate() {
                seen[place].insert(letter);
            }
        }
        assert!(seen.iter().all(|letters| letters.len() == ALPHABET.len()), "{seen:?}");
    }
}
