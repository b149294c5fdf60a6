//! One transaction as it is on record.

use actix_web::{HttpResponse, http::StatusCode, web};
use moneta_events::{ClientId, StreamId};

use super::{PATH, record::Record};
use crate::{
    http::{
        op::Op,
        pages::{self, Trouble},
    },
    ui::{Csp, Timeline},
};

/// `GET /playground/timeline/{transaction}`.
pub(super) async fn get(op: web::Data<Op>, transaction: web::Path<String>) -> HttpResponse {
    show(&op, &transaction).await.unwrap_or_else(|trouble| trouble.response(&op))
}

async fn show(op: &Op, transaction: &str) -> Result<HttpResponse, Trouble> {
    let stream: StreamId = transaction.parse().map_err(|_| Trouble::NotFound)?;
    let record = Record::read(op, stream).await?.ok_or(Trouble::NotFound)?;
    let client = match &record.client {
        Some(client_id) => client_name(op, client_id).await?,
        None => String::new(),
    };
    let subject = record.subject.map(|subject| subject.to_string());
    let client_id = record.client.as_ref().map(ToString::to_string).unwrap_or_default();
    let back = format!("{PATH}/transactions");
    let shown = Timeline {
        frame: op.frame(),
        transaction,
        status: record.status,
        client: &client,
        subject: subject.as_deref(),
        facts: vec![("Client", client_id), ("Configuration", record.configuration)],
        chain: record.chain,
        entries: record.entries,
        back: Some(&back),
    };
    Ok(pages::page(StatusCode::OK, &shown, &Csp::new()))
}

/// The name people know a client by.
pub(super) async fn client_name(op: &Op, client_id: &ClientId) -> Result<String, Trouble> {
    let client = op.facts.client(client_id.as_str()).await?;
    let metadata = client.view.metadata.as_deref();
    Ok(metadata.map_or_else(|| client_id.to_string(), |known| known.display_name().to_owned()))
}
