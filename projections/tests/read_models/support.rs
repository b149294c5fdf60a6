//! A log in memory, and events to put in it.

use std::{collections::BTreeMap, convert::Infallible, fs, path::PathBuf, sync::Arc};

use moneta_events::{
    Actor, Category, Digest, Envelope, EventPayload, Outcome, Recorded, Scope, StreamId, SubjectId,
    Timestamp,
    token::{AccessToken, AccessTokenFormat, Issued, RefreshToken, TokenEvent},
    transaction::{
        Authenticated, AuthenticationMethod, CodeExchanged, CodeIssued, ConsentBasis, Consented,
        FrontChannelIssued, Requested, ResponseMode, TransactionEvent,
    },
};
use moneta_projections::{CatchUpError, Projection, Step, catch_up};
use rusqlite::Connection;
use serde_json::value::RawValue;
use uuid::Uuid;

pub(crate) const START: i64 = 1_800_000_000;

/// Seconds after the beginning of the test's time.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(START + seconds)
}

pub(crate) fn stream(category: Category, number: u128) -> StreamId {
    StreamId::new(category, Uuid::from_u128(number))
}

pub(crate) fn transaction(number: u128) -> StreamId {
    stream(Category::Transaction, number)
}

pub(crate) fn subject(number: u128) -> SubjectId {
    SubjectId(Uuid::from_u128(number))
}

pub(crate) fn digest(of: &str) -> Digest {
    Digest::of(&[of.as_bytes()])
}

/// A log in memory, with a clock that only tests move.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) events: Vec<Recorded>,
    pub(crate) seconds: i64,
}

impl Log {
    /// The golden corpus, in the order of its files.
    pub(crate) fn corpus() -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../events/tests/corpus");
        let mut files: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let mut log = Self::default();
        for file in files {
            for line in fs::read_to_string(file).unwrap().lines() {
                let envelope: Envelope<'_> = serde_json::from_str(line).unwrap();
                log.push(envelope.stream, envelope.revision, line.as_bytes());
            }
        }
        log
    }

    pub(crate) fn add(&mut self, stream: StreamId, event: &impl EventPayload) {
        let known = event.event_type();
        let data = event.write().unwrap();
        self.add_raw(stream, known.name, event.outcome(), &data);
    }

    /// An event of a type no program knows.
    pub(crate) fn add_unknown(&mut self, stream: StreamId) {
        let data = RawValue::from_string("{}".to_owned()).unwrap();
        self.add_raw(stream, "transaction.teleported", Outcome::SUCCESS, &data);
    }

    fn add_raw(&mut self, stream: StreamId, event_type: &str, outcome: Outcome, data: &RawValue) {
        let last = self.events.iter().rev().find(|event| event.stream == stream);
        let revision = last.map_or(0, |last| last.revision + 1);
        let body = Envelope {
            id: Uuid::nil(),
            event_type,
            schema: 1,
            stream,
            revision,
            order: Uuid::nil(),
            occurred_at: at(self.seconds),
            recorded_at: at(self.seconds),
            transaction: None,
            causation: Uuid::nil(),
            correlation: Uuid::nil(),
            actor: Actor::BROWSER,
            subject: None,
            client: None,
            source: None,
            outcome,
            configuration: "",
            node: "",
            previous: last.map_or(Digest::ZERO, Recorded::digest),
            data,
        }
        .to_bytes();
        self.push(stream, revision, &body);
    }

    pub(crate) fn push(&mut self, stream: StreamId, revision: u64, body: &[u8]) {
        let position = self.events.len() as u64 + 1;
        self.events.push(Recorded { position, stream, revision, body: Arc::from(body) });
    }

    /// An event of another log.
    pub(crate) fn append(&mut self, event: Recorded) {
        let position = self.events.len() as u64 + 1;
        self.events.push(Recorded { position, ..event });
    }

    /// A code flow up to its first tokens: six events.
    pub(crate) fn code_flow(&mut self, stream: StreamId, client: &str) {
        self.add(stream, &requested(client, "openid profile", self.seconds));
        self.add(stream, &authenticated(1, self.seconds));
        self.add(stream, &consented("openid profile"));
        let code = digest("code");
        let expires_at = at(self.seconds + 60);
        self.add(stream, &TransactionEvent::CodeIssued(CodeIssued { code, expires_at }));
        self.add(stream, &TransactionEvent::CodeExchanged(CodeExchanged { code, pkce: true }));
        let tokens = issued(0, "openid profile", self.seconds);
        self.add(stream, &TransactionEvent::Token(TokenEvent::Issued(tokens)));
    }

    pub(crate) fn read(&self, after: u64, limit: usize) -> Vec<Recorded> {
        self.events.iter().filter(|event| event.position > after).take(limit).cloned().collect()
    }

    /// The events of one stream.
    pub(crate) fn stream(&self, stream: StreamId) -> Vec<Recorded> {
        self.events.iter().filter(|event| event.stream == stream).cloned().collect()
    }

    pub(crate) fn streams(&self) -> BTreeMap<StreamId, Vec<Recorded>> {
        let mut streams: BTreeMap<StreamId, Vec<Recorded>> = BTreeMap::new();
        for event in &self.events {
            streams.entry(event.stream).or_default().push(event.clone());
        }
        streams
    }

    /// Brings `projections` to the head; says what was done.
    pub(crate) fn catch_up(
        &self,
        connection: &mut Connection,
        projections: &[&dyn Projection],
    ) -> (Result<u64, CatchUpError<Infallible>>, Vec<Step>) {
        let mut steps = Vec::new();
        let source = |after, limit| Ok(self.read(after, limit));
        let result = catch_up(connection, projections, source, |step| steps.push(step));
        (result, steps)
    }
}

