//! The one way from a token to its claims (RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725 §3).

use moneta_events::Timestamp;
use serde_json::Value;

use super::{
    Alg, Purpose, VerificationKey, VerifiedClaims,
    alg::is_typ,
    claims::Claims,
    json,
    jws::{self, Malformed},
    purpose::Audience,
};

/// The keys of whoever must have signed.
pub trait KeySource {
    /// The one key that a token with this `kid` and `alg` can be signed with.
    fn key(&self, kid: Option<&str>, alg: Alg) -> Result<&VerificationKey, Rejection>;
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
    /// No `kid`, or none of the signer's; or more than one key may be meant.
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
    /// `iat` or `nbf` is longer ago than the purpose allows.
    #[error("the token is too old")]
    TooOld,
    /// `exp` is further ahead than the purpose allows, or too long after `nbf`.
    #[error("the token would be good for too long")]
    TooLong,
}

/// What a rejection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It is no token of the kind.
    Form,
    /// Nobody who was expected has signed it.
    Signature,
    /// It says the wrong thing, or says it for too long.
    Claims,
    /// It was good once.
    Expired,
}

impl Rejection {
    /// What it is about.
    pub const fn flaw(self) -> Flaw {
        match self {
            Self::Malformed(_) | Self::Typ | Self::Claims => Flaw::Form,
            Self::Alg | Self::UnknownKey | Self::KeyAlg | Self::Signature => Flaw::Signature,
            Self::Claim(_)
            | Self::Issuer
            | Self::Audience
            | Self::NotYetValid
            | Self::TooOld
            | Self::TooLong => Flaw::Claims,
            Self::Expired => Flaw::Expired,
        }
    }
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
        Some(typ) => purpose.typs.iter().any(|kind| is_typ(typ, kind)),
        None => purpose.typ_optional,
    };
    if !typ_fits {
        return Err(Rejection::Typ);
    }
    let alg = header.alg.parse::<Alg>().map_err(|_| Rejection::Alg)?;
    if !purpose.algs.contains(&alg) {
        return Err(Rejection::Alg);
    }
    let key = keys.key(header.kid.as_deref(), alg)?;
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

/// The `sub` that `token` speaks of, unverified: good for nothing but looking up whose keys to verify it
/// with.
pub fn claimed_subject(token: &str) -> Option<String> {
    let claims = json::object(&jws::parse(token).ok()?.payload).ok()?;
    claims.get("sub").and_then(Value::as_str).map(str::to_owned)
}

/// What the header of a token says of its algorithm and key, for the record of one that was verified.
pub fn claimed_header(token: &str) -> Option<(String, Option<String>)> {
    let header = jws::parse(token).ok()?.header;
    Some((header.alg, header.kid))
}

/// Judges claims that are known to be the signer's (RFC 7519 §7.2, RFC 9068 §4, OpenID Connect Core 1.0
/// §3.1.3.7).
fn judge(claims: &Claims, purpose: &Purpose<'_>, now: Timestamp) -> Result<(), Rejection> {
    if claims.text("iss") != Some(purpose.issuer) {
        return Err(Rejection::Issuer);
    }
    if purpose.subject.is_some_and(|subject| claims.text("sub") != Some(subject)) {
        return Err(Rejection::Claim("sub"));
    }
    for name in purpose.required {
        if claims.members.get(*name).is_none_or(|value| value.as_str() == Some("")) {
            return Err(Rejection::Claim(name));
        }
    }
    let is_for = |one: &str| claims.audience.iter().any(|own| own == one);
    let is_meant = match purpose.audience {
        Audience::Any => true,
        Audience::Has(one) => is_for(one),
        Audience::Only(those) => claims.audience.iter().all(|own| those.contains(&own.as_str())),
    };
    if !is_meant {
        return Err(Rejection::Audience);
    }
    judge_times(claims, purpose, now)
}

fn judge_times(claims: &Claims, purpose: &Purpose<'_>, now: Timestamp) -> Result<(), Rejection> {
    let Claims { issued_at, not_before, expires_at, .. } = *claims;
    let soon = now.plus_seconds(purpose.clock_difference);
    if issued_at.max(not_before).is_some_and(|time| time > soon) {
        return Err(Rejection::NotYetValid);
    }
    if !purpose.may_have_expired && expires_at <= now {
        return Err(Rejection::Expired);
    }
    let longer = |begin: Option<Timestamp>, end: Timestamp, most: Option<i64>| {
        begin.zip(most).is_some_and(|(begin, most)| begin.plus_seconds(most) < end)
    };
    if longer(issued_at, now, purpose.oldest) || longer(not_before, now, purpose.widest) {
        return Err(Rejection::TooOld);
    }
    // The clocks' difference is allowed for: a token good for just as long as it may be is accepted.
    let began = not_before.map(|time| time.plus_seconds(purpose.clock_difference));
    if longer(Some(soon), expires_at, purpose.longest) || longer(began, expires_at, purpose.widest)
    {
        return Err(Rejection::TooLong);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
