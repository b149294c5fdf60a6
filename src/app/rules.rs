//! From settings to what the doors work with.

use std::time::Duration;

use moneta_events::{
    client::{ClientAuthMethod, GrantType, TokenDeliveryMode},
    transaction::{CodeChallengeMethod, ResponseMode},
};

use crate::{
    config::Settings,
    http::op::Terms,
    protocol::{
        authorize::response_type::ResponseType,
        rules::{AcrRule, BackchannelRules, DeviceRules, Lifetimes, Rules, ScopeRule},
    },
};

/// What is allowed. Discovery is derived from it, so metadata cannot disagree with behaviour.
pub(super) fn rules(settings: &Settings) -> Rules {
    let lifetimes = &settings.lifetimes;
    Rules {
        issuer: settings.issuer.clone(),
        scopes: settings
            .scopes
            .iter()
            .map(|scope| ScopeRule { name: scope.name.clone(), claims: scope.claims.clone() })
            .collect(),
        acr: settings
            .acr
            .iter()
            .map(|level| AcrRule { name: level.name.clone(), amr: level.amr.clone() })
            .collect(),
        response_types: ResponseType::ALL.to_vec(),
        response_modes: vec![ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost],
        grant_types: vec![
            GrantType::AuthorizationCode,
            GrantType::Implicit,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
            GrantType::DeviceCode,
            GrantType::Ciba,
        ],
        client_auth_methods: vec![
            ClientAuthMethod::ClientSecretBasic,
            ClientAuthMethod::ClientSecretPost,
            ClientAuthMethod::PrivateKeyJwt,
            ClientAuthMethod::None,
        ],
        code_challenge_methods: vec![CodeChallengeMethod::S256, CodeChallengeMethod::Plain],
        id_token_signing_algs: settings.keys.algorithms.clone(),
        ui_locales: vec![crate::ui::LANGUAGE.to_owned()],
        lifetimes: Lifetimes {
            transaction: lifetimes.transaction,
            code: lifetimes.code,
            access_token: lifetimes.access_token,
            refresh_token: lifetimes.refresh_token,
            id_token: lifetimes.id_token,
        },
        code_attempts: settings.limits.code_attempts,
        device: DeviceRules {
            lifetime: settings.device.lifetime,
            interval: settings.device.interval,
        },
        backchannel: BackchannelRules {
            lifetime: settings.backchannel.lifetime,
            longest_lifetime: settings.backchannel.longest_lifetime,
            interval: settings.backchannel.interval,
            delivery_modes: vec![
                TokenDeliveryMode::Poll,
                TokenDeliveryMode::Ping,
                TokenDeliveryMode::Push,
            ],
        },
    }
}

/// What else the doors need to know.
pub(super) fn terms(settings: &Settings) -> Terms {
    Terms {
        brand: settings.brand.name.clone(),
        secure: settings.issuer.starts_with("https://"),
        trusted_proxies: settings.server.trusted_proxies.clone(),
        session_lifetime: settings.lifetimes.session,
        resources: settings
            .resources
            .iter()
            .map(|resource| (resource.identifier.clone(), resource.scopes.clone()))
            .collect(),
        scope_texts: settings
            .scopes
            .iter()
            .map(|scope| (scope.name.clone(), scope.description.clone()))
            .collect(),
        live_transactions: settings.limits.live_transactions,
        long_polling: Duration::from_secs(settings.backchannel.long_polling.into()),
        test_approval: settings.backchannel.test_approval,
        playground: settings.playground,
    }
}
