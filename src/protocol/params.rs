//! Forms and queries: `application/x-www-form-urlencoded`, read strictly (RFC 6749 appendix B).

use std::borrow::Cow;

use moneta_events::Reason;

use super::error::{ErrorCode, OAuthError};

/// Bytes of a form or query that are read at all.
pub const MAX_BYTES: usize = 64 * 1024;
/// Parameters of one request.
pub const MAX_PARAMETERS: usize = 256;
/// Bytes of a parameter's name.
pub const MAX_NAME: usize = 128;
/// Bytes of a parameter's value, decoded.
pub const MAX_VALUE: usize = 16 * 1024;

/// The parameters that may come more than once (RFC 8707 §2).
const REPEATABLE: [&str; 1] = ["resource"];
/// The parameters whose values are JSON, which may be written over several lines.
const JSON: [&str; 2] = ["claims", "authorization_details"];
/// The parameter whose own rule says which characters it may have (CIBA Core 1.0 §13).
const JUDGED: &str = "binding_message";

/// A form or query that cannot be read at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// More than [`MAX_BYTES`], [`MAX_PARAMETERS`], [`MAX_NAME`] or [`MAX_VALUE`].
    #[error("the request is too large")]
    TooLarge,
    /// A percent sign without two hexadecimal digits, or bytes that are no UTF-8.
    #[error("the request is not percent-encoded UTF-8")]
    Encoding,
    /// A control character in a name or value.
    #[error("the request has a control character")]
    ControlCharacter,
}

impl From<Unreadable> for OAuthError {
    fn from(cause: Unreadable) -> Self {
        match cause {
            Unreadable::TooLarge => {
                const {
                    Self::new(
                        ErrorCode::InvalidRequest,
                        Reason::RequestTooLarge,
                        "the request is too large",
                    )
                }
            }
            Unreadable::Encoding => {
                const { Self::malformed("the request is not percent-encoded UTF-8") }
            }
            Unreadable::ControlCharacter => {
                const { Self::malformed("the request has a control character") }
            }
        }
    }
}

/// The parameters of one request, in the order they came. Borrows from it where nothing was encoded.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Where in `pairs` the first parameter stands that must not have come again.
    repeated: Option<usize>,
}

impl<'a> Params<'a> {
    /// Reads a query or form. A repeated parameter is no error yet: the authorization endpoint must
    /// first know where it may send one ([`Params::refuse_repeated`]).
    pub fn read(encoded: &'a [u8]) -> Result<Self, Unreadable> {
        if encoded.len() > MAX_BYTES {
            return Err(Unreadable::TooLarge);
        }
        let mut params = Self::default();
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if params.pairs.len() == MAX_PARAMETERS {
                return Err(Unreadable::TooLarge);
            }
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = at.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
            params.push(decode(name)?, decode(value)?)?;
        }
        Ok(params)
    }

    /// Parameters that came in another form, under the same bounds.
    pub fn of<N: Into<Cow<'a, str>>>(
        pairs: impl IntoIterator<Item = (N, String)>,
    ) -> Result<Self, Unreadable> {
        let mut params = Self::default();
        for (name, value) in pairs {
            if params.pairs.len() == MAX_PARAMETERS {
                return Err(Unreadable::TooLarge);
            }
            params.push(name.into(), Cow::Owned(value))?;
        }
        Ok(params)
    }

    fn push(&mut self, name: Cow<'a, str>, value: Cow<'a, str>) -> Result<(), Unreadable> {
        if name.len() > MAX_NAME || value.len() > MAX_VALUE {
            return Err(Unreadable::TooLarge);
        }
        let json = JSON.contains(&&*name);
        let forbidden = |c: char| c.is_control() && !(json && matches!(c, '\t' | '\n' | '\r'));
        if name.contains(char::is_control) || (name != JUDGED && value.contains(forbidden)) {
            return Err(Unreadable::ControlCharacter);
        }
        if self.repeated.is_none() && !REPEATABLE.contains(&&*name) {
            self.repeated = self.pairs.iter().position(|(earlier, _)| *earlier == name);
        }
        self.pairs.push((name, value));
        Ok(())
    }

    /// Reads the form of an endpoint that answers directly, repeated parameters refused.
    pub fn read_form(encoded: &'a [u8]) -> Result<Self, OAuthError> {
        let params = Self::read(encoded)?;
        params.refuse_repeated()?;
        Ok(params)
    }

    /// The value of `name`. A parameter without a value counts as omitted; of one that came twice, no
    /// value is taken (RFC 6749 §3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.pairs.iter().filter(|(own, _)| own == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) if !value.is_empty() => Some(value),
            _ => None,
        }
    }

    /// Whether `name` came at all, with a value or without.
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(own, _)| own == name)
    }

    /// Whether `name` came more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.pairs.iter().filter(|(own, _)| own == name).nth(1).is_some()
    }

    /// Every value of a parameter that may come more than once.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s str> {
        self.pairs
            .iter()
            .filter(move |(own, value)| own == name && !value.is_empty())
            .map(|p| &*p.1)
    }

    /// The first parameter that came more than once and must not have.
    pub fn repeated(&self) -> Option<&str> {
        self.repeated.map(|at| &*self.pairs[at].0)
    }

    /// Refuses the request if a parameter is repeated, known to us or not (RFC 6749 §3.1, §3.2).
    pub fn refuse_repeated(&self) -> Result<(), OAuthError> {
        match self.repeated() {
            None => Ok(()),
            Some(name) => Err(OAuthError {
                code: ErrorCode::InvalidRequest,
                description: repeated(name),
                reason: Reason::ParameterRepeated,
            }),
        }
    }
}

