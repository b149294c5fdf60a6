//! The pages of a running transaction: signing in and consent. Each page is bound to the browser that
//! began the transaction; showing one changes nothing, and a form is good only with the token it was given.

pub mod consent;
mod finish;
pub mod login;
pub mod second_factor;

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::{
    Digest, Scope, Sealed, StreamId,
    transaction::{Authenticated, Consented, Requested},
};
use moneta_projections::{client::ClientView, view::Folded};

use super::{
    answer, browser,
    caller::Caller,
    forms,
    issue::Granting,
    op::Op,
    pages::Trouble,
    session::{self, LiveSession},
};
use crate::{
    domain::transaction::{Phase, Transaction},
    engine::privacy::{DataKey, Unreadable},
    protocol::{
        authorize::{
            ResponseTarget,
            next_step::{NextStep, Progress, Standing, next_step},
            respond::AuthorizationResponse,
        },
        handle::HandleKind,
        params::Params,
    },
};

/// A page of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Signing in, or choosing an account.
    Login,
    /// The second step of signing in.
    SecondFactor,
    /// Consent.
    Consent,
}

/// The path of a page.
pub fn path(op: &Op, stream: StreamId, step: Step) -> String {
    let secret = op.entropy().bytes::<32>();
    let handle = op.handles.seal(HandleKind::Interaction, stream, 0, 0, &secret);
    path_of(&handle, step)
}

fn path_of(handle: &str, step: Step) -> String {
    let page = match step {
        Step::Login => "login",
        Step::SecondFactor => "second-factor",
        Step::Consent => "consent",
    };
    format!("/interaction/{handle}/{page}")
}

/// A running transaction, opened by the browser it belongs to.
pub struct Interaction {
    /// The circumstances of this visit.
    pub caller: Caller,
    /// The transaction.
    pub stream: StreamId,
    /// Its handle, as it stands in the path.
    pub handle: String,
    /// Its state.
    pub state: Arc<Transaction>,
    /// Its request.
    pub request: Arc<Requested>,
    /// Who asks.
    pub client: Arc<Folded<ClientView>>,
    /// The session of this browser.
    pub session: Option<LiveSession>,
    /// What the session's end-user allowed the client before.
    pub remembered: Scope,
    /// The browser.
    pub browser: Digest,
    /// What the sign-in form of this transaction must bring along.
    pub csrf: String,
}

impl Interaction {
    /// Opens the transaction that `handle` names, if it still runs and belongs to this browser.
    pub async fn open(op: &Op, request: &HttpRequest, handle: &str) -> Result<Self, Trouble> {
        let caller = Caller::of(request, op);
        let opened = op.handles.open(HandleKind::Interaction, handle).ok_or(Trouble::NotFound)?;
        let stream = opened.stream;
        let state = op.transactions.state(stream).await?;
        let requested = state.request.clone().ok_or(Trouble::NotFound)?;
        let browser = browser::of(op, request)
            .filter(|digest| requested.browser == Some(*digest))
            .ok_or(Trouble::WrongBrowser)?;
        if state.is_answered() {
            return Err(Trouble::Finished);
        }
        let runs = matches!(state.phase, Phase::Requested | Phase::Authenticated);
        if !runs || state.is_expired(caller.now) {
            return Err(Trouble::Expired);
        }
        let client = op.facts.client(requested.client_id.as_str()).await?;
        if client.view.metadata.is_none() || client.view.deleted || !client.view.enabled {
            return Err(Trouble::BadRequest("the application may not ask for sign-ins any more"));
        }
        let session = session::live(op, request, caller.now).await?;
        let remembered = match &session {
            Some(held) => {
                let known = op.facts.consent(held.get().subject, &requested.client_id).await?;
                known.view.scope.clone().unwrap_or_default()
            }
            None => Scope::default(),
        };
        let csrf = csrf(op, stream, browser);
        let handle = handle.to_owned();
        Ok(Self {
            caller,
            stream,
            handle,
            state,
            request: requested,
            client,
            session,
            remembered,
            browser,
            csrf,
        })
    }

    /// What the consent form must bring along: it is good for the session whose end-user it was shown to,
    /// and for no other that the browser has by the time it is sent.
    pub fn consent_csrf(&self, op: &Op, held: &LiveSession) -> String {
        let mut bound = Vec::with_capacity(64);
        bound.extend_from_slice(self.csrf.as_bytes());
        bound.extend_from_slice(&held.stream.to_bytes());
        URL_SAFE_NO_PAD.encode(ring::hmac::sign(&op.csrf, &bound))
    }

    /// Whether a posted form carries the token it was given, and was posted from here.
    pub fn check_form(
        &self,
        op: &Op,
        request: &HttpRequest,
        form: &Params<'_>,
        token: &str,
    ) -> Result<(), Trouble> {
        forms::check(op, request, form, token)
    }

    /// What comes next, with `allowed` as the answer of the consent page.
    pub fn next(&self, op: &Op, allowed: Option<&Scope>) -> NextStep {
        let Some(metadata) = self.client.view.metadata.as_deref() else {
            return NextStep::SelectAccount;
        };
        let standing = Standing {
            session: self.session.as_ref().map(LiveSession::facts),
            remembered: &self.remembered,
            progress: Progress {
                authenticated: self.authenticated().map(|known| known.method),
                allowed,
            },
            now: self.caller.now,
        };
        next_step(&self.request, metadata, &op.rules, &standing)
    }

