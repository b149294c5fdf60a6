//! Orders about clients. Whatever way a client comes in, it passes the one validator.

use anyhow::{anyhow, bail};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::client::ClientMetadata;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{
    Confidential,
    desk::{Desk, all_good},
};
use crate::{
    cli::exit::not_found,
    config::{self, Offered, validate_client, validate_client_secret},
    engine::clients::{Clients, ClientsError},
};

/// Registers a client. Where it needs a secret and has none, one is made and told this once.
pub(super) async fn add(
    desk: &Desk<'_>,
    metadata: &ClientMetadata,
    given: Option<&Confidential>,
) -> anyhow::Result<Value> {
    let client_id = metadata.client_id.as_str();
    let secret = match given {
        Some(given) => Some(given.0.clone()),
        None if metadata.is_public() => None,
        None => Some(fresh_secret(desk)),
    };
    check(desk, metadata)?;
    check_secret(metadata, secret.as_deref().map(String::as_str))?;
    if desk.facts.client(client_id).await?.view.deleted {
        bail!(
            "a client {client_id} was removed before; its identifier is not given to another one"
        );
    }
    let text = secret.as_deref().map(String::as_str);
    clients(desk)
        .register(metadata.clone(), text, desk.context())
        .await
        .map_err(|error| named(client_id, error))?;
    let told = secret.as_deref().filter(|_| given.is_none());
    Ok(json!({ "client_id": client_id, "secret": told, "note": weakness_note(None, metadata) }))
}

/// Changes members of the metadata, written as in the file's `[[clients]]`.
pub(super) async fn update(
    desk: &Desk<'_>,
    client_id: &str,
    changes: &Map<String, Value>,
) -> anyhow::Result<Value> {
    let before = registered(desk, client_id).await?;
    let Ok(Value::Object(mut members)) = serde_json::to_value(&before) else {
        bail!("the metadata of {client_id} cannot be written as JSON");
    };
    if changes.get("client_id").is_some_and(|id| *id != json!(client_id)) {
        bail!("a client_id never changes; add another client");
    }
    for (member, value) in changes {
        match value {
            Value::Null => members.remove(member),
            value => members.insert(member.clone(), value.clone()),
        };
    }
    let declaration = config::read_client(Value::Object(members))
        .map_err(|problem| anyhow!("client {client_id}: {problem}"))?;
    if declaration.secret.is_some() {
        bail!("a secret is replaced by `moneta client rotate-secret`");
    }
    let metadata = declaration.metadata;
    check(desk, &metadata)?;
    if metadata.is_public() != before.is_public() {
        bail!(
            "client {client_id}: a public client does not become a confidential one or the other way round; \
             add another client"
        );
    }
    let differs = metadata != before;
    let warning = weakness_note(Some(&before), &metadata);
    let declared = declared_note(desk, client_id).map(ToOwned::to_owned);
    let notes: Vec<String> = warning.into_iter().chain(declared).collect();
    clients(desk)
        .update(metadata, desk.context())
        .await
        .map_err(|error| named(client_id, error))?;
    Ok(json!({
        "client_id": client_id, "changed": differs,
        "note": (!notes.is_empty()).then(|| notes.join("; and ")),
    }))
}

/// Gives a client a new secret.
pub(super) async fn rotate_secret(
    desk: &Desk<'_>,
    client_id: &str,
    given: Option<&Confidential>,
    overlap: u32,
) -> anyhow::Result<Value> {
    let metadata = registered(desk, client_id).await?;
    let secret = given.map_or_else(|| fresh_secret(desk), |given| given.0.clone());
    check_secret(&metadata, Some(&secret))?;
    let context = desk.context();
    let old_expire_at = context.now.plus_seconds(overlap.into());
    clients(desk)
        .rotate_secret(client_id, &secret, old_expire_at, context)
        .await
        .map_err(|error| named(client_id, error))?;
    let told = given.is_none().then_some(&*secret);
    Ok(json!({
        "client_id": client_id, "secret": told, "old_expire_at": old_expire_at,
        "note": declared_note(desk, client_id),
    }))
}

/// Serves a client, or refuses it everywhere.
pub(super) async fn set_enabled(
    desk: &Desk<'_>,
    client_id: &str,
    enabled: bool,
) -> anyhow::Result<Value> {
    registered(desk, client_id).await?;
    let changed = desk.facts.client(client_id).await?.view.enabled != enabled;
    clients(desk)
        .set_enabled(client_id, enabled, desk.context())
        .await
        .map_err(|error| named(client_id, error))?;
    Ok(json!({ "client_id": client_id, "enabled": enabled, "changed": changed }))
}

/// Removes a client for good.
pub(super) async fn remove(desk: &Desk<'_>, client_id: &str) -> anyhow::Result<Value> {
    registered(desk, client_id).await?;
    if is_declared(desk, client_id) {
        bail!(
            "client {client_id} is declared in the configuration; remove it there first, or use \
             `moneta client disable {client_id}`"
        );
    }
    clients(desk)
        .delete(client_id, desk.context())
        .await
        .map_err(|error| named(client_id, error))?;
    Ok(json!({ "client_id": client_id, "removed": true }))
}

fn clients<'a>(desk: &'a Desk<'_>) -> Clients<'a> {
    Clients { ledger: desk.ledger, facts: desk.facts }
}

async fn registered(desk: &Desk<'_>, client_id: &str) -> anyhow::Result<ClientMetadata> {
    let known = desk.facts.client(client_id).await?;
    let metadata = known.view.metadata.as_deref().filter(|_| !known.view.deleted);
    metadata.cloned().ok_or_else(|| unknown(client_id))
}

fn check(desk: &Desk<'_>, metadata: &ClientMetadata) -> anyhow::Result<()> {
    let problems = validate_client(metadata, &Offered::by(desk.settings));
    all_good(&format!("client {}", metadata.client_id), &problems)
}

fn check_secret(metadata: &ClientMetadata, secret: Option<&str>) -> anyhow::Result<()> {
    let problem = validate_client_secret(metadata, secret);
    all_good(&format!("client {}", metadata.client_id), problem.as_slice())
}

/// 256 random bits.
fn fresh_secret(desk: &Desk<'_>) -> Zeroizing<String> {
    let bytes = Zeroizing::new(desk.ledger.scribe.entropy.bytes::<32>());
    Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes))
}

fn is_declared(desk: &Desk<'_>, client_id: &str) -> bool {
    desk.settings.clients.iter().any(|client| client.metadata.client_id.as_str() == client_id)
}

fn declared_note(desk: &Desk<'_>, client_id: &str) -> Option<&'static str> {
    is_declared(desk, client_id).then_some(
        "the configuration declares this client, and the next start of the server makes it so again; change \
         it there, too",
    )
}

/// What a registration opens that is discouraged.
fn weakness_note(before: Option<&ClientMetadata>, metadata: &ClientMetadata) -> Option<String> {
    let notes = metadata.weaknesses_since(before).map(|weakness| {
        let sentence = weakness.sentence().trim_end_matches('.');
        format!("{} is discouraged ({}): {sentence}", weakness.as_str(), weakness.rule())
    });
    let notes: Vec<String> = notes.collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn unknown(client_id: &str) -> anyhow::Error {
    not_found(format!("there is no client {client_id}"))
}

fn named(client_id: &str, error: ClientsError) -> anyhow::Error {
    match error {
        ClientsError::Unknown => unknown(client_id),
        ClientsError::Taken => anyhow!("there is a client {client_id} already"),
        error => error.into(),
    }
}
