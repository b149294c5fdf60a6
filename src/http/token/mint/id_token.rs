//! ID Tokens (OpenID Connect Core 1.0 §2).

use std::sync::Arc;

use moneta_events::{Timestamp, client::ClientMetadata, token::IdToken};
use serde_json::{Map, Value};

use super::{key_for, sign};
use crate::{
    http::{error::EndpointError, op::Op},
    jose::{SigningKey, Typ},
    protocol::{grantor::Grantor, id_token::IdTokenClaims},
};

/// An ID Token about to be issued.
pub(super) struct IdTokenDraft {
    /// What goes on record.
    pub(super) record: IdToken,
    key: Arc<SigningKey>,
    person: Map<String, Value>,
}

impl IdTokenDraft {
    /// Says what goes on record: of the claims about the end-user their names alone.
    pub(super) fn new(
        op: &Op,
        client: &ClientMetadata,
        now: Timestamp,
        person: Map<String, Value>,
    ) -> Result<Self, EndpointError> {
        let key = key_for(op, client, &client.id_token_signed_response_alg)?;
        let record = IdToken {
            kid: key.kid().to_owned(),
            alg: key.alg().as_str().to_owned(),
            issued_at: now,
            expires_at: now.plus_seconds(op.rules.lifetimes.id_token.into()),
            claims: person.keys().cloned().collect(),
        };
        Ok(Self { record, key, person })
    }

    /// The claims, as yet bound to nothing beside it.
    pub(super) fn claims<'a>(
        &'a self,
        op: &'a Op,
        client: &'a ClientMetadata,
        grantor: &Grantor<'a>,
    ) -> IdTokenClaims<'a> {
        IdTokenClaims::new(&op.rules.issuer, &client.client_id, grantor, &self.record)
            .with_person(&self.person)
    }

    /// The token with these claims.
    pub(super) fn sign(&self, claims: &IdTokenClaims<'_>) -> Result<String, EndpointError> {
        sign(&self.key, Typ::IdToken, claims)
    }
}
