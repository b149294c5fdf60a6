//! What is on record of an end-user.

use moneta_events::{Category, EventPayload as _, Sealed, Timestamp, subject::SubjectEvent};

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
        }
    }
}
