//! How a flow ended, and what can be done with what it brought.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

use super::{PATH, Playground, session::Attempt, visitor::Visitor};
use crate::{
    http::{
        op::Op,
        pages::{self, Trouble},
    },
    ui::{Button, Csp, PlaygroundResult},
};

/// The page of an attempt.
pub(super) fn path(attempt: &Attempt) -> String {
    format!("{PATH}/result/{}", attempt.id)
}

/// What can be done with what the client has: the name of the action and its button.
fn actions(attempt: &Attempt) -> Vec<(&'static str, &'static str)> {
    let (tokens, code) = (&attempt.tokens, attempt.code.is_some());
    let has_tokens = tokens.access.is_some();
    [
        ("userinfo", "Ask UserInfo", has_tokens && code),
        ("refresh", "Refresh", tokens.refresh.is_some()),
        ("introspect", "Introspect", has_tokens),
        ("revoke", "Revoke", has_tokens),
        ("replay", "Use the code again", has_tokens && code),
        ("redeem", "Use the right verifier", !has_tokens && code),
    ]
    .into_iter()
    .filter_map(|(name, label, possible)| possible.then_some((name, label)))
    .collect()
}

/// `GET /playground/result/{attempt}`.
pub(super) async fn get(
    request: HttpRequest,
    op: web::Data<Op>,
    playground: web::Data<Playground>,
    attempt: web::Path<String>,
) -> HttpResponse {
    let visitor = Visitor::of(&request, &op);
    match playground.sessions.find(&visitor.key, &attempt) {
        Some(attempt) => show(&op, &visitor, &attempt),
        None => Trouble::NotFound.response(&op),
    }
}

fn show(op: &Op, visitor: &Visitor, attempt: &Attempt) -> HttpResponse {
    let csrf = visitor.csrf(op);
    let timeline = attempt.transaction.map(|stream| format!("{PATH}/timeline/{stream}"));
    let actions: Vec<_> = actions(attempt)
        .into_iter()
        .map(|(name, label)| (format!("{}/{name}", path(attempt)), label))
        .collect();
    let mut buttons = Vec::with_capacity(actions.len() + 1);
    if let Some(timeline) = &timeline {
        let label = "See the timeline";
        buttons.push(Button { label, action: timeline, post: false, fields: Vec::new() });
    }
    buttons.extend(actions.iter().map(|(action, label)| Button {
        label,
        action,
        post: true,
        fields: vec![("csrf", csrf.as_str())],
    }));
    let shown = PlaygroundResult {
        frame: op.frame(),
        flow: attempt.flow.title,
        heading: &attempt.ending.heading,
        success: attempt.ending.success,
        summary: &attempt.ending.summary,
        buttons,
        panels: attempt.seen.iter().map(super::seen::Seen::panel).collect(),
    };
    pages::page(StatusCode::OK, &shown, &Csp::new())
}
