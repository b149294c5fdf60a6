//! Prepares tokens before they are recorded, by their digests, and makes them after.

use std::sync::Arc;

use moneta_events::{
    Digest, Scope, StreamId, Timestamp,
    client::{ClientMetadata, GrantType},
    token::{AccessToken, AccessTokenFormat, IdToken, Issued, RefreshToken},
};

use crate::{
    http::{
        error::{BUSY, EndpointError},
        op::Op,
    },
    jose::{Alg, SigningKey, Typ, jws},
    protocol::{
        access_token::{self, AccessTokenClaims},
        grantor::Grantor,
        handle::{HandleKind, digest_of},
        id_token::IdTokenClaims,
        rules::OPENID,
    },
};

/// What a client gets.
pub(in crate::http) struct Minted {
    /// The access token.
    pub access_token: String,
    /// Seconds it works.
    pub expires_in: u32,
    /// What it allows.
    pub scope: Scope,
    /// The refresh token.
    pub refresh_token: Option<String>,
    /// The ID Token.
    pub id_token: Option<String>,
}

/// Tokens about to be issued: what goes on record, and what only the client will know.
pub(in crate::http) struct Draft {
    /// What goes on record.
    pub issued: Issued,
    stream: StreamId,
    access_secret: [u8; 32],
    refresh_secret: [u8; 32],
    expires_in: u32,
    access_key: Option<Arc<SigningKey>>,
    id_token_key: Option<Arc<SigningKey>>,
    jti: String,
}

/// What tokens are made for.
pub(in crate::http) struct Grant<'a> {
    /// The stream of the grant.
    pub stream: StreamId,
    /// The generation they begin.
    pub generation: u32,
    /// What they allow.
    pub scope: Scope,
    /// The resource servers they are for.
    pub audience: Vec<String>,
    /// To whom.
    pub client: &'a ClientMetadata,
    /// The end-user, where there is one.
    pub grantor: Option<Grantor<'a>>,
    /// Until when a refresh token of this family may live, where there was one before.
    pub now: Timestamp,
}

impl Draft {
    /// Draws the secrets and says what goes on record.
    pub(in crate::http) fn new(op: &Op, grant: Grant<'_>) -> Result<Self, EndpointError> {
        let Grant { stream, generation, scope, audience, client, grantor, now } = grant;
        let lifetimes = &op.rules.lifetimes;
        let (access_secret, refresh_secret) =
            (op.entropy().bytes::<32>(), op.entropy().bytes::<32>());
        let expires_in = client.access_token_lifetime.unwrap_or(lifetimes.access_token);
        let keys = op.signing.keys();
        let key_for = |alg: &str| {
            let alg: Option<Alg> = alg.parse().ok();
            alg.and_then(|alg| keys.active(alg)).cloned().ok_or_else(|| {
                tracing::error!(client = %client.client_id, "no signing key for the client's algorithm");
                EndpointError::from(BUSY)
            })
        };
        let format = client.access_token_format;
        let jti = jti(stream, generation);
        let (digest, access_key) = match format {
            AccessTokenFormat::Opaque => {
                (digest_of(HandleKind::AccessToken, stream, generation, &access_secret), None)
            }
            AccessTokenFormat::Jwt => {
                (jti_digest(&jti), Some(key_for(&client.access_token_signed_response_alg)?))
            }
        };
        let audience = match format {
            AccessTokenFormat::Opaque => audience,
            AccessTokenFormat::Jwt => access_token::audience(audience, &op.rules.issuer),
        };
        let refresh_token = (grantor.is_some()
            && client.grant_types.contains(&GrantType::RefreshToken))
        .then(|| {
            let lifetime = client.refresh_token_lifetime.unwrap_or(lifetimes.refresh_token);
            RefreshToken {
                digest: digest_of(HandleKind::RefreshToken, stream, generation, &refresh_secret),
                expires_at: now.plus_seconds(lifetime.into()),
            }
        });
        let id_token_key = (grantor.is_some() && scope.contains(OPENID))
            .then(|| key_for(&client.id_token_signed_response_alg))
            .transpose()?;
        let id_token = id_token_key.as_ref().map(|key| IdToken {
            kid: key.kid().to_owned(),
            alg: key.alg().as_str().to_owned(),
            issued_at: now,
            expires_at: now.plus_seconds(lifetimes.id_token.into()),
            claims: Vec::new(),
        });
        let expires_at = now.plus_seconds(expires_in.into());
        let access_token = AccessToken { digest, format, scope, audience, expires_at };
        let issued = Issued { generation, access_token, refresh_token, id_token };
        Ok(Self {
            issued,
            stream,
            access_secret,
            refresh_secret,
            expires_in,
            access_key,
            id_token_key,
            jti,
        })
    }

    /// Makes the tokens, once they are on record at `position` of the log.
    pub(in crate::http) fn mint(
        self,
        op: &Op,
        client: &ClientMetadata,
        grantor: Option<&Grantor<'_>>,
        position: u64,
    ) -> Result<Minted, EndpointError> {
        let Self { issued, stream, access_secret, refresh_secret, expires_in, .. } = &self;
        let generation = issued.generation;
        let seal = |kind, secret| op.handles.seal(kind, *stream, generation, position, secret);
        let access_token = match &self.access_key {
            None => seal(HandleKind::AccessToken, access_secret),
            Some(key) => {
                let mut claims = AccessTokenClaims::new(
                    &op.rules.issuer,
                    &client.client_id,
                    &issued.access_token,
                    &self.jti,
                    issued.access_token.expires_at.plus_seconds(-i64::from(*expires_in)),
                );
                if let Some(grantor) = grantor {
                    claims = claims.on_behalf_of(grantor);
                }
                sign(key, Typ::AccessToken, &claims)?
            }
        };
        let id_token = match (&self.id_token_key, &issued.id_token, grantor) {
            (Some(key), Some(facts), Some(grantor)) => {
                let mut claims =
                    IdTokenClaims::new(&op.rules.issuer, &client.client_id, grantor, facts)
                        .with_access_token(&facts.alg, &access_token);
                if generation > 0 {
                    claims = claims.without_nonce();
                }
                Some(sign(key, Typ::IdToken, &claims)?)
            }
            _ => None,
        };
        let refresh_token =
            issued.refresh_token.as_ref().map(|_| seal(HandleKind::RefreshToken, refresh_secret));
        Ok(Minted {
            access_token,
            expires_in: *expires_in,
            scope: self.issued.access_token.scope,
            refresh_token,
            id_token,
        })
    }
}

/// `jti` of a JWT access token: names the grant and the generation, so that it can be found again.
pub(in crate::http) fn jti(stream: StreamId, generation: u32) -> String {
    format!("{stream}.{generation}")
}

/// What a JWT access token is on record by.
pub(in crate::http) fn jti_digest(jti: &str) -> Digest {
    Digest::of(&[jti.as_bytes()])
}

fn sign(
    key: &SigningKey,
    typ: Typ,
    claims: &impl serde::Serialize,
) -> Result<String, EndpointError> {
    let failed = |cause: &dyn std::fmt::Display| {
        tracing::error!(%cause, kid = key.kid(), "a token could not be signed");
        EndpointError::from(BUSY)
    };
    let claims = serde_json::to_vec(claims).map_err(|cause| failed(&cause))?;
    jws::encode(key, typ, &claims).map_err(|cause| failed(&cause))
}
