//! The server's end: a socket in the data directory, for its owner alone.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use actix_web::{rt, web::Data};
use anyhow::Context as _;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream, unix::OwnedWriteHalf},
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use zeroize::Zeroizing;

use super::{Order, desk::Desk, identity, order::Line};
use crate::{
    app,
    cli::exit::{Exit, code_of, text_of},
    config::Settings,
    http::op::Op,
};

/// The longest order that is read.
const LONGEST: u64 = 1024 * 1024;
/// How long whoever connects may take to say what they want.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the socket is.
pub(super) fn path(data: &Path) -> PathBuf {
    data.join("admin.sock")
}

/// A socket that is listened to.
pub(in crate::cli) struct Socket {
    path: PathBuf,
    stop: watch::Sender<bool>,
    listening: JoinHandle<()>,
}

/// Listens for orders. The caller holds the log's lock: a socket that is there already is nobody's.
pub(in crate::cli) fn listen(settings: Settings, op: Data<Op>) -> anyhow::Result<Socket> {
    let path = path(&settings.data);
    let failed = || {
        format!(
            "cannot listen for operators' commands on {} (choose a shorter data directory, or set \
             server.admin_socket = false to do without)",
            path.display()
        )
    };
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(failed);
        }
        _ => {}
    }
    let listener = UnixListener::bind(&path).with_context(failed)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).with_context(failed)?;
    let own_uid = identity::own_uid()?;
    let (stop, stopped) = watch::channel(false);
    let office = Arc::new(Office { settings, op, own_uid });
    let listening = rt::spawn(accept(listener, office, stopped));
    Ok(Socket { path, stop, listening })
}

impl Socket {
    /// Takes no more orders and waits for those under way.
    pub(in crate::cli) async fn close(self) {
        let _ = fs::remove_file(&self.path);
        self.stop.send_replace(true);
        let _ = self.listening.await;
    }
}

struct Office {
    settings: Settings,
    op: Data<Op>,
    own_uid: u32,
}

async fn accept(listener: UnixListener, office: Arc<Office>, mut stopped: watch::Receiver<bool>) {
    let mut visitors = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            _ = visitors.join_next(), if !visitors.is_empty() => {}
            visitor = listener.accept() => match visitor {
                Ok((stream, _)) => {
                    let office = Arc::clone(&office);
                    visitors.spawn_local(async move {
                        if let Err(cause) = office.receive(stream).await {
                            tracing::warn!(%cause, "an operator's command broke off");
                        }
                    });
                }
                Err(cause) => {
                    tracing::warn!(%cause, "an operator's command did not get in");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
    drop(listener);
    while visitors.join_next().await.is_some() {}
}

impl Office {
    async fn receive(&self, stream: UnixStream) -> anyhow::Result<()> {
        let uid = stream.peer_cred()?.uid();
        let (reading, mut writing) = stream.into_split();
        // The socket's mode says the same, but for a moment after it is made.
        if uid != self.own_uid && uid != 0 {
            let message = "only the user that runs the server may order it".to_owned();
            return say(&mut writing, &Line::Failed { exit: Exit::Failed, message }).await;
        }
        // Room for all of it at once would be wasteful; what growing leaves behind is this process's own.
        let mut line = Zeroizing::new(Vec::new());
        let mut reading = BufReader::new(reading.take(LONGEST));
        timeout(PATIENCE, reading.read_until(b'\n', &mut line)).await??;
        let Ok(order) = serde_json::from_slice::<Order>(&line) else {
            let message =
                "the server does not know this order; is it of another version?".to_owned();
            return say(&mut writing, &Line::Failed { exit: Exit::Failed, message }).await;
        };
        let (progress, mut news) = mpsc::unbounded_channel();
        let order = async move {
            let mut tell = |text| drop(progress.send(text));
            self.carry_out(&order, uid, &mut tell).await
        };
        let report = async {
            while let Some(text) = news.recv().await {
                // Whoever gave the order may have gone; it is carried out all the same.
                let _ = say(&mut writing, &Line::Progress(text)).await;
            }
        };
        let (done, ()) = tokio::join!(order, report);
        say(&mut writing, &done).await
    }

    async fn carry_out(
        &self,
        order: &Order,
        uid: u32,
        progress: &mut (dyn FnMut(String) + Send),
    ) -> Line {
        let op = &self.op;
        let actor = identity::operator(uid);
        tracing::info!(operator = actor.id.as_deref(), order = order.word(), "an operator's order");
        let desk = Desk {
            ledger: &op.ledger,
            facts: &op.facts,
            privacy: &op.privacy,
            signing: &op.signing,
            usernames: &op.usernames,
            passwords: &*op.passwords,
            settings: &self.settings,
            actor,
        };
        let done = desk.carry_out(order, progress).await;
        // Also after a failure: part of it may have happened.
        let published = app::publish(op).await;
        match done.and_then(|value| published.map(|()| value)) {
            Ok(value) => Line::Done(value),
            Err(error) => Line::Failed { exit: code_of(&error), message: text_of(&error) },
        }
    }
}

async fn say(writing: &mut OwnedWriteHalf, line: &Line) -> anyhow::Result<()> {
    let mut text = Zeroizing::new(serde_json::to_vec(line)?);
    text.push(b'\n');
    Ok(writing.write_all(&text).await?)
}
