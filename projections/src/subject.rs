//! What is on record of an end-user.

use moneta_events::{
    Category, Digest, EventPayload as _, Sealed, Timestamp,
    factor::{CoseKey, FactorEvent},
    subject::SubjectEvent,
};

use crate::{Facts, View, sealed_field::SealedField};

/// One end-user of the built-in directory. Personal fields stay sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubjectView {
    /// Whether they were ever registered.
    pub exists: bool,
    /// Whether they may sign in and their tokens work.
    pub enabled: bool,
    /// The name they sign in with.
    pub username: Option<SealedField>,
    /// Their standard claims, a JSON object.
    pub claims: Option<SealedField>,
    /// Argon2id hash of the password, PHC text; `None` where they have none.
    pub password: Option<SealedField>,
    /// When the password was last replaced; authentications before it count no longer.
    pub credential_changed_at: Option<Timestamp>,
    /// Their passkeys, in the order they were registered.
    pub passkeys: Vec<Passkey>,
    /// Their one-time codes, where they set them up.
    pub totp: Option<Totp>,
}

/// One passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Of the credential ID; names the passkey.
    pub credential: Digest,
    /// The credential ID.
    pub credential_id: SealedField,
    /// What its owner calls it.
    pub label: SealedField,
    /// What its signatures are verified with.
    pub public_key: CoseKey,
    /// Whether it may be copied to other devices.
    pub backup_eligible: bool,
    /// How the authenticator can be reached.
    pub transports: Box<[String]>,
    /// Since when.
    pub registered_at: Timestamp,
    /// When it was last used, where it was.
    pub used_at: Option<Timestamp>,
}

/// One-time codes (RFC 6238).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totp {
    /// The shared secret.
    pub secret: SealedField,
    /// Since when.
    pub enrolled_at: Timestamp,
    /// When a code was last used, where one was.
    pub used_at: Option<Timestamp>,
}

impl SubjectView {
    /// Whether they have anything beside a password.
    pub fn has_factors(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty()
    }

    /// The passkey of that name.
    pub fn passkey(&self, credential: Digest) -> Option<&Passkey> {
        self.passkeys.iter().find(|passkey| passkey.credential == credential)
    }

    fn factor(&mut self, at: Timestamp, event: &FactorEvent) {
        let kept =
            |sealed: &Sealed, field| SealedField::new(sealed, event.event_type().name, field);
        match event {
            FactorEvent::PasskeyRegistered(new) => self.passkeys.push(Passkey {
                credential: new.credential,
                credential_id: kept(&new.credential_id, "credential_id"),
                label: kept(&new.label, "label"),
                public_key: new.public_key.clone(),
                backup_eligible: new.backup_eligible,
                transports: new.transports.as_slice().into(),
                registered_at: at,
                used_at: None,
            }),
            FactorEvent::PasskeyUsed(used) => {
                let mut own = self.passkeys.iter_mut();
                if let Some(passkey) = own.find(|own| own.credential == used.credential) {
                    passkey.used_at = Some(at);
                }
            }
            FactorEvent::PasskeyRemoved(gone) => {
                self.passkeys.retain(|passkey| passkey.credential != gone.credential);
            }
            FactorEvent::TotpEnrolled(new) => {
                let secret = kept(&new.secret, "secret");
                self.totp = Some(Totp { secret, enrolled_at: at, used_at: None });
            }
            FactorEvent::TotpUsed(_) => {
                if let Some(totp) = &mut self.totp {
                    totp.used_at = Some(at);
                }
            }
            FactorEvent::TotpRemoved(_) => self.totp = None,
            FactorEvent::FactorFailed(_) => {}
        }
    }
}

impl View for SubjectView {
    const CATEGORY: Category = Category::Subject;
    type Event = SubjectEvent;

    fn apply(&mut self, facts: &Facts, event: &SubjectEvent) {
        let kept =
            |sealed: &Sealed, field| Some(SealedField::new(sealed, event.event_type().name, field));
        match event {
            SubjectEvent::Registered(registered) => {
                self.exists = true;
                self.enabled = true;
                self.username = kept(&registered.username, "username");
                self.claims = kept(&registered.claims, "claims");
                self.password =
                    registered.password.as_ref().and_then(|password| kept(password, "password"));
            }
            SubjectEvent::PasswordChanged(changed) => {
                self.password = kept(&changed.password, "password");
                self.credential_changed_at = Some(facts.occurred_at);
            }
            SubjectEvent::ClaimsChanged(changed) => self.claims = kept(&changed.claims, "claims"),
            SubjectEvent::Disabled(_) => self.enabled = false,
            SubjectEvent::Enabled(_) => self.enabled = true,
            SubjectEvent::Factor(event) => self.factor(facts.occurred_at, event),
        }
    }
}
