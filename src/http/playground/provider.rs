//! The provider as its clients see it: metadata and endpoints, over HTTP.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use url::Url;

use super::{CLIENT_ID, Confidential, Playground};
use crate::{
    ports::http_client::{Answer, Call, CallError},
    protocol::endpoints,
};

/// What the metadata say (OpenID Connect Discovery 1.0 §3).
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: Url,
    token_endpoint: Url,
    userinfo_endpoint: Url,
    introspection_endpoint: Url,
    revocation_endpoint: Url,
    jwks_uri: Url,
}

/// Who asks at an endpoint for clients.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asker<'a> {
    /// The playground's own client, which has no secret (RFC 6749 §2.1).
    Public,
    /// A client with a secret (RFC 6749 §2.3.1).
    Confidential(&'a Confidential),
}

/// The provider, once its metadata are known.
pub(super) struct Provider<'a> {
    pub(super) metadata: Metadata,
    playground: &'a Playground,
}

impl<'a> Provider<'a> {
    /// Reads the metadata (OpenID Connect Discovery 1.0 §4). They must be of the issuer they were asked
    /// of (§4.3).
    pub(super) async fn discover(playground: &'a Playground) -> Result<Self, CallError> {
        let wrong = |what: &str| CallError::Unreachable(format!("its metadata {what}"));
        let url = format!("{}{}", playground.issuer, endpoints::OPENID_CONFIGURATION);
        let url = Url::parse(&url).map_err(|_| wrong("have no address"))?;
        let answer = playground.http.send(Call::get(url)).await?;
        let metadata: Metadata =
            serde_json::from_str(&answer.body).map_err(|cause| wrong(&format!("say: {cause}")))?;
        if metadata.issuer != playground.issuer {
            return Err(wrong("are another issuer's"));
        }
        Ok(Self { metadata, playground })
    }

    /// `POST` to the token endpoint.
    pub(super) async fn token(
        &self,
        asker: Asker<'_>,
        fields: &[(&str, &str)],
    ) -> Result<Answer, CallError> {
        self.post(&self.metadata.token_endpoint, asker, fields).await
    }

    /// Asks about a token (RFC 7662 §2.1).
    pub(super) async fn introspect(
        &self,
        asker: Asker<'_>,
        token: &str,
    ) -> Result<Answer, CallError> {
        self.post(&self.metadata.introspection_endpoint, asker, &[("token", token)]).await
    }

    /// Revokes a token (RFC 7009 §2.1).
    pub(super) async fn revoke(&self, asker: Asker<'_>, token: &str) -> Result<Answer, CallError> {
        self.post(&self.metadata.revocation_endpoint, asker, &[("token", token)]).await
    }

    /// The claims about the end-user (OpenID Connect Core 1.0 §5.3).
    pub(super) async fn userinfo(&self, access_token: &str) -> Result<Answer, CallError> {
        let call = Call::get(self.metadata.userinfo_endpoint.clone());
        let call = call.header("authorization", format!("Bearer {access_token}"));
        self.playground.http.send(call).await
    }

    /// The provider's public keys (OpenID Connect Core 1.0 §10.1.1).
    pub(super) async fn jwks(&self) -> Result<Answer, CallError> {
        self.playground.http.send(Call::get(self.metadata.jwks_uri.clone())).await
    }

    async fn post(
        &self,
        endpoint: &Url,
        asker: Asker<'_>,
        fields: &[(&str, &str)],
    ) -> Result<Answer, CallError> {
        let mut fields = fields.to_vec();
        let call = match asker {
            Asker::Public => {
                fields.push(("client_id", CLIENT_ID));
                Call::post(endpoint.clone(), &fields)
            }
            Asker::Confidential(client) => {
                let encode = |text: &str| {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
                };
                let pair = format!("{}:{}", encode(&client.client_id), encode(&client.secret));
                Call::post(endpoint.clone(), &fields)
                    .header("authorization", format!("Basic {}", STANDARD.encode(pair)))
            }
        };
        self.playground.http.send(call).await
    }
}
