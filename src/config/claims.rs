//! The types of an end-user's claims. What is wrong here would be wrong in every token, so it is refused
//! when it is written down.

use serde_json::{Map, Value};

use super::error::did_you_mean;

/// The standard claims (OpenID Connect Core 1.0 §5.1) without `sub`, which the provider chooses.
const STANDARD: [(&str, Kind); 19] = [
    ("name", Kind::Text),
    ("given_name", Kind::Text),
    ("family_name", Kind::Text),
    ("middle_name", Kind::Text),
    ("nickname", Kind::Text),
    ("preferred_username", Kind::Text),
    ("profile", Kind::Link),
    ("picture", Kind::Link),
    ("website", Kind::Link),
    ("email", Kind::Email),
    ("email_verified", Kind::Boolean),
    ("gender", Kind::Text),
    ("birthdate", Kind::Date),
    ("zoneinfo", Kind::Zone),
    ("locale", Kind::Language),
    ("phone_number", Kind::Phone),
    ("phone_number_verified", Kind::Boolean),
    ("address", Kind::Address),
    ("updated_at", Kind::Time),
];

/// OpenID Connect Core 1.0 §5.1.1.
const ADDRESS: [&str; 6] =
    ["formatted", "street_address", "locality", "region", "postal_code", "country"];

/// Claims of tokens (RFC 7519 §4.1, OpenID Connect Core 1.0 §2, RFC 9068 §2.2): the provider alone says
/// what is in them.
const RESERVED: [&str; 20] = [
    "acr",
    "act",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "s_hash",
    "scope",
    "sid",
    "sub",
];

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Link,
    Email,
    Boolean,
    Date,
    Zone,
    Language,
    Phone,
    Address,
    Time,
}

/// Whether only the provider may say what the claim `name` is.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// What is wrong with `claims`, each with the claim's name. `released` are the claims that scopes ask
/// for: one that no scope asks for would never reach anybody.
pub(super) fn problems<'a>(
    claims: &'a Map<String, Value>,
    released: &[&str],
) -> Vec<(&'a str, String)> {
    let wrong = |(name, value): (&'a String, &Value)| {
        // A claim in a language is named after the claim (§5.2).
        let base = name.split_once('#').map_or(name.as_str(), |(base, _)| base);
        if is_reserved(base) {
            return Some((name.as_str(), "is the provider's to say; remove it".to_owned()));
        }
        if !released.contains(&base) {
            let meant = did_you_mean(base, released.iter().copied());
            let text = format!("no scope asks for this claim{meant}");
            return Some((name.as_str(), text));
        }
        let (_, kind) = STANDARD.iter().find(|(standard, _)| *standard == base)?;
        kind.check(value).err().map(|text| (name.as_str(), text.to_owned()))
    };
    claims.iter().filter_map(wrong).collect()
}

impl Kind {
    fn check(self, value: &Value) -> Result<(), &'static str> {
        let matches = |test: fn(&str) -> bool, expected| match text(value)? {
            text if test(text) => Ok(()),
            _ => Err(expected),
        };
        match self {
            Self::Text => text(value).map(drop),
            Self::Link => matches(
                |text| super::uri::link(text).is_ok(),
                "must be an https address, percent-encoded where it is not ASCII",
            ),
            Self::Email => matches(is_email, "must be an e-mail address"),
            Self::Boolean if value.is_boolean() => Ok(()),
            Self::Boolean => Err("must be true or false"),
            Self::Date => matches(is_birthdate, "must be YYYY-MM-DD, YYYY, or 0000-MM-DD"),
            Self::Zone => matches(is_zone, "must be a time zone such as Europe/Rome"),
            Self::Language => matches(is_language, "must be a language tag such as en-GB (BCP 47)"),
            Self::Phone => matches(is_phone, "must be a number such as +1 202 555 0100 (E.164)"),
            Self::Address => address(value),
            Self::Time if value.as_u64().is_some() => Ok(()),
            Self::Time => Err("must be seconds since 1970, a number"),
        }
    }
}

