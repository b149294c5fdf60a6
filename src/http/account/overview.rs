//! How somebody signs in, at a glance; and signing out.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use moneta_events::{Actor, session::SessionEnd};

use super::{Page, Visit, sign_in_first};
use crate::{
    http::{
        body::{self, Body},
        op::Op,
        pages::{self, Trouble},
        people, session,
    },
    ui::{Account, AccountNotice, Csp, PasskeyLine},
};

/// `GET /account`.
pub async fn get(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    let shown = async {
        let Some(visit) = Visit::of(&op, &request).await? else {
            return Ok(sign_in_first(Page::Overview));
        };
        let notice = AccountNotice::parse(request.query_string());
        show(&op, &visit, notice).await
    };
    shown.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

async fn show(
    op: &Op,
    visit: &Visit,
    notice: Option<AccountNotice>,
) -> Result<HttpResponse, Trouble> {
    let subject = visit.subject();
    let person = people::person(op, subject).await?;
    let view = &visit.view.view;
    let mut passkeys = Vec::with_capacity(view.passkeys.len());
    for passkey in &view.passkeys {
        let label = people::field(op, subject.stream(), Some(&passkey.label)).await;
        passkeys.push(PasskeyLine {
            credential: passkey.credential.to_string(),
            label: String::from_utf8(label.to_vec()).unwrap_or_default(),
            synced: passkey.backup_eligible,
            registered_at: passkey.registered_at,
            used_at: passkey.used_at,
        });
    }
    let shown = Account {
        frame: op.frame(),
        account: &person.username,
        csrf: &visit.csrf,
        has_password: view.password.is_some(),
        password_changed_at: view.credential_changed_at,
        totp_since: view.totp.as_ref().map(|totp| totp.enrolled_at),
        totp_used_at: view.totp.as_ref().and_then(|totp| totp.used_at),
        passkeys,
        offers_passkeys: op.passkeys.is_some(),
        notice,
    };
    Ok(pages::page(StatusCode::OK, &shown, &Csp::new()))
}

/// `POST /account/sign-out`: ends the session.
pub async fn sign_out(request: HttpRequest, op: web::Data<Op>, body: Body) -> HttpResponse {
    let done = async {
        let form = body::form(&request, body).map_err(|e| Trouble::BadRequest(e.description))?;
        let Some(visit) = Visit::of(&op, &request).await? else {
            return Ok(sign_in_first(Page::Overview));
        };
        visit.form(&op, &request, &form)?;
        let key = op.privacy.data_key(visit.subject().stream()).await?;
        let actor = Actor::user(visit.subject());
        let cause = SessionEnd::SignedOut;
        session::end(&op, &visit.caller, &visit.held, &actor, cause, &key).await?;
        Ok(sign_in_first(Page::Overview))
    };
    done.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}
