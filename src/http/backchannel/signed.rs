//! Requests that a client signed (CIBA Core 1.0 §7.1.1). FAPI-CIBA wants `invalid_request` for all that is
//! wrong with them.

use moneta_events::{Digest, backchannel::RequestObject};

use crate::{
    engine::guards::Kind,
    http::{
        caller::Caller,
        client::{use_up, with_keys},
        error::EndpointError,
        op::Op,
    },
    jose::{self, Alg, ClientKeys},
    protocol::{
        ciba,
        client_auth::AuthenticatedClient,
        error::{ErrorCode, OAuthError},
        once::OneTime,
        params::Params,
        request_object::{self, Expected},
    },
};

/// A request as its client signed it.
pub(super) struct Signed {
    /// Its parameters.
    pub(super) parameters: Params<'static>,
    /// What goes on record of it.
    pub(super) facts: RequestObject,
    once: OneTime,
}

/// Verifies the request object in `form`, where there is one or has to be.
pub(super) async fn open(
    op: &Op,
    caller: &Caller,
    client: &AuthenticatedClient<'_>,
    form: &Params<'_>,
) -> Result<Option<Signed>, OAuthError> {
    let metadata = client.metadata();
    ciba::must_sign(metadata, form.has("request"))?;
    let Some(token) = form.get("request") else { return Ok(None) };
    request_object::refuse_beside(form)?;
    let registered = metadata.backchannel_authentication_request_signing_alg.as_deref();
    let verify = |keys: Option<&ClientKeys>| {
        let expected = Expected {
            client_id: client.id(),
            alg: registered.and_then(|alg| alg.parse::<Alg>().ok()),
            keys: keys.ok_or(request_object::NO_KEYS)?,
            issuer: &op.rules.issuer,
            code: ErrorCode::InvalidRequest,
        };
        request_object::open(token, &expected, caller.now)
    };
    let signed = with_keys(op, caller, client.facts(), verify).await?;
    let header = jose::claimed_header(token);
    let facts = RequestObject {
        digest: Digest::of(&[token.as_bytes()]),
        alg: header.as_ref().map(|(alg, _)| alg.clone()).unwrap_or_default(),
        kid: header.and_then(|(_, kid)| kid),
    };
    Ok(Some(Signed { parameters: signed.parameters, facts, once: signed.once }))
}

impl Signed {
    /// It counts once.
    pub(super) async fn use_up(
        &self,
        op: &Op,
        caller: &Caller,
        client: &AuthenticatedClient<'_>,
    ) -> Result<(), EndpointError> {
        let kind = Kind::RequestObject;
        if use_up(op, caller, kind, client.id().as_str(), &self.once).await? {
            return Ok(());
        }
        Err(request_object::replayed(ErrorCode::InvalidRequest).into())
    }
}
