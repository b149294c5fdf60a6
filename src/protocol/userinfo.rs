//! The UserInfo endpoint (OpenID Connect Core 1.0 §5.3).

use moneta_events::{Reason, Scope, SubjectId};
use serde_json::{Map, Value};

use super::{
    claims,
    error::{ErrorCode, OAuthError},
    rules::{OPENID, Rules},
};

/// The access token must allow it: it was issued for an OpenID Connect request (§5.3, RFC 6750 §3.1).
pub fn check(scope: &Scope) -> Result<(), OAuthError> {
    if scope.contains(OPENID) {
        return Ok(());
    }
    Err(const {
        OAuthError::new(
            ErrorCode::InsufficientScope,
            Reason::ScopeInsufficient,
            "the access token does not have the scope openid",
        )
    })
}

/// The answer: `sub`, and of `person` what `scope` releases (§5.3.2).
pub fn answer(
    subject: SubjectId,
    person: &Map<String, Value>,
    scope: &Scope,
    rules: &Rules,
) -> Map<String, Value> {
    let mut answer = Map::new();
    answer.insert("sub".to_owned(), Value::String(subject.to_string()));
    answer.extend(claims::select(person, &claims::released(rules, scope)));
    answer
}
