//! Orders of operators. In: an [`Order`]. Out: what came of it, as JSON. The same function carries one out
//! in the command itself, when nobody else writes the log, and in the server, which gets it by a socket in
//! the data directory. Called by the verbs that write and by `serve`.

mod clients;
mod desk;
mod identity;
mod keys;
mod order;
mod send;
mod socket;
mod users;

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{
    block_on,
    data::{NotWritable, Writer},
    terminal,
};
use crate::{
    app::{self, Core},
    config::Settings,
};
use desk::Desk;
pub(super) use order::{Confidential, Order};
use send::Unsent;
pub(super) use socket::listen;

/// How long another command may hold the log before this one gives up.
const PATIENCE: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(50);

/// Has an order carried out, here or by the running server.
pub(super) fn give(settings: &Settings, order: &Order) -> anyhow::Result<Value> {
    block_on(async {
        let until = Instant::now() + PATIENCE;
        loop {
            let in_use = match Writer::open(settings).await {
                Ok(writer) => return by_itself(settings, &writer, order).await,
                Err(NotWritable::InUse(in_use)) => in_use,
                Err(NotWritable::Other(cause)) => return Err(cause),
            };
            match send::send(&settings.data, order).await {
                Ok(answer) => return answer,
                // Nobody listens: another command has the log for a moment, or a server is about to listen.
                Err(Unsent::NobodyListens) if Instant::now() < until => sleep(AGAIN).await,
                Err(Unsent::NobodyListens) => {
                    return Err(in_use).context(
                        "the server takes no orders (server.admin_socket = false?), so it must be stopped \
                         first",
                    );
                }
                Err(Unsent::Lost(cause)) => return Err(cause),
            }
        }
    })
}

/// Carries out an order without a server.
async fn by_itself(settings: &Settings, writer: &Writer, order: &Order) -> anyhow::Result<Value> {
    let core = Core::build(&writer.parts(settings)).await?;
    app::record_configuration(&core, settings).await?;
    let actor = identity::operator(identity::own_uid()?);
    let desk = Desk {
        ledger: &core.ledger,
        facts: &core.facts,
        privacy: &core.privacy,
        signing: &core.signing,
        usernames: &core.usernames,
        passwords: &*core.passwords,
        settings,
        actor,
    };
    let done = desk.carry_out(order, &mut |text| terminal::note(&text)).await;
    writer.log.close().await;
    done
}
