//! End-users of the built-in directory: registering and changing them.

use moneta_events::{
    Category, Digest, Sealed, StreamId, SubjectId,
    factor::PasskeyRemoved,
    subject::{ClaimsChanged, PasswordChanged, Registered},
};
use serde_json::{Map, Value};

use super::{
    execute::Ledger,
    facts::{Facts, NoView},
    order::{Context, Failure, Order},
    privacy::{DataKey, Privacy, PrivacyError},
};
use crate::domain::{
    factors,
    subject::{Command, Subject},
    username::{self, Username},
};

/// Names of username streams: a keyed hash, so that the log does not tell who has an account.
pub struct UsernameIndex(ring::hmac::Key);

impl UsernameIndex {
    /// With the key of this deployment.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key))
    }

    /// The stream that says who holds `username`. Case and surrounding space do not matter.
    pub fn stream(&self, username: &str) -> StreamId {
        let folded = username.trim().to_lowercase();
        let tag = ring::hmac::sign(&self.0, folded.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&tag.as_ref()[..16]);
        StreamId::new(Category::Username, uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// Why an end-user could not be registered or changed.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// Somebody has that username.
    #[error("the username is taken")]
    Taken,
    /// There is no such end-user.
    #[error("there is no such user")]
    Unknown,
    /// The order was not carried out.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// What is on record cannot be read.
    #[error(transparent)]
    NoView(#[from] NoView),
    /// The vault does not answer.
    #[error(transparent)]
    Privacy(#[from] PrivacyError),
}

/// What registering and changing end-users needs.
pub struct People<'a> {
    /// The log.
    pub ledger: &'a Ledger,
    /// What is on record.
    pub facts: &'a Facts,
    /// Seals what is personal.
    pub privacy: &'a Privacy,
    /// Names of username streams.
    pub usernames: &'a UsernameIndex,
}

impl People<'_> {
    /// The end-user of that name.
    pub async fn find(&self, username: &str) -> Result<Option<SubjectId>, PeopleError> {
        let stream = self.usernames.stream(username);
        let Some(subject) = self.facts.username(stream).await?.view.holder else { return Ok(None) };
        Ok(self.facts.subject(subject).await?.view.exists.then_some(subject))
    }

    /// Registers an end-user with claims (OpenID Connect Core 1.0 §5.1) and an Argon2id hash (PHC text).
    /// A crash between the name and the person leaves a name that the next attempt completes.
    pub async fn register(
        &self,
        username: &str,
        claims: &Map<String, Value>,
        password: Option<&str>,
        context: Context,
    ) -> Result<SubjectId, PeopleError> {
        if self.find(username).await?.is_some() {
            return Err(PeopleError::Taken);
        }
        let name = self.usernames.stream(username);
        let entropy = &self.ledger.scribe.entropy;
        let held = self.facts.username(name).await?.view.holder;
        let subject = held.unwrap_or_else(|| SubjectId(entropy.uuid(context.now)));
        let claim = Order::<Username> {
            id: entropy.uuid(context.now),
            command: username::Command::Claim(subject),
            context: context.clone(),
        };
        match self.ledger.tell(name, &claim).await {
            Ok(_) => {}
            Err(Failure::Refused(_)) => return Err(PeopleError::Taken),
            Err(failure) => return Err(failure.into()),
        }
        let key = self.privacy.data_key(subject.stream()).await?;
        let seal = |field, text: &[u8]| self.seal(&key, "subject.registered", field, text);
        let registered = Registered {
            username: seal("username", username.as_bytes()),
            claims: seal("claims", Value::Object(claims.clone()).to_string().as_bytes()),
            password: password.map(|phc| seal("password", phc.as_bytes())),
        };
        self.tell(subject, Command::Register(registered), context).await?;
        Ok(subject)
    }

    /// Sets the password, an Argon2id hash (PHC text). What was granted on the old one stops working.
    pub async fn set_password(
        &self,
        subject: SubjectId,
        phc: &str,
        context: Context,
    ) -> Result<(), PeopleError> {
        let key = self.privacy.data_key(subject.stream()).await?;
        let password = self.seal(&key, "subject.password_changed", "password", phc.as_bytes());
        self.tell(subject, Command::ChangePassword(PasswordChanged { password }), context).await
    }

    /// Replaces the claims; `changed` names those that differ.
    pub async fn set_claims(
        &self,
        subject: SubjectId,
        claims: &Map<String, Value>,
        changed: Vec<String>,
        context: Context,
    ) -> Result<(), PeopleError> {
        let key = self.privacy.data_key(subject.stream()).await?;
        let text = Value::Object(claims.clone()).to_string();
        let claims = self.seal(&key, "subject.claims_changed", "claims", text.as_bytes());
        self.tell(subject, Command::ChangeClaims(ClaimsChanged { claims, changed }), context).await
    }

    /// Lets them sign in, or not; while not, nothing they were granted works.
    pub async fn set_enabled(
        &self,
        subject: SubjectId,
        enabled: bool,
        context: Context,
    ) -> Result<(), PeopleError> {
        let command = if enabled { Command::Enable } else { Command::Disable };
        self.tell(subject, command, context).await
    }

    /// Takes one of their further factors away: a passkey, or their one-time codes.
    pub async fn remove_factor(
        &self,
        subject: SubjectId,
        passkey: Option<Digest>,
        context: Context,
    ) -> Result<(), PeopleError> {
        let command = match passkey {
            Some(credential) => factors::Command::RemovePasskey(PasskeyRemoved { credential }),
            None => factors::Command::RemoveTotp,
        };
        self.tell(subject, Command::Factor(command), context).await
    }

    fn seal(&self, key: &DataKey, event: &str, field: &str, text: &[u8]) -> Sealed {
        key.seal(key.owner(), event, field, text, &self.ledger.scribe.entropy)
    }

    async fn tell(
        &self,
        subject: SubjectId,
        command: Command,
        context: Context,
    ) -> Result<(), PeopleError> {
        let id = self.ledger.scribe.entropy.uuid(context.now);
        let order = Order::<Subject> { id, command, context };
        match self.ledger.tell(subject.stream(), &order).await {
            Ok(_) => Ok(()),
            Err(Failure::Refused(_)) => Err(PeopleError::Unknown),
            Err(failure) => Err(failure.into()),
        }
    }
}
