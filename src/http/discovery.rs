//! Metadata and keys (OpenID Connect Discovery 1.0 §4, RFC 8414, RFC 7517). Prepared once; whatever a
//! request says besides, the answer is the same.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web,
};
use moneta_events::Digest;

use super::op::Op;

/// A document that does not change while the node runs.
pub struct Document {
    body: web::Bytes,
    etag: HeaderValue,
}

impl Document {
    /// Prepares a document.
    pub fn new(body: String) -> Self {
        let etag = format!("\"{}\"", Digest::of(&[body.as_bytes()]));
        let etag =
            HeaderValue::from_str(&etag).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        Self { body: body.into(), etag }
    }

    fn answer(&self, request: &HttpRequest, max_age: &'static str) -> HttpResponse {
        let known = request.headers().get(header::IF_NONE_MATCH);
        let mut response = if known == Some(&self.etag) {
            HttpResponse::NotModified()
        } else {
            HttpResponse::Ok()
        };
        response
            .insert_header((header::ETAG, self.etag.clone()))
            .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(max_age)))
            .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")));
        if known == Some(&self.etag) {
            return response.finish();
        }
        response
            .insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/json")))
            .body(self.body.clone())
    }
}

/// `GET /.well-known/openid-configuration` and `GET /.well-known/oauth-authorization-server`.
pub async fn metadata(request: HttpRequest, document: web::Data<Document>) -> HttpResponse {
    document.answer(&request, "public, max-age=3600")
}

/// `GET /jwks`.
pub async fn jwks(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    op.jwks.load().answer(&request, "public, max-age=300")
}
