//! Whom a backchannel request is about, and whether they may be asked.

use moneta_events::{Reason, SubjectId};

use crate::{
    http::{caller::Caller, client::with_keys, error::EndpointError, op::Op},
    jose::{ClientKeys, Purpose, verify},
    protocol::{
        ciba::{self, BackchannelRequest, Hint, Named, UserCode},
        client_auth::AuthenticatedClient,
        error::OAuthError,
        request_object,
    },
};

/// The end-user to ask.
pub(super) struct EndUser {
    /// Who.
    pub(super) subject: SubjectId,
    /// Whether their `user_code` came along.
    pub(super) user_code: bool,
}

/// The end-user whom the hint names, if they may be asked. Who is disabled is answered like who does not
/// exist.
pub(super) async fn find(
    op: &Op,
    caller: &Caller,
    client: &AuthenticatedClient<'_>,
    asked: &BackchannelRequest,
) -> Result<EndUser, EndpointError> {
    let subject = match named(op, caller, client, &asked.hint).await? {
        Named::Subject(subject) => Some(subject),
        Named::Login(text) => by_login(op, &text).await?,
    };
    let subject = subject.ok_or(ciba::UNKNOWN_USER)?;
    let view = op.facts.subject(subject).await?;
    if !view.view.exists {
        return Err(ciba::UNKNOWN_USER.into());
    }
    if !view.view.enabled {
        return Err(OAuthError { reason: Reason::UserDisabled, ..ciba::UNKNOWN_USER }.into());
    }
    let user_code = if asked.user_code.is_some() { UserCode::Wrong } else { UserCode::NotSet };
    Ok(EndUser { subject, user_code: ciba::check_user_code(user_code)? })
}

/// What the hint says, once it is known to be genuine.
async fn named(
    op: &Op,
    caller: &Caller,
    client: &AuthenticatedClient<'_>,
    hint: &Hint,
) -> Result<Named, OAuthError> {
    match hint {
        Hint::Login(text) => Ok(Named::Login(text.clone())),
        Hint::IdToken(token) => {
            let purpose = Purpose::id_token_hint(&op.rules.issuer, client.id().as_str());
            let claims = verify(token, &purpose, &**op.signing.keys(), caller.now);
            let subject = claims.ok().and_then(|claims| claims.subject().parse().ok());
            subject.map(Named::Subject).ok_or(ciba::INVALID_ID_TOKEN_HINT)
        }
        Hint::LoginToken(token) => {
            let verify = |keys: Option<&ClientKeys>| {
                let keys = keys.ok_or(request_object::NO_KEYS)?;
                ciba::login_hint_token(token, client.id(), keys, &op.rules.issuer, caller.now)
            };
            with_keys(op, caller, client.facts(), verify).await
        }
    }
}

/// The end-user of a `sub` or of a username.
async fn by_login(op: &Op, text: &str) -> Result<Option<SubjectId>, EndpointError> {
    if let Ok(subject) = text.parse::<SubjectId>()
        && op.facts.subject(subject).await?.view.exists
    {
        return Ok(Some(subject));
    }
    Ok(op.facts.username(op.usernames.stream(text)).await?.view.holder)
}
