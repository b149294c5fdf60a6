//! One authorization, step by step, as the doors take it.

use std::{cell::RefCell, sync::Arc};

use moneta::{
    domain::{
        consent::{self, Consent},
        session::{self, Session},
        tokens::Refresh,
        transaction::{Command, Exchange, Step, Transaction},
    },
    engine::{
        facts::{client_stream, consent_stream},
        gate::{EndUser, Holder, Wish},
        loaded::Loaded,
    },
};
use moneta_events::{
    Actor, Category, ClientId, Digest, Reason, Scope, StreamId, SubjectId,
    session::{SessionEnd, Started},
    token::{AccessToken, AccessTokenFormat, IdToken, Issued, RefreshToken, RevocationCause},
    transaction::{
        Authenticated, AuthenticationMethod, CodeChallenge, CodeChallengeMethod, ConsentBasis,
        Consented, Refused, Requested, ResponseMode, ShownConsent, ShownScope,
    },
};

use crate::stage::{CHALLENGE, Stage, VERIFIER};

/// An authorization transaction and what its browser and its client hold of it.
pub(crate) struct Visit<'a> {
    stage: &'a Stage,
    pub(crate) stream: StreamId,
    pub(crate) session: Option<StreamId>,
    code: Option<Digest>,
    /// The digests of each generation's access and refresh token.
    tokens: RefCell<Vec<(Digest, Digest)>>,
}

impl<'a> Visit<'a> {
    pub(crate) fn new(stage: &'a Stage) -> Self {
        let stream = stage.fresh(Category::Transaction);
        Self { stage, stream, session: None, code: None, tokens: RefCell::default() }
    }

    /// As far as the code, for alice, with consent for all that is asked.
    pub(crate) async fn with_code(stage: &'a Stage, scope: &str) -> Self {
        let mut visit = Self::new(stage);
        visit.request(scope, |_| {}).await;
        visit.sign_in(stage.alice).await;
        visit.allow(scope).await;
        visit
    }

    /// As far as the first tokens.
    pub(crate) async fn with_tokens(stage: &'a Stage, scope: &str) -> Self {
        let visit = Self::with_code(stage, scope).await;
        stage.wait(2);
        visit.exchange(|_| {}).await.unwrap();
        visit
    }

    /// What the client asks for, with what `change` makes of it.
    pub(crate) async fn requested(
        &self,
        scope: &str,
        change: impl FnOnce(&mut Requested),
    ) -> Requested {
        let of = "transaction.requested";
        // Whom the personal fields belong to: who has a session is known.
        let owner = self.session.map_or(self.stream, |_| self.stage.alice.stream());
        let mut requested = Requested {
            client_id: "web".into(),
            client_revision: 0,
            redirect_uri: "https://rp.example/cb".to_owned(),
            response_type: "code".to_owned(),
            response_mode: ResponseMode::Query,
            scope: Scope::parse(scope),
            audience: Vec::new(),
            state: Some(self.stage.seal(owner, self.stream, of, "state").await),
            nonce: Some("n-0S6_WzA2Mj".to_owned()),
            prompt: Vec::new(),
            max_age: None,
            acr_values: Vec::new(),
            login_hint: None,
            hinted_subject: None,
            ui_locales: vec!["en".to_owned()],
            claims_locales: Vec::new(),
            display: None,
            code_challenge: Some(CodeChallenge {
                value: CHALLENGE.to_owned(),
                method: CodeChallengeMethod::S256,
            }),
            browser: Some(Digest::of(&[b"browser"])),
            expires_at: self.stage.now().plus_seconds(600),
        };
        change(&mut requested);
        requested
    }

    pub(crate) async fn request(&self, scope: &str, change: impl FnOnce(&mut Requested)) {
        let requested = self.requested(scope, change).await;
        self.browser(vec![Step::Request(Arc::new(requested))]).await.unwrap();
    }

    /// What the provider tells the client instead of showing a page.
    pub(crate) fn refusal(error: &str, reason: Reason) -> Step {
        Step::Refuse(Refused {
            client_id: "web".into(),
            redirect_uri: "https://rp.example/cb".to_owned(),
            error: error.to_owned(),
            reason,
        })
    }

    /// An order of a browser whose person is not known.
    pub(crate) async fn browser(&self, steps: Command) -> Result<(), Reason> {
        self.order(Actor::BROWSER, self.stream, steps).await
    }

    /// An order of a browser that is answered at once: nobody will be known.
    pub(crate) async fn turned_away(&self, steps: Command) {
        self.order(Actor::BROWSER, client_stream("web"), steps).await.unwrap();
    }

    /// An order of a browser whose person is known.
    pub(crate) async fn user(&self, subject: SubjectId, steps: Command) -> Result<(), Reason> {
        self.order(Actor::user(subject), subject.stream(), steps).await
    }

    async fn order(&self, actor: Actor, owner: StreamId, steps: Command) -> Result<(), Reason> {
        let source = self.stage.seal(owner, self.stream, "envelope", "source").await;
        let context = self.stage.context(actor, Some(source), self.stream);
        self.stage.tell::<Transaction>(self.stream, steps, context).await
    }

