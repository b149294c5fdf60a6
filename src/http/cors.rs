//! Cross-origin requests of scripts: token, userinfo and revocation for the origins a public client
//! registered, and nothing else. Never with credentials.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap, HeaderValue},
    web,
};

use super::op::Op;

/// `OPTIONS`: a browser asks before it lets a script call. Which client will call is not known yet, so any
/// origin that some client registered may ask.
pub async fn preflight(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    if let Some(origin) = allowed(&request, &op) {
        response
            .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, origin))
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"));
    }
    response.insert_header((header::VARY, "Origin")).finish()
}

/// Adds what lets the script at a registered origin read the answer.
pub fn mark(request: &HttpRequest, op: &Op, headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = allowed(request, op) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let exposed = HeaderValue::from_static("www-authenticate");
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
}

fn allowed(request: &HttpRequest, op: &Op) -> Option<HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    op.web_origins.load().contains(text).then(|| origin.clone())
}
