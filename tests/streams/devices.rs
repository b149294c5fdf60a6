//! Devices without a browser (RFC 8628): allowed, denied, left lying, and asked for by others.

use std::sync::Arc;

use moneta::{
    domain::{
        approval::{Redeem, Step},
        device::{Command, Device},
    },
    engine::facts::client_stream,
};
use moneta_events::{
    Actor, Category, Digest, Reason, Scope, StreamId,
    approval::{Approved, DecisionDevice, Denied, Proof, ProofMethod, Redeemed},
    device::{Refused, Requested},
    token::{AccessToken, AccessTokenFormat, Issued, RefreshToken},
    transaction::{ShownConsent, ShownScope},
};

use crate::stage::Stage;

const SCOPE: &str = "openid offline_access";

/// A device that asked.
struct Asked<'a> {
    stage: &'a Stage,
    stream: StreamId,
    device_code: Digest,
}

impl<'a> Asked<'a> {
    async fn new(stage: &'a Stage) -> Self {
        let stream = stage.fresh(Category::Device);
        let device_code = stage.secret("the device_code");
        let asked = Self { stage, stream, device_code };
        let requested = Requested {
            client_id: "web".into(),
            client_revision: 0,
            scope: Scope::parse(SCOPE),
            audience: Vec::new(),
            acr_values: Vec::new(),
            device_code,
            user_code: stage.secret("the user_code"),
            interval: 5,
            expires_at: stage.now().plus_seconds(600),
        };
        asked.client("web", Command::Request(Arc::new(requested))).await.unwrap();
        asked
    }

    async fn client(&self, client: &str, command: Command) -> Result<(), Reason> {
        let owner = client_stream(client);
        let source = self.stage.seal(owner, self.stream, "envelope", "source").await;
        let actor = Actor::client(&client.into());
        let context = self.stage.context(actor, Some(source), self.stream);
        self.stage.tell::<Device>(self.stream, command, context).await
    }

    async fn alice(&self, command: Command) -> Result<(), Reason> {
        let owner = self.stage.alice.stream();
        let source = self.stage.seal(owner, self.stream, "envelope", "source").await;
        let context = self.stage.context(Actor::user(self.stage.alice), Some(source), self.stream);
        self.stage.tell::<Device>(self.stream, command, context).await
    }

    async fn claim(&self) -> StreamId {
        let session = self.stage.fresh(Category::Session);
        let (subject, now) = (self.stage.alice, self.stage.now());
        self.alice(Command::Claim { subject, session, now }).await.unwrap();
        session
    }

    fn shown() -> ShownConsent {
        let line = |scope: &str| ShownScope { scope: scope.to_owned(), text: scope.to_owned() };
        ShownConsent {
            client_name: "Web shop".to_owned(),
            scopes: Scope::parse(SCOPE).iter().map(line).collect(),
            locale: "en".to_owned(),
        }
    }

    async fn allow(&self) {
        let session = self.claim().await;
        self.stage.wait(10);
        let approved = Approved {
            subject: self.stage.alice,
            scope: Scope::parse(SCOPE),
            session: Some(session),
            auth_time: self.stage.now(),
            acr: "1".to_owned(),
            amr: vec!["pwd".to_owned()],
            shown: Some(Self::shown()),
            device: DecisionDevice::Verification,
            proof: Proof { method: ProofMethod::Session, credential: None, assertion: None },
        };
        let step = Step::Approve { approved: Arc::new(approved), now: self.stage.now() };
        self.alice(Command::Approval(step)).await.unwrap();
    }

