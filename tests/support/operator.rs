//! What somebody who runs the provider does to it, by the same functions its commands use.

use moneta::engine::{clients::Clients, order::Context, people::People};
use moneta_events::{Actor, SubjectId};
use zeroize::Zeroizing;

use super::provider::Provider;

impl Provider {
    /// Disables a client.
    pub async fn disable_client(&self, id: &str) {
        let op = self.op();
        let clients = Clients { ledger: &op.ledger, facts: &op.facts };
        clients.set_enabled(id, false, self.by_operator()).await.expect("the client is there");
    }

    /// Disables an end-user.
    pub async fn disable_user(&self, username: &str) {
        let subject = self.subject(username).await;
        self.people().set_enabled(subject, false, self.by_operator()).await.expect("done");
    }

    /// Lets an end-user who was disabled sign in again.
    pub async fn enable_user(&self, username: &str) {
        let subject = self.subject(username).await;
        self.people().set_enabled(subject, true, self.by_operator()).await.expect("done");
    }

    /// Gives an end-user another password.
    pub async fn change_password(&self, username: &str, password: &str) {
        let subject = self.subject(username).await;
        let phc = self.op().passwords.hash(Zeroizing::new(password.to_owned())).await;
        let phc = phc.expect("the password can be hashed");
        self.people().set_password(subject, &phc, self.by_operator()).await.expect("done");
    }

    /// The subject of a username.
    ///
    /// # Panics
    /// Where nobody has it.
    pub async fn subject(&self, username: &str) -> SubjectId {
        let found = self.people().find(username).await.expect("the log is there");
        found.unwrap_or_else(|| panic!("nobody is called {username}"))
    }

    fn people(&self) -> People<'_> {
        let op = self.op();
        People {
            ledger: &op.ledger,
            facts: &op.facts,
            privacy: &op.privacy,
            usernames: &op.usernames,
        }
    }

    fn by_operator(&self) -> Context {
        let now = self.now();
        let id = self.op().entropy().uuid(now);
        Context {
            now,
            actor: Actor::operator("test"),
            source: None,
            transaction: None,
            causation: id,
            correlation: id,
        }
    }
}
