//! The client at an endpoint for clients: who it is, proven.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header};
use moneta_events::Reason;
use moneta_projections::{client::ClientView, view::Folded};

use super::{authorize::client_facts, caller::Caller, error::EndpointError, op::Op};
use crate::{
    engine::{client_keys::Owner, facts::client_stream, guards::Kind},
    jose::ClientKeys,
    protocol::{
        client::ClientFacts,
        client_auth::{self, Assertions, AuthenticatedClient, Verified},
        endpoints,
        error::{ErrorCode, OAuthError},
        once::OneTime,
        params::Params,
    },
};

/// A client as it was looked up; what is proven about it borrows from here.
pub struct Presented {
    credentials: client_auth::Presented,
    client: Arc<Folded<ClientView>>,
    used_header: bool,
    /// The address of the endpoint that it asks.
    endpoint: String,
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
    let endpoint = format!("{}{}", op.rules.issuer, request.path());
    Ok(Presented { credentials, client, used_header, endpoint })
}

impl Presented {
    /// The client, if what it presented proves it and it was not guessed too often from there. What may
    /// be used once is used up last, when everything else was good.
    pub async fn authenticate(
        &self,
        op: &Op,
        caller: &Caller,
    ) -> Result<AuthenticatedClient<'_>, EndpointError> {
        let (claimed, place) = (client_stream(self.credentials.client_id()), caller.place);
        op.throttles.client(claimed, place, caller.now).map_err(guessed_too_often)?;
        let refused = |error: OAuthError| challenged(error.into(), self.used_header);
        let verified = self.verify(op, caller).await.map_err(refused)?;
        op.throttles.client_was_right(claimed, place);
        let reserved = match verified.once() {
            Some(once) => {
                let client_id = self.credentials.client_id();
                use_up(op, caller, Kind::ClientAssertion, client_id, once).await?
            }
            None => true,
        };
        verified.admit(reserved).map_err(refused)
    }

    async fn verify(&self, op: &Op, caller: &Caller) -> Result<Verified<'_>, OAuthError> {
        let facts = client_facts(&self.client);
        let token_endpoint = format!("{}{}", op.rules.issuer, endpoints::TOKEN);
        let audience = [op.rules.issuer.as_str(), &token_endpoint, &self.endpoint];
        let with = |keys: Option<&ClientKeys>| {
            let assertions = Assertions { keys, audience: &audience };
            client_auth::authenticate(&self.credentials, facts.as_ref(), &assertions, caller.now)
        };
        match facts.as_ref().filter(|facts| self.credentials.may_be_of(facts.metadata)) {
            Some(facts) => with_keys(op, caller, facts, with).await,
            None => with(None),
        }
    }
}

/// Asks `verify` with the public keys of a client, and again with newer ones where it signed with a key
/// that is not among them. Without keys it is asked, too, and says how that is answered.
pub async fn with_keys<T>(
    op: &Op,
    caller: &Caller,
    client: &ClientFacts<'_>,
    verify: impl Fn(Option<&ClientKeys>) -> Result<T, OAuthError>,
) -> Result<T, OAuthError> {
    let stream = client_stream(client.metadata.client_id.as_str());
    let owner = Owner { stream, metadata: client.metadata, revision: client.revision };
    let Ok(keys) = op.client_keys.of(owner, caller.now).await else { return verify(None) };
    match verify(Some(&keys)) {
        Err(refused) if UNTRUSTED.contains(&refused.reason) => {
            match op.client_keys.after(&keys, owner, caller.now).await {
                Some(newer) => verify(Some(&newer)),
                None => Err(refused),
            }
        }
        verified => verified,
    }
}

/// Why a signature may be good all the same, with a key that is not known yet.
const UNTRUSTED: [Reason; 2] = [Reason::ClientAssertionUntrusted, Reason::RequestObjectUntrusted];

/// Uses up what a client signed to be used once; false where that had happened before.
pub async fn use_up(
    op: &Op,
    caller: &Caller,
    kind: Kind,
    client_id: &str,
    once: &OneTime,
) -> Result<bool, EndpointError> {
    let name = [client_id, &once.id];
    Ok(op.guards.reserve(kind, &name, None, once.expires_at, caller.now).await?)
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
