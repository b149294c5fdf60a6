//! The page on which an end-user allows a device, or not, and what became of it (RFC 8628 §3.3, §5.4). It is
//! shown whatever was remembered before: who started it is for the end-user to know.

use std::{net::IpAddr, sync::Arc};

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use moneta_events::{
    Actor, Category, Reason, StreamId, Timestamp,
    approval::{Approved, DecisionDevice, Denied, Proof, ProofMethod},
    device::Requested,
    transaction::{ShownConsent, ShownScope},
};
use moneta_projections::{client::ClientView, view::Folded};
use serde::Deserialize;
use uuid::Uuid;

use super::visitor::Visitor;
use crate::{
    domain::{
        approval::{Phase, Step},
        device::{Command, Device},
    },
    engine::{
        gate::{EndUser, Holder, Wish},
        order::{Failure, Order},
    },
    http::{
        account,
        body::{self, Body},
        forms,
        interaction::consent::{line, sentence},
        op::Op,
        pages::{self, Trouble},
        people,
    },
    protocol::{device::UserCode, endpoints, params::Params, rules::OFFLINE_ACCESS},
    ui::{self, ClientCard, Csp, DeviceDecision, DeviceOutcome, DeviceResult},
};

/// Seconds for which a sign-in is as good as one can get: whoever just signed in is not asked again.
const FRESH: i64 = 300;

/// `GET /device/{request}`.
pub async fn get(request: HttpRequest, op: web::Data<Op>, id: web::Path<String>) -> HttpResponse {
    let shown = async {
        let query = Params::read(request.query_string().as_bytes())
            .map_err(|_| Trouble::BadRequest("the address is not one of this page"))?;
        let code = query.get("user_code").and_then(UserCode::read);
        let visitor = match Visitor::of(&op, &request, code).await? {
            Ok(visitor) => visitor,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let opened = Opened::of(&op, &visitor, &id).await?;
        match opened.open_result(visitor.caller.now) {
            Some(result) => opened.show_result(&op, result),
            None => opened.show(&op, &visitor, code).await,
        }
    };
    shown.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

/// `POST /device/{request}`.
pub async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    id: web::Path<String>,
    body: Body,
) -> HttpResponse {
    let answered = match body::form(&request, body) {
        Ok(form) => decide(&request, &op, &id, &form).await,
        Err(error) => Err(Trouble::BadRequest(error.description)),
    };
    answered.unwrap_or_else(|trouble| trouble.response(&op))
}

/// The page of a request, with the code its end-user has to compare.
pub(super) fn path_with(stream: StreamId, code: UserCode) -> String {
    format!("{}?user_code={code}", path(stream))
}

fn path(stream: StreamId) -> String {
    format!("{}/{}", endpoints::DEVICE_VERIFICATION, stream.uuid)
}

/// A request that the visitor entered the code of.
struct Opened {
    stream: StreamId,
    state: Arc<Device>,
    request: Arc<Requested>,
    client: Arc<Folded<ClientView>>,
}

/// What the source of an event says of the place; see `Caller`.
#[derive(Deserialize)]
struct Source {
    address: IpAddr,
}

impl Opened {
    /// The request that a path names. To whoever did not enter its code there is none.
    async fn of(op: &Op, visitor: &Visitor, id: &str) -> Result<Self, Trouble> {
        let id = Uuid::try_parse(id).ok().filter(|parsed| parsed.hyphenated().to_string() == id);
        let stream = StreamId::new(Category::Device, id.ok_or(Trouble::NotFound)?);
        let state = op.grants.devices.state(stream).await?;
        let own = state.claimed.as_ref().is_some_and(|by| by.subject == visitor.subject());
        let request = state.request.clone().filter(|_| own).ok_or(Trouble::NotFound)?;
        let client = op.facts.client(request.client_id.as_str()).await?;
        Ok(Self { stream, state, request, client })
    }

    /// What became of it, where there is nothing to decide any more.
    fn open_result(&self, now: Timestamp) -> Option<DeviceResult> {
        let approval = &self.state.approval;
        match approval.phase {
            Phase::Pending if self.request.expires_at > now => None,
            Phase::Pending => Some(DeviceResult::Expired),
            Phase::Expired if approval.approved.is_none() => Some(DeviceResult::Expired),
            Phase::Approved | Phase::Redeemed | Phase::Expired => Some(DeviceResult::Allowed),
            Phase::Denied => Some(DeviceResult::Denied),
        }
    }

    fn card(&self) -> Result<ClientCard<'_>, Trouble> {
        const GONE: Trouble =
            Trouble::BadRequest("the application may not ask for sign-ins any more");
        Ok(ClientCard::of(self.client.view.served().ok_or(GONE)?))
    }

    fn show_result(&self, op: &Op, result: DeviceResult) -> Result<HttpResponse, Trouble> {
        let client = self.card()?;
        let csp = Csp::new().image(client.logo.as_ref());
        let shown = DeviceOutcome { frame: op.frame(), client, result };
        Ok(pages::page(StatusCode::OK, &shown, &csp))
    }

    async fn show(
        &self,
        op: &Op,
        visitor: &Visitor,
        code: Option<UserCode>,
    ) -> Result<HttpResponse, Trouble> {
        let is_its =
            |code: &UserCode| op.guards.digest(&[code.letters()]) == self.request.user_code;
        let Some(code) = code.filter(is_its) else {
            return Ok(pages::see_other(endpoints::DEVICE_VERIFICATION, &[]));
        };
        if self.is_too_weak(op, visitor) {
            return Ok(account::sign_in_again(account::Page::Device(Some(code))));
        }
        let person = people::person(op, visitor.subject()).await?;
        let client = self.card()?;
        let csp = Csp::new().image(client.logo.as_ref());
        let (asked_at, address) = self.origin(op).await?;
        let scopes = self.request.scope.iter().map(|token| line(op, token, &person.claims));
        let shown = DeviceDecision {
            frame: op.frame(),
            client,
            action: &path(self.stream),
            csrf: &visitor.csrf(op, Some(self.stream)),
            account: &person.username,
            user_code: &code.to_string(),
            scopes: scopes.collect(),
            asked_at,
            seconds_ago: visitor.caller.now.micros_since(asked_at) / 1_000_000,
            place: address.map(|address| address.to_string()),
            is_elsewhere: address.is_some_and(|address| {
                crate::http::throttles::Place::from(address) != visitor.caller.place
            }),
        };
        Ok(pages::page(StatusCode::OK, &shown, &csp))
    }

    /// Whether a stronger authentication is wanted than the session has, and another sign-in could help
    /// (OpenID Connect Core 1.0 §5.5.1.1: it is a wish).
    fn is_too_weak(&self, op: &Op, visitor: &Visitor) -> bool {
        let session = visitor.held.get();
        let wanted = self.request.acr_values.iter().filter_map(|acr| op.rules.acr_rank(acr)).min();
        let is_fresh = visitor.caller.now < session.auth_time.plus_seconds(FRESH);
        wanted > op.rules.acr_rank(&session.acr) && !is_fresh
    }

    /// When and from where the device asked.
    async fn origin(&self, op: &Op) -> Result<(Timestamp, Option<IpAddr>), Trouble> {
        let events = op.facts.events(self.stream).await?;
        let first = events.first().and_then(|recorded| recorded.envelope().ok());
        let first = first.ok_or(Trouble::NotFound)?;
        let Some(sealed) = &first.source else { return Ok((first.occurred_at, None)) };
        let source = match op.privacy.open(sealed, self.stream, "envelope", "source").await {
            Ok(bytes) => serde_json::from_slice::<Source>(&bytes).ok(),
            Err(cause) => {
                tracing::warn!(stream = %self.stream, %cause, "the source of a request cannot be opened");
                None
            }
        };
        Ok((first.occurred_at, source.map(|source| source.address)))
    }

    /// What the page showed, as evidence.
    fn shown(&self, op: &Op) -> ShownConsent {
        let name = self.client.view.metadata.as_deref().map_or("", |client| client.display_name());
        let line = |token: &str| ShownScope {
            scope: token.to_owned(),
            text: sentence(op, token).to_owned(),
        };
        ShownConsent {
            client_name: name.to_owned(),
            scopes: self.request.scope.iter().map(line).collect(),
            locale: ui::LANGUAGE.to_owned(),
        }
    }
}

