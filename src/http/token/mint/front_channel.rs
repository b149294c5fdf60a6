//! Tokens that leave the authorization endpoint (OpenID Connect Core 1.0 §3.2.2.5, §3.3.2.5). There is never
//! a refresh token among them (RFC 6749 §4.2.2).

use moneta_events::token::{AccessToken, IdToken};
use serde_json::{Map, Value};

use super::{Grant, access_token::AccessTokenDraft, id_token::IdTokenDraft};
use crate::{
    http::{error::EndpointError, op::Op},
    protocol::{
        authorize::{
            respond::{BearerToken, Success},
            response_type::ResponseType,
        },
        grantor::Grantor,
    },
};

/// What the access token is called among those of its grant; the others are called by their generations.
const NAME: &str = "front";

/// The tokens of an authorization response about to be issued.
pub(in crate::http) struct FrontChannelDraft {
    access_token: Option<AccessTokenDraft>,
    id_token: Option<IdTokenDraft>,
}

/// What travels beside the tokens, and is bound to the ID Token.
pub(in crate::http) struct Beside<'a> {
    /// The code.
    pub code: Option<String>,
    /// The client's `state`.
    pub state: Option<&'a str>,
}

impl FrontChannelDraft {
    /// Draws the secrets and says what goes on record. `person` is what the ID Token says of the end-user.
    pub(in crate::http) fn new(
        op: &Op,
        response_type: ResponseType,
        grant: Grant<'_>,
        person: Map<String, Value>,
    ) -> Result<Self, EndpointError> {
        let (client, now) = (grant.client, grant.now);
        let id_token = response_type
            .id_token
            .then(|| IdTokenDraft::new(op, client, now, person))
            .transpose()?;
        let access_token =
            response_type.token.then(|| AccessTokenDraft::new(op, grant, NAME)).transpose()?;
        Ok(Self { access_token, id_token })
    }

    /// What goes on record of the access token.
    pub(in crate::http) fn access_token(&self) -> Option<AccessToken> {
        self.access_token.as_ref().map(|draft| draft.record.clone())
    }

    /// What goes on record of the ID Token.
    pub(in crate::http) fn id_token(&self) -> Option<IdToken> {
        self.id_token.as_ref().map(|draft| draft.record.clone())
    }

    /// Makes the tokens, once they are on record at `position` of the log (§3.2.2.10, §3.3.2.11).
    pub(in crate::http) fn mint(
        self,
        op: &Op,
        client: &moneta_events::client::ClientMetadata,
        grantor: &Grantor<'_>,
        position: u64,
        beside: Beside<'_>,
    ) -> Result<Success, EndpointError> {
        let access_token = match self.access_token {
            Some(draft) => Some(BearerToken {
                value: draft.mint(op, client, Some(grantor), position)?,
                expires_in: draft.expires_in,
                scope: draft.record.scope,
            }),
            None => None,
        };
        let Beside { code, state } = beside;
        let id_token = match &self.id_token {
            Some(draft) => {
                let alg = &draft.record.alg;
                let mut claims = draft.claims(op, client, grantor);
                if let Some(token) = &access_token {
                    claims = claims.with_access_token(alg, &token.value);
                }
                if let Some(code) = &code {
                    claims = claims.with_code(alg, code);
                }
                if let Some(state) = state {
                    claims = claims.with_state(alg, state);
                }
                Some(draft.sign(&claims)?)
            }
            None => None,
        };
        Ok(Success { code, access_token, id_token })
    }
}
