//! What well-behaved clients do.

use serde_json::json;

use super::suite::{GRANT, Suite, acknowledged, redemption, refused};
use crate::{
    metadata::lists,
    support::{
        http::pairs,
        rp::{bearer, claims},
        signer::by,
        test,
    },
};

#[test]
fn fapi_ciba_id1_discovery_end_point_verification() {
    test(async {
        let suite = Suite::start().await;
        let metadata = &suite.metadata;
        assert!(metadata["backchannel_authentication_endpoint"].is_string());
        assert!(lists(metadata, "backchannel_token_delivery_modes_supported", "poll"));
        assert!(lists(metadata, "grant_types_supported", GRANT));
        let algs = "backchannel_authentication_request_signing_alg_values_supported";
        assert!(lists(metadata, algs, "PS256") && lists(metadata, algs, "ES256"));
        assert!(!lists(metadata, algs, "none") && !lists(metadata, algs, "RS256"));
        assert!(metadata["backchannel_user_code_parameter_supported"].is_boolean());
        assert!(lists(metadata, "token_endpoint_auth_methods_supported", "private_key_jwt"));
    });
}

#[test]
fn fapi_ciba_id1() {
    test(async {
        let suite = Suite::start().await;
        for client in [&suite.first, &suite.second] {
            let mut request = suite.request(client);
            let acr = suite.metadata["acr_values_supported"][0].clone();
            request.insert("acr_values".to_owned(), acr);
            let answer = suite.ask(client, &client.sign(&request.into())).await;
            let auth_req_id = acknowledged(&answer);
            assert_eq!(answer.json()["expires_in"], 300, "requested_expiry is honoured");
            refused(&suite.poll(client, &auth_req_id).await, &["authorization_pending"]);
            suite.provider.clock.advance(5);
            let again = suite.poll(client, &auth_req_id).await;
            refused(&again, &["authorization_pending", "slow_down"]);
            suite.decide(&auth_req_id, "approve").await;
            suite.provider.clock.advance(15);
            let tokens = suite.tokens(client, &suite.poll(client, &auth_req_id).await);
            let sub = claims(tokens.id())["sub"].clone();
            let userinfo = suite.provider.http.get("/userinfo", &[bearer(&tokens.access)]).await;
            assert_eq!(userinfo.json()["sub"], sub);
            suite.provider.clock.advance(15);
            refused(&suite.poll(client, &auth_req_id).await, &["invalid_grant"]);
        }
    });
}

#[test]
fn fapi_ciba_id1_user_rejects_authentication() {
    test(async {
        let suite = Suite::start().await;
        let auth_req_id = suite.begin(&suite.first).await;
        refused(&suite.poll(&suite.first, &auth_req_id).await, &["authorization_pending"]);
        suite.decide(&auth_req_id, "deny").await;
        suite.provider.clock.advance(10);
        refused(&suite.poll(&suite.first, &auth_req_id).await, &["access_denied"]);
    });
}

#[test]
fn fapi_ciba_id1_multiple_call_to_token_endpoint() {
    test(async {
        let suite = Suite::start().await;
        let auth_req_id = suite.begin(&suite.first).await;
        for _ in 0..20 {
            let answer = suite.poll(&suite.first, &auth_req_id).await;
            if answer.status == 503 {
                assert!(answer.header("retry-after").is_some());
            } else {
                let expected = ["authorization_pending", "slow_down", "invalid_request"];
                refused(&answer, &expected);
            }
        }
    });
}

#[test]
fn fapi_ciba_id1_auth_req_id_expired() {
    test(async {
        let suite = Suite::start().await;
        let mut request = suite.request(&suite.first);
        request.insert("requested_expiry".to_owned(), json!(10));
        let answer = suite.ask(&suite.first, &suite.first.sign(&request.into())).await;
        assert_eq!(answer.json()["expires_in"], 10);
        let auth_req_id = acknowledged(&answer);
        refused(&suite.poll(&suite.first, &auth_req_id).await, &["authorization_pending"]);
        suite.provider.clock.advance(11);
        refused(&suite.poll(&suite.first, &auth_req_id).await, &["expired_token"]);
    });
}

/// A request with a claim of another value leads to tokens.
async fn succeeds_with(name: &str, value: serde_json::Value) {
    let suite = Suite::start().await;
    let mut request = suite.request(&suite.first);
    request.insert(name.to_owned(), value);
    let answer = suite.ask(&suite.first, &suite.first.sign(&request.into())).await;
    let auth_req_id = acknowledged(&answer);
    suite.decide(&auth_req_id, "approve").await;
    suite.provider.clock.advance(6);
    suite.tokens(&suite.first, &suite.poll(&suite.first, &auth_req_id).await);
}

#[test]
fn fapi_ciba_id1_ensure_authorization_request_with_binding_message_succeeds() {
    test(succeeds_with("binding_message", json!("1234")));
}

#[test]
fn fapi_ciba_id1_ensure_other_scope_order_succeeds() {
    test(succeeds_with("scope", json!("email openid")));
}

#[test]
fn fapi_ciba_id1_ensure_requested_expiry_as_string_succeeds() {
    test(succeeds_with("requested_expiry", json!("300")));
}

#[test]
fn fapi_ciba_id1_ensure_client_assertion_with_iss_aud_to_token_endpoint_succeeds() {
    test(async {
        let suite = Suite::start().await;
        let auth_req_id = suite.approved(&suite.first).await;
        let mut form = redemption(&auth_req_id);
        let assertion = suite.assertion(&suite.first);
        assert_eq!(assertion["aud"], suite.metadata["issuer"]);
        form.extend(by(&suite.first.sign(&assertion)));
        suite.tokens(&suite.first, &suite.send_as_is("token_endpoint", &form).await);
    });
}

#[test]
fn fapi_ciba_id1_refresh_token() {
    test(async {
        let suite = Suite::start().await;
        let mut request = suite.request(&suite.first);
        request.insert("scope".to_owned(), json!("openid offline_access"));
        let answer = suite.ask(&suite.first, &suite.first.sign(&request.into())).await;
        let auth_req_id = acknowledged(&answer);
        suite.decide(&auth_req_id, "approve").await;
        suite.provider.clock.advance(6);
        let tokens = suite.tokens(&suite.first, &suite.poll(&suite.first, &auth_req_id).await);
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh())];
        let others = suite.send(&suite.second, "token_endpoint", pairs(form)).await;
        refused(&others, &["invalid_grant", "invalid_client", "invalid_request"]);
        let fresh = suite.send(&suite.first, "token_endpoint", pairs(form)).await;
        let fresh = suite.tokens(&suite.first, &fresh);
        assert_eq!(claims(fresh.id())["sub"], claims(tokens.id())["sub"]);
    });
}
