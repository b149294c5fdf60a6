//! RFC 7636 §4.6, RFC 9700 §4.8.2: verifier and challenge.

use moneta::domain::pkce::{is_verifier, verify};
use moneta_events::{
    Reason,
    transaction::{CodeChallenge, CodeChallengeMethod},
};
use proptest::prelude::*;

use crate::fixtures::{CHALLENGE, VERIFIER};

fn challenge(value: &str, method: CodeChallengeMethod) -> CodeChallenge {
    CodeChallenge { value: value.to_owned(), method }
}

#[test]
fn rfc7636_4_6_verification() {
    use CodeChallengeMethod::{Plain, S256};
    let short = "a".repeat(42);
    let table: [(&str, Option<CodeChallenge>, Option<&str>, Result<bool, Reason>); 10] = [
        ("S256 (appendix B)", Some(challenge(CHALLENGE, S256)), Some(VERIFIER), Ok(true)),
        (
            "S256, wrong",
            Some(challenge(CHALLENGE, S256)),
            Some(CHALLENGE),
            Err(Reason::CodeVerifierMismatch),
        ),
        (
            "S256, empty",
            Some(challenge(CHALLENGE, S256)),
            Some(""),
            Err(Reason::CodeVerifierMismatch),
        ),
        ("plain", Some(challenge(VERIFIER, Plain)), Some(VERIFIER), Ok(true)),
        (
            "plain, wrong",
            Some(challenge(VERIFIER, Plain)),
            Some(CHALLENGE),
            Err(Reason::CodeVerifierMismatch),
        ),
        (
            "plain, a digest is no verifier",
            Some(challenge(CHALLENGE, Plain)),
            Some(VERIFIER),
            Err(Reason::CodeVerifierMismatch),
        ),
        (
            "equal, but not spelled as a verifier",
            Some(challenge(&short, Plain)),
            Some(&short),
            Err(Reason::CodeVerifierMismatch),
        ),
        (
            "verifier missing",
            Some(challenge(CHALLENGE, S256)),
            None,
            Err(Reason::CodeVerifierMissing),
        ),
        (
            "challenge missing (RFC 9700 §4.8.2)",
            None,
            Some(VERIFIER),
            Err(Reason::CodeVerifierUnexpected),
        ),
        ("neither", None, None, Ok(false)),
    ];
    for (case, challenge, verifier, expected) in table {
        assert_eq!(verify(challenge.as_ref(), verifier), expected, "{case}");
    }
}

#[test]
fn rfc7636_4_1_spelling() {
    let of = |length: usize| "a".repeat(length);
    for (text, expected) in [
        (of(42), false),
        (of(43), true),
        (of(128), true),
        (of(129), false),
        (of(42) + "~", true),
        (of(42) + "+", false),
        (of(42) + " ", false),
        (of(41) + "é", false),
    ] {
        assert_eq!(is_verifier(&text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn only_the_verifier_itself_fits(a in "[A-Za-z0-9._~-]{43,128}", b in "[A-Za-z0-9._~-]{43,128}") {
        let own = challenge(&a, CodeChallengeMethod::Plain);
        prop_assert_eq!(verify(Some(&own), Some(&a)), Ok(true));
        prop_assert_eq!(verify(Some(&own), Some(&b)).is_ok(), a == b);
    }
}
