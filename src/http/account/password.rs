//! Changing the password.

use actix_web::{HttpRequest, HttpResponse, web};
use moneta_events::Actor;
use zeroize::Zeroizing;

use super::{Page, Visit, sign_in_again, sign_in_first};
use crate::{
    engine::people::{People, PeopleError},
    http::{
        body::{self, Body},
        browser,
        factors::password::Account,
        op::Op,
        pages::{self, Trouble},
        people,
        session::{self, Evidence},
    },
    ports::passwords::PasswordError,
    protocol::proofs::password_problem,
    ui::{AccountNotice, Csp, NewPassword, PasswordProblem},
};

/// `GET /account/password`.
pub async fn get(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    let shown = async {
        let Some(visit) = Visit::of(&op, &request).await? else {
            return Ok(sign_in_first(Page::Password));
        };
        if !visit.is_fresh() {
            return Ok(sign_in_again(Page::Password));
        }
        show(&op, &visit, None).await
    };
    shown.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

/// `POST /account/password`.
pub async fn post(request: HttpRequest, op: web::Data<Op>, body: Body) -> HttpResponse {
    let done = async {
        let form = body::form(&request, body).map_err(|e| Trouble::BadRequest(e.description))?;
        change(&request, &op, &form).await
    };
    done.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

async fn show(
    op: &Op,
    visit: &Visit,
    problem: Option<PasswordProblem>,
) -> Result<HttpResponse, Trouble> {
    let person = people::person(op, visit.subject()).await?;
    let shown =
        NewPassword { frame: op.frame(), account: &person.username, csrf: &visit.csrf, problem };
    let status = PasswordProblem::status(problem);
    Ok(pages::page(status, &shown, &Csp::new()))
}

async fn change(request: &HttpRequest, op: &Op, form: &[u8]) -> Result<HttpResponse, Trouble> {
    let Some(visit) = Visit::of(op, request).await? else {
        return Ok(sign_in_first(Page::Password));
    };
    let form = visit.form(op, request, form)?;
    if !visit.is_fresh() {
        return Ok(sign_in_again(Page::Password));
    }
    let (caller, subject) = (&visit.caller, visit.subject());
    let username = people::person(op, subject).await?.username;
    let browser = browser::of(op, request).ok_or(Trouble::WrongBrowser)?;
    let account = Account::of(op, request, browser, &username);
    let (old, new) = (form.get("old").unwrap_or_default(), form.get("new").unwrap_or_default());
    if let Err(refusal) = account.check(op, caller, old).await? {
        let problem = match refusal.retry_after {
            Some(retry_after) => PasswordProblem::Throttled { retry_after },
            None => PasswordProblem::OldIsWrong,
        };
        return show(op, &visit, Some(problem)).await;
    }
    if form.get("again").is_some_and(|again| again != new) {
        return show(op, &visit, Some(PasswordProblem::Different)).await;
    }
    if password_problem(new).is_some() {
        return show(op, &visit, Some(PasswordProblem::Unfit)).await;
    }
    let phc = match op.passwords.hash(Zeroizing::new(new.to_owned())).await {
        Ok(phc) => phc,
        Err(PasswordError::Busy) => {
            return Err(Trouble::Busy { retry_after: 2, too_many: false });
        }
        Err(cause) => {
            tracing::error!(%cause, "a password could not be hashed");
            return Err(Trouble::Busy { retry_after: 5, too_many: false });
        }
    };
    let (ledger, facts, privacy) = (&op.ledger, &op.facts, &*op.privacy);
    let all = People { ledger, facts, privacy, usernames: &op.usernames };
    let key = op.privacy.data_key(subject.stream()).await?;
    let context = caller.context(op, subject.stream(), Actor::user(subject), &key);
    all.set_password(subject, &phc, context).await.map_err(|error| match error {
        PeopleError::Failure(failure) => failure.into(),
        error => {
            tracing::error!(%error, "a password could not be changed");
            Trouble::Busy { retry_after: 5, too_many: false }
        }
    })?;
    // Every session of theirs is over with that, and this one goes on: what it says was proved minutes ago.
    let session = visit.held.get();
    let (acr, amr) = (session.acr.to_string(), session.amr.to_vec());
    let evidence = Evidence { subject, acr, amr };
    let held = Some(&visit.held);
    let renewed = session::sign_in(op, caller, held, &evidence, &key, None).await?;
    Ok(pages::see_other(&AccountNotice::PasswordChanged.path(super::PATH), &[renewed.cookie]))
}
