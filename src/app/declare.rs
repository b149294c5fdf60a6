//! Makes what is on record agree with the configuration: keys, clients, users, and the configuration
//! itself, so that every decision can cite it.

use anyhow::Context as _;
use moneta_events::{
    Actor, Category, StreamId,
    configuration::{ConfigurationEvent, Loaded},
};

use super::Core;
use crate::{
    config::Settings,
    domain::journal::Journal,
    engine::{
        clients::Clients,
        execute::Ledger,
        order::{Context, Failure, Order},
        people::{People, PeopleError},
    },
    jose::Alg,
};

/// The circumstances of an order the configuration gives.
fn by_configuration(ledger: &Ledger) -> Context {
    let now = ledger.scribe.clock.now();
    let id = ledger.scribe.entropy.uuid(now);
    Context {
        now,
        actor: Actor::operator("configuration"),
        source: None,
        transaction: None,
        causation: id,
        correlation: id,
    }
}

/// Makes a signing key for each configured algorithm that has none.
pub(super) async fn keys(core: &Core, settings: &Settings) -> anyhow::Result<()> {
    for name in &settings.keys.algorithms {
        let alg: Alg = name.parse().with_context(|| format!("keys.algorithms: {name}"))?;
        if core.signing.keys().active(alg).is_some() {
            continue;
        }
        let context = by_configuration(&core.ledger);
        let now = context.now;
        let kid = core
            .signing
            .rotate(&core.facts, &core.ledger, alg, now, context)
            .await
            .with_context(|| format!("a signing key for {name} cannot be made"))?;
        tracing::info!(alg = %name, %kid, "made a signing key");
    }
    Ok(())
}

/// Puts the configuration on record.
pub(super) async fn configuration(core: &Core, settings: &Settings) -> anyhow::Result<StreamId> {
    let now = core.ledger.scribe.clock.now();
    let stream = StreamId::new(Category::Configuration, core.ledger.scribe.entropy.uuid(now));
    let loaded = ConfigurationEvent::Loaded(Loaded {
        version: settings.version.to_string(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        settings: settings.recorded.clone(),
    });
    journal(&core.ledger, stream, loaded).await?;
    Ok(stream)
}

/// Puts the configuration on record where the newest one on record is another: for commands, whose
/// events cite it, too.
pub async fn record_configuration(core: &Core, settings: &Settings) -> anyhow::Result<()> {
    let store = &core.ledger.store;
    if let Some(newest) = store.streams(Category::Configuration).await?.last()
        && let Some(first) = store.read(*newest, 0, 1).await?.first()
        && let ConfigurationEvent::Loaded(loaded) = first.envelope()?.payload()?
        && *loaded.version == *settings.version
    {
        return Ok(());
    }
    configuration(core, settings).await.map(drop)
}

/// Puts an entry into the journal of configurations.
pub(super) async fn journal(
    ledger: &Ledger,
    stream: StreamId,
    entry: ConfigurationEvent,
) -> Result<(), Failure> {
    let context = by_configuration(ledger);
    let id = ledger.scribe.entropy.uuid(context.now);
    let order = Order::<Journal<ConfigurationEvent>> { id, command: entry, context };
    ledger.tell(stream, &order).await.map(|_| ())
}

/// Registers or updates every declared client.
pub(super) async fn clients(core: &Core, settings: &Settings) -> anyhow::Result<()> {
    let clients = Clients { ledger: &core.ledger, facts: &core.facts };
    for declared in &settings.clients {
        let secret = declared.secret.as_ref().map(|secret| secret.expose().as_str());
        clients
            .declare(declared.metadata.clone(), secret, by_configuration(&core.ledger))
            .await
            .with_context(|| format!("client {}", declared.metadata.client_id))?;
    }
    Ok(())
}

/// Registers every declared user there is not yet; those there are stay as they are.
pub(super) async fn users(core: &Core, settings: &Settings) -> anyhow::Result<()> {
    let people = People {
        ledger: &core.ledger,
        facts: &core.facts,
        privacy: &core.privacy,
        usernames: &core.usernames,
    };
    for declared in &settings.users {
        if people.find(&declared.username).await?.is_some() {
            continue;
        }
        let phc = match &declared.password {
            Some(password) => {
                let password = zeroize::Zeroizing::new(password.expose().clone());
                Some(core.passwords.hash(password).await?)
            }
            None => None,
        };
        let context = by_configuration(&core.ledger);
        let registered =
            people.register(&declared.username, &declared.claims, phc.as_deref(), context).await;
        match registered {
            Ok(_) | Err(PeopleError::Taken) => {}
            Err(cause) => return Err(cause).context("a declared user cannot be registered"),
        }
    }
    Ok(())
}