    /// A new session, begun with the password.
    pub(crate) async fn start_session(&mut self, subject: SubjectId) -> StreamId {
        let stage = self.stage;
        let stream = stage.fresh(Category::Session);
        let started = Started {
            subject,
            secret: stage.secret("the session's cookie"),
            auth_time: stage.now(),
            acr: "1".to_owned(),
            amr: vec!["pwd".to_owned()],
            expires_at: stage.now().plus_seconds(43_200),
        };
        let source = stage.seal(subject.stream(), stream, "envelope", "source").await;
        let mut context = stage.context(Actor::user(subject), Some(source), self.stream);
        context.transaction = Some(self.stream);
        stage.tell::<Session>(stream, session::Command::Start(started), context).await.unwrap();
        self.session = Some(stream);
        stream
    }

    /// The end-user signs out.
    pub(crate) async fn end_session(&self) {
        let (stage, alice) = (self.stage, self.stage.alice);
        let context = stage.context(Actor::user(alice), None, self.stream);
        let end = session::Command::End(SessionEnd::SignedOut);
        stage.tell::<Session>(self.session.unwrap(), end, context).await.unwrap();
    }

    /// The event of an end-user who is known, now or by a session.
    pub(crate) async fn authenticated(
        &self,
        subject: SubjectId,
        method: AuthenticationMethod,
    ) -> Authenticated {
        let stage = self.stage;
        let session = self.session.unwrap();
        let known = stage.facts.session(session).await.unwrap();
        let (of, field) = ("transaction.authenticated", "transaction_key");
        let own = stage.privacy.existing_key(self.stream).await.unwrap();
        let under = stage.privacy.data_key(subject.stream()).await.unwrap();
        Authenticated {
            subject,
            session,
            auth_time: known.view.session.as_ref().unwrap().auth_time,
            acr: "1".to_owned(),
            amr: vec!["pwd".to_owned()],
            method,
            transaction_key: own
                .map(|own| stage.privacy.seal_key(&own, &under, self.stream, of, field)),
        }
    }

    /// Signs in with the password.
    pub(crate) async fn sign_in(&mut self, subject: SubjectId) {
        self.start_session(subject).await;
        let known = self.authenticated(subject, AuthenticationMethod::Password).await;
        self.user(subject, vec![Step::Authenticate(Arc::new(known))]).await.unwrap();
    }

    /// The last step before the code.
    pub(crate) fn issue(&mut self, scope: &str, basis: ConsentBasis) -> Step {
        let shown = (basis == ConsentBasis::Asked).then(|| ShownConsent {
            client_name: "Web shop".to_owned(),
            scopes: Scope::parse(scope)
                .iter()
                .map(|scope| ShownScope {
                    scope: scope.to_owned(),
                    text: format!("What {scope} means"),
                })
                .collect(),
            locale: "en".to_owned(),
        });
        let code = self.stage.secret("the code");
        self.code = Some(code);
        Step::IssueCode {
            consent: Consented { scope: Scope::parse(scope), basis, shown },
            code,
            expires_at: self.stage.now().plus_seconds(60),
        }
    }

    /// Allows `scope` on the page, to be remembered.
    pub(crate) async fn allow(&mut self, scope: &str) {
        let (stage, alice) = (self.stage, self.stage.alice);
        let step = self.issue(scope, ConsentBasis::Asked);
        self.user(alice, vec![step]).await.unwrap();
        let stream = consent_stream(alice, &"web".into());
        let command = consent::Command::Grant {
            subject: alice,
            client_id: "web".into(),
            scope: Scope::parse(scope),
        };
        let source = stage.seal(alice.stream(), stream, "envelope", "source").await;
        let mut context = stage.context(Actor::user(alice), Some(source), self.stream);
        context.transaction = Some(self.stream);
        stage.tell::<Consent>(stream, command, context).await.unwrap();
    }

    fn issued(&self, generation: u32, scope: Scope) -> Issued {
        let stage = self.stage;
        let access = stage.secret(&format!("access token {generation}"));
        let refresh = stage.secret(&format!("refresh token {generation}"));
        self.tokens.borrow_mut().truncate(generation as usize);
        self.tokens.borrow_mut().push((access, refresh));
        let now = stage.now();
        let expires_at = now.plus_seconds(600);
        let id_token = scope.contains("openid").then(|| IdToken {
            kid: "key".to_owned(),
            alg: "ES256".to_owned(),
            issued_at: now,
            expires_at: now.plus_seconds(3_600),
            claims: Vec::new(),
        });
        Issued {
            generation,
            access_token: AccessToken {
                digest: access,
                format: AccessTokenFormat::Opaque,
                scope,
                audience: Vec::new(),
                expires_at,
            },
            refresh_token: Some(RefreshToken {
                digest: refresh,
                expires_at: now.plus_seconds(2_592_000),
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
