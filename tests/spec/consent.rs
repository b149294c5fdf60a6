//! OpenID Connect Core 1.0 §3.1.2.4 and §11, RFC 8252 §8.6: when the end-user is asked, and for what.

use moneta::protocol::authorize::next_step::NextStep;
use moneta_events::{
    Scope,
    client::{ClientMetadata, ConsentPolicy},
    transaction::ConsentBasis,
};
use serde_json::json;

use crate::{
    fixtures::{client, legacy, native, spa},
    next_step::{check, issue},
};

fn consent(scope: &str) -> NextStep {
    NextStep::Consent { scope: Scope::parse(scope) }
}

fn skip() -> ClientMetadata {
    client(&json!({"consent": "skip"}))
}

#[test]
fn core_3_1_2_4_consent() {
    check(&[
        (
            "remembered for more",
            |c| c.remembered = Scope::parse("openid email profile"),
            issue("openid email", ConsentBasis::Remembered),
        ),
        ("remembered for less", |c| c.remembered = Scope::parse("openid"), consent("openid email")),
        ("never asked", |c| c.remembered = Scope::default(), consent("openid email")),
        (
            "allowed on the page, narrower",
            |c| {
                c.remembered = Scope::default();
                c.allowed = Some(Scope::parse("openid"));
            },
            issue("openid", ConsentBasis::Asked),
        ),
        (
            "a page cannot allow more than was asked for",
            |c| c.allowed = Some(Scope::parse("openid email api:write")),
            issue("openid email", ConsentBasis::Asked),
        ),
        ("prompt=consent", |c| c.changes += "&prompt=consent", consent("openid email")),
        (
            "prompt=consent, allowed",
            |c| {
                c.changes += "&prompt=consent";
                c.allowed = Some(Scope::parse("openid email"));
            },
            issue("openid email", ConsentBasis::Asked),
        ),
        (
            "not asked, as configured",
            |c| (c.client, c.remembered) = (skip(), Scope::default()),
            issue("openid email", ConsentBasis::Configured),
        ),
        (
            "prompt=consent over the configuration",
            |c| {
                c.client = skip();
                c.changes += "&prompt=consent";
            },
            consent("openid email"),
        ),
    ]);
}

/// Anybody can listen at a loopback port or claim a scheme, so what was allowed before does not count.
#[test]
fn rfc8252_8_6_clients_that_cannot_be_told_apart_are_always_asked() {
    check(&[
        ("public, loopback", |c| c.client = native(), consent("openid email")),
        (
            "public, own scheme",
            |c| {
                c.client = native();
                c.client.redirect_uris = vec!["com.example.app:/cb".to_owned()];
            },
            consent("openid email"),
        ),
        (
            "not even the configuration helps",
            |c| c.client = ClientMetadata { consent: ConsentPolicy::Skip, ..native() },
            consent("openid email"),
        ),
        ("public, https", |c| c.client = spa(), issue("openid email", ConsentBasis::Remembered)),
        (
            "confidential, loopback, a token in the answer",
            |c| {
                c.client = legacy();
                c.client.redirect_uris = native().redirect_uris;
                c.changes += "&response_type=code+token";
            },
            consent("openid email"),
        ),
        (
            "confidential, https, a token in the answer",
            |c| {
                c.client = legacy();
                c.changes += "&response_type=code+token";
            },
            issue("openid email", ConsentBasis::Remembered),
        ),
        (
            "confidential, loopback",
            |c| c.client.redirect_uris = native().redirect_uris,
            issue("openid email", ConsentBasis::Remembered),
        ),
    ]);
}

#[test]
fn core_11_offline_access_only_with_consent() {
    check(&[
        (
            "nobody asked: ignored",
            |c| c.changes = "scope=openid+offline_access".to_owned(),
            issue("openid", ConsentBasis::Remembered),
        ),
        (
            "prompt=consent",
            |c| c.changes = "scope=openid+offline_access&prompt=consent".to_owned(),
            consent("openid offline_access"),
        ),
        (
            "prompt=consent, allowed",
            |c| {
                c.changes = "scope=openid+offline_access&prompt=consent".to_owned();
                c.allowed = Some(Scope::parse("openid offline_access"));
            },
            issue("openid offline_access", ConsentBasis::Asked),
        ),
        (
            "prompt=consent, not allowed",
            |c| {
                c.changes = "scope=openid+offline_access&prompt=consent".to_owned();
                c.allowed = Some(Scope::parse("openid"));
            },
            issue("openid", ConsentBasis::Asked),
        ),
        (
            "allowed before",
            |c| {
                c.changes = "scope=openid+offline_access".to_owned();
                c.remembered = Scope::parse("openid offline_access");
            },
            issue("openid offline_access", ConsentBasis::Remembered),
        ),
        (
            "allowed before to a client that cannot be told apart",
            |c| {
                c.client = native();
                c.changes = "scope=openid+offline_access".to_owned();
                c.remembered = Scope::parse("openid offline_access");
            },
            consent("openid"),
        ),
        (
            "as configured",
            |c| {
                c.client = skip();
                c.changes = "scope=openid+offline_access".to_owned();
            },
            issue("openid offline_access", ConsentBasis::Configured),
        ),
    ]);
}