    /// How the end-user of the session authenticated in this transaction, if they did.
    pub fn authenticated(&self) -> Option<&Arc<Authenticated>> {
        let held = self.session.as_ref()?;
        self.state
            .authentication
            .as_ref()
            .filter(|known| known.session == held.stream && known.subject == held.get().subject)
    }

    /// Goes on as if the browser had sent the session this end-user has now, and the transaction knew them.
    pub async fn now_is(&mut self, op: &Op, known: &Arc<Authenticated>) -> Result<(), Trouble> {
        self.session = Some(LiveSession::of(op, known.session).await?);
        let remembered = op.facts.consent(known.subject, &self.request.client_id).await?;
        self.remembered = remembered.view.scope.clone().unwrap_or_default();
        Arc::make_mut(&mut self.state).authentication = Some(Arc::clone(known));
        Ok(())
    }

    /// The name of the client.
    pub fn client_name(&self) -> &str {
        self.client.view.metadata.as_deref().map_or("", |metadata| metadata.display_name())
    }

    /// Path of a page of this transaction.
    pub fn path(&self, step: Step) -> String {
        path_of(&self.handle, step)
    }

    /// The key that personal fields of this transaction are sealed under now.
    pub async fn key(&self, op: &Op) -> Result<DataKey, Trouble> {
        let owner = match &self.state.authentication {
            Some(known) => known.subject.stream(),
            None => self.stream,
        };
        Ok(op.privacy.data_key(owner).await?)
    }

    /// The event of an end-user who is now known, with the transaction's own key sealed under theirs.
    pub async fn take_over(
        &self,
        op: &Op,
        mut authenticated: Authenticated,
        key: &DataKey,
    ) -> Result<Arc<Authenticated>, Trouble> {
        let (stream, of, field) = (self.stream, "transaction.authenticated", "transaction_key");
        let before = self.state.authentication.as_ref().and_then(|a| a.transaction_key.as_ref());
        let own = match before {
            Some(moved) => Some(
                op.privacy
                    .recover(stream, moved, stream, of, field)
                    .await
                    .map_err(|cause| unreadable(&cause))?,
            ),
            None => op.privacy.existing_key(stream).await?,
        };
        authenticated.transaction_key =
            own.map(|own| op.privacy.seal_key(&own, key, stream, of, field));
        Ok(Arc::new(authenticated))
    }

    /// The transaction's own key is in the log now, under the end-user's: the vault need not keep it.
    pub async fn let_go_of_key(&self, op: &Op) {
        if let Err(cause) = op.privacy.forget(self.stream).await {
            tracing::warn!(stream = %self.stream, %cause, "a moved key is still in the vault");
        }
    }

    /// A personal field of the request.
    pub async fn reveal(
        &self,
        op: &Op,
        field: &str,
        sealed: Option<&Sealed>,
    ) -> Result<Option<String>, Trouble> {
        let Some(sealed) = sealed else { return Ok(None) };
        let moved = self.state.authentication.as_ref().and_then(|a| a.transaction_key.as_ref());
        if let Some(moved) = moved.filter(|_| sealed.owner == self.stream) {
            let (stream, field) = (self.stream, "transaction_key");
            let of = "transaction.authenticated";
            op.privacy
                .recover(stream, moved, stream, of, field)
                .await
                .map_err(|cause| unreadable(&cause))?;
        }
        let opened = op.privacy.open(sealed, self.stream, "transaction.requested", field).await;
        let bytes = opened.map_err(|cause| unreadable(&cause))?;
        Ok(String::from_utf8(bytes.to_vec()).ok())
    }

    /// Where the answer goes.
    pub async fn target(&self, op: &Op) -> Result<ResponseTarget, Trouble> {
        Ok(ResponseTarget {
            redirect_uri: self.request.redirect_uri.clone(),
            response_mode: self.request.response_mode,
            state: self.reveal(op, "state", self.request.state.as_ref()).await?,
        })
    }

    /// What is allowed, once it is.
    pub(in crate::http) fn granting<'a>(
        &'a self,
        authenticated: &'a Authenticated,
        consent: Consented,
        target: ResponseTarget,
    ) -> Result<Granting<'a>, Trouble> {
        let client = self.client.view.metadata.as_deref().ok_or(Trouble::Expired)?;
        Ok(Granting { client, requested: &self.request, authenticated, consent, target })
    }

    /// Sends the answer to the client.
    pub fn send(
        &self,
        op: &Op,
        answer: &AuthorizationResponse,
        cookies: &[String],
    ) -> HttpResponse {
        answer::send(op, self.client_name(), answer, cookies)
    }
}

fn unreadable(cause: &Unreadable) -> Trouble {
    tracing::error!(%cause, "a field of a running transaction cannot be opened");
    Trouble::Expired
}

fn csrf(op: &Op, stream: StreamId, browser: Digest) -> String {
    let mut bound = [0; 17 + 32];
    bound[..17].copy_from_slice(&stream.to_bytes());
    bound[17..].copy_from_slice(&browser.0);
    URL_SAFE_NO_PAD.encode(ring::hmac::sign(&op.csrf, &bound))
}
