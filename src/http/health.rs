//! Whether the node lives and serves.

use actix_web::{HttpResponse, http::header, web};
use serde::Serialize;

use super::op::{Op, Readiness};

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    head: Option<u64>,
    live_transactions: usize,
    waiting_orders: usize,
    read_models: ReadModels,
}

/// How far the lists are. Requests are served whatever stands here.
#[derive(Serialize)]
struct ReadModels {
    lag_events: u64,
    stalled: bool,
    halted: Vec<Halted>,
}

#[derive(Serialize)]
struct Halted {
    projection: &'static str,
    position: u64,
}

/// `GET /healthz`: the process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).body("ok\n")
}

/// `GET /readyz`: requests can be served. `degraded` where a read model stands still: an operator must look
/// at it, but nothing that decides about a request depends on one.
pub async fn ready(op: web::Data<Op>) -> HttpResponse {
    let head = op.facts.store.head().await.ok();
    let read_models = op.queries.status();
    let status = match (**op.readiness.load(), head) {
        (Readiness::Draining, _) => "draining",
        (Readiness::Serving, None) => "store unavailable",
        // Still served: taking the node out would only send its load to the others.
        (Readiness::Serving, Some(_)) if read_models.is_degraded() || op.transactions.is_full() => {
            "degraded"
        }
        (Readiness::Serving, Some(_)) => "ready",
    };
    let mut response = match status {
        "ready" | "degraded" => HttpResponse::Ok(),
        _ => HttpResponse::ServiceUnavailable(),
    };
    let read_models = read_models.grown_to(head.unwrap_or(0));
    response.insert_header((header::CACHE_CONTROL, "no-store")).json(Ready {
        status,
        head,
        live_transactions: op.transactions.live(),
        waiting_orders: op.transactions.waiting(),
        read_models: ReadModels {
            lag_events: read_models.lag_events,
            stalled: read_models.trouble.is_some(),
            halted: read_models
                .halted
                .iter()
                .map(|one| Halted { projection: one.projection, position: one.position })
                .collect(),
        },
    })
}
