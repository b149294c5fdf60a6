//! What is registered.

use moneta_events::{
    Timestamp,
    client::{ClientMetadata, Weakness},
};
use moneta_projections::client::ClientView;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    cli::{
        block_on,
        data::Reader,
        exit::not_found,
        global::Global,
        terminal::{self, Paint},
        time,
    },
    engine::facts::client_stream,
    runtime::clock::{Clock as _, SystemClock},
    store::EventStore as _,
};

/// A client and what surrounds its metadata.
#[derive(Serialize)]
struct Shown<'a> {
    enabled: bool,
    registered_at: Option<Timestamp>,
    changed_at: Option<Timestamp>,
    /// Each with its end, where it has one.
    secrets: Vec<Value>,
    /// What is discouraged about it.
    weaknesses: Vec<Weakness>,
    metadata: &'a ClientMetadata,
}

pub(super) fn list(global: &Global, weak: bool, json: bool) -> anyhow::Result<()> {
    let data = global.data()?;
    let clients = block_on(async {
        let reader = Reader::open(&data)?;
        let mut clients = Vec::new();
        for stream in reader.log.streams(moneta_events::Category::Client).await? {
            clients.push(reader.facts.client_in(stream).await?);
        }
        Ok(clients)
    })?;
    let mut clients: Vec<(&ClientMetadata, &ClientView)> = clients
        .iter()
        .filter(|client| !client.view.deleted)
        .filter_map(|client| Some((client.view.metadata.as_deref()?, &client.view)))
        .filter(|(metadata, _)| !weak || metadata.weaknesses().next().is_some())
        .collect();
    clients.sort_by_key(|(metadata, _)| &metadata.client_id);
    if json {
        let all: Vec<_> = clients
            .iter()
            .map(|(metadata, view)| {
                let weaknesses: Vec<_> = metadata.weaknesses().collect();
                json!({"enabled": view.enabled, "weaknesses": weaknesses, "metadata": metadata})
            })
            .collect();
        return terminal::print_json(&all);
    }
    let rows: Vec<_> = clients
        .iter()
        .map(|(metadata, view)| {
            let grants: Vec<_> = metadata.grant_types.iter().map(|grant| grant.as_str()).collect();
            vec![
                metadata.client_id.to_string(),
                if metadata.is_public() { "public" } else { "confidential" }.to_owned(),
                if view.enabled { "enabled" } else { "disabled" }.to_owned(),
                if grants.is_empty() { "introspects only".to_owned() } else { grants.join(" ") },
                terminal::tame(metadata.display_name()),
            ]
        })
        .collect();
    let head = ["CLIENT", "KIND", "STATE", "GRANTS", "NAME"];
    terminal::print(&terminal::table(&head, &rows, Paint::stdout()));
    Ok(())
}

pub(super) fn show(global: &Global, client_id: &str, json: bool) -> anyhow::Result<()> {
    let data = global.data()?;
    let (view, times) = block_on(async {
        let reader = Reader::open(&data)?;
        let client = reader.facts.client(client_id).await?;
        let events = reader.log.read(client_stream(client_id), 0, usize::MAX).await?;
        let at = |event: &moneta_events::Recorded| event.envelope().map(|e| e.occurred_at);
        let times = (events.first().map(at).transpose()?, events.last().map(at).transpose()?);
        Ok((client.view.clone(), times))
    })?;
    let Some(metadata) = view.metadata.as_deref().filter(|_| !view.deleted) else {
        return Err(not_found(format!("there is no client {client_id}")));
    };
    let secrets = view.live_secrets(SystemClock.now());
    let shown = Shown {
        enabled: view.enabled,
        registered_at: times.0,
        changed_at: times.1,
        secrets: secrets.map(|secret| json!({"expires_at": secret.expires_at})).collect(),
        weaknesses: metadata.weaknesses().collect(),
        metadata,
    };
    if json { terminal::print_json(&shown) } else { print(&shown) }
}

fn print(shown: &Shown<'_>) -> anyhow::Result<()> {
    let paint = Paint::stdout();
    let at = |at: Option<Timestamp>| at.map(time::show).unwrap_or_default();
    let state = if shown.enabled { paint.green("enabled") } else { paint.red("disabled") };
    let mut text = format!("{} {state}\n", paint.bold(shown.metadata.client_id.as_str()));
    let mut facts = vec![
        ("registered", at(shown.registered_at)),
        ("last changed", at(shown.changed_at)),
        ("secrets", shown.secrets.len().to_string()),
    ];
    for weakness in &shown.weaknesses {
        let text = format!("{} is discouraged ({})", weakness.as_str(), weakness.rule());
        facts.push(("weakness", text));
    }
    let Value::Object(metadata) = serde_json::to_value(shown.metadata)? else {
        anyhow::bail!("the metadata cannot be shown");
    };
    for (member, value) in &metadata {
        let value = match value {
            Value::Null => continue,
            Value::Array(list) if list.is_empty() => continue,
            Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(", "),
            value => plain(value),
        };
        if member != "client_id" {
            facts.push((member, terminal::tame(&value)));
        }
    }
    text.push_str(&terminal::facts(&facts, paint));
    terminal::print(&text);
    Ok(())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
