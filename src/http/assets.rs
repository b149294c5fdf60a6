//! The files that pages refer to, and the home page.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};

use super::{op::Op, pages};
use crate::ui::{Csp, ErrorPage, Home, assets};

/// `GET /assets/{file}`. File names carry a version, so browsers may keep them.
pub async fn file(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    match assets::find(&name) {
        Some(asset) => send(&request, asset, "public, max-age=31536000, immutable"),
        None => {
            HttpResponse::NotFound().insert_header((header::CACHE_CONTROL, "no-store")).finish()
        }
    }
}

/// `GET /favicon.ico`, which browsers ask for by themselves.
pub async fn icon(request: HttpRequest) -> HttpResponse {
    send(&request, assets::icon(), "public, max-age=86400")
}

fn send(request: &HttpRequest, asset: &'static assets::Asset, cache: &str) -> HttpResponse {
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known == Some(asset.etag.as_str());
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, asset.etag.as_str()))
        .insert_header((header::CACHE_CONTROL, cache));
    if is_known {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, asset.content_type)).body(asset.body.as_slice())
}

/// `GET /`.
pub async fn home(op: web::Data<Op>) -> HttpResponse {
    let shown = Home { frame: op.frame(), playground: op.terms.playground };
    pages::page(StatusCode::OK, &shown, &Csp::new())
}

/// Whatever is not there.
pub async fn not_found(op: web::Data<Op>) -> HttpResponse {
    pages::page(StatusCode::NOT_FOUND, &ErrorPage::not_found(op.frame()), &Csp::new())
}
