//! Backchannel requests that are there already, as if a client had sent them.

use std::sync::Arc;

use moneta::{
    domain::backchannel::Command,
    engine::order::{Context, Order},
};
use moneta_events::{
    Actor, Category, Digest, Scope, StreamId,
    backchannel::{HintKind, Requested},
    client::TokenDeliveryMode,
};

use super::provider::Provider;

/// Seconds in which a request can be decided.
pub const EXPIRY: i64 = 120;

impl Provider {
    /// Puts a request of `client` to `user` on record; answers its stream.
    pub async fn asks(&self, client: &str, user: &str, scope: &str, message: &str) -> StreamId {
        let op = self.op();
        let (now, subject) = (self.now(), self.subject(user).await);
        let stream = StreamId::new(Category::Backchannel, op.entropy().uuid(now));
        let own = op.privacy.data_key(subject.stream()).await.expect("the vault is there");
        let seal = |key: &moneta::engine::privacy::DataKey, event, field, text: &str| {
            Some(key.seal(stream, event, field, text.as_bytes(), op.entropy()))
        };
        let binding_message = seal(&own, "backchannel.requested", "binding_message", message);
        let of_client = moneta::engine::facts::client_stream(client);
        let key = op.privacy.data_key(of_client).await.expect("the vault is there");
        let source = seal(&key, "envelope", "source", r#"{"address":"203.0.113.7"}"#);
        let requested = Requested {
            client_id: client.into(),
            client_revision: 0,
            subject,
            hint: HintKind::LoginHint,
            scope: Scope::parse(scope),
            audience: Vec::new(),
            acr_values: Vec::new(),
            binding_message: binding_message.filter(|_| !message.is_empty()),
            user_code: false,
            request_object: None,
            delivery_mode: TokenDeliveryMode::Poll,
            client_notification_token: None,
            auth_req_id: Digest::of(&[stream.to_string().as_bytes()]),
            interval: 5,
            expires_at: now.plus_seconds(EXPIRY),
        };
        let id = op.entropy().uuid(now);
        let context = Context {
            now,
            actor: Actor::client(&client.into()),
            source,
            transaction: None,
            causation: id,
            correlation: stream.uuid,
        };
        let order = Order { id, command: Command::Request(Arc::new(requested)), context };
        op.grants.backchannel.begin(stream, order).await.expect("it is taken");
        stream
    }
}
