//! The one way from a token to its claims (RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725 §3).

use moneta_events::Timestamp;

use super::{
    Alg, Purpose, VerificationKey, VerifiedClaims,
    claims::Claims,
    jws::{self, Malformed},
    purpose::CLOCK_DIFFERENCE,
};

/// The keys of whoever must have signed.
pub trait KeySource {
    /// The key of exactly this name.
    fn key(&self, kid: &str) -> Option<&VerificationKey>;
}

/// Why a token is not accepted. For logs; clients learn only that it was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No token in compact serialization, or one that asks for something unsupported.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Another kind of token.
    #[error("the token is of another type")]
    Typ,
    /// An algorithm that the purpose does not allow, such as `none`.
    #[error("the algorithm of the token is not allowed")]
    Alg,
    /// No `kid`, or none of the signer's.
    #[error("the token names no key of the signer")]
    UnknownKey,
    /// The key is for another algorithm than the header says.
    #[error("the key is for another algorithm")]
    KeyAlg,
    /// The signature is not the key's.
    #[error("the signature is wrong")]
    Signature,
    /// The payload is not a JSON object with unique members.
    #[error("the claims are not a JSON object with unique members")]
    Claims,
    /// A claim is missing, or a value or type it cannot have.
    #[error("the claim {0} is missing or wrong")]
    Claim(&'static str),
    /// Another issuer.
    #[error("the token is of another issuer")]
    Issuer,
    /// For somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` is longer ago than the purpose allows.
    #[error("the token is too old")]
    TooOld,
}

/// Verifies `token` for `purpose` with one of `keys`. The header only says which of the owner's keys to
/// try: the allowed algorithms come from the purpose and the algorithm from the key (RFC 8725 §3.1).
pub fn verify(
    token: &str,
    purpose: &Purpose<'_>,
    keys: &impl KeySource,
    now: Timestamp,
) -> Result<VerifiedClaims, Rejection> {
    if token.len() > purpose.max_length {
        return Err(Malformed::TooLong.into());
    }
    let parsed = jws::parse(token)?;
    let header = &parsed.header;
    let typ_fits = match &header.typ {
        Some(typ) => purpose.typ.matches(typ),
        None => purpose.typ_optional,
    };
    if !typ_fits {
        return Err(Rejection::Typ);
    }
    let alg = header.alg.parse::<Alg>().map_err(|_| Rejection::Alg)?;
    if !purpose.algs.contains(&alg) {
        return Err(Rejection::Alg);
    }
    let kid = header.kid.as_deref().ok_or(Rejection::UnknownKey)?;
    let key = keys.key(kid).ok_or(Rejection::UnknownKey)?;
    if key.alg() != alg {
        return Err(Rejection::KeyAlg);
    }
    if !key.verifies(parsed.signing_input, &parsed.signature) {
        return Err(Rejection::Signature);
    }
    let claims = Claims::decode(&parsed.payload)?;
    judge(&claims, purpose, now)?;
    Ok(VerifiedClaims(claims))
}

/// Judges claims that are known to be the signer's (RFC 7519 §7.2, RFC 9068 §4, OpenID Connect Core 1.0
/// §3.1.3.7).
fn judge(claims: &Claims, purpose: &Purpose<'_>, now: Timestamp) -> Result<(), Rejection> {
    if claims.text("iss") != Some(purpose.issuer) {
        return Err(Rejection::Issuer);
    }
    for name in purpose.required {
        if claims.text(name).is_none_or(str::is_empty) {
            return Err(Rejection::Claim(name));
        }
    }
    if purpose.audience.is_some_and(|one| !claims.audience.iter().any(|own| own == one)) {
        return Err(Rejection::Audience);
    }
    let soon = now.plus_seconds(CLOCK_DIFFERENCE);
    if claims.issued_at > soon || claims.not_before.is_some_and(|not_before| not_before > soon) {
        return Err(Rejection::NotYetValid);
    }
    if !purpose.may_have_expired && claims.expires_at <= now {
        return Err(Rejection::Expired);
    }
    if purpose.oldest.is_some_and(|oldest| claims.issued_at.plus_seconds(oldest) < now) {
        return Err(Rejection::TooOld);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
