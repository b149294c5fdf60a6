//! One authorization, step by step, as the doors take it.

use std::{cell::RefCell, sync::Arc};

use moneta::{
    domain::{
        consent::{self, Consent},
        session::{self, Session},
        transaction::{Answer, Command, Step, Transaction},
    },
    engine::facts::{client_stream, consent_stream},
};
use moneta_events::{
    Actor, Category, Digest, Reason, Scope, StreamId, SubjectId,
    session::{SessionEnd, Started},
    transaction::{
        Authenticated, AuthenticationMethod, CodeChallenge, CodeChallengeMethod, CodeIssued,
        ConsentBasis, Consented, Refused, Requested, ResponseMode, ShownConsent, ShownScope,
    },
};

use crate::stage::{CHALLENGE, Stage};

mod tokens;

/// An authorization transaction and what its browser and its client hold of it.
pub(crate) struct Visit<'a> {
    stage: &'a Stage,
    pub(crate) stream: StreamId,
    pub(crate) session: Option<StreamId>,
    response_type: RefCell<String>,
    code: Option<Digest>,
    /// The access token that went out with the answer.
    front: Option<Digest>,
    /// The digests of each generation's access and refresh token.
    tokens: RefCell<Vec<(Digest, Digest)>>,
}

impl<'a> Visit<'a> {
    pub(crate) fn new(stage: &'a Stage) -> Self {
        let stream = stage.fresh(Category::Transaction);
        Self {
            stage,
            stream,
            session: None,
            response_type: RefCell::default(),
            code: None,
            front: None,
            tokens: RefCell::default(),
        }
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
        self.response_type.replace(requested.response_type.clone());
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
        let expires_at = self.stage.now().plus_seconds(60);
        let code = self.asks_for("code").then(|| self.stage.secret("the code"));
        let access_token = self.asks_for("token").then(|| {
            let digest = self.stage.secret("the front-channel access token");
            self.front = Some(digest);
            self.access_token(digest, Scope::parse(scope))
        });
        let id_token = self.asks_for("id_token").then(|| self.id_token());
        self.code = code;
        Step::Answer(Box::new(Answer {
            consent: Consented { scope: Scope::parse(scope), basis, shown },
            code: code.map(|code| CodeIssued { code, expires_at }),
            access_token,
            id_token,
        }))
    }

    /// What the next answer brings, whatever was asked for.
    pub(crate) fn answer_with(&self, response_type: &str) {
        self.response_type.replace(response_type.to_owned());
    }

    fn asks_for(&self, word: &str) -> bool {
        self.response_type.borrow().split(' ').any(|own| own == word)
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
}
