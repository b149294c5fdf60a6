//! The code flow: the crate discovers, redeems, verifies, refreshes.

use openidconnect::{
    AccessTokenHash, AuthorizationCode, CsrfToken, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    Scope, TokenResponse,
    core::{CoreAuthenticationFlow, CoreJwsSigningAlgorithm, CoreUserInfoClaims},
};

use super::{fetch, party};
use crate::support::{
    demo::PASSWORD,
    provider::{Options, Provider},
    test,
};

async fn flow(alg: &'static str, verified_as: CoreJwsSigningAlgorithm) {
    let options = Options::default().adjusted(move |settings| {
        let web = settings.clients.iter_mut().find(|c| c.metadata.client_id.as_str() == "web");
        alg.clone_into(&mut web.expect("web is declared").metadata.id_token_signed_response_alg);
    });
    let provider = Provider::start(options).await;
    let client = party(&provider, "web").await;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scopes(["profile", "email", "offline_access"].map(|s| Scope::new(s.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let mut browser = provider.browser();
    let stop = browser.open(url.as_str()).await;
    let arrival = browser.finish(stop, "alice", PASSWORD).await;
    assert_eq!(arrival.get("state"), Some(state.secret().as_str()));
    assert_eq!(arrival.get("iss"), Some(provider.http.issuer()));

    let response = client
        .exchange_code(AuthorizationCode::new(arrival.code()))
        .expect("discovery named the token endpoint")
        .set_pkce_verifier(verifier)
        .request_async(&fetch)
        .await
        .expect("tokens");
    let id_verifier = client.id_token_verifier().set_allowed_algs([verified_as.clone()]);
    let id_token = response.id_token().expect("an ID Token");
    let claims = id_token.claims(&id_verifier, &nonce).expect("a good ID Token");
    assert_eq!(id_token.signing_alg().expect("an algorithm"), &verified_as);
    let own_hash = AccessTokenHash::from_token(
        response.access_token(),
        id_token.signing_alg().expect("an algorithm"),
        id_token.signing_key(&id_verifier).expect("a key"),
    );
    if let Some(at_hash) = claims.access_token_hash() {
        assert_eq!(*at_hash, own_hash.expect("a hash"));
    }

    let userinfo: CoreUserInfoClaims = client
        .user_info(response.access_token().clone(), Some(claims.subject().clone()))
        .expect("discovery named the userinfo endpoint")
        .request_async(&fetch)
        .await
        .expect("claims");
    let email = userinfo.email().map(|email| email.as_str().to_owned());
    assert_eq!(email, provider.claim_of("alice", "email"));

    let refreshed = client
        .exchange_refresh_token(response.refresh_token().expect("a refresh token"))
        .expect("discovery named the token endpoint")
        .request_async(&fetch)
        .await
        .expect("fresh tokens");
    assert_ne!(refreshed.access_token().secret(), response.access_token().secret());
    if let Some(id_token) = refreshed.id_token() {
        let again = id_token.claims(&id_verifier, |_: Option<&Nonce>| Ok(())).expect("a good one");
        assert_eq!(again.subject(), claims.subject());
    }
}

#[test]
fn rs256() {
    test(flow("RS256", CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256));
}

#[test]
fn es256() {
    test(flow("ES256", CoreJwsSigningAlgorithm::EcdsaP256Sha256));
}

#[test]
fn eddsa() {
    test(flow("EdDSA", CoreJwsSigningAlgorithm::EdDsa));
}

#[test]
fn ps256() {
    test(flow("PS256", CoreJwsSigningAlgorithm::RsaSsaPssSha256));
}

#[test]
fn a_wrong_nonce_is_noticed() {
    test(async {
        let provider = Provider::demo().await;
        let client = party(&provider, "web").await;
        let tokens = provider.tokens("web", "alice", "openid").await;
        let id_token: openidconnect::core::CoreIdToken = tokens.id().parse().expect("an ID Token");
        let verifier = client.id_token_verifier();
        assert!(id_token.claims(&verifier, &Nonce::new("another".to_owned())).is_err());
    });
}
