//! What there is to try.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};

use super::{
    PATH, Playground,
    flow::{FLOWS, Flow, Kind},
    visitor::Visitor,
};
use crate::{
    http::{op::Op, pages},
    ui::{self, Button, Csp},
};

/// `GET /playground`.
pub(super) async fn get(
    request: HttpRequest,
    op: web::Data<Op>,
    playground: web::Data<Playground>,
) -> HttpResponse {
    let visitor = Visitor::of(&request, &op);
    let csrf = visitor.csrf(&op);
    let action = format!("{PATH}/start");
    let card = |flow: &'static Flow| ui::Flow {
        title: flow.title,
        summary: flow.summary,
        facts: flow.facts.to_vec(),
        start: Button {
            label: flow.label,
            action: &action,
            post: true,
            fields: vec![("csrf", csrf.as_str()), ("flow", flow.id)],
        },
    };
    let cast = &playground.cast;
    let can = |flow: &&Flow| flow.kind != Kind::Service || cast.service.is_some();
    let transactions = format!("{PATH}/transactions");
    let shown = ui::Playground {
        frame: op.frame(),
        credentials: cast.end_user.as_ref().map(|(name, word)| (name.as_str(), word.as_str())),
        flows: FLOWS.iter().filter(can).map(card).collect(),
        transactions: &transactions,
    };
    let mut response = pages::page(StatusCode::OK, &shown, &Csp::new());
    let cookie = visitor.cookie(&op).and_then(|text| header::HeaderValue::from_str(&text).ok());
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