pub(crate) fn requested(client: &str, scope: &str, seconds: i64) -> TransactionEvent {
    TransactionEvent::Requested(Arc::new(Requested {
        client_id: client.into(),
        client_revision: 0,
        redirect_uri: "https://rp.example/cb".to_owned(),
        response_type: "code".to_owned(),
        response_mode: ResponseMode::Query,
        scope: Scope::parse(scope),
        audience: vec!["https://api.example/".to_owned()],
        state: None,
        nonce: None,
        prompt: Vec::new(),
        max_age: None,
        acr_values: Vec::new(),
        login_hint: None,
        hinted_subject: None,
        ui_locales: Vec::new(),
        claims_locales: Vec::new(),
        display: None,
        code_challenge: None,
        browser: None,
        expires_at: at(seconds + 600),
    }))
}

/// The same for another response type.
pub(crate) fn requested_for(response_type: &str, seconds: i64) -> TransactionEvent {
    let TransactionEvent::Requested(mut request) = requested("web", "openid profile", seconds)
    else {
        unreachable!("it is a request")
    };
    response_type.clone_into(&mut Arc::make_mut(&mut request).response_type);
    TransactionEvent::Requested(request)
}

pub(crate) fn authenticated(number: u128, seconds: i64) -> TransactionEvent {
    TransactionEvent::Authenticated(Arc::new(Authenticated {
        subject: subject(number),
        session: stream(Category::Session, number),
        auth_time: at(seconds),
        acr: "password".to_owned(),
        amr: vec!["pwd".to_owned()],
        method: AuthenticationMethod::Password,
        transaction_key: None,
    }))
}

pub(crate) fn consented(scope: &str) -> TransactionEvent {
    let scope = Scope::parse(scope);
    TransactionEvent::Consented(Consented { scope, basis: ConsentBasis::Asked, shown: None })
}

/// Tokens of a generation: access for ten minutes, refresh for a day.
pub(crate) fn issued(generation: u32, scope: &str, seconds: i64) -> Issued {
    Issued {
        generation,
        access_token: AccessToken {
            digest: digest(&format!("access {generation}")),
            format: AccessTokenFormat::Opaque,
            scope: Scope::parse(scope),
            audience: vec!["https://api.example/".to_owned()],
            expires_at: at(seconds + 600),
        },
        refresh_token: Some(RefreshToken {
            digest: digest(&format!("refresh {generation}")),
            expires_at: at(seconds + 86_400),
        }),
        id_token: None,
    }
}

/// An access token that left the authorization endpoint.
pub(crate) fn front_channel(scope: &str, seconds: i64) -> TransactionEvent {
    let digest = digest("front");
    let access_token = Some(AccessToken { digest, ..issued(0, scope, seconds).access_token });
    TransactionEvent::FrontChannelIssued(FrontChannelIssued { access_token, id_token: None })
}

pub(crate) fn token(event: TokenEvent) -> TransactionEvent {
    TransactionEvent::Token(event)
}
