//! Where an order is carried out, in the server or in the command.

use anyhow::bail;
use moneta_events::Actor;
use serde_json::Value;

use super::{Order, clients, keys, users};
use crate::{
    config::Settings,
    engine::{
        execute::Ledger, facts::Facts, order::Context, people::UsernameIndex, privacy::Privacy,
        signing::Signing,
    },
    ports::passwords::Passwords,
};

/// The rooms behind the doors, and the person in front of the desk.
pub(super) struct Desk<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) facts: &'a Facts,
    pub(super) privacy: &'a Privacy,
    pub(super) signing: &'a Signing,
    pub(super) usernames: &'a UsernameIndex,
    pub(super) passwords: &'a dyn Passwords,
    pub(super) settings: &'a Settings,
    pub(super) actor: Actor,
}

impl Desk<'_> {
    /// Carries out an order; says by `progress` what takes a while.
    pub(super) async fn carry_out(
        &self,
        order: &Order,
        progress: &mut (dyn FnMut(String) + Send),
    ) -> anyhow::Result<Value> {
        match order {
            Order::RotateKeys { algorithms } => keys::rotate(self, algorithms, progress).await,
            Order::AddClient { metadata, secret } => {
                clients::add(self, metadata, secret.as_ref()).await
            }
            Order::UpdateClient { client_id, changes } => {
                clients::update(self, client_id, changes).await
            }
            Order::RotateSecret { client_id, secret, overlap } => {
                clients::rotate_secret(self, client_id, secret.as_ref(), *overlap).await
            }
            Order::SetClientEnabled { client_id, enabled } => {
                clients::set_enabled(self, client_id, *enabled).await
            }
            Order::RemoveClient { client_id } => clients::remove(self, client_id).await,
            Order::AddUser { username, password, claims } => {
                users::add(self, username, password.as_ref(), claims).await
            }
            Order::SetPassword { user, password } => {
                users::set_password(self, user, password).await
            }
            Order::ChangeClaims { user, changes, replace } => {
                users::change_claims(self, user, changes, *replace).await
            }
            Order::RemoveFactors { user, passkeys, totp, all } => {
                users::remove_factors(self, user, passkeys, *totp, *all).await
            }
            Order::SetUserEnabled { user, enabled } => {
                users::set_enabled(self, user, *enabled).await
            }
        }
    }

    /// The circumstances of what follows from this order.
    pub(super) fn context(&self) -> Context {
        let now = self.ledger.scribe.clock.now();
        let id = self.ledger.scribe.entropy.uuid(now);
        Context {
            now,
            actor: self.actor.clone(),
            source: None,
            transaction: None,
            causation: id,
            correlation: id,
        }
    }
}

/// Fails with everything that is wrong, one a line.
pub(super) fn all_good<T: ToString>(what: &str, problems: &[T]) -> anyhow::Result<()> {
    match problems {
        [] => Ok(()),
        [only] => bail!("{what}: {}", only.to_string()),
        all => {
            let lines: Vec<_> = all.iter().map(ToString::to_string).collect();
            bail!("{what}:\n  {}", lines.join("\n  "))
        }
    }
}
