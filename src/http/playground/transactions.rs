//! The transactions this browser began.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{
    PATH, Playground,
    record::{self, Record},
    timeline,
    visitor::Visitor,
};
use crate::{
    http::{
        op::Op,
        pages::{self, Trouble},
    },
    protocol::params::Params,
    ui::{Csp, Status, Transaction, Transactions},
};

/// `GET /playground/transactions`.
pub(super) async fn get(
    request: HttpRequest,
    op: web::Data<Op>,
    playground: web::Data<Playground>,
) -> HttpResponse {
    show(&request, &op, &playground).await.unwrap_or_else(|trouble| trouble.response(&op))
}

async fn show(
    request: &HttpRequest,
    op: &Op,
    playground: &Playground,
) -> Result<HttpResponse, Trouble> {
    let params = Params::read_form(request.query_string().as_bytes());
    let params = params.map_err(|error| Trouble::BadRequest(error.description))?;
    let filter = |name| params.get(name).unwrap_or_default();
    let (client, subject) = (filter("client"), filter("subject"));
    let status = Status::parse(filter("status"));
    let visitor = Visitor::of(request, op);
    let mut rows = Vec::new();
    for attempt in playground.sessions.all(&visitor.key) {
        let stream = match attempt.transaction {
            Some(stream) => Some(stream),
            None => record::find(op, &attempt).await?,
        };
        let Some(stream) = stream else { continue };
        let Some(record) = Record::read(op, stream).await? else { continue };
        let row = row(op, &record).await?;
        let is_asked = (client.is_empty()
            || record.client.as_ref().is_some_and(|c| c.as_str() == client))
            && (subject.is_empty() || row.subject.as_deref() == Some(subject))
            && status.is_none_or(|status| row.status == status);
        if is_asked {
            rows.push(row);
        }
    }
    let action = format!("{PATH}/transactions");
    let frame = op.frame();
    let back = Some(("Playground", PATH));
    let shown =
        Transactions { frame, back, action: &action, client, subject, status, rows, next: None };
    Ok(pages::page(StatusCode::OK, &shown, &Csp::new()))
}

async fn row(op: &Op, record: &Record) -> Result<Transaction, Trouble> {
    Ok(Transaction {
        href: format!("{PATH}/timeline/{}", record.stream),
        started: record.started(),
        client: timeline::client_name(op, record).await?,
        subject: record.subject.map(|subject| subject.to_string()),
        status: record.status,
        reason: record.reason(),
        took: record.took(),
        events: record.entries.len() as u64,
    })
}
