//! The one validator of client metadata: whoever creates or changes a client asks it, so that no way in
//! is more lenient than another.

mod backchannel;
mod keys;

use std::{fmt, ops::RangeInclusive};

use moneta_events::{
    client::{ClientMetadata, ConsentPolicy, GrantType},
    token::AccessTokenFormat,
    transaction::CodeChallengeMethod,
};
use uuid::Uuid;

mod front_channel;

use super::{
    duration::Seconds,
    error::did_you_mean,
    resolved::Settings,
    text::readable,
    uri::{self, origin, redirect_uri},
};

/// Seconds an access token may live. Longer ones would outlive most reasons for which they were given.
pub(super) const ACCESS_TOKEN_LIFETIME: RangeInclusive<u32> = 30..=86_400;
/// Seconds a refresh token may live.
pub(super) const REFRESH_TOKEN_LIFETIME: RangeInclusive<u32> = 60..=31_536_000;

const MAX_CLIENT_ID: usize = 128;
const MAX_REDIRECT_URIS: usize = 50;
const MAX_NAME: usize = 100;

/// What clients can be registered for at this provider.
#[derive(Debug, Clone)]
pub struct Offered<'a> {
    /// Scope tokens.
    pub scopes: Vec<&'a str>,
    /// Signing algorithms.
    pub algorithms: Vec<&'a str>,
    /// Authentication contexts.
    pub acr: Vec<&'a str>,
    /// Identifiers of resource servers.
    pub resources: Vec<&'a str>,
}

impl<'a> Offered<'a> {
    /// By `settings`.
    pub fn by(settings: &'a Settings) -> Self {
        Self {
            scopes: settings.scopes.iter().map(|scope| scope.name.as_str()).collect(),
            algorithms: settings.keys.algorithms.iter().map(String::as_str).collect(),
            acr: settings.acr.iter().map(|level| level.name.as_str()).collect(),
            resources: settings.resources.iter().map(|r| r.identifier.as_str()).collect(),
        }
    }
}

/// One thing to change about a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientProblem {
    /// The member of the metadata, such as `redirect_uris`.
    pub member: &'static str,
    /// Which element, where the member is a list and one element is wrong.
    pub index: Option<usize>,
    /// What is wrong and what to do; goes on from the member's name.
    pub text: String,
}

impl fmt::Display for ClientProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.member)?;
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// Everything wrong with `client` (RFC 7591 §2, OpenID Connect Dynamic Client Registration 1.0 §2,
/// RFC 8252, RFC 9700 §2.1); nothing where it can be registered.
pub fn validate_client(client: &ClientMetadata, offered: &Offered<'_>) -> Vec<ClientProblem> {
    let mut check = Check { client, offered, found: Vec::new() };
    check.identity();
    check.redirect_uris();
    check.grants();
    check.response_types();
    check.implicit();
    check.public_client();
    check.scope();
    check.backchannel();
    check.keys();
    check.tokens();
    check.resource_server();
    check.links();
    check.found
}

struct Check<'a> {
    client: &'a ClientMetadata,
    offered: &'a Offered<'a>,
    found: Vec<ClientProblem>,
}