async fn decide(
    request: &HttpRequest,
    op: &Op,
    id: &str,
    form: &[u8],
) -> Result<HttpResponse, Trouble> {
    forms::from_here(op, request)?;
    let visitor = match Visitor::of(op, request, None).await? {
        Ok(visitor) => visitor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let form = Params::read_form(form).map_err(|error| Trouble::BadRequest(error.description))?;
    let opened = Opened::of(op, &visitor, id).await?;
    forms::check(op, request, &form, &visitor.csrf(op, Some(opened.stream)))?;
    let now = visitor.caller.now;
    let step = match form.get("action") {
        Some("allow") => Step::Approve { approved: approved(op, &visitor, &opened).await?, now },
        Some("deny") => {
            let (reason, shown) = (Reason::ConsentDenied, Some(opened.shown(op)));
            let denied = Denied { reason, shown, device: DecisionDevice::Verification };
            Step::Deny { denied, now }
        }
        _ => return Err(Trouble::BadRequest("the form does not say what was decided")),
    };
    let (command, actor) = (Command::Approval(step), Actor::user(visitor.subject()));
    match record(op, &visitor, opened.stream, command, actor).await {
        // Where another decision was quicker, or time was, the page says so.
        Ok(()) | Err(Failure::Refused(_)) => Ok(pages::see_other(&path(opened.stream), &[])),
        Err(failure) => Err(failure.into()),
    }
}

async fn approved(op: &Op, visitor: &Visitor, opened: &Opened) -> Result<Arc<Approved>, Trouble> {
    let (session, scope) = (visitor.held.get(), &opened.request.scope);
    let end_user = EndUser {
        subject: session.subject,
        session: Some(visitor.held.stream),
        auth_time: session.auth_time,
        offline: scope.contains(OFFLINE_ACCESS),
    };
    let client_id = opened.request.client_id.as_str();
    let holder = Holder { client_id, end_user: Some(end_user) };
    if op.facts.gate(holder, Wish::Issue, visitor.caller.now).await?.is_err() {
        return Err(Trouble::BadRequest("the application may not ask for sign-ins any more"));
    }
    Ok(Arc::new(Approved {
        subject: session.subject,
        scope: scope.clone(),
        session: Some(visitor.held.stream),
        auth_time: session.auth_time,
        acr: session.acr.to_string(),
        amr: session.amr.to_vec(),
        shown: Some(opened.shown(op)),
        device: DecisionDevice::Verification,
        proof: Proof { method: ProofMethod::Session, credential: None, assertion: None },
    }))
}

/// Records what an end-user does with a request, with their place sealed under their key.
pub(super) async fn record(
    op: &Op,
    visitor: &Visitor,
    stream: StreamId,
    command: Command,
    actor: Actor,
) -> Result<(), Failure> {
    let key = op.privacy.data_key(visitor.subject().stream()).await;
    let key = key.map_err(|cause| Failure::Store(cause.to_string().into()))?;
    let context = visitor.caller.context(op, stream, actor, &key);
    let id = op.entropy().uuid(visitor.caller.now);
    op.grants.devices.tell(stream, Order { id, command, context }).await.map(|_| ())
}
