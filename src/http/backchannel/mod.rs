//! The backchannel authentication endpoint (CIBA Core 1.0 §7): a client asks for an end-user who is
//! elsewhere.

pub mod approve;
mod end_user;
pub mod notify;
mod signed;

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, ResponseError as _, http::header, web};
use moneta_events::{
    Actor, Category, Reason, StreamId,
    backchannel::{Refused, RequestObject, Requested},
};

use super::{
    body::{self, Body},
    caller::Caller,
    client,
    error::EndpointError,
    op::Op,
};
use crate::{
    domain::backchannel::Command,
    engine::{
        facts::client_stream, fatigue::Parties, order::Order, pending::NoRoom, privacy::DataKey,
    },
    protocol::{
        ciba::{self, Acknowledgement, BackchannelRequest},
        client_auth::AuthenticatedClient,
        endpoints,
        error::{ErrorCode, OAuthError},
        handle::{HandleKind, digest_of},
        params::Params,
    },
};

/// `POST /backchannel`.
pub async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    body: Body,
) -> Result<HttpResponse, EndpointError> {
    let caller = Caller::of(&request, &op);
    let answered = answer(&request, &op, &caller, body).await;
    if let Err(refused) = &answered {
        let endpoint = endpoints::BACKCHANNEL_AUTHENTICATION;
        op.incidents.note(refused.error.reason, endpoint, caller.now, String::new);
    }
    answered
}

async fn answer(
    request: &HttpRequest,
    op: &Op,
    caller: &Caller,
    body: Body,
) -> Result<HttpResponse, EndpointError> {
    let form = body::form(request, body)?;
    let form = Params::read(&form).map_err(OAuthError::from)?;
    let presented = client::look_up(request, op, &form).await?;
    let client = presented.authenticate(op, caller).await?;
    let own = client_stream(client.id().as_str());
    op.throttles.backchannel(own, caller.now).map_err(EndpointError::too_many)?;
    let stream = StreamId::new(Category::Backchannel, op.entropy().uuid(caller.now));
    let key = op.privacy.data_key(own).await?;
    let asked = Asked { op, caller, client, stream, key };
    match asked.begin(&form).await {
        Ok(response) => Ok(response),
        // The request was no good, or not good now: nothing to tell of the client or the end-user.
        Err(refused) if matches!(refused.error.reason, Reason::Throttled | Reason::Overloaded) => {
            Err(refused)
        }
        Err(refused) => {
            asked.refuse(&refused.error).await?;
            Ok(refused.error_response())
        }
    }
}

/// One request of a client that has authenticated.
struct Asked<'a> {
    op: &'a Op,
    caller: &'a Caller,
    client: AuthenticatedClient<'a>,
    /// Where it goes on record.
    stream: StreamId,
    /// Seals what is the client's.
    key: DataKey,
}

impl Asked<'_> {
    /// Checks the request, puts it on record and before the end-user, and acknowledges it.
    async fn begin(&self, form: &Params<'_>) -> Result<HttpResponse, EndpointError> {
        let Self { op, caller, client, .. } = self;
        let signed = signed::open(op, caller, client, form).await?;
        let parameters = signed.as_ref().map_or(form, |signed| &signed.parameters);
        let facts =
            ciba::Facts { client: *client, is_resource: &|identifier| op.is_resource(identifier) };
        let asked = ciba::check(parameters, &facts, &op.rules)?;
        if let Some(signed) = &signed {
            signed.use_up(op, caller, client).await?;
        }
        let end_user = end_user::find(op, caller, client, &asked).await?;
        let expires_at = caller.now.plus_seconds(asked.expires_in.into());
        let parties = Parties { client: client.id(), subject: end_user.subject };
        let room = op.pending.make_room(parties, self.stream, expires_at, caller.now).await?;
        room.map_err(no_room)?;
        let requested =
            self.requested(&asked, &end_user, signed.map(|signed| signed.facts)).await?;
        if let Err(failure) = self.record(Command::Request(Arc::new(requested))).await {
            op.pending.give_back(parties, self.stream).await?;
            return Err(failure);
        }
        let secret = op.derived.secret(HandleKind::AuthReqId, self.stream, 0);
        let auth_req_id = op.handles.seal_lasting(HandleKind::AuthReqId, self.stream, &secret);
        let (interval, mode) = (op.rules.backchannel.interval, asked.delivery_mode);
        let body = Acknowledgement::new(&auth_req_id, asked.expires_in, interval, mode);
        Ok(HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"))
            .json(body))
    }

    /// The event of an accepted request, its personal parts sealed for whom they belong to.
    async fn requested(
        &self,
        asked: &BackchannelRequest,
        end_user: &end_user::EndUser,
        request_object: Option<RequestObject>,
    ) -> Result<Requested, EndpointError> {
        let Self { op, caller, client, stream, key } = self;
        let of_end_user = op.privacy.data_key(end_user.subject.stream()).await?;
        let seal = |key: &DataKey, field: &str, text: &str| {
            key.seal(*stream, "backchannel.requested", field, text.as_bytes(), op.entropy())
        };
        let secret = op.derived.secret(HandleKind::AuthReqId, *stream, 0);
        Ok(Requested {
            client_id: client.id().clone(),
            client_revision: client.revision(),
            subject: end_user.subject,
            hint: asked.hint.kind(),
            scope: asked.scope.clone(),
            audience: asked.audience.clone(),
            acr_values: asked.acr_values.clone(),
            binding_message: asked
                .binding_message
                .as_deref()
                .map(|text| seal(&of_end_user, "binding_message", text)),
            user_code: end_user.user_code,
            request_object,
            delivery_mode: asked.delivery_mode,
            client_notification_token: asked
                .client_notification_token
                .as_deref()
                .map(|text| seal(key, "client_notification_token", text)),
            auth_req_id: digest_of(HandleKind::AuthReqId, *stream, 0, &secret),
            interval: op.rules.backchannel.interval,
            expires_at: caller.now.plus_seconds(asked.expires_in.into()),
        })
    }

    /// Puts on record what the client is told, in a stream of its own.
    async fn refuse(&self, error: &OAuthError) -> Result<(), EndpointError> {
        let refused = Refused {
            client_id: self.client.id().clone(),
            error: error.code.as_str().to_owned(),
            reason: error.reason,
        };
        self.record(Command::Refuse(refused)).await
    }

    async fn record(&self, command: Command) -> Result<(), EndpointError> {
        let Self { op, caller, client, stream, key } = self;
        let id = op.entropy().uuid(caller.now);
        let context = caller.context(op, *stream, Actor::client(client.id()), key);
        op.grants.backchannel.begin(*stream, Order { id, command, context }).await?;
        Ok(())
    }
}

/// What the client is told where the end-user has had enough. Where others only have to be decided first,
/// trying again later makes sense (RFC 6585 §4); a client that was turned away is denied by the provider
/// before anybody is asked (CIBA Core 1.0 §13).
fn no_room(why: NoRoom) -> EndpointError {
    const FULL: OAuthError = OAuthError::new(
        ErrorCode::TemporarilyUnavailable,
        Reason::RequestFatigue,
        "enough requests wait for this end-user, try again later",
    );
    const TURNED_AWAY: OAuthError = OAuthError::new(
        ErrorCode::RequestDenied,
        Reason::RequestFatigue,
        "this end-user is not asked for this client at present",
    );
    match why {
        NoRoom::Full(seconds) => EndpointError { retry_after: Some(seconds), ..FULL.into() },
        NoRoom::TurnedAway => TURNED_AWAY.into(),
    }
}
