//! The error a client sees: a registered code and a fixed sentence. The reason is for operators.

use moneta_events::Reason;
use serde::{Serialize, Serializer, ser::SerializeStruct};

macro_rules! codes {
    ( $( $(#[doc = $doc:literal])+ $name:ident = $code:literal, $status:literal; )+ ) => {
        /// A registered error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $( $(#[doc = $doc])+ $name, )+
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[ $( Self::$name, )+ ];

            /// The registered spelling.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$name => $code, )+ }
            }

            /// The HTTP status of an answer that carries it in its body or in `WWW-Authenticate`.
            pub const fn status(self) -> u16 {
                match self { $( Self::$name => $status, )+ }
            }
        }
    };
}

codes! {
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidRequest = "invalid_request", 400;
    /// RFC 6749 §5.2.
    InvalidClient = "invalid_client", 401;
    /// RFC 6749 §5.2.
    InvalidGrant = "invalid_grant", 400;
    /// RFC 6749 §4.1.2.1, §5.2.
    UnauthorizedClient = "unauthorized_client", 400;
    /// RFC 6749 §5.2.
    UnsupportedGrantType = "unsupported_grant_type", 400;
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType = "unsupported_response_type", 400;
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidScope = "invalid_scope", 400;
    /// RFC 6749 §4.1.2.1.
    AccessDenied = "access_denied", 400;
    /// RFC 6749 §4.1.2.1.
    ServerError = "server_error", 500;
    /// RFC 6749 §4.1.2.1.
    TemporarilyUnavailable = "temporarily_unavailable", 503;
    /// OpenID Connect Core 1.0 §3.1.2.6.
    LoginRequired = "login_required", 400;
    /// OpenID Connect Core 1.0 §3.1.2.6.
    ConsentRequired = "consent_required", 400;
    /// OpenID Connect Core 1.0 §3.1.2.6.
    RequestNotSupported = "request_not_supported", 400;
    /// OpenID Connect Core 1.0 §3.1.2.6.
    RequestUriNotSupported = "request_uri_not_supported", 400;
    /// OpenID Connect Core 1.0 §3.1.2.6.
    RegistrationNotSupported = "registration_not_supported", 400;
    /// RFC 8707 §2.
    InvalidTarget = "invalid_target", 400;
    /// RFC 6750 §3.1.
    InvalidToken = "invalid_token", 401;
    /// RFC 6750 §3.1.
    InsufficientScope = "insufficient_scope", 403;
    /// RFC 8628 §3.5, CIBA Core 1.0 §11.
    AuthorizationPending = "authorization_pending", 400;
    /// RFC 8628 §3.5, CIBA Core 1.0 §11.
    SlowDown = "slow_down", 400;
    /// RFC 8628 §3.5, CIBA Core 1.0 §11.
    ExpiredToken = "expired_token", 400;
    /// CIBA Core 1.0 §13.
    ExpiredLoginHintToken = "expired_login_hint_token", 400;
    /// CIBA Core 1.0 §13.
    UnknownUserId = "unknown_user_id", 400;
    /// CIBA Core 1.0 §13.
    MissingUserCode = "missing_user_code", 400;
    /// CIBA Core 1.0 §13.
    InvalidUserCode = "invalid_user_code", 400;
    /// CIBA Core 1.0 §13.
    InvalidBindingMessage = "invalid_binding_message", 400;
    /// CIBA Core 1.0 §13: denied before anybody was asked, which has a status of its own.
    RequestDenied = "access_denied", 403;
}

/// An error as an OAuth client sees it. Serialises to the body of RFC 6749 §5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct OAuthError {
    /// The registered code.
    pub code: ErrorCode,
    /// A fixed sentence for developers of clients: printable ASCII without `"` and `\`, because it also
    /// stands in a quoted header parameter (RFC 6749 §5.2, RFC 6750 §3).
    pub description: &'static str,
    /// The rule that refused; on record, never sent.
    pub reason: Reason,
}

impl OAuthError {
    /// An error. Built inside `const { }`, so that a sentence with a forbidden character does not compile.
    ///
    /// # Panics
    /// Where the sentence has a forbidden character.
    pub const fn new(code: ErrorCode, reason: Reason, description: &'static str) -> Self {
        assert!(
            is_description(description),
            "a description is printable ASCII without quote marks"
        );
        Self { code, description, reason }
    }

    /// The same under another code, where endpoints have codes of their own for it.
    #[must_use]
    pub const fn answered(self, code: ErrorCode) -> Self {
        Self { code, ..self }
    }

    /// `invalid_grant`. Which rule refused is not for the client to know: it would help to guess
    /// (RFC 6749 §5.2).
    pub const fn invalid_grant(reason: Reason) -> Self {
        Self {
            code: ErrorCode::InvalidGrant,
            description: "the grant is not valid: unknown, expired, used, revoked, or not made to this client and request",
            reason,
        }
    }

    /// `access_denied`: the end-user said no (RFC 6749 §4.1.2.1).
    pub const fn access_denied(reason: Reason) -> Self {
        Self { code: ErrorCode::AccessDenied, description: "the end-user did not allow it", reason }
    }

    /// `invalid_request` because a parameter is missing.
    pub const fn missing(description: &'static str) -> Self {
        Self::new(ErrorCode::InvalidRequest, Reason::ParameterMissing, description)
    }

    /// `invalid_request` because a parameter cannot be read.
    pub const fn malformed(description: &'static str) -> Self {
        Self::new(ErrorCode::InvalidRequest, Reason::ParameterMalformed, description)
    }
}

/// Whether `text` has only the characters RFC 6749 allows in `error_description`.
const fn is_description(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b' '..=b'~') || matches!(bytes[at], b'"' | b'\\') {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty()
}

impl Serialize for OAuthError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("OAuthError", 2)?;
        body.serialize_field("error", self.code.as_str())?;
        body.serialize_field("error_description", self.description)?;
        body.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_cannot_break_out_of_a_header() {
        for text in ["", "a \"quote\"", "a\\b", "line\nbreak", "tab\t", "é"] {
            assert!(!is_description(text), "{text:?}");
        }
        assert!(is_description(OAuthError::invalid_grant(Reason::CodeExpired).description));
    }

    #[test]
    fn the_body_has_two_members() {
        let error = const { OAuthError::missing("the parameter token is missing") };
        assert_eq!(
            serde_json::to_string(&error).unwrap(),
            r#"{"error":"invalid_request","error_description":"the parameter token is missing"}"#
        );
    }
}