fn text(value: &Value) -> Result<&str, &'static str> {
    match value.as_str() {
        Some(text) if !text.trim().is_empty() && text != "null" => Ok(text),
        Some(_) => Err("is empty; leave the claim out"),
        None => Err("must be text in quotes"),
    }
}

fn address(value: &Value) -> Result<(), &'static str> {
    let members = value.as_object().filter(|members| !members.is_empty());
    let members = members.ok_or("must be a table with members such as locality and country")?;
    for (name, value) in members {
        if !ADDRESS.contains(&name.as_str()) {
            return Err("has a member other than formatted, street_address, locality, region, \
                        postal_code and country");
        }
        text(value).map_err(|_| "has a member that is not text or is empty")?;
    }
    Ok(())
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@')
            && !text.contains(|c: char| c.is_whitespace() || c.is_control())
    })
}

fn is_birthdate(text: &str) -> bool {
    let year = |year: &str| {
        year.len() == 4
            && year.bytes().all(|b| b.is_ascii_digit())
            && year.parse().is_ok_and(|year: u16| year == 0 || (1850..=2200).contains(&year))
    };
    match text.split_once('-') {
        None => year(text) && text != "0000",
        Some((first, _)) => {
            year(first) && text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
        }
    }
}

fn is_zone(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b))
    };
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.split('/').all(part)
}

fn is_language(text: &str) -> bool {
    let mut subtags = text.split(['-', '_']);
    let first = subtags.next().unwrap_or_default();
    (2..=8).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

fn is_phone(text: &str) -> bool {
    let number = text.split_once(";ext=").map_or(text, |(number, _)| number);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    number.starts_with('+')
        && (4..=15).contains(&digits)
        && number[1..].bytes().all(|b| b.is_ascii_digit() || b" ()-.".contains(&b))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn openid_connect_core_5_1_standard_claims() {
        let table = [
            ("name", json!("Alice"), true),
            ("name", json!(" "), false),
            ("name", json!("null"), false),
            ("name", json!(1), false),
            ("name#de", json!("Alice"), true),
            ("name#de", json!(null), false),
            ("email", json!("alice@example.com"), true),
            ("email", json!("alice"), false),
            ("email_verified", json!(true), true),
            ("email_verified", json!("true"), false),
            ("updated_at", json!(1_700_000_000), true),
            ("updated_at", json!("2024-01-01"), false),
            ("birthdate", json!("1990-02-28"), true),
            ("birthdate", json!("1990-02-30"), false),
            ("birthdate", json!("0000-02-29"), true),
            ("birthdate", json!("1990"), true),
            ("birthdate", json!("0000"), false),
            ("birthdate", json!("28.2.1990"), false),
            ("zoneinfo", json!("Europe/Rome"), true),
            ("zoneinfo", json!("Europe/"), false),
            ("locale", json!("en-GB"), true),
            ("locale", json!("English (UK)"), false),
            ("phone_number", json!("+1 (202) 555-0100;ext=7"), true),
            ("phone_number", json!("202 555 0100"), false),
            ("picture", json!("https://example.com/a.png"), true),
            ("picture", json!("javascript:alert(1)"), false),
            ("address", json!({"locality": "Rome", "country": "Italy"}), true),
            ("address", json!({}), false),
            ("address", json!("Rome"), false),
            ("address", json!({"city": "Rome"}), false),
            ("sub", json!("alice"), false),
            ("nickname", json!("Al"), false),
            ("roles", json!(["admin"]), true),
        ];
        let released: Vec<&str> = STANDARD
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| *name != "nickname")
            .chain(["roles"])
            .collect();
        for (name, value, good) in table {
            let claims = Map::from_iter([(name.to_owned(), value.clone())]);
            assert_eq!(problems(&claims, &released).is_empty(), good, "{name} = {value}");
        }
    }
}
