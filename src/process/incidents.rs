//! Writes down what was refused at the doors: one event per reason, endpoint and window.

use std::{sync::Arc, time::Duration};

use moneta_events::{
    Actor, Timestamp,
    incident::{Counted, IncidentEvent},
};

use crate::{
    domain::journal::Journal,
    engine::{
        execute::Ledger,
        facts::incident_stream,
        incidents::Incidents,
        order::{Context, Failure, Order},
        privacy::Privacy,
    },
};

/// How often.
const WINDOW: Duration = Duration::from_secs(10);

/// What the process works with.
pub struct IncidentKeeper {
    /// The counters.
    pub incidents: Arc<Incidents>,
    /// The log.
    pub ledger: Ledger,
    /// Seals the examples.
    pub privacy: Arc<Privacy>,
}

impl IncidentKeeper {
    /// Writes down each window until `stop` says so, then the rest.
    pub async fn run(self, mut stop: tokio::sync::watch::Receiver<bool>) {
        loop {
            let stopped = tokio::select! {
                () = tokio::time::sleep(WINDOW) => false,
                _ = stop.changed() => true,
            };
            if let Err(failure) = self.write_down().await {
                tracing::warn!(%failure, "refused requests could not be written down");
            }
            if stopped {
                return;
            }
        }
    }

    /// Writes down what was counted since the last time.
    pub async fn write_down(&self) -> Result<(), Failure> {
        let scribe = &self.ledger.scribe;
        let now = scribe.clock.now();
        let day: String = now.to_string().chars().take(10).collect();
        let stream = incident_stream(&scribe.node, &day);
        for ((reason, endpoint), tally) in self.incidents.drain() {
            let key = self.privacy.data_key(stream).await.ok();
            let example = key.filter(|_| !tally.example.is_empty()).map(|key| {
                key.seal(
                    stream,
                    "incident.counted",
                    "example",
                    tally.example.as_bytes(),
                    &scribe.entropy,
                )
            });
            let command = IncidentEvent::Counted(Counted {
                reason,
                endpoint: endpoint.to_owned(),
                count: tally.count,
                since: tally.since,
                until: tally.until,
                example,
            });
            let order = Order::<Journal<IncidentEvent>> {
                id: scribe.entropy.uuid(now),
                command,
                context: own_work("incidents", now, &self.ledger),
            };
            self.ledger.tell(stream, &order).await?;
        }
        Ok(())
    }
}

/// The circumstances of an order that a part of the provider gives by itself.
pub fn own_work(part: &str, now: Timestamp, ledger: &Ledger) -> Context {
    let id = ledger.scribe.entropy.uuid(now);
    Context {
        now,
        actor: Actor::system(part),
        source: None,
        transaction: None,
        causation: id,
        correlation: id,
    }
}
