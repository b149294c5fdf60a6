//! The one admission gate: asked before anything is issued and before any token is called active. User,
//! client and session must still be good, whatever the grant says (security rule 4).

use moneta_events::{Reason, StreamId, SubjectId, Timestamp};

use super::facts::{Facts, NoView};

/// Who would get, or holds, something.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// The client.
    pub client_id: &'a str,
    /// The end-user, where there is one.
    pub end_user: Option<EndUser>,
}

/// The end-user of a grant.
#[derive(Debug, Clone, Copy)]
pub struct EndUser {
    /// Who.
    pub subject: SubjectId,
    /// The browser session the grant was made in; `None` for one that is bound to none.
    pub session: Option<StreamId>,
    /// When they authenticated for it.
    pub auth_time: Timestamp,
    /// Whether the grant outlives the session (OpenID Connect Core 1.0 §11).
    pub offline: bool,
}

/// What the holder wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// New tokens.
    Issue,
    /// To use a token that was issued.
    Use,
}

impl Facts {
    /// Whether `holder` may, by what is known now.
    pub async fn gate(
        &self,
        holder: Holder<'_>,
        wish: Wish,
        now: Timestamp,
    ) -> Result<Result<(), Reason>, NoView> {
        let client = self.client(holder.client_id).await?;
        if client.view.served().is_none() {
            return Ok(Err(Reason::ClientDisabled));
        }
        let Some(user) = holder.end_user else { return Ok(Ok(())) };
        let subject = self.subject(user.subject).await?;
        if !subject.view.enabled {
            return Ok(Err(Reason::UserDisabled));
        }
        if subject.view.credential_changed_at.is_some_and(|changed| changed > user.auth_time) {
            return Ok(Err(Reason::CredentialChanged));
        }
        if user.offline {
            return Ok(Ok(()));
        }
        let Some(session) = user.session else { return Ok(Ok(())) };
        let session = self.session(session).await?;
        let alive = match wish {
            Wish::Issue => session.view.live(now).is_some(),
            Wish::Use => session.view.ended.is_none(),
        };
        Ok(if alive { Ok(()) } else { Err(Reason::SessionEnded) })
    }
}
