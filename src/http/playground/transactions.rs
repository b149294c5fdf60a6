//! The list of transactions, from the read model: of everybody, for on this machine there is nobody else.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use moneta_events::{ClientId, Reason};
use moneta_projections::{
    Projection as _,
    timeline::{self, Ending, Filter, Page, State, Summary},
};

use super::{PATH, timeline::client_name};
use crate::{
    engine::queries::QueryError,
    http::{
        op::Op,
        pages::{self, Trouble},
    },
    protocol::params::Params,
    ui::{Csp, Status, Transaction, Transactions},
};

/// Rows of a page.
const ROWS: u32 = 50;

/// `GET /playground/transactions`.
pub(super) async fn get(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    show(&request, &op).await.unwrap_or_else(|trouble| trouble.response(&op))
}

async fn show(request: &HttpRequest, op: &Op) -> Result<HttpResponse, Trouble> {
    let params = Params::read_form(request.query_string().as_bytes());
    let params = params.map_err(|error| Trouble::BadRequest(error.description))?;
    let text = |name| params.get(name).unwrap_or_default();
    let status = Status::parse(text("status"));
    // Whoever comes from a flow wants to see it: the read model may take a moment to know of it.
    op.queries.up_to(timeline::Timeline.name(), op.facts.head().await?).await;
    let page = match filter(&params, status) {
        Some(filter) => {
            op.queries.query(move |connection| timeline::list(connection, &filter)).await?
        }
        None => Page { rows: Vec::new(), next: None, position: 0 },
    };
    let mut rows = Vec::with_capacity(page.rows.len());
    for summary in &page.rows {
        if status.is_none_or(|asked| asked == status_of(summary)) {
            rows.push(row(op, summary).await?);
        }
    }
    let action = format!("{PATH}/transactions");
    let next = page.next.map(|after| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in ["client", "subject", "status"] {
            query.append_pair(name, text(name));
        }
        format!("{action}?{}", query.append_pair("after", &after.to_string()).finish())
    });
    let shown = Transactions {
        frame: op.frame(),
        back: Some(("Playground", PATH)),
        action: &action,
        client: text("client"),
        subject: text("subject"),
        status,
        rows,
        next: next.as_deref(),
    };
    Ok(pages::page(StatusCode::OK, &shown, &Csp::new()))
}

/// What is asked of the read model; `None` where nothing can fit.
fn filter(params: &Params<'_>, status: Option<Status>) -> Option<Filter> {
    let mut filter = Filter { limit: ROWS, ..Filter::default() };
    filter.client = params.get("client").map(|client| ClientId(client.into()));
    if let Some(subject) = params.get("subject") {
        filter.subject = Some(subject.parse().ok()?);
    }
    if let Some(after) = params.get("after") {
        filter.after = Some(after.parse().ok()?);
    }
    match status {
        None => {}
        Some(Status::InProgress) => filter.outcome = Some(Ending::Open),
        // Told apart by the state, row by row: what was revoked since had ended well, too.
        Some(Status::Completed) => filter.outcome = Some(Ending::Success),
        Some(Status::Denied) => filter.state = Some(State::Denied),
        Some(Status::Refused) => filter.state = Some(State::Refused),
        Some(Status::Expired) => filter.state = Some(State::Expired),
        // Told apart by the reason, row by row.
        Some(Status::Revoked | Status::Replayed) => filter.state = Some(State::Revoked),
    }
    Some(filter)
}

fn status_of(summary: &Summary) -> Status {
    let replayed =
        matches!(summary.reason, Some(Reason::CodeReplayed | Reason::RefreshTokenReplayed));
    match summary.state {
        State::Requested | State::Authenticated | State::Consented | State::CodeIssued => {
            Status::InProgress
        }
        State::Exchanged | State::Answered => Status::Completed,
        State::Denied => Status::Denied,
        State::Refused => Status::Refused,
        State::Expired => Status::Expired,
        State::Revoked if replayed => Status::Replayed,
        State::Revoked => Status::Revoked,
    }
}

async fn row(op: &Op, summary: &Summary) -> Result<Transaction, Trouble> {
    Ok(Transaction {
        href: format!("{PATH}/timeline/{}", summary.stream),
        started: summary.started_at,
        client: client_name(op, &summary.client).await?,
        subject: summary.subject.map(|subject| subject.to_string()),
        status: status_of(summary),
        reason: summary.reason,
        took: summary.last_at.micros_since(summary.started_at),
        events: summary.events,
    })
}

impl From<QueryError> for Trouble {
    fn from(cause: QueryError) -> Self {
        tracing::warn!(%cause, "the list of transactions cannot be asked");
        Self::Busy { retry_after: 2, too_many: false }
    }
}
