//! Passwords, and browsers that are known for an account.

use actix_web::HttpRequest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::{Digest, Reason, StreamId, SubjectId};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::Refusal;
use crate::{
    http::{
        browser::LIFETIME,
        caller::{Caller, CookieNames, cookie},
        op::Op,
        pages::Trouble,
        people,
    },
    ports::passwords::PasswordError,
};

/// A username in a browser.
pub struct Account {
    /// Names who holds it.
    stream: StreamId,
    /// What the browser shows once it signed in with the account.
    mark: String,
    /// The browser, where it showed that.
    pub known: Option<[u8; 32]>,
}

impl Account {
    /// The account of that name, as the browser that sent `request` knows it.
    pub fn of(op: &Op, request: &HttpRequest, browser: Digest, username: &str) -> Self {
        let stream = op.usernames.stream(username);
        let mut bound = Vec::with_capacity(5 + 32 + 17);
        bound.extend_from_slice(b"known");
        bound.extend_from_slice(&browser.0);
        bound.extend_from_slice(&stream.to_bytes());
        let mark = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&op.csrf, &bound));
        let is_known = cookie(request, CookieNames::new(op.terms.secure).known())
            .is_some_and(|sent| bool::from(sent.as_bytes().ct_eq(mark.as_bytes())));
        Self { stream, mark, known: is_known.then_some(browser.0) }
    }

    /// `Set-Cookie`: guessing elsewhere cannot keep this browser out from now on.
    pub fn remember(&self, op: &Op) -> String {
        let names = CookieNames::new(op.terms.secure);
        names.set(names.known(), &self.mark, LIFETIME)
    }

    /// Whose the account is, if the password is right.
    pub async fn check(
        &self,
        op: &Op,
        caller: &Caller,
        password: &str,
    ) -> Result<Result<SubjectId, Refusal>, Trouble> {
        let Self { stream, known, .. } = *self;
        if let Err(retry_after) = op.throttles.password(stream, known, caller.place, caller.now) {
            return Ok(Err(Refusal::throttled(retry_after)));
        }
        Ok(match holder(op, stream, password).await? {
            Ok(subject) => {
                op.throttles.password_was_right(stream, known, caller.place);
                Ok(subject)
            }
            Err(reason) => Err(reason.into()),
        })
    }
}

/// Whose the username and password are. Takes as long for a name nobody has.
async fn holder(
    op: &Op,
    account: StreamId,
    password: &str,
) -> Result<Result<SubjectId, Reason>, Trouble> {
    let holder = op.facts.username(account).await?.view.holder;
    let subject = match holder {
        Some(subject) => Some((subject, op.facts.subject(subject).await?)),
        None => None,
    };
    let phc = match &subject {
        Some((id, view)) => people::password(op, *id, &view.view).await,
        None => None,
    };
    let password = Zeroizing::new(password.to_owned());
    let right = match op.passwords.verify(password, phc.as_ref().map(|phc| phc.as_str())).await {
        Ok(right) => right,
        Err(PasswordError::TooLong) => false,
        Err(PasswordError::Busy) => {
            return Err(Trouble::Busy { retry_after: 2, too_many: false });
        }
        Err(cause @ (PasswordError::NotAHash | PasswordError::Failed(_))) => {
            tracing::error!(%cause, "a password could not be verified");
            return Err(Trouble::Busy { retry_after: 5, too_many: false });
        }
    };
    Ok(match subject {
        None => Err(Reason::UserUnknown),
        Some(_) if !right => Err(Reason::PasswordWrong),
        Some((_, view)) if !view.view.enabled => Err(Reason::UserDisabled),
        Some((subject, _)) => Ok(subject),
    })
}
