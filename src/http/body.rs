//! Forms that are posted to endpoints.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpRequest, dev::Payload, error::ErrorRequestTimeout, http::header, web,
};
use futures_util::future::{FutureExt as _, LocalBoxFuture};
use moneta_events::Reason;

use crate::protocol::error::{ErrorCode, OAuthError};

/// A client that is slower than this with a body of at most 64 KiB only holds a connection.
const DEADLINE: Duration = Duration::from_secs(15);

/// A body, read within the size limit or not. One that is not there in time is answered with `408`.
pub struct Body(pub Result<web::Bytes, actix_web::Error>);

impl FromRequest for Body {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let read = web::Bytes::from_request(request, payload);
        async move {
            match tokio::time::timeout(DEADLINE, read).await {
                Ok(body) => Ok(Self(body)),
                Err(_) => Err(ErrorRequestTimeout("the body did not come in time\n")),
            }
        }
        .boxed_local()
    }
}

/// The bytes of a form, or why they are none.
pub fn form(request: &HttpRequest, body: Body) -> Result<web::Bytes, OAuthError> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    if !essence.is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        return Err(const {
            OAuthError::malformed("the body must be application/x-www-form-urlencoded")
        });
    }
    body.0.map_err(|_| {
        const {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                Reason::RequestTooLarge,
                "the body is too large or was cut off",
            )
        }
    })
}
