//! The device authorization endpoint (RFC 8628 §3.1).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use moneta_events::{
    Actor, Category, StreamId, Timestamp,
    device::{Refused, Requested},
};

use crate::{
    domain::device::Command,
    engine::{facts::client_stream, guards::Kind, order::Order, privacy::DataKey},
    http::{
        body::{self, Body},
        caller::Caller,
        client,
        error::EndpointError,
        op::Op,
    },
    protocol::{
        client_auth::AuthenticatedClient,
        device::{self, DeviceAuthorizationResponse, UserCode},
        endpoints,
        error::OAuthError,
        handle::{HandleKind, digest_of},
        params::Params,
    },
};

/// Codes that are drawn before one is given up for taken: with a million of them good at once, even a second
/// one is hardly ever needed.
const DRAWS: usize = 8;

/// `POST /device_authorization`.
pub async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    body: Body,
) -> Result<HttpResponse, EndpointError> {
    let caller = Caller::of(&request, &op);
    let answered = answer(&request, &op, &caller, body).await;
    if let Err(refused) = &answered {
        let (reason, endpoint) = (refused.error.reason, endpoints::DEVICE_AUTHORIZATION);
        op.incidents.note(reason, endpoint, caller.now, String::new);
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
    // Whatever comes of it is an event on disk.
    let own = client_stream(client.id().as_str());
    if op.grants.devices.live() >= op.terms.live_transactions {
        return Err(EndpointError::busy(2));
    }
    op.throttles.device(own, caller.place, caller.now).map_err(EndpointError::too_many)?;
    let stream = StreamId::new(Category::Device, op.entropy().uuid(caller.now));
    let key = op.privacy.data_key(own).await?;
    let asked = Asked { op, caller, client, stream, key };
    let is_resource = |identifier: &str| op.is_resource(identifier);
    match device::check(&form, &asked.client, &op.rules, &is_resource) {
        Ok(accepted) => asked.begin(accepted).await,
        Err(error) => Err(asked.refuse(error).await?),
    }
}

/// One request of a client that has authenticated.
struct Asked<'a> {
    op: &'a Op,
    caller: &'a Caller,
    client: AuthenticatedClient<'a>,
    /// Where it goes on record.
    stream: StreamId,
    /// Seals where it came from.
    key: DataKey,
}

impl Asked<'_> {
    /// Draws the codes, puts the request on record, and tells the device.
    async fn begin(
        &self,
        accepted: device::DeviceAuthorizationRequest,
    ) -> Result<HttpResponse, EndpointError> {
        let Self { op, caller, client, stream, .. } = self;
        let expires_at = caller.now.plus_seconds(op.rules.device.lifetime.into());
        let user_code = self.reserve(expires_at).await?;
        let secret = op.entropy().bytes::<32>();
        let requested = Requested {
            client_id: client.id().clone(),
            client_revision: client.revision(),
            scope: accepted.scope,
            audience: accepted.audience,
            acr_values: accepted.acr_values,
            device_code: digest_of(HandleKind::DeviceCode, *stream, 0, &secret),
            user_code: op.guards.digest(&[user_code.letters()]),
            interval: op.rules.device.interval,
            expires_at,
        };
        let position = match self.record(Command::Request(Arc::new(requested))).await {
            Ok(position) => position,
            Err(failure) => {
                let name = [user_code.letters()];
                op.guards.release(Kind::UserCode, &name, Some(*stream)).await?;
                return Err(failure);
            }
        };
        let handle = HandleKind::DeviceCode;
        let device_code = op.handles.seal(handle, *stream, 0, position.unwrap_or(0), &secret);
        let body = DeviceAuthorizationResponse::new(&device_code, user_code, &op.rules);
        Ok(HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::PRAGMA, "no-cache"))
            .json(body))
    }

    /// A code that leads nowhere else. It is reserved before anything is on record: one that was reserved
    /// for nothing is forgotten in time.
    async fn reserve(&self, expires_at: Timestamp) -> Result<UserCode, EndpointError> {
        let Self { op, caller, stream, .. } = self;
        for _ in 0..DRAWS {
            let code = UserCode::draw(op.entropy().bytes());
            let (name, now) = ([code.letters()], caller.now);
            if op.guards.reserve(Kind::UserCode, &name, Some(*stream), expires_at, now).await? {
                return Ok(code);
            }
        }
        tracing::error!("no user code is free");
        Err(EndpointError::busy(5))
    }

    /// Puts on record what the client is told, in a stream of its own.
    async fn refuse(&self, error: OAuthError) -> Result<EndpointError, EndpointError> {
        let refused = Refused {
            client_id: self.client.id().clone(),
            error: error.code.as_str().to_owned(),
            reason: error.reason,
        };
        self.record(Command::Refuse(refused)).await?;
        Ok(error.into())
    }

    async fn record(&self, command: Command) -> Result<Option<u64>, EndpointError> {
        let Self { op, caller, client, stream, key } = self;
        let id = op.entropy().uuid(caller.now);
        let context = caller.context(op, *stream, Actor::client(client.id()), key);
        Ok(op.grants.devices.begin(*stream, Order { id, command, context }).await?.position)
    }
}
