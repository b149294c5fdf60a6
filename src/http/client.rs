//! The client at an endpoint for clients: who it is, proven.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header};
use moneta_events::Reason;
use moneta_projections::{client::ClientView, view::Folded};

use super::{authorize::client_facts, caller::Caller, error::EndpointError, op::Op};
use crate::{
    engine::facts::client_stream,
    protocol::{
        client_auth::{self, AuthenticatedClient},
        error::{ErrorCode, OAuthError},
        params::Params,
    },
};

/// A client as it was looked up; what is proven about it borrows from here.
pub struct Presented {
    credentials: client_auth::Presented,
    client: Arc<Folded<ClientView>>,
    used_header: bool,
}

/// Looks up the client that `request` speaks of.
pub async fn look_up(
    request: &HttpRequest,
    op: &Op,
    form: &Params<'_>,
) -> Result<Presented, EndpointError> {
    let header = request.headers().get(header::AUTHORIZATION);
    let authorization = header.map(|value| value.to_str().unwrap_or_default());
    let used_header = authorization.is_some();
    let credentials = client_auth::read(authorization, form)
        .map_err(|error| challenged(error.into(), used_header))?;
    let client = op.facts.client(credentials.client_id()).await?;
    Ok(Presented { credentials, client, used_header })
}

impl Presented {
    /// The client, if what it presented proves it and it was not guessed too often from there.
    pub fn authenticate(
        &self,
        op: &Op,
        caller: &Caller,
    ) -> Result<AuthenticatedClient<'_>, EndpointError> {
        let (claimed, place) = (client_stream(self.credentials.client_id()), caller.place);
        op.throttles.client(claimed, place, caller.now).map_err(guessed_too_often)?;
        let facts = client_facts(&self.client);
        let client = client_auth::authenticate(&self.credentials, facts.as_ref(), caller.now)
            .map_err(|error| challenged(error.into(), self.used_header))?;
        op.throttles.client_was_right(claimed, place);
        Ok(client)
    }
}

/// Looks like a failed authentication, and says when the next one may be tried.
fn guessed_too_often(retry_after: u32) -> EndpointError {
    let error = OAuthError::new(
        ErrorCode::InvalidClient,
        Reason::Throttled,
        "client authentication failed too often, try again later",
    );
    EndpointError { retry_after: Some(retry_after), ..error.into() }
}

/// A client that tried the header is told which scheme there is (RFC 6749 §5.2).
fn challenged(mut error: EndpointError, used_header: bool) -> EndpointError {
    if used_header && error.error.code == ErrorCode::InvalidClient {
        error.challenge = Some(client_auth::CHALLENGE.to_owned());
    }
    error
}
