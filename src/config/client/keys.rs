//! The keys that a client proves itself and signs with.

use moneta_events::client::ClientAuthMethod;

use super::{Check, uri};
use crate::jose::{Alg, ClientKeys};

impl Check<'_> {
    /// RFC 7591 §2: `jwks` or `jwks_uri`, public keys only; OpenID Connect Core 1.0 §9.
    pub(super) fn keys(&mut self) {
        let client = self.client;
        let signs = client.token_endpoint_auth_method == ClientAuthMethod::PrivateKeyJwt;
        match (&client.jwks, &client.jwks_uri) {
            (Some(_), Some(_)) => self.problem("jwks_uri", "is set beside jwks; keep one of them"),
            (None, None) if signs => self.problem(
                "token_endpoint_auth_method",
                "is private_key_jwt, but there is no key to verify with; set jwks or jwks_uri",
            ),
            _ => {}
        }
        if let Some(Err(text)) = client.jwks_uri.as_ref().map(|uri| uri::link(uri)) {
            self.problem("jwks_uri", text);
        }
        let alg = client.token_endpoint_auth_signing_alg.as_deref().map(str::parse::<Alg>);
        if let Some(Err(_)) = alg {
            let all = Alg::ALL.iter().map(|alg| alg.as_str()).collect::<Vec<_>>().join(", ");
            self.problem("token_endpoint_auth_signing_alg", format!("must be one of {all}"));
        }
        match client.jwks.as_ref().map(|jwks| ClientKeys::read(&jwks.0)) {
            Some(Err(cause)) => self.problem("jwks", cause.to_string()),
            Some(Ok(keys)) => {
                if let Some(Ok(alg)) = alg
                    && signs
                    && keys.algs().all(|other| other != alg)
                {
                    self.problem(
                        "jwks",
                        format!("has no key for token_endpoint_auth_signing_alg = \"{alg}\""),
                    );
                }
            }
            None => {}
        }
    }
}
