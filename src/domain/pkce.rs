//! Proof Key for Code Exchange: does the verifier fit the challenge? (RFC 7636 §4.6)

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::{
    Digest, Reason,
    transaction::{CodeChallenge, CodeChallengeMethod},
};
use subtle::ConstantTimeEq;

/// Compares verifier and challenge in constant time; `true` where there was one to compare. A verifier
/// without a challenge is refused, so that nobody can strip the challenge from a request unseen
/// (RFC 9700 §4.8.2).
pub fn verify(challenge: Option<&CodeChallenge>, verifier: Option<&str>) -> Result<bool, Reason> {
    let (challenge, verifier) = match (challenge, verifier) {
        (None, None) => return Ok(false),
        (None, Some(_)) => return Err(Reason::CodeVerifierUnexpected),
        (Some(_), None) => return Err(Reason::CodeVerifierMissing),
        (Some(challenge), Some(verifier)) => (challenge, verifier),
    };
    if !is_verifier(verifier) {
        return Err(Reason::CodeVerifierMismatch);
    }
    let equal = match challenge.method {
        CodeChallengeMethod::S256 => {
            let mut computed = [0; 43];
            let digest = Digest::of(&[verifier.as_bytes()]);
            match URL_SAFE_NO_PAD.encode_slice(digest.0, &mut computed) {
                Ok(_) => computed.ct_eq(challenge.value.as_bytes()),
                Err(_) => return Err(Reason::CodeVerifierMismatch),
            }
        }
        CodeChallengeMethod::Plain => verifier.as_bytes().ct_eq(challenge.value.as_bytes()),
    };
    if bool::from(equal) { Ok(true) } else { Err(Reason::CodeVerifierMismatch) }
}

/// 43 to 128 unreserved characters (RFC 7636 §4.1).
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn challenge(method: CodeChallengeMethod, value: &str) -> CodeChallenge {
        CodeChallenge { value: value.to_owned(), method }
    }

    #[test]
    fn rfc7636_4_6_verification() {
        let s256 = challenge(CodeChallengeMethod::S256, CHALLENGE);
        let plain = challenge(CodeChallengeMethod::Plain, VERIFIER);
        let table = [
            (Some(&s256), Some(VERIFIER), Ok(true)),
            (Some(&plain), Some(VERIFIER), Ok(true)),
            (None, None, Ok(false)),
            (None, Some(VERIFIER), Err(Reason::CodeVerifierUnexpected)),
            (Some(&s256), None, Err(Reason::CodeVerifierMissing)),
            (Some(&s256), Some(""), Err(Reason::CodeVerifierMismatch)),
            (Some(&s256), Some(CHALLENGE), Err(Reason::CodeVerifierMismatch)),
            (Some(&plain), Some(CHALLENGE), Err(Reason::CodeVerifierMismatch)),
            (Some(&s256), Some("short"), Err(Reason::CodeVerifierMismatch)),
        ];
        for (challenge, verifier, expected) in table {
            assert_eq!(verify(challenge, verifier), expected, "{challenge:?} {verifier:?}");
        }
    }
}
