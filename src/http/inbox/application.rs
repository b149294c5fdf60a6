//! What makes the inbox an application that can be installed. All of it is for everybody and says nothing of
//! anybody.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web,
};

use super::PATH;
use crate::{
    http::{op::Op, pages},
    ui::{self, Csp, InboxOffline, assets},
};

/// A worker may ask this server, and nothing else may happen in it.
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'";

/// `GET /device-inbox/manifest.webmanifest`.
pub async fn manifest(op: web::Data<Op>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/manifest+json"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(ui::manifest(&op.terms.brand))
}

/// `GET /device-inbox/worker.js`. Browsers ask for it by one address and look whether it changed.
pub async fn worker() -> HttpResponse {
    let worker = assets::worker();
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, worker.content_type))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::CONTENT_SECURITY_POLICY, WORKER_POLICY))
        .insert_header(("service-worker-allowed", PATH))
        .body(worker.body.as_slice())
}

/// `GET /device-inbox/offline`, which the worker keeps.
pub async fn offline(op: web::Data<Op>) -> HttpResponse {
    let shown = InboxOffline { frame: op.frame() };
    pages::page(StatusCode::OK, &shown, &Csp::new().application())
}
