//! `code_challenge` and `code_challenge_method` (RFC 7636 §4.3 and §4.4.1, RFC 9700 §2.1.1).

use moneta_events::{
    Digest, Reason,
    transaction::{CodeChallenge, CodeChallengeMethod},
};

use super::{Asked, response_type::ResponseType};
use crate::{
    domain::pkce::is_verifier,
    protocol::error::{ErrorCode, OAuthError},
};

/// A code request must carry a well-formed challenge with a method that works here and that the client
/// registered. Only a confidential client registered without `require_pkce` may leave it out.
pub(super) fn check(
    asked: &Asked<'_>,
    response_type: ResponseType,
) -> Result<Option<CodeChallenge>, OAuthError> {
    let client = asked.client.metadata;
    let method = asked.params.get("code_challenge_method");
    let Some(value) = asked.params.get("code_challenge") else {
        let required = response_type.code && (client.is_public() || client.require_pkce);
        return if required || method.is_some() { Err(MISSING) } else { Ok(None) };
    };
    let method = match method {
        Some("S256") => CodeChallengeMethod::S256,
        Some("plain") | None => CodeChallengeMethod::Plain,
        Some(_) => return Err(METHOD),
    };
    if !asked.rules.code_challenge_methods.contains(&method)
        || !client.code_challenge_methods.contains(&method)
    {
        return Err(METHOD);
    }
    if !is_challenge(value, method) {
        return Err(const {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                Reason::CodeChallengeMalformed,
                "the code_challenge is not spelled as its method demands",
            )
        });
    }
    Ok(response_type.code.then(|| CodeChallenge { value: value.to_owned(), method }))
}

/// Whether `text` is spelled as a challenge of `method` (RFC 7636 §4.2).
fn is_challenge(text: &str, method: CodeChallengeMethod) -> bool {
    match method {
        CodeChallengeMethod::S256 => text.parse::<Digest>().is_ok(),
        CodeChallengeMethod::Plain => is_verifier(text),
    }
}

const MISSING: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    Reason::CodeChallengeMissing,
    "the parameter code_challenge is missing; this client must use PKCE",
);

/// RFC 7636 §4.3: without `code_challenge_method` the method is `plain`, so that is what is refused.
const METHOD: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    Reason::CodeChallengeMethodForbidden,
    "the code_challenge_method is unknown or not allowed; without the parameter it is plain",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_spelled_in_one_way() {
        // RFC 7636 appendix B.
        let own = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(is_challenge(own, CodeChallengeMethod::S256));
        let padded = format!("{own}=");
        let loose = own.replace("cM", "cN"); // spare bits that are not zero
        for text in [&padded, &loose, &own[1..], "", &own.replace('-', "+")] {
            assert!(!is_challenge(text, CodeChallengeMethod::S256), "{text}");
        }
        assert!(!is_challenge(&own[1..], CodeChallengeMethod::Plain));
    }
}
