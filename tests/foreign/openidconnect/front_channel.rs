//! The implicit and the hybrid flow: the crate verifies what the authorization endpoint gives.

use openidconnect::{
    AccessToken, AccessTokenHash, AuthorizationCode, AuthorizationCodeHash, CsrfToken, Nonce,
    TokenResponse,
    core::{CoreAuthenticationFlow, CoreIdToken, CoreIdTokenVerifier, CoreResponseType},
};

use super::{fetch, party};
use crate::support::{
    browser::{Arrival, Carried},
    demo::PASSWORD,
    provider::Provider,
    test,
};

/// An ID Token in the fragment is the end-user's, and bound to what came with it. Gives its `sub`.
fn verified(arrival: &Arrival, verifier: &CoreIdTokenVerifier<'_>, nonce: &Nonce) -> String {
    let id_token: CoreIdToken =
        arrival.get("id_token").expect("an ID Token").parse().expect("an ID Token");
    let claims = id_token.claims(verifier, nonce).expect("a good ID Token");
    let alg = id_token.signing_alg().expect("an algorithm");
    let key = id_token.signing_key(verifier).expect("a key");
    let at_hash = arrival.get("access_token").map(|token| {
        AccessTokenHash::from_token(&AccessToken::new(token.to_owned()), alg, key).expect("a hash")
    });
    let c_hash = arrival.get("code").map(|code| {
        AuthorizationCodeHash::from_code(&AuthorizationCode::new(code.to_owned()), alg, key)
            .expect("a hash")
    });
    assert_eq!(claims.access_token_hash(), at_hash.as_ref());
    assert_eq!(claims.code_hash(), c_hash.as_ref());
    claims.subject().to_string()
}

async fn flow(flow: CoreAuthenticationFlow, response_type: &str) {
    let provider = Provider::demo().await;
    let alice = provider.subject_of("alice").await;
    let client = party(&provider, "legacy").await;
    let (url, state, nonce) =
        client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).url();
    assert!(url.query_pairs().any(|pair| pair == ("response_type".into(), response_type.into())));
    let mut browser = provider.browser();
    let stop = browser.open(url.as_str()).await;
    let arrival = browser.finish(stop, "alice", PASSWORD).await;
    assert_eq!(arrival.carried, Carried::Fragment);
    assert_eq!(arrival.get("state"), Some(state.secret().as_str()));

    let has = |word| response_type.split(' ').any(|own| own == word);
    let verifier = client.id_token_verifier();
    if has("id_token") {
        assert_eq!(verified(&arrival, &verifier, &nonce), alice);
    }
    if has("code") {
        let tokens = client
            .exchange_code(AuthorizationCode::new(arrival.code()))
            .expect("discovery named the token endpoint")
            .request_async(&fetch)
            .await
            .expect("tokens");
        let id_token = tokens.id_token().expect("an ID Token");
        let claims = id_token.claims(&verifier, &nonce).expect("a good ID Token");
        assert_eq!(claims.subject().as_str(), alice);
    }
    assert_eq!(arrival.get("access_token").is_some(), has("token"));
    if let Some(token) = arrival.get("access_token") {
        let userinfo = client
            .user_info(AccessToken::new(token.to_owned()), None)
            .expect("discovery named the userinfo endpoint");
        let claims: openidconnect::core::CoreUserInfoClaims =
            userinfo.request_async(&fetch).await.expect("claims");
        assert_eq!(claims.subject().as_str(), alice);
    }
}

fn hybrid(words: impl IntoIterator<Item = CoreResponseType>) -> CoreAuthenticationFlow {
    CoreAuthenticationFlow::Hybrid(words.into_iter().collect())
}

#[test]
fn id_token() {
    test(flow(CoreAuthenticationFlow::Implicit(false), "id_token"));
}

#[test]
fn id_token_token() {
    test(flow(CoreAuthenticationFlow::Implicit(true), "id_token token"));
}

#[test]
fn code_id_token() {
    test(flow(hybrid([CoreResponseType::Code, CoreResponseType::IdToken]), "code id_token"));
}

#[test]
fn code_token() {
    test(flow(hybrid([CoreResponseType::Code, CoreResponseType::Token]), "code token"));
}

#[test]
fn code_id_token_token() {
    let words = [CoreResponseType::Code, CoreResponseType::IdToken, CoreResponseType::Token];
    test(flow(hybrid(words), "code id_token token"));
}
