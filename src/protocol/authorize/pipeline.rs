//! The checks of an authorization request, in order (RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.2).

use super::{
    AuthorizationRequest, AuthorizeError, ResponseTarget, acr_values, client,
    id_token_hint::{self, HintClaims},
    locales, max_age, opaque, pkce, prompt, redirect_uri, request_object, resource, response_mode,
    response_type, scope,
};
use crate::protocol::{client::ClientFacts, error::OAuthError, params::Params, rules::Rules};

/// What the caller looked up for a request.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The client that `client_id` names, if there is one.
    pub client: Option<ClientFacts<'a>>,
    /// The claims of the `id_token_hint`, if there is one and one of our keys signed it.
    pub hint: Option<HintClaims<'a>>,
    /// Whether there is a resource server of this identifier (RFC 8707 §2).
    pub is_resource: &'a dyn Fn(&str) -> bool,
}

/// All that a check may look at.
pub(super) struct Asked<'a> {
    pub(super) params: &'a Params<'a>,
    pub(super) client: ClientFacts<'a>,
    pub(super) rules: &'a Rules,
    pub(super) hint: Option<HintClaims<'a>>,
    pub(super) is_resource: &'a dyn Fn(&str) -> bool,
}

/// One row of the table.
pub struct Check {
    /// The parameters it is about.
    pub parameters: &'static str,
    /// The section that demands it.
    pub rule: &'static str,
    run: fn(&Asked<'_>, &mut AuthorizationRequest) -> Result<(), OAuthError>,
}

/// What is checked once client and redirect URI are good. The rows run from top to bottom; the first that
/// fails is answered at the redirect URI. A row may use what the rows above it found.
pub const CHECKS: &[Check] = &[
    Check {
        parameters: "(all)",
        rule: "RFC 6749 §3.1",
        run: |asked, _| asked.params.refuse_repeated(),
    },
    Check {
        parameters: "request request_uri registration",
        rule: "OpenID Connect Core 1.0 §3.1.2.6",
        run: |asked, _| request_object::check(asked),
    },
    Check {
        parameters: "response_type",
        rule: "RFC 6749 §3.1.1",
        run: |asked, request| {
            request.response_type = response_type::check(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "response_mode",
        rule: "OAuth 2.0 Multiple Response Type Encoding Practices §2.1",
        run: |asked, request| {
            request.response_mode = response_mode::check(asked, request.response_type)?;
            Ok(())
        },
    },
    Check {
        parameters: "state",
        rule: "RFC 6749 §4.1.1",
        run: |asked, request| {
            request.state = opaque::state(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "scope",
        rule: "RFC 6749 §3.3, OpenID Connect Core 1.0 §11",
        run: |asked, request| {
            request.scope = scope::check(asked, request.response_type)?;
            Ok(())
        },
    },
    Check {
        parameters: "resource",
        rule: "RFC 8707 §2",
        run: |asked, request| {
            request.audience = resource::check(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "code_challenge code_challenge_method",
        rule: "RFC 7636 §4.3, RFC 9700 §2.1.1",
        run: |asked, request| {
            request.code_challenge = pkce::check(asked, request.response_type)?;
            Ok(())
        },
    },
    Check {
        parameters: "nonce",
        rule: "OpenID Connect Core 1.0 §3.2.2.1",
        run: |asked, request| {
            request.nonce = opaque::nonce(asked, request.response_type)?;
            Ok(())
        },
    },
    Check {
        parameters: "prompt",
        rule: "OpenID Connect Core 1.0 §3.1.2.1",
        run: |asked, request| {
            request.prompt = prompt::check(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "max_age",
        rule: "OpenID Connect Core 1.0 §3.1.2.1",
        run: |asked, request| {
            request.max_age = max_age::check(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "id_token_hint",
        rule: "OpenID Connect Core 1.0 §3.1.2.2",
        run: |asked, request| {
            request.hinted_subject = id_token_hint::check(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "login_hint",
        rule: "OpenID Connect Core 1.0 §3.1.2.1",
        run: |asked, request| {
            request.login_hint = opaque::login_hint(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "acr_values display ui_locales claims_locales",
        rule: "OpenID Connect Core 1.0 §3.1.2.1, §5.2",
        run: |asked, request| {
            request.acr_values = acr_values::read(asked);
            request.display = locales::display(asked);
            request.ui_locales = locales::languages(asked, "ui_locales");
            request.claims_locales = locales::languages(asked, "claims_locales");
            Ok(())
        },
    },
];

/// Checks an authorization request. Client and redirect URI come first: until both are good, nothing may
/// be sent anywhere but to the end-user (OpenID Connect Core 1.0 §3.1.2.2, RFC 9700 §4.11.2).
pub fn check(
    params: &Params<'_>,
    facts: &Facts<'_>,
    rules: &Rules,
) -> Result<AuthorizationRequest, AuthorizeError> {
    let client = client::check(params, facts.client.as_ref())?;
    let redirect_uri = redirect_uri::check(params, &client)?;
    let asked = Asked { params, client, rules, hint: facts.hint, is_resource: facts.is_resource };
    let mut request = AuthorizationRequest::of(&client, redirect_uri);
    for check in CHECKS {
        if let Err(error) = (check.run)(&asked, &mut request) {
            let target = ResponseTarget {
                redirect_uri: request.redirect_uri,
                response_mode: response_mode::of_error(&asked),
                state: params.get("state").map(str::to_owned),
            };
            return Err(AuthorizeError::Redirect { target, error });
        }
    }
    Ok(request)
}
