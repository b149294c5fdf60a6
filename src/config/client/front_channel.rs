//! What a client may ask the authorization endpoint for.

use moneta_events::{
    client::{ApplicationType, ConsentPolicy, GrantType},
    transaction::ResponseMode,
};

use super::Check;

use GrantType::{AuthorizationCode, Implicit};

/// Response types in canonical spelling, each with the grants it needs (RFC 7591 §2.1, OpenID Connect
/// Dynamic Client Registration 1.0 §2).
const RESPONSE_TYPES: [(&str, &[GrantType]); 8] = [
    ("code", &[AuthorizationCode]),
    ("id_token", &[Implicit]),
    ("id_token token", &[Implicit]),
    ("code id_token", &[AuthorizationCode, Implicit]),
    ("code token", &[AuthorizationCode, Implicit]),
    ("code id_token token", &[AuthorizationCode, Implicit]),
    ("token", &[Implicit]),
    ("none", &[]),
];
/// The order of words in a response type's canonical spelling (OAuth 2.0 Multiple Response Types §5).
const WORDS: [&str; 4] = ["none", "code", "id_token", "token"];

impl Check<'_> {
    /// RFC 7591 §2.1.
    pub(super) fn response_types(&mut self) {
        let client = self.client;
        self.each("response_types", &client.response_types, |text| {
            let mut words: Vec<&str> = text.split(' ').collect();
            words.sort_by_key(|word| WORDS.iter().position(|known| known == word));
            let canonical = words.join(" ");
            let known = RESPONSE_TYPES.iter().find(|(name, _)| *name == canonical);
            let Some((name, grants)) = known else {
                let all = RESPONSE_TYPES.map(|(name, _)| format!("`{name}`")).join(", ");
                return Err(format!("`{text}` is not offered; use `code`, or another of {all}"));
            };
            if name != text {
                return Err(format!("must be written `{name}`"));
            }
            if let Some(grant) = grants.iter().find(|grant| !client.grant_types.contains(grant)) {
                let grant = grant.as_str();
                return Err(format!(
                    "`{text}` needs {grant} in grant_types; add it, or set response_types = []"
                ));
            }
            if words.contains(&"id_token") && !client.scope.contains("openid") {
                return Err(format!("`{text}` needs `openid` in scope, which brings ID Tokens"));
            }
            Ok(())
        });
        self.no_doubles("response_types", &client.response_types);
        if self.uses(AuthorizationCode) && client.response_types.is_empty() {
            self.problem(
                "response_types",
                "is empty, but grant_types has authorization_code; add `code`",
            );
        }
    }

    /// OpenID Connect Core 1.0 §3.2.2.1, OAuth 2.0 Multiple Response Types §5, RFC 8252 §8.6.
    pub(super) fn implicit(&mut self) {
        if !self.uses(Implicit) {
            return;
        }
        let client = self.client;
        let needs = |text: &String| {
            RESPONSE_TYPES.iter().any(|(name, grants)| name == text && grants.contains(&Implicit))
        };
        if !client.response_types.iter().any(needs) {
            self.problem(
                "response_types",
                "has none that grant_types needs `implicit` for; add `id_token`, or remove the grant",
            );
        }
        if client.response_modes == [ResponseMode::Query] {
            self.problem(
                "response_modes",
                "is only `query`, which may not carry tokens; add `fragment` or `form_post`",
            );
        }
        if client.application_type == ApplicationType::Web {
            self.each("redirect_uris", &client.redirect_uris, |uri| {
                if uri.starts_with("http:") {
                    return Err(
                        "is plain http, which tokens must not be sent to; use https, or set \
                                application_type = \"native\" (OpenID Connect Core 1.0 §3.2.2.1)"
                            .to_owned(),
                    );
                }
                Ok(())
            });
        }
        let only_https = client.redirect_uris.iter().all(|uri| uri.starts_with("https://"));
        if !client.is_public() && client.consent == ConsentPolicy::Skip && !only_https {
            self.problem(
                "consent",
                "cannot be `skip` with the grant type implicit: other programs on a device can \
                 receive tokens that are not sent by https (RFC 8252 §8.6)",
            );
        }
    }
}
