//! One-time codes as applications make them: HMAC-SHA-1, six digits, half a minute (RFC 6238).

use moneta_events::Timestamp;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::{
    ports::authenticator::{Enrolment, OneTimeCodes},
    runtime::entropy::Entropy,
};

/// Bytes of a secret (RFC 4226 §4).
const SECRET: usize = 20;
/// Characters of a name in an `otpauth:` URI.
const NAME: usize = 64;

/// Codes of this step, the one before and the one after are taken (RFC 6238 §5.2).
pub struct Totps {
    /// The provider's name, as applications show it.
    brand: String,
    entropy: Entropy,
}

impl Totps {
    /// For a provider of that name.
    pub fn new(brand: &str, entropy: Entropy) -> Self {
        Self { brand: name(brand), entropy }
    }

    fn codes(&self, secret: &[u8], account: &str) -> Totp {
        Builder::new()
            .with_secret(Secret::from(secret))
            .with_issuer(Some(self.brand.as_str()))
            .with_account_name(name(account))
            .build()
            .expect("the secret is long enough and the names have no colon")
    }
}

impl OneTimeCodes for Totps {
    fn secret(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.entropy.bytes::<SECRET>().to_vec())
    }

    fn step(&self, secret: &[u8], code: &str, now: Timestamp) -> Option<u64> {
        if secret.len() != SECRET {
            return None;
        }
        // People type codes as applications show them: in two groups.
        let digits: Zeroizing<String> =
            Zeroizing::new(code.chars().filter(|c| !c.is_whitespace()).take(16).collect());
        let seconds = u64::try_from(now.as_seconds()).ok()?;
        self.codes(secret, "").check(&digits, seconds)
    }

    fn enrolment(&self, secret: &[u8], account: &str) -> Enrolment {
        let codes = self.codes(secret, account);
        let uri = codes.to_url().expect("there is an account name");
        Enrolment { uri: Zeroizing::new(uri), text: Zeroizing::new(codes.secret().to_base32()) }
    }
}

/// A name without what separates issuer and account.
fn name(text: &str) -> String {
    let name: String = text.chars().filter(|c| *c != ':' && !c.is_control()).take(NAME).collect();
    if name.trim().is_empty() { "account".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B.
    const KEY: &[u8] = b"12345678901234567890";

    fn codes() -> Totps {
        Totps::new("Moneta: the mint", Entropy::default())
    }

    #[test]
    fn rfc6238_appendix_b() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = codes().step(KEY, code, Timestamp::from_seconds(seconds));
            assert_eq!(step, Some(seconds.cast_unsigned() / 30), "{seconds}");
        }
    }

    #[test]
    fn rfc6238_5_2_one_step_of_delay_either_way() {
        let at = |seconds| codes().step(KEY, "287 082", Timestamp::from_seconds(seconds));
        assert_eq!(at(29), Some(1));
        assert_eq!(at(30), Some(1));
        assert_eq!(at(89), Some(1));
        assert_eq!(at(90), None);
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["", "28708", "2870822", "+87082", "２８７０８２", "28708a", "000000"] {
            assert_eq!(codes().step(KEY, text, Timestamp::from_seconds(59)), None, "{text}");
        }
        assert_eq!(codes().step(b"short", "287082", Timestamp::from_seconds(59)), None);
    }

    #[test]
    fn applications_take_it_in_by_uri_or_by_text() {
        let enrolment = codes().enrolment(KEY, "alice: the first");
        assert_eq!(*enrolment.text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = url::Url::parse(&enrolment.uri).unwrap();
        assert_eq!((uri.scheme(), uri.host_str()), ("otpauth", Some("totp")));
        assert_eq!(uri.path(), "/Moneta%20the%20mint:alice%20the%20first");
        let secret = uri.query_pairs().find(|(name, _)| name == "secret").unwrap().1.into_owned();
        assert_eq!(secret, *enrolment.text);
    }
}
