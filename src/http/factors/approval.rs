//! Proofs that go with an approval: somebody who is signed in approves something, on a device of theirs, and
//! proves once more who they are.
//!
//! A page that asks for an approval shows a password field and, where [`options`] answers something, a
//! passkey button with these options; it posts `password` and perhaps `otp`, or `assertion`. Its handler
//! gives them to [`prove`] and records the [`Approval`] with the decision it makes.

use actix_web::HttpRequest;
use moneta_events::{Digest, Reason, StreamId, Timestamp, factor::Purpose};

use super::{Refusal, Scene, passkey, password::Account, reached, totp::totp};
use crate::{
    http::{browser, caller::Caller, op::Op, pages::Trouble, people, session::LiveSession},
    protocol::{params::Params, passkey::Ceremony, proofs::Proofs},
};

/// What is to be recorded of a proof. It is fresh and spent: nobody can use it again, for this or anything
/// else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// When it was given.
    pub proved_at: Timestamp,
    /// The methods used for this approval alone, whatever the session was begun with (RFC 8176).
    pub amr: Vec<String>,
    /// The authentication context they reach.
    pub acr: String,
    /// The passkey that signed, as the end-user's stream names it.
    pub credential: Option<Digest>,
    /// The assertion it signed, as the end-user's stream names it: authenticator data, client data and
    /// signature. The challenge in it is bound to the session and to what was approved.
    pub assertion: Option<Digest>,
}

/// JSON options for `navigator.credentials.get`, to be signed for an approval of `about` in this session.
/// None where the end-user has no passkey.
pub async fn options(
    op: &Op,
    held: &LiveSession,
    about: StreamId,
) -> Result<Option<String>, Trouble> {
    let ceremony = Ceremony::Approval { session: held.stream, about };
    passkey::request(op, &ceremony, Some(held.get().subject)).await
}

/// Takes the proof in `form`: an `assertion` over a challenge of [`options`] for the same `about`, or the
/// `password` of the session's end-user and, where there is one, an `otp`.
pub async fn prove(
    op: &Op,
    request: &HttpRequest,
    caller: &Caller,
    held: &LiveSession,
    about: StreamId,
    form: &Params<'_>,
) -> Result<Result<Approval, Refusal>, Trouble> {
    let subject = held.get().subject;
    let username = people::person(op, subject).await?.username;
    let browser = browser::of(op, request).ok_or(Trouble::WrongBrowser)?;
    let account = Account::of(op, request, browser, &username);
    let scene = Scene {
        caller,
        transaction: Some(about),
        purpose: Purpose::Approval,
        known_browser: account.known,
    };
    let mut proofs = Proofs::default();
    let (mut credential, mut assertion) = (None, None);
    if let Some(response) = form.get("assertion").filter(|sent| !sent.is_empty()) {
        let ceremony = Ceremony::Approval { session: held.stream, about };
        match passkey::prove(op, scene, &ceremony, Some(subject), response).await? {
            Ok(proof) => {
                proofs.passkey = Some(proof.passkey);
                (credential, assertion) = (Some(proof.credential), Some(proof.assertion));
            }
            Err(refusal) => return Ok(Err(refusal)),
        }
    } else {
        let password = form.get("password").unwrap_or_default();
        match account.check(op, caller, password).await? {
            Ok(whose) if whose == subject => proofs.password = true,
            Ok(_) => return Ok(Err(Reason::PasswordWrong.into())),
            Err(refusal) => return Ok(Err(refusal)),
        }
        if let Some(code) = form.get("otp").filter(|sent| !sent.is_empty()) {
            if let Err(refusal) = totp(op, scene, subject, code).await? {
                return Ok(Err(refusal));
            }
            proofs.totp = true;
        }
    }
    let (acr, amr) = reached(op, proofs);
    Ok(Ok(Approval { proved_at: caller.now, amr, acr, credential, assertion }))
}