impl Check<'_> {
    fn problem(&mut self, member: &'static str, text: impl Into<String>) {
        self.found.push(ClientProblem { member, index: None, text: text.into() });
    }

    /// Asks `check` about every element.
    fn each<T>(
        &mut self,
        member: &'static str,
        elements: &[T],
        check: impl Fn(&T) -> Result<(), String>,
    ) {
        self.found.extend(elements.iter().enumerate().filter_map(|(index, element)| {
            check(element).err().map(|text| ClientProblem { member, index: Some(index), text })
        }));
    }

    fn no_doubles<T: PartialEq>(&mut self, member: &'static str, elements: &[T]) {
        let double = (1..elements.len()).find(|i| elements[..*i].contains(&elements[*i]));
        if let Some(index) = double {
            let text = "is there twice".to_owned();
            self.found.push(ClientProblem { member, index: Some(index), text });
        }
    }

    fn uses(&self, grant: GrantType) -> bool {
        self.client.grant_types.contains(&grant)
    }

    /// Whether the authorization endpoint answers it.
    fn has_front_channel(&self) -> bool {
        self.uses(GrantType::AuthorizationCode) || self.uses(GrantType::Implicit)
    }

    /// RFC 6749 §2.2; no client may pass for an end-user (RFC 9700 §4.15).
    fn identity(&mut self) {
        let client = self.client;
        let id = client.client_id.as_str();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if id.is_empty() || id.len() > MAX_CLIENT_ID || !id.bytes().all(allowed) {
            self.problem(
                "client_id",
                format!("must be 1 to {MAX_CLIENT_ID} letters, digits, `-`, `.`, `_` or `~`"),
            );
        } else if Uuid::try_parse(id).is_ok() {
            self.problem(
                "client_id",
                "is a UUID, as the subjects of end-users are, and could be taken for one; choose a name",
            );
        }
        if let Some(Err(text)) = client.client_name.as_ref().map(|name| readable(name, MAX_NAME)) {
            self.problem("client_name", text);
        }
        self.each("contacts", &client.contacts, |contact| readable(contact, MAX_NAME));
    }

    fn redirect_uris(&mut self) {
        let client = self.client;
        match (client.redirect_uris.len(), self.has_front_channel()) {
            (0, true) => self.problem(
                "redirect_uris",
                "is empty, but grant_types has authorization_code or implicit; name where responses \
                 may go",
            ),
            (1.., false) => self.problem(
                "redirect_uris",
                "is not used without the grant type authorization_code or implicit; remove one or \
                 add the other",
            ),
            (count, _) if count > MAX_REDIRECT_URIS => {
                self.problem("redirect_uris", format!("has more than {MAX_REDIRECT_URIS} URIs"));
            }
            _ => {}
        }
        self.each("redirect_uris", &client.redirect_uris, |uri| {
            redirect_uri(uri, client.application_type)
        });
        self.no_doubles("redirect_uris", &client.redirect_uris);
    }

    fn grants(&mut self) {
        let client = self.client;
        self.no_doubles("grant_types", &client.grant_types);
        if client.grant_types.is_empty() && client.resource.is_none() {
            self.problem(
                "grant_types",
                "is empty and the client is no resource server, so it could do nothing; add \
                 authorization_code or client_credentials, or set resource",
            );
        }
        let refreshable =
            [GrantType::AuthorizationCode, GrantType::DeviceCode, GrantType::Ciba].as_slice();
        if self.uses(GrantType::RefreshToken)
            && !client.grant_types.iter().any(|grant| refreshable.contains(grant))
        {
            self.problem(
                "grant_types",
                "has refresh_token, but no grant that gives refresh tokens; add authorization_code",
            );
        }
        if self.has_front_channel() {
            if client.response_modes.is_empty() {
                self.problem("response_modes", "is empty; allow at least `query`");
            }
            if client.code_challenge_methods.is_empty() {
                self.problem("code_challenge_methods", "is empty; allow `S256`");
            }
        }
        self.no_doubles("response_modes", &client.response_modes);
        self.no_doubles("code_challenge_methods", &client.code_challenge_methods);
    }

    /// RFC 9700 §2.1.1, RFC 8252 §8.6.
    fn public_client(&mut self) {
        let client = self.client;
        if !client.is_public() {
            if !client.web_origins.is_empty() {
                self.problem(
                    "web_origins",
                    "is for public clients: a script in a browser cannot keep a secret; set \
                     token_endpoint_auth_method = \"none\" or remove it",
                );
            }
            return;
        }
        if self.uses(GrantType::ClientCredentials) {
            self.problem(
                "grant_types",
                "has client_credentials, but the client is public; choose a \
                 token_endpoint_auth_method other than `none` (RFC 6749 §4.4)",
            );
        }
        if !client.require_pkce {
            self.problem("require_pkce", "must be true: the client is public (RFC 9700 §2.1.1)");
        }
        if client.code_challenge_methods.contains(&CodeChallengeMethod::Plain) {
            self.problem(
                "code_challenge_methods",
                "has `plain`, but the client is public; allow only `S256` (RFC 9700 §2.1.1)",
            );
        }
        let only_https = client.redirect_uris.iter().all(|uri| uri.starts_with("https://"));
        if client.consent == ConsentPolicy::Skip && !only_https {
            self.problem(
                "consent",
                "cannot be `skip`: other programs on a device can pass for a public client that \
                 does not receive its responses by https (RFC 8252 §8.6)",
            );
        }
    }

    fn scope(&mut self) {
        let (client, offered) = (self.client, self.offered);
        for token in client.scope.iter().filter(|token| !offered.scopes.contains(token)) {
            let meant = did_you_mean(token, offered.scopes.iter().copied());
            self.problem("scope", format!("`{token}` is not a scope of this provider{meant}"));
        }
        if client.scope.contains("openid")
            && !client.grant_types.iter().any(|grant| grant.has_end_user())
            && !client.grant_types.is_empty()
        {
            self.problem(
                "scope",
                "has `openid`, but no grant of the client has an end-user; name the scopes of the \
                 services it calls",
            );
        }
        if client.scope.contains("offline_access") && !self.uses(GrantType::RefreshToken) {
            self.problem(
                "scope",
                "has `offline_access`, but grant_types has no refresh_token; add it or remove the \
                 scope (OpenID Connect Core 1.0 §11)",
            );
        }
    }

    fn tokens(&mut self) {
        let (client, offered) = (self.client, self.offered);
        let unknown = |alg: &String| {
            let all = offered.algorithms.join(", ");
            (!offered.algorithms.contains(&alg.as_str()))
                .then(|| format!("`{alg}` is not an algorithm of this provider; use one of {all}"))
        };
        if let Some(text) = unknown(&client.id_token_signed_response_alg) {
            self.problem("id_token_signed_response_alg", text);
        }
        // Opaque access tokens are not signed, and the default algorithm may not be offered.
        if client.access_token_format == AccessTokenFormat::Jwt
            && let Some(text) = unknown(&client.access_token_signed_response_alg)
        {
            self.problem("access_token_signed_response_alg", text);
        }
        self.each("default_acr_values", &client.default_acr_values, |acr| {
            if offered.acr.contains(&acr.as_str()) {
                return Ok(());
            }
            let meant = did_you_mean(acr, offered.acr.iter().copied());
            Err(format!("`{acr}` is not an authentication context of this provider{meant}"))
        });
        for (member, lifetime, range) in [
            ("access_token_lifetime", client.access_token_lifetime, ACCESS_TOKEN_LIFETIME),
            ("refresh_token_lifetime", client.refresh_token_lifetime, REFRESH_TOKEN_LIFETIME),
        ] {
            if lifetime.is_some_and(|seconds| !range.contains(&seconds)) {
                let (least, most) = (Seconds(*range.start()), Seconds(*range.end()));
                self.problem(member, format!("must be from {least} to {most}"));
            }
        }
    }

    /// RFC 7662 §2.1: whoever introspects authenticates.
    fn resource_server(&mut self) {
        let client = self.client;
        let Some(resource) = &client.resource else { return };
        if client.is_public() {
            self.problem(
                "resource",
                "is set, but the client is public and could not introspect tokens; choose a \
                 token_endpoint_auth_method other than `none`",
            );
        }
        if let Err(text) = uri::resource(resource) {
            self.problem("resource", text);
        } else if !self.offered.resources.contains(&resource.as_str()) {
            let meant = did_you_mean(resource, self.offered.resources.iter().copied());
            self.problem(
                "resource",
                format!("`{resource}` is not a resource of this provider{meant}"),
            );
        }
    }

    fn links(&mut self) {
        let client = self.client;
        for (member, link) in [
            ("client_uri", &client.client_uri),
            ("logo_uri", &client.logo_uri),
            ("policy_uri", &client.policy_uri),
            ("tos_uri", &client.tos_uri),
        ] {
            if let Some(Err(text)) = link.as_ref().map(|uri| uri::link(uri)) {
                self.problem(member, text);
            }
        }
        self.each("web_origins", &client.web_origins, |text| origin(text));
        self.no_doubles("web_origins", &client.web_origins);
    }
}
