//! `response_mode` (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post
//! Response Mode §2).

use moneta_events::{Reason, transaction::ResponseMode};

use super::{Asked, response_type::ResponseType};
use crate::protocol::error::{ErrorCode, OAuthError};

/// The mode called `text`.
pub fn parse(text: &str) -> Option<ResponseMode> {
    match text {
        "query" => Some(ResponseMode::Query),
        "fragment" => Some(ResponseMode::Fragment),
        "form_post" => Some(ResponseMode::FormPost),
        _ => None,
    }
}

/// The registered spelling.
pub const fn as_str(mode: ResponseMode) -> &'static str {
    match mode {
        ResponseMode::Query => "query",
        ResponseMode::Fragment => "fragment",
        ResponseMode::FormPost => "form_post",
    }
}

/// The mode where the request names none: the fragment as soon as a token leaves the authorization
/// endpoint (OAuth 2.0 Multiple Response Type Encoding Practices §5).
const fn default(response_type: ResponseType) -> ResponseMode {
    if response_type.is_front_channel() { ResponseMode::Fragment } else { ResponseMode::Query }
}

/// The mode the request asks for, if it may.
fn requested(asked: &Asked<'_>, response_type: ResponseType) -> Option<ResponseMode> {
    let mode = match asked.params.get("response_mode") {
        None => Some(default(response_type)),
        Some(text) => parse(text),
    };
    mode.filter(|mode| {
        asked.rules.response_modes.contains(mode)
            && asked.client.metadata.response_modes.contains(mode)
            && !(response_type.is_front_channel() && *mode == ResponseMode::Query)
    })
}

/// How an error travels, which must be known before the response type is known to be good: as the
/// answer would have, and in the query where the request does not say enough. Whoever names a token, even in
/// a response type that does not exist, looks for the answer in the fragment.
pub(super) fn of_error(asked: &Asked<'_>) -> ResponseMode {
    let text = asked.params.get("response_type").unwrap_or_default();
    let names = |word| text.split(' ').any(|own| own == word);
    let response_type = ResponseType::parse(text).unwrap_or(ResponseType {
        id_token: names("id_token"),
        token: names("token"),
        ..ResponseType::CODE
    });
    requested(asked, response_type).unwrap_or(default(response_type))
}

/// Must work here, be registered, and not put tokens into the query.
pub(super) fn check(
    asked: &Asked<'_>,
    response_type: ResponseType,
) -> Result<ResponseMode, OAuthError> {
    requested(asked, response_type).ok_or(
        const {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                Reason::ResponseModeForbidden,
                "the response_mode is unknown, not registered, or forbidden with this response_type",
            )
        },
    )
}
