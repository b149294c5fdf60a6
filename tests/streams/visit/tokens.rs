//! The tokens of a visit, and what its client does with them.

use std::sync::Arc;

use moneta::{
    domain::{
        tokens::Refresh,
        transaction::{Exchange, Step, Transaction},
    },
    engine::{
        facts::client_stream,
        gate::{EndUser, Holder, Wish},
        loaded::Loaded,
    },
};
use moneta_events::{
    Actor, ClientId, Digest, Reason, Scope,
    token::{AccessToken, AccessTokenFormat, IdToken, Issued, RefreshToken, RevocationCause},
};

use super::Visit;
use crate::stage::VERIFIER;

impl Visit<'_> {
    pub(super) fn access_token(&self, digest: Digest, scope: Scope) -> AccessToken {
        AccessToken {
            digest,
            format: AccessTokenFormat::Opaque,
            scope,
            audience: Vec::new(),
            expires_at: self.stage.now().plus_seconds(600),
        }
    }

    pub(super) fn id_token(&self) -> IdToken {
        let now = self.stage.now();
        IdToken {
            kid: "key".to_owned(),
            alg: "ES256".to_owned(),
            issued_at: now,
            expires_at: now.plus_seconds(3_600),
            claims: Vec::new(),
        }
    }

    fn issued(&self, generation: u32, scope: Scope) -> Issued {
        let stage = self.stage;
        let access = stage.secret(&format!("access token {generation}"));
        let refresh = stage.secret(&format!("refresh token {generation}"));
        self.tokens.borrow_mut().truncate(generation as usize);
        self.tokens.borrow_mut().push((access, refresh));
        let id_token = scope.contains("openid").then(|| self.id_token());
        Issued {
            generation,
            access_token: self.access_token(access, scope),
            refresh_token: Some(RefreshToken {
                digest: refresh,
                expires_at: stage.now().plus_seconds(2_592_000),
            }),
            id_token,
        }
    }

    async fn state(&self) -> Arc<Transaction> {
        Loaded::replay(self.stream, &*self.stage.ledger.store).await.unwrap().state
    }

    /// Whether user, client and session still allow it.
    async fn gate(&self, state: &Transaction) -> Result<(), Reason> {
        let (Some(request), Some(known)) = (&state.request, &state.authentication) else {
            return Ok(());
        };
        let end_user = EndUser {
            subject: known.subject,
            session: Some(known.session),
            auth_time: known.auth_time,
            offline: state.granted.contains("offline_access"),
        };
        let holder = Holder { client_id: request.client_id.as_str(), end_user: Some(end_user) };
        self.stage.facts.gate(holder, Wish::Issue, self.stage.now()).await.unwrap()
    }

    /// An order of a client at the token endpoint.
    async fn client(&self, client_id: &ClientId, step: Step) -> Result<(), Reason> {
        let owner = client_stream(client_id.as_str());
        self.order(Actor::client(client_id), owner, vec![step]).await
    }

    /// Redeems the code, with what `change` makes of a good redemption.
    pub(crate) async fn exchange(&self, change: impl FnOnce(&mut Exchange)) -> Result<(), Reason> {
        let state = self.state().await;
        let before = self.tokens.borrow().clone();
        let mut exchange = Exchange {
            code: self.code.unwrap(),
            client_id: "web".into(),
            redirect_uri: Some("https://rp.example/cb".to_owned()),
            code_verifier: Some(VERIFIER.to_owned()),
            attempts: 5,
            gate: self.gate(&state).await,
            issued: self.issued(0, state.granted.clone()),
            now: self.stage.now(),
        };
        change(&mut exchange);
        let client_id = exchange.client_id.clone();
        let verdict = self.client(&client_id, Step::Exchange(Box::new(exchange))).await;
        if verdict.is_err() {
            *self.tokens.borrow_mut() = before;
        }
        verdict
    }

    /// Uses the refresh token of a generation, with what `change` makes of a good refresh.
    pub(crate) async fn refresh(
        &self,
        generation: u32,
        change: impl FnOnce(&mut Refresh),
    ) -> Result<(), Reason> {
        let state = self.state().await;
        let before = self.tokens.borrow().clone();
        let mut refresh = Refresh {
            generation,
            digest: before[generation as usize].1,
            client_id: "web".into(),
            gate: self.gate(&state).await,
            issued: self.issued(generation + 1, state.granted.clone()),
            now: self.stage.now(),
        };
        change(&mut refresh);
        let client_id = refresh.client_id.clone();
        let verdict = self.client(&client_id, Step::Refresh(Box::new(refresh))).await;
        if verdict.is_err() {
            *self.tokens.borrow_mut() = before;
        }
        verdict
    }

    /// The client gives back the access token of a generation, or all.
    pub(crate) async fn revoke(&self, generation: Option<u32>) {
        let only = generation.map(|generation| self.tokens.borrow()[generation as usize].0);
        let step = Step::Revoke { only, cause: RevocationCause::Client };
        self.client(&"web".into(), step).await.unwrap();
    }

    /// The client gives back the access token that went out with the answer.
    pub(crate) async fn revoke_front(&self) {
        self.try_to_revoke().await.unwrap();
    }

    /// The same, where there may be none.
    pub(crate) async fn try_to_revoke(&self) -> Result<(), Reason> {
        let only = Some(self.front.unwrap_or(Digest::ZERO));
        let step = Step::Revoke { only, cause: RevocationCause::Client };
        self.client(&"web".into(), step).await
    }

    /// What the views say of the access token that went out with the answer: does it work?
    pub(crate) async fn front_lives(&self) -> bool {
        let (front, now) = (self.front.unwrap(), self.stage.now());
        let seen = self
            .stage
            .facts
            .tokens(self.stream, |family| family.access_token(&front, now).is_some());
        seen.await.unwrap().unwrap()
    }

    /// What the views say of the tokens of each generation: does the access token work, does the refresh
    /// token?
    pub(crate) async fn live(&self) -> Vec<(bool, bool)> {
        let (tokens, now) = (self.tokens.borrow().clone(), self.stage.now());
        let seen = self.stage.facts.tokens(self.stream, |family| {
            let lives = |(access, refresh): &(Digest, Digest)| {
                let access = family.access_token(access, now).is_some();
                (access, family.refresh_token(refresh, now).is_some())
            };
            tokens.iter().map(lives).collect()
        });
        seen.await.unwrap().unwrap()
    }
}
