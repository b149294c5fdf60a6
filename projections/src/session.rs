//! Is this browser session alive, and what does it say about its end-user?

use moneta_events::{
    Category, Digest, SubjectId, Timestamp,
    session::{SessionEnd, SessionEvent},
};

use crate::{Facts, View};

/// One browser session at the provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionView {
    /// What it says; `None` where it never started.
    pub session: Option<Session>,
    /// What ended it, where something did.
    pub ended: Option<SessionEnd>,
}

/// A session as of its last authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub subject: SubjectId,
    /// Of the cookie's secret.
    pub secret: Digest,
    /// When the end-user last authenticated (`auth_time`, OpenID Connect Core 1.0 §2).
    pub auth_time: Timestamp,
    /// The authentication context reached.
    pub acr: Box<str>,
    /// The methods used (RFC 8176).
    pub amr: Box<[String]>,
    /// From then on it is over.
    pub expires_at: Timestamp,
}

impl SessionView {
    /// The session, unless it ended or is over at `now`. Whether the cookie's secret fits is the caller's
    /// check.
    pub fn live(&self, now: Timestamp) -> Option<&Session> {
        self.session.as_ref().filter(|session| self.ended.is_none() && now < session.expires_at)
    }
}

impl View for SessionView {
    const CATEGORY: Category = Category::Session;
    type Event = SessionEvent;

    fn apply(&mut self, _: &Facts, event: &SessionEvent) {
        match event {
            SessionEvent::Started(started) => {
                self.session = Some(Session {
                    subject: started.subject,
                    secret: started.secret,
                    auth_time: started.auth_time,
                    acr: started.acr.as_str().into(),
                    amr: started.amr.as_slice().into(),
                    expires_at: started.expires_at,
                });
            }
            SessionEvent::Reauthenticated(again) => {
                if let Some(session) = &mut self.session {
                    *session = Session {
                        subject: session.subject,
                        secret: again.secret,
                        auth_time: again.auth_time,
                        acr: again.acr.as_str().into(),
                        amr: again.amr.as_slice().into(),
                        expires_at: again.expires_at,
                    };
                }
            }
            SessionEvent::Ended(ended) => self.ended = Some(ended.cause),
        }
    }
}
