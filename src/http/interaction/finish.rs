//! What follows a proof of who the end-user is, whichever page it was given on.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use moneta_events::{
    Actor, Reason, SubjectId,
    transaction::{Authenticated, AuthenticationMethod, Consented},
};

use super::{Interaction, Step as Page};
use crate::{
    domain::transaction::Step,
    engine::privacy::DataKey,
    http::{
        authorize::refusal,
        factors::{self, password::Account},
        op::Op,
        pages::{self, Trouble},
        people,
        record::Pen,
        session::{self, Evidence},
    },
    protocol::{
        authorize::{next_step::NextStep, respond},
        proofs::Proofs,
    },
};

/// Characters kept of what was typed as username.
pub(super) const USERNAME: usize = 200;

/// Puts a failed attempt on record.
pub(super) async fn fail(
    op: &Op,
    interaction: &Interaction,
    reason: Reason,
    username: Option<&str>,
) -> Result<(), Trouble> {
    let key = interaction.key(op).await?;
    let (caller, stream) = (&interaction.caller, interaction.stream);
    let typed: String = username.unwrap_or_default().chars().take(USERNAME).collect();
    let of = "transaction.authentication_failed";
    let username = (!typed.is_empty())
        .then(|| key.seal(stream, of, "username", typed.as_bytes(), op.entropy()));
    let steps = vec![Step::FailAuthentication { reason, username }];
    Pen { caller, stream, actor: &Actor::BROWSER, key: &key }.record(op, steps).await?;
    Ok(())
}

/// The end-user proved enough: they get a session, and the transaction goes on.
pub(super) async fn signed_in(
    op: &Op,
    interaction: Interaction,
    request: &HttpRequest,
    subject: SubjectId,
    proofs: Proofs,
) -> Result<HttpResponse, Trouble> {
    let caller = &interaction.caller;
    let (acr, amr) = factors::reached(op, proofs);
    let evidence = Evidence { subject, acr, amr };
    let key = op.privacy.data_key(subject.stream()).await?;
    let held = interaction.session.as_ref();
    let transaction = Some(interaction.stream);
    let signed_in = session::sign_in(op, caller, held, &evidence, &key, transaction).await?;
    let username = people::person(op, subject).await?.username;
    let account = Account::of(op, request, interaction.browser, &username);
    let cookies = vec![signed_in.cookie, account.remember(op)];
    let authenticated = Authenticated {
        subject,
        session: signed_in.stream,
        auth_time: caller.now,
        acr: evidence.acr,
        amr: evidence.amr,
        method: if proofs.password {
            AuthenticationMethod::Password
        } else {
            AuthenticationMethod::Passkey
        },
        transaction_key: None,
    };
    advance(op, interaction, authenticated, &key, cookies).await
}

/// The end-user is known: goes as far as it can without another page.
pub(super) async fn advance(
    op: &Op,
    mut interaction: Interaction,
    authenticated: Authenticated,
    key: &DataKey,
    cookies: Vec<String>,
) -> Result<HttpResponse, Trouble> {
    let authenticated = interaction.take_over(op, authenticated, key).await?;
    let target = interaction.target(op).await?;
    let actor = Actor::user(authenticated.subject);
    interaction.now_is(op, &authenticated).await?;
    let mut steps = vec![Step::Authenticate(Arc::clone(&authenticated))];
    let (caller, stream) = (&interaction.caller, interaction.stream);
    let pen = Pen { caller, stream, actor: &actor, key };
    let answer = match interaction.next(op, None) {
        NextStep::Issue { scope, basis } => {
            let consent = Consented { scope, basis, shown: None };
            let granting = interaction.granting(&authenticated, consent, target)?;
            Some(pen.issue(op, steps, granting).await?.answer)
        }
        NextStep::Refuse(error) => {
            steps.push(Step::Refuse(refusal(&interaction.request, &error)));
            pen.record(op, steps).await?;
            Some(respond::error(target, &op.rules.issuer, &error))
        }
        NextStep::Consent { .. } | NextStep::Login { .. } | NextStep::SelectAccount => {
            pen.record(op, steps).await?;
            None
        }
    };
    interaction.let_go_of_key(op).await;
    Ok(match answer {
        Some(answer) => interaction.send(op, &answer, &cookies),
        None => pages::see_other(&interaction.path(Page::Consent), &cookies),
    })
}
