//! Refresh tokens (RFC 6749 §6, OpenID Connect Core 1.0 §12).

use crate::{
    checks,
    metadata::lists,
    suite::{Outcome, Suite},
    support::{
        answer::Answer,
        http::pairs,
        rp::{Client, claims},
    },
    variant::Variant,
};

/// Signs in and allows access while the end-user is away.
async fn offline(suite: &mut Suite, client: &Client) -> Outcome {
    let request = suite.request_of(client);
    let request = request.with("scope", "openid offline_access").with("prompt", "consent");
    let visit = suite.visit(&request).await;
    suite.finish(client, &request, visit).await
}

async fn refresh(client: &Client, token: &str) -> Answer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", "openid")];
    client.post("/token", pairs(form)).await
}

/// Fresh tokens for the same end-user and client, and for no other client.
pub async fn oidcc_refresh_token(variant: Variant) {
    let mut suite = Suite::start(variant).await;
    assert!(lists(&suite.metadata, "grant_types_supported", "refresh_token"));
    assert!(lists(&suite.metadata, "scopes_supported", "offline_access"));
    let (client, second) = (suite.client.clone(), suite.provider.client("suite-2"));
    let first = offline(&mut suite, &client).await.tokens.expect("a code flow");
    suite.provider.clock.advance(2);
    let fresh = checks::token_response(&refresh(&client, first.refresh()).await);
    assert_ne!(fresh.access, first.access);
    let (before, after) = (claims(first.id()), claims(fresh.id()));
    assert!(suite.keys.verify(fresh.id(), "RS256"));
    for name in ["iss", "sub", "aud", "auth_time", "azp"] {
        assert_eq!(after.get(name), before.get(name), "{name}");
    }
    assert_ne!(after["iat"], before["iat"]);
    checks::userinfo(&client.userinfo(&fresh.access).await, before["sub"].as_str().unwrap());

    let others = offline(&mut suite, &second).await.tokens.expect("a code flow");
    checks::token_error(&refresh(&client, others.refresh()).await, "invalid_grant");
}
