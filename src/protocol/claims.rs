//! Which claims a scope releases, and in which shape (OpenID Connect Core 1.0 §5.1, §5.4).

use moneta_events::Scope;
use serde_json::{Map, Value};

use super::rules::Rules;

/// The claims OpenID Connect Core 1.0 §5.4 gives a scope token.
pub fn standard(scope: &str) -> &'static [&'static str] {
    match scope {
        "profile" => &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
        "email" => &["email", "email_verified"],
        "address" => &["address"],
        "phone" => &["phone_number", "phone_number_verified"],
        _ => &[],
    }
}

/// The names of the claims that `scope` releases, without doubles.
pub fn released<'r>(rules: &'r Rules, scope: &Scope) -> Vec<&'r str> {
    let mut names: Vec<&'r str> = Vec::new();
    for rule in scope.iter().filter_map(|token| rules.scope(token)) {
        for name in
            standard(&rule.name).iter().copied().chain(rule.claims.iter().map(String::as_str))
        {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// The claims of `person` that are called `names`. What is absent, null, blank or of the wrong type is
/// left out: a client must not have to guess what an empty value means (§5.3.2).
pub fn select(person: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let selected = names.iter().filter(|name| !is_reserved(name)).filter_map(|name| {
        let value = presentable(name, person.get(*name)?)?;
        Some(((*name).to_owned(), value))
    });
    selected.collect()
}

/// The claims that describe a token, which no end-user's data may stand in for.
fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "iss"
            | "sub"
            | "aud"
            | "exp"
            | "iat"
            | "nbf"
            | "jti"
            | "auth_time"
            | "nonce"
            | "acr"
            | "amr"
            | "azp"
            | "at_hash"
            | "c_hash"
            | "s_hash"
            | "sid"
            | "client_id"
            | "scope"
            | "cnf"
    )
}

/// The value as §5.1 has it, or none.
fn presentable(name: &str, value: &Value) -> Option<Value> {
    match name {
        "email_verified" | "phone_number_verified" => value.is_boolean().then(|| value.clone()),
        "updated_at" => value.is_number().then(|| value.clone()),
        "address" => {
            let members: Map<String, Value> = value
                .as_object()?
                .iter()
                .filter(|(name, value)| ADDRESS.contains(&name.as_str()) && is_text(value))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            (!members.is_empty()).then_some(Value::Object(members))
        }
        "birthdate" => is_date(value.as_str()?).then(|| value.clone()),
        _ if is_standard_text(name) => is_text(value).then(|| value.clone()),
        _ => (is_text(value) || !(value.is_null() || value.is_string())).then(|| value.clone()),
    }
}

/// The members of `address` (§5.1.1).
const ADDRESS: [&str; 6] =
    ["formatted", "street_address", "locality", "region", "postal_code", "country"];

/// Whether §5.1 makes `name` a string; the standard claims of other types are decided before.
fn is_standard_text(name: &str) -> bool {
    ["profile", "email", "phone"].into_iter().any(|scope| standard(scope).contains(&name))
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

/// `YYYY-MM-DD`, `YYYY`, or `0000-MM-DD` where the year is not told (§5.1).
fn is_date(text: &str) -> bool {
    let number = |part: &str, digits: usize| {
        let right = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| part.parse::<u16>().ok()).flatten()
    };
    let mut parts = text.split('-');
    let year = parts.next().and_then(|part| number(part, 4));
    match (year, parts.next(), parts.next(), parts.next()) {
        (Some(year), None, ..) => year > 0,
        (Some(year), Some(month), Some(day), None) => {
            let longest = match number(month, 2) {
                Some(2) if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
                Some(2) => 28,
                Some(4 | 6 | 9 | 11) => 30,
                Some(1..=12) => 31,
                _ => 0,
            };
            number(day, 2).is_some_and(|day| (1..=longest).contains(&day))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthdate_is_a_date() {
        for text in ["1985", "1985-02-28", "2000-02-29", "0000-02-29", "0000-12-31"] {
            assert!(is_date(text), "{text}");
        }
        for text in
            ["", "0000", "85", "1985-2-1", "1985-02-30", "1985-13-01", "1985-00-01", "1985-02"]
        {
            assert!(!is_date(text), "{text}");
        }
        assert!(!is_date("1985-01-00") && !is_date("1985-01-01-01") && !is_date("1900-02-29"));
    }
}
