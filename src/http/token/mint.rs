//! Prepares tokens before they are recorded, by their digests, and makes them after.

mod access_token;
mod front_channel;
mod id_token;

use std::sync::Arc;

use moneta_events::{
    Scope, StreamId, Timestamp,
    client::{ClientMetadata, GrantType},
    token::{Issued, RefreshToken},
};

use self::{access_token::AccessTokenDraft, id_token::IdTokenDraft};
use crate::{
    http::{
        error::{BUSY, EndpointError},
        op::Op,
    },
    jose::{Alg, SigningKey, Typ, jws},
    protocol::{
        grantor::Grantor,
        handle::{HandleKind, digest_of},
        rules::OPENID,
    },
};

pub(in crate::http) use self::{
    access_token::jti_digest,
    front_channel::{Beside, FrontChannelDraft},
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
    access_token: AccessTokenDraft,
    refresh_secret: [u8; 32],
    id_token: Option<IdTokenDraft>,
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
        let Grant { stream, generation, client, grantor, now, .. } = grant;
        let is_openid = grant.scope.contains(OPENID);
        let refresh_secret = op.entropy().bytes::<32>();
        let refresh_token = (grantor.is_some()
            && client.grant_types.contains(&GrantType::RefreshToken))
        .then(|| {
            let lifetime = client.refresh_token_lifetime;
            let lifetime = lifetime.unwrap_or(op.rules.lifetimes.refresh_token);
            RefreshToken {
                digest: digest_of(HandleKind::RefreshToken, stream, generation, &refresh_secret),
                expires_at: now.plus_seconds(lifetime.into()),
            }
        });
        let id_token = (grantor.is_some() && is_openid)
            .then(|| IdTokenDraft::new(op, client, now, serde_json::Map::new()))
            .transpose()?;
        let access_token = AccessTokenDraft::new(op, grant, &generation.to_string())?;
        let issued = Issued {
            generation,
            access_token: access_token.record.clone(),
            refresh_token,
            id_token: id_token.as_ref().map(|draft| draft.record.clone()),
        };
        Ok(Self { issued, stream, access_token, refresh_secret, id_token })
    }

    /// The same with secrets that can be made again, for tokens that are sent more than once. `before` is
    /// what is on record of them, where they are on record; `None` where they cannot be made any more.
    pub(in crate::http) fn lasting(
        op: &Op,
        grant: Grant<'_>,
        before: Option<&Issued>,
    ) -> Result<Option<Self>, EndpointError> {
        let (stream, generation) = (grant.stream, grant.generation);
        let mut draft = Self::new(op, grant)?;
        draft.access_token.set_secret(op.derived.secret(
            HandleKind::AccessToken,
            stream,
            generation,
        ));
        draft.refresh_secret = op.derived.secret(HandleKind::RefreshToken, stream, generation);
        draft.issued.access_token = draft.access_token.record.clone();
        if let Some(token) = &mut draft.issued.refresh_token {
            let kind = HandleKind::RefreshToken;
            token.digest = digest_of(kind, stream, generation, &draft.refresh_secret);
        }
        let Some(before) = before else { return Ok(Some(draft)) };
        let kid = |issued: &Issued| issued.id_token.as_ref().map(|token| token.kid.clone());
        let is_same = kid(&draft.issued) == kid(before)
            && draft.issued.access_token.digest == before.access_token.digest;
        if let Some((token, record)) = draft.id_token.as_mut().zip(before.id_token.as_ref()) {
            token.record = record.clone();
        }
        draft.access_token.record = before.access_token.clone();
        draft.issued = before.clone();
        Ok(is_same.then_some(draft))
    }

    /// Makes the tokens, once they are on record at `position` of the log.
    pub(in crate::http) fn mint(
        self,
        op: &Op,
        client: &ClientMetadata,
        grantor: Option<&Grantor<'_>>,
        position: u64,
    ) -> Result<Minted, EndpointError> {
        self.mint_for(op, client, grantor, (position, None))
    }

    /// The same for a client that is sent them: the ID Token names its request.
    pub(in crate::http) fn mint_for(
        self,
        op: &Op,
        client: &ClientMetadata,
        grantor: Option<&Grantor<'_>>,
        (position, auth_req_id): (u64, Option<&str>),
    ) -> Result<Minted, EndpointError> {
        let Self { issued, stream, access_token: draft, refresh_secret, id_token } = self;
        let generation = issued.generation;
        let access_token = draft.mint(op, client, grantor, position)?;
        let refresh_token = issued.refresh_token.map(|_| {
            let kind = HandleKind::RefreshToken;
            op.handles.seal(kind, stream, generation, position, &refresh_secret)
        });
        let id_token = match (id_token, grantor) {
            (Some(draft), Some(grantor)) => {
                let mut claims = draft
                    .claims(op, client, grantor)
                    .with_access_token(&draft.record.alg, &access_token);
                if generation > 0 {
                    claims = claims.without_nonce();
                }
                if let Some(auth_req_id) = auth_req_id {
                    let alg = &draft.record.alg;
                    claims = claims.pushed(alg, auth_req_id, refresh_token.as_deref());
                }
                Some(draft.sign(&claims)?)
            }
            _ => None,
        };
        Ok(Minted {
            access_token,
            expires_in: draft.expires_in,
            scope: issued.access_token.scope,
            refresh_token,
            id_token,
        })
    }
}

/// The key that signs by `alg` now.
fn key_for(op: &Op, client: &ClientMetadata, alg: &str) -> Result<Arc<SigningKey>, EndpointError> {
    let alg: Option<Alg> = alg.parse().ok();
    let keys = op.signing.keys();
    alg.and_then(|alg| keys.active(alg)).cloned().ok_or_else(|| {
        tracing::error!(client = %client.client_id, "no signing key for the client's algorithm");
        BUSY.into()
    })
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