    async fn redeem(&self, client: &str, gate: Result<(), Reason>) -> Result<(), Reason> {
        let now = self.stage.now();
        let access_token = AccessToken {
            digest: self.stage.secret("the access token"),
            format: AccessTokenFormat::Opaque,
            scope: Scope::parse(SCOPE),
            audience: Vec::new(),
            expires_at: now.plus_seconds(600),
        };
        let refresh_token = RefreshToken {
            digest: self.stage.secret("the refresh token"),
            expires_at: now.plus_seconds(2_592_000),
        };
        let redeem = Redeem {
            secret: self.device_code,
            client_id: client.into(),
            gate,
            issued: Some(Issued {
                generation: 0,
                access_token,
                refresh_token: Some(refresh_token),
                id_token: None,
            }),
            polls: Redeemed { polls: 3, slow_downs: 1 },
            now,
        };
        self.client(client, Command::Approval(Step::Redeem(Box::new(redeem)))).await
    }

    async fn expire(&self) {
        let context = self.stage.context(Actor::system("expiry"), None, self.stream);
        let command = Command::Approval(Step::Expire(self.stage.now()));
        self.stage.tell::<Device>(self.stream, command, context).await.unwrap();
    }

    async fn text(&self) -> String {
        self.stage.tail(self.stream, 0).await
    }
}

#[tokio::test]
async fn allowed_and_fetched() {
    let stage = Stage::set().await;
    let asked = Asked::new(&stage).await;
    assert_eq!(asked.redeem("web", Ok(())).await, Err(Reason::ApprovalPending));
    stage.wait(30);
    asked.allow().await;
    stage.wait(5);
    assert_eq!(asked.redeem("web", Ok(())).await, Ok(()));
    assert_eq!(asked.redeem("web", Ok(())).await, Err(Reason::ApprovalRedeemed));
    insta::assert_snapshot!(asked.text().await);
}

#[tokio::test]
async fn denied() {
    let stage = Stage::set().await;
    let asked = Asked::new(&stage).await;
    stage.wait(30);
    asked.claim().await;
    stage.wait(10);
    let (reason, shown) = (Reason::ConsentDenied, Some(Asked::shown()));
    let denied = Denied { reason, shown, device: DecisionDevice::Verification };
    let step = Step::Deny { denied, now: stage.now() };
    asked.alice(Command::Approval(step)).await.unwrap();
    assert_eq!(asked.redeem("web", Ok(())).await, Err(Reason::ApprovalDenied));
    insta::assert_snapshot!(asked.text().await);
}

#[tokio::test]
async fn left_lying_before_and_after_it_was_allowed() {
    let stage = Stage::set().await;
    let (undecided, allowed) = (Asked::new(&stage).await, Asked::new(&stage).await);
    allowed.allow().await;
    stage.wait(600);
    for asked in [&undecided, &allowed] {
        asked.expire().await;
        assert_eq!(asked.redeem("web", Ok(())).await, Err(Reason::ApprovalExpired));
    }
    insta::assert_snapshot!(format!("{}\n{}", undecided.text().await, allowed.text().await));
}

#[tokio::test]
async fn tokens_refused_for_each_reason() {
    let stage = Stage::set().await;
    let asked = Asked::new(&stage).await;
    asked.allow().await;
    let mismatch = asked.redeem("mallory", Ok(())).await;
    assert_eq!(mismatch, Err(Reason::ApprovalClientMismatch));
    for reason in [Reason::UserDisabled, Reason::CredentialChanged, Reason::ClientDisabled] {
        assert_eq!(asked.redeem("web", Err(reason)).await, Err(reason));
    }
    insta::assert_snapshot!(asked.text().await);
}

#[tokio::test]
async fn a_request_refused_for_its_scope() {
    let stage = Stage::set().await;
    let stream = stage.fresh(Category::Device);
    let refused = Refused {
        client_id: "web".into(),
        error: "invalid_scope".to_owned(),
        reason: Reason::ScopeNotRegistered,
    };
    let context = stage.context(Actor::client(&"web".into()), None, stream);
    stage.tell::<Device>(stream, Command::Refuse(refused), context).await.unwrap();
    insta::assert_snapshot!(stage.tail(stream, 0).await);
}
