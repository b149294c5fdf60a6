//! The members of a registration that backchannel requests need (CIBA Core 1.0 §4).

use moneta_events::client::{GrantType, TokenDeliveryMode};

use super::{super::uri, Check};

/// What a client may sign its requests with; symmetric algorithms are not allowed (CIBA Core 1.0 §7.1.1),
/// and FAPI-CIBA leaves RS256 out.
const REQUEST_ALGORITHMS: [&str; 3] = ["PS256", "ES256", "EdDSA"];

const ENDPOINT: &str = "backchannel_client_notification_endpoint";
const MODE: &str = "backchannel_token_delivery_mode";
const REQUEST_ALG: &str = "backchannel_authentication_request_signing_alg";

impl Check<'_> {
    pub(super) fn backchannel(&mut self) {
        let client = self.client;
        if !self.uses(GrantType::Ciba) {
            for (member, is_set) in [
                (MODE, client.backchannel_token_delivery_mode.is_some()),
                (ENDPOINT, client.backchannel_client_notification_endpoint.is_some()),
                (REQUEST_ALG, client.backchannel_authentication_request_signing_alg.is_some()),
                ("backchannel_user_code_parameter", client.backchannel_user_code_parameter),
            ] {
                if is_set {
                    self.problem(
                        member,
                        "is not used without the grant type urn:openid:params:grant-type:ciba; remove \
                         it or add the grant",
                    );
                }
            }
            return;
        }
        if client.is_public() {
            self.problem(
                "grant_types",
                "has urn:openid:params:grant-type:ciba, but the client is public; choose a \
                 token_endpoint_auth_method other than `none` (CIBA Core 1.0 §7.1)",
            );
        }
        if !client.scope.contains("openid") {
            self.problem("scope", "needs `openid` for backchannel requests (CIBA Core 1.0 §7.1)");
        }
        self.delivery();
        let request_alg = client.backchannel_authentication_request_signing_alg.as_deref();
        if let Some(alg) = request_alg.filter(|alg| !REQUEST_ALGORITHMS.contains(alg)) {
            let all = REQUEST_ALGORITHMS.join(", ");
            self.problem(REQUEST_ALG, format!("`{alg}` is not accepted; use one of {all}"));
        }
        if request_alg.is_some() && client.jwks.is_none() && client.jwks_uri.is_none() {
            self.problem(
                REQUEST_ALG,
                "is set, but there is no key to verify with; set jwks or jwks_uri",
            );
        }
    }

    fn delivery(&mut self) {
        let client = self.client;
        let endpoint = client.backchannel_client_notification_endpoint.as_deref();
        match (client.backchannel_token_delivery_mode, endpoint) {
            (None, _) => self.problem(MODE, "is missing; use `poll`, `ping` or `push`"),
            (Some(TokenDeliveryMode::Poll), Some(_)) => self.problem(
                ENDPOINT,
                "is not called with backchannel_token_delivery_mode = \"poll\"; remove it, or use \
                 `ping` or `push`",
            ),
            (Some(TokenDeliveryMode::Poll), None) => {}
            (Some(mode), None) => self.problem(
                ENDPOINT,
                format!(
                    "is missing; name where the client is called, or use `poll` instead of `{}`",
                    mode.as_str()
                ),
            ),
            (Some(_), Some(endpoint)) => {
                if let Err(text) = uri::link(endpoint) {
                    self.problem(ENDPOINT, text);
                }
            }
        }
    }
}
