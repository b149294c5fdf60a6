//! The checks of a backchannel authentication request, in order (CIBA Core 1.0 §7.1, §7.2).

use super::{
    BackchannelRequest, acr_values, binding_message, client, hint, notification_token,
    requested_expiry, scope, user_code,
};
use crate::protocol::{
    authorize::resource, client_auth::AuthenticatedClient, error::OAuthError, params::Params,
    rules::Rules,
};

/// What the caller knows beside the parameters.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The client, authenticated.
    pub client: AuthenticatedClient<'a>,
    /// Whether there is a resource server of this identifier (RFC 8707 §2).
    pub is_resource: &'a dyn Fn(&str) -> bool,
}

/// All that a check may look at.
pub(super) struct Asked<'a> {
    pub(super) params: &'a Params<'a>,
    pub(super) client: AuthenticatedClient<'a>,
    pub(super) rules: &'a Rules,
    pub(super) is_resource: &'a dyn Fn(&str) -> bool,
}

/// One row of the table.
pub struct Check {
    /// The parameters it is about.
    pub parameters: &'static str,
    /// The section that demands it.
    pub rule: &'static str,
    run: fn(&Asked<'_>, &mut BackchannelRequest) -> Result<(), OAuthError>,
}

/// What is checked of a client that has authenticated. The rows run from top to bottom; the first that
/// fails is the answer.
pub const CHECKS: &[Check] = &[
    Check {
        parameters: "(client)",
        rule: "CIBA Core 1.0 §4, §7.1",
        run: |asked, request| {
            request.delivery_mode = client::check(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "(all)",
        rule: "RFC 6749 §3.2",
        run: |asked, _| asked.params.refuse_repeated(),
    },
    Check {
        parameters: "scope",
        rule: "CIBA Core 1.0 §7.1, RFC 6749 §3.3, OpenID Connect Core 1.0 §11",
        run: |asked, request| {
            request.scope = scope::check(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "resource",
        rule: "RFC 8707 §2",
        run: |asked, request| {
            request.audience = resource::known(asked.params, asked.is_resource)?;
            Ok(())
        },
    },
    Check {
        parameters: "client_notification_token",
        rule: "CIBA Core 1.0 §7.1, RFC 6750 §2.1",
        run: |asked, request| {
            request.client_notification_token =
                notification_token::check(asked, request.delivery_mode)?;
            Ok(())
        },
    },
    Check {
        parameters: "acr_values",
        rule: "CIBA Core 1.0 §7.1",
        run: |asked, request| {
            request.acr_values = acr_values::read(asked);
            Ok(())
        },
    },
    Check {
        parameters: "login_hint_token id_token_hint login_hint",
        rule: "CIBA Core 1.0 §7.1",
        run: |asked, request| {
            request.hint = hint::check(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "binding_message",
        rule: "CIBA Core 1.0 §7.1, §13",
        run: |asked, request| {
            request.binding_message = binding_message::check(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "user_code",
        rule: "CIBA Core 1.0 §7.1",
        run: |asked, request| {
            request.user_code = user_code::read(asked)?;
            Ok(())
        },
    },
    Check {
        parameters: "requested_expiry",
        rule: "CIBA Core 1.0 §7.1",
        run: |asked, request| {
            request.expires_in = requested_expiry::check(asked)?;
            Ok(())
        },
    },
];

/// Checks the parameters of a backchannel authentication request.
pub fn check(
    params: &Params<'_>,
    facts: &Facts<'_>,
    rules: &Rules,
) -> Result<BackchannelRequest, OAuthError> {
    let Facts { client, is_resource } = *facts;
    let asked = Asked { params, client, rules, is_resource };
    let mut request = BackchannelRequest::default();
    for check in CHECKS {
        (check.run)(&asked, &mut request)?;
    }
    Ok(request)
}
