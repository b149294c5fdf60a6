//! Registering passkeys, and removing them.

use actix_web::{HttpRequest, HttpResponse, web};
use moneta_events::{Actor, Digest, factor::PasskeyRemoved};

use super::{Page, Visit, sign_in_again, sign_in_first};
use crate::{
    domain::factors::Command,
    http::{
        body::{self, Body},
        factors::passkey,
        op::Op,
        pages::{self, Trouble},
        people,
    },
    ui::{AccountNotice, Csp, LoginProblem, PasskeyButton, PasskeySetup},
};

/// `GET /account/passkey`.
pub async fn get(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    let shown = async {
        let Some(visit) = Visit::of(&op, &request).await? else {
            return Ok(sign_in_first(Page::Passkey));
        };
        if !visit.is_fresh() {
            return Ok(sign_in_again(Page::Passkey));
        }
        show(&op, &visit, None).await
    };
    shown.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

async fn show(
    op: &Op,
    visit: &Visit,
    problem: Option<LoginProblem>,
) -> Result<HttpResponse, Trouble> {
    let Some(options) = passkey::creation(op, &visit.held).await? else {
        return Err(Trouble::NotFound);
    };
    let nonce = pages::nonce(op);
    let person = people::person(op, visit.subject()).await?;
    let shown = PasskeySetup {
        frame: op.frame(),
        account: &person.username,
        csrf: &visit.csrf,
        passkey: PasskeyButton { options: &options, nonce: &nonce },
        problem,
    };
    Ok(pages::attempt(problem, &shown, &Csp::new().script(&nonce)))
}

/// `POST /account/passkey`: a passkey was made.
pub async fn post(request: HttpRequest, op: web::Data<Op>, body: Body) -> HttpResponse {
    let done = async {
        let form = body::form(&request, body).map_err(|e| Trouble::BadRequest(e.description))?;
        let Some(visit) = Visit::of(&op, &request).await? else {
            return Ok(sign_in_first(Page::Passkey));
        };
        let form = visit.form(&op, &request, &form)?;
        if !visit.is_fresh() {
            return Ok(sign_in_again(Page::Passkey));
        }
        let response = form.get("assertion").unwrap_or_default();
        let label = form.get("label").unwrap_or_default();
        match passkey::register(&op, visit.scene(), &visit.held, response, label).await? {
            Ok(_) => Ok(pages::see_other(&AccountNotice::PasskeyRegistered.path(super::PATH), &[])),
            Err(_) => show(&op, &visit, Some(LoginProblem::PasskeyRefused)).await,
        }
    };
    done.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

/// `POST /account/passkey/remove`.
pub async fn remove(request: HttpRequest, op: web::Data<Op>, body: Body) -> HttpResponse {
    let done = async {
        let form = body::form(&request, body).map_err(|e| Trouble::BadRequest(e.description))?;
        let Some(visit) = Visit::of(&op, &request).await? else {
            return Ok(sign_in_first(Page::Overview));
        };
        let form = visit.form(&op, &request, &form)?;
        if !visit.is_fresh() {
            return Ok(sign_in_again(Page::Overview));
        }
        let Some(credential) = form.get("credential").and_then(|text| text.parse::<Digest>().ok())
        else {
            return Err(Trouble::BadRequest("the form does not say which passkey"));
        };
        let (subject, actor) = (visit.subject(), Actor::user(visit.subject()));
        let command = Command::RemovePasskey(PasskeyRemoved { credential });
        let removed = visit.scene().order(&op, subject, actor, command).await?;
        removed.map_err(|_| Trouble::Expired)?;
        Ok(pages::see_other(&AccountNotice::PasskeyRemoved.path(super::PATH), &[]))
    };
    done.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}
