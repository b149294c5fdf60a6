//! Access tokens: opaque handles, and JWTs (RFC 9068).

use std::sync::Arc;

use moneta_events::{
    Digest, StreamId, Timestamp,
    client::ClientMetadata,
    token::{AccessToken, AccessTokenFormat},
};

use super::{Grant, key_for, sign};
use crate::{
    http::{error::EndpointError, op::Op},
    jose::{SigningKey, Typ},
    protocol::{
        access_token::{self, AccessTokenClaims},
        grantor::Grantor,
        handle::{HandleKind, digest_of},
    },
};

/// An access token about to be issued.
pub(super) struct AccessTokenDraft {
    /// What goes on record.
    pub(super) record: AccessToken,
    /// Seconds it works.
    pub(super) expires_in: u32,
    stream: StreamId,
    generation: u32,
    issued_at: Timestamp,
    form: Form,
}

enum Form {
    Opaque { secret: [u8; 32] },
    Jwt { key: Arc<SigningKey>, jti: String },
}

impl AccessTokenDraft {
    /// Draws the secret and says what goes on record. `name` is the token's among those of its grant.
    pub(super) fn new(op: &Op, grant: Grant<'_>, name: &str) -> Result<Self, EndpointError> {
        let Grant { stream, generation, scope, audience, client, now, .. } = grant;
        let lifetime = client.access_token_lifetime;
        let expires_in = lifetime.unwrap_or(op.rules.lifetimes.access_token);
        let format = client.access_token_format;
        let (digest, audience, form) = match format {
            AccessTokenFormat::Opaque => {
                let secret = op.entropy().bytes::<32>();
                let digest = digest_of(HandleKind::AccessToken, stream, generation, &secret);
                (digest, audience, Form::Opaque { secret })
            }
            AccessTokenFormat::Jwt => {
                let key = key_for(op, client, &client.access_token_signed_response_alg)?;
                let jti = jti(stream, name);
                let audience = access_token::audience(audience, &op.rules.issuer);
                (jti_digest(&jti), audience, Form::Jwt { key, jti })
            }
        };
        let expires_at = now.plus_seconds(expires_in.into());
        let record = AccessToken { digest, format, scope, audience, expires_at };
        Ok(Self { record, expires_in, stream, generation, issued_at: now, form })
    }

    /// Takes a secret that can be made again in the place of the one that was drawn.
    pub(super) fn set_secret(&mut self, lasting: [u8; 32]) {
        if let Form::Opaque { secret } = &mut self.form {
            *secret = lasting;
            let (kind, secret) = (HandleKind::AccessToken, &*secret);
            self.record.digest = digest_of(kind, self.stream, self.generation, secret);
        }
    }

    /// Makes the token, once it is on record at `position` of the log.
    pub(super) fn mint(
        &self,
        op: &Op,
        client: &ClientMetadata,
        grantor: Option<&Grantor<'_>>,
        position: u64,
    ) -> Result<String, EndpointError> {
        let (key, jti) = match &self.form {
            Form::Opaque { secret } => {
                let kind = HandleKind::AccessToken;
                return Ok(op.handles.seal(kind, self.stream, self.generation, position, secret));
            }
            Form::Jwt { key, jti } => (key, jti),
        };
        let (issuer, client_id) = (&op.rules.issuer, &client.client_id);
        let claims = AccessTokenClaims::new(issuer, client_id, &self.record, jti, self.issued_at);
        let claims = match grantor {
            Some(grantor) => claims.on_behalf_of(grantor),
            None => claims,
        };
        sign(key, Typ::AccessToken, &claims)
    }
}

/// `jti` of a JWT access token: names the grant and the token, so that it can be found again.
fn jti(stream: StreamId, name: &str) -> String {
    format!("{stream}.{name}")
}

/// What a JWT access token is on record by.
pub(in crate::http) fn jti_digest(jti: &str) -> Digest {
    Digest::of(&[jti.as_bytes()])
}