macro_rules! known {
    ($($name:literal)+) => {
        /// Says which parameter came twice. A stranger's own names are not repeated back.
        pub(super) fn repeated(name: &str) -> &'static str {
            match name {
                $( $name => concat!("the parameter ", $name, " is there more than once"), )+
                _ => "a parameter is there more than once",
            }
        }
    };
}
known! {
    "acr_values" "auth_req_id" "binding_message" "client_assertion" "client_assertion_type" "client_id"
    "client_notification_token" "client_secret" "code" "code_challenge" "code_challenge_method"
    "code_verifier" "device_code" "display" "grant_type" "id_token_hint" "login_hint" "login_hint_token"
    "max_age" "nonce" "prompt" "redirect_uri" "refresh_token" "request" "request_uri" "requested_expiry"
    "response_mode" "response_type" "scope" "state" "token" "token_type_hint" "ui_locales" "user_code"
}

/// Undoes the encoding of one name or value: `+` is a space, `%` two hexadecimal digits.
pub(super) fn decode(encoded: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    if !encoded.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return std::str::from_utf8(encoded).map(Cow::Borrowed).map_err(|_| Unreadable::Encoding);
    }
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        decoded.push(match first {
            b'+' => b' ',
            b'%' => {
                let (digits, tail) = rest.split_at_checked(2).ok_or(Unreadable::Encoding)?;
                rest = tail;
                hex(digits[0])? << 4 | hex(digits[1])?
            }
            other => *other,
        });
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| Unreadable::Encoding)
}

fn hex(digit: u8) -> Result<u8, Unreadable> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(Unreadable::Encoding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_encoded_is_borrowed() {
        let params = Params::read(b"scope=openid&state=a%20b+c").unwrap();
        assert!(matches!(params.pairs[0].1, Cow::Borrowed("openid")));
        assert_eq!(params.get("state"), Some("a b c"));
    }

    #[test]
    fn a_broken_encoding_is_refused() {
        for encoded in ["a=%", "a=%4", "a=%zz", "a=%ff", "%c3=x", "a=%+1"] {
            assert_eq!(Params::read(encoded.as_bytes()), Err(Unreadable::Encoding), "{encoded}");
        }
        assert_eq!(Params::read(b"a=\xff"), Err(Unreadable::Encoding));
    }

    #[test]
    fn only_json_may_have_line_breaks() {
        assert!(Params::read(b"claims=%7B%0A%7D").is_ok());
        for encoded in ["claims=%00", "state=%0A", "a%0D=1", "a=%7f", "a=%C2%85"] {
            assert_eq!(Params::read(encoded.as_bytes()), Err(Unreadable::ControlCharacter));
        }
    }

    #[test]
    fn sizes_are_bounded() {
        let long =
            |name: usize, value: usize| format!("{}={}", "n".repeat(name), "v".repeat(value));
        assert!(Params::read(long(MAX_NAME, MAX_VALUE).as_bytes()).is_ok());
        assert_eq!(Params::read(long(MAX_NAME + 1, 0).as_bytes()), Err(Unreadable::TooLarge));
        assert_eq!(Params::read(long(1, MAX_VALUE + 1).as_bytes()), Err(Unreadable::TooLarge));
        let many =
            |count: usize| (0..count).map(|n| format!("p{n}=")).collect::<Vec<_>>().join("&");
        assert!(Params::read(many(MAX_PARAMETERS).as_bytes()).is_ok());
        assert_eq!(Params::read(many(MAX_PARAMETERS + 1).as_bytes()), Err(Unreadable::TooLarge));
        assert_eq!(Params::read(&vec![b'&'; MAX_BYTES + 1]), Err(Unreadable::TooLarge));
    }
}
