//! The browser session: reading its cookie, starting it, renewing it.

use std::sync::Arc;

use actix_web::HttpRequest;
use moneta_events::{
    Actor, Category, StreamId, SubjectId, Timestamp,
    session::{Reauthenticated, SessionEnd, Started},
};
use moneta_projections::{
    session::{Session as Live, SessionView},
    view::Folded,
};

use super::{
    caller::{Caller, CookieNames, cookie},
    op::Op,
};
use crate::{
    domain::session::{Command, Session},
    engine::{
        facts::NoView,
        order::{Failure, Order},
        privacy::DataKey,
    },
    protocol::{
        authorize::next_step::SessionFacts,
        handle::{HandleKind, digest_of},
    },
};

/// The session a browser holds, alive, its end-user allowed to use it.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// Its stream.
    pub stream: StreamId,
    view: Arc<Folded<SessionView>>,
}

impl LiveSession {
    /// The session that was started or used a moment ago.
    pub async fn of(op: &Op, stream: StreamId) -> Result<Self, NoView> {
        Ok(Self { stream, view: op.facts.session(stream).await? })
    }

    /// What is on record of it.
    pub fn get(&self) -> &Live {
        self.view.view.session.as_ref().expect("only a session that was started is live")
    }

    /// The same for the rules.
    pub fn facts(&self) -> SessionFacts<'_> {
        let session = self.get();
        SessionFacts { subject: session.subject, auth_time: session.auth_time, acr: &session.acr }
    }
}

/// The session of the browser that sent `request`.
pub async fn live(
    op: &Op,
    request: &HttpRequest,
    now: Timestamp,
) -> Result<Option<LiveSession>, NoView> {
    let name = CookieNames::new(op.terms.secure).session();
    let Some(opened) =
        cookie(request, name).and_then(|text| op.handles.open(HandleKind::Session, text))
    else {
        return Ok(None);
    };
    let view = op.facts.session(opened.stream).await?;
    let Some(session) = view.view.live(now).filter(|session| session.secret == opened.digest)
    else {
        return Ok(None);
    };
    let subject = op.facts.subject(session.subject).await?;
    let changed = subject.view.credential_changed_at;
    let good = subject.view.enabled && changed.is_none_or(|at| at <= session.auth_time);
    Ok(good.then_some(LiveSession { stream: opened.stream, view }))
}

/// What a successful authentication led to.
#[derive(Debug)]
pub struct SignedIn {
    /// The session's stream.
    pub stream: StreamId,
    /// `Set-Cookie`.
    pub cookie: String,
}

/// How somebody authenticated.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Who.
    pub subject: SubjectId,
    /// The authentication context reached.
    pub acr: String,
    /// The methods used.
    pub amr: Vec<String>,
}

/// Starts a session, or renews the one the browser has if it is the same end-user's. Either way the cookie
/// is new; another end-user's session in this browser ends. In a transaction, where it is for one.
pub async fn sign_in(
    op: &Op,
    caller: &Caller,
    held: Option<&LiveSession>,
    evidence: &Evidence,
    key: &DataKey,
    transaction: Option<StreamId>,
) -> Result<SignedIn, Failure> {
    let now = caller.now;
    let lifetime = op.terms.session_lifetime;
    let expires_at = now.plus_seconds(lifetime.into());
    let own = held.filter(|held| held.get().subject == evidence.subject);
    if let (Some(other), None) = (held, own) {
        let end = Command::End(SessionEnd::AccountSwitched);
        let by = By { caller, actor: &Actor::BROWSER, key, transaction };
        order(op, by, other.stream, end).await?;
    }
    let fresh = || StreamId::new(Category::Session, op.entropy().uuid(now));
    let stream = own.map_or_else(fresh, |own| own.stream);
    let secret = op.entropy().bytes::<32>();
    let digest = digest_of(HandleKind::Session, stream, 0, &secret);
    let Evidence { subject, acr, amr } = evidence.clone();
    let command = if own.is_some() {
        let with = Reauthenticated { secret: digest, auth_time: now, acr, amr, expires_at };
        Command::Reauthenticate { subject, with }
    } else {
        Command::Start(Started { subject, secret: digest, auth_time: now, acr, amr, expires_at })
    };
    let by = By { caller, actor: &Actor::user(subject), key, transaction };
    order(op, by, stream, command).await?;
    let handle = op.handles.seal(HandleKind::Session, stream, 0, 0, &secret);
    let names = CookieNames::new(op.terms.secure);
    Ok(SignedIn { stream, cookie: names.set(names.session(), &handle, lifetime) })
}

/// Ends a session.
pub async fn end(
    op: &Op,
    caller: &Caller,
    held: &LiveSession,
    actor: &Actor,
    cause: SessionEnd,
    key: &DataKey,
) -> Result<(), Failure> {
    let by = By { caller, actor, key, transaction: None };
    order(op, by, held.stream, Command::End(cause)).await
}

/// Who gives an order on a session, and as part of which transaction.
#[derive(Clone, Copy)]
struct By<'a> {
    caller: &'a Caller,
    actor: &'a Actor,
    key: &'a DataKey,
    transaction: Option<StreamId>,
}

async fn order(op: &Op, by: By<'_>, session: StreamId, command: Command) -> Result<(), Failure> {
    let By { caller, actor, key, transaction } = by;
    let mut context = caller.context(op, session, actor.clone(), key);
    context.correlation = transaction.unwrap_or(session).uuid;
    context.transaction = transaction;
    let order = Order::<Session> { id: op.entropy().uuid(caller.now), command, context };
    op.ledger.tell(session, &order).await.map(|_| ())
}
