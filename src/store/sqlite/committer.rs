//! The one thread that writes. It takes an append and whatever else waits, carries all of it out in one
//! transaction, and answers when that is on the disk: a quiet log waits for nobody, a busy one shares
//! each flush among many.
//!
//! After an error the connection is closed and nothing is written until a new one stands on a log that
//! was moved to the disk and checked again. The thread tries with each batch; it keeps no timer.

use std::{
    error::Error,
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread::{self, JoinHandle},
};

use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use super::{
    connection::{self, Writable},
    lock::WriterLock,
    writer::{Failure, Writer},
};
use crate::store::{Append, AppendError, Appended};

/// How many appends may wait; with more, callers are told that the store is busy.
const QUEUE: usize = 4096;

/// How many appends share a transaction at most.
const BATCH: usize = 1024;

/// SQLite's own limit of pages, which is as good as none.
const NO_LIMIT: u32 = 0xffff_fffe;

pub(super) type Outcome = Result<Appended, AppendError>;

/// An append and who waits for it.
#[derive(Debug)]
struct Job {
    append: Append,
    reply: oneshot::Sender<Outcome>,
}

enum Message {
    Append(Job),
    Close(oneshot::Sender<()>),
}

/// The thread's handle. Dropping it writes what waits, then stops the thread.
#[derive(Debug)]
pub(super) struct Committer {
    inbox: Option<mpsc::Sender<Message>>,
    max_pages: Arc<AtomicU32>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    pub(super) fn start(path: PathBuf, log: Writable, lock: WriterLock) -> io::Result<Self> {
        let (sender, inbox) = mpsc::channel(QUEUE);
        let max_pages = Arc::new(AtomicU32::new(NO_LIMIT));
        let work = Work {
            path,
            inbox,
            max_pages: Arc::clone(&max_pages),
            taken: Vec::with_capacity(BATCH),
            jobs: Vec::with_capacity(BATCH),
            closing: Vec::new(),
            failing: false,
        };
        let thread = thread::Builder::new()
            .name("log-committer".to_owned())
            .spawn(move || work.run(log, lock))?;
        Ok(Self { inbox: Some(sender), max_pages, thread: Some(thread) })
    }

    /// Queues an append and waits for its end. What is queued is carried out even if nobody waits.
    pub(super) async fn append(&self, append: Append) -> Outcome {
        let (reply, outcome) = oneshot::channel();
        match self.sender().try_send(Message::Append(Job { append, reply })) {
            Ok(()) => outcome.await.unwrap_or_else(|_| {
                Err(AppendError::Unknown("the writing thread died".to_owned()))
            }),
            Err(TrySendError::Full(_)) => Err(AppendError::Busy),
            Err(TrySendError::Closed(_)) => {
                Err(AppendError::Unavailable("the log is closed".to_owned()))
            }
        }
    }

    /// Takes no more appends, writes those that wait, closes the file and gives up the lock.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.sender().send(Message::Close(done)).await.is_ok() {
            // An error means that the thread is gone, which is what was asked for.
            let _ = closed.await;
        }
    }

    /// From the next batch on, the database has at most so many pages.
    pub(super) fn limit_pages(&self, pages: Option<u32>) {
        self.max_pages.store(pages.unwrap_or(NO_LIMIT), Ordering::Relaxed);
    }

    fn sender(&self) -> &mpsc::Sender<Message> {
        self.inbox.as_ref().expect("the sender is taken only when this is dropped")
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.inbox = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

/// What the thread owns.
struct Work {
    path: PathBuf,
    inbox: mpsc::Receiver<Message>,
    max_pages: Arc<AtomicU32>,
    taken: Vec<Message>,
    jobs: Vec<Job>,
    closing: Vec<oneshot::Sender<()>>,
    /// Whether the last batch failed: an outage is reported once, not with each batch.
    failing: bool,
}

impl Work {
    fn run(mut self, log: Writable, lock: WriterLock) {
        let mut log = Some(log);
        while self.fill() {
            log = match log.take().map_or_else(|| connection::open_writable(&self.path), Ok) {
                Ok(log) => self.serve(log),
                Err(error) => {
                    self.refuse(&error, AppendError::Unavailable);
                    None
                }
            };
        }
        if let Some(log) = log
            && let Err(problem) = connection::settle(&log.connection)
        {
            tracing::warn!(%problem, "the write-ahead log was not emptied; the next start will");
        }
        drop(lock);
        for done in self.closing {
            let _ = done.send(());
        }
    }

    /// Waits for work and takes all that is there. False when there is none and will be none.
    fn fill(&mut self) -> bool {
        while self.jobs.is_empty() {
            if self.inbox.blocking_recv_many(&mut self.taken, BATCH) == 0 {
                return false;
            }
            for message in self.taken.drain(..) {
                match message {
                    Message::Append(job) => self.jobs.push(job),
                    Message::Close(done) => {
                        self.inbox.close();
                        self.closing.push(done);
                    }
                }
            }
        }
        true
    }

    /// Writes batch after batch. Returns the log when there is no more to do, and nothing when its
    /// connection must not be used again.
    fn serve(&mut self, mut log: Writable) -> Option<Writable> {
        log.head = self.write_all(&log)?;
        Some(log)
    }

    fn write_all(&mut self, log: &Writable) -> Option<u64> {
        let mut writer =
            Writer::new(log).map_err(|cause| self.refuse(&cause, AppendError::Unavailable)).ok()?;
        let mut outcomes = Vec::with_capacity(BATCH);
        while self.fill() {
            let appends = self.jobs.iter().map(|job| &job.append);
            let max_pages = self.max_pages.load(Ordering::Relaxed);
            match writer.write(appends, max_pages, &mut outcomes) {
                Ok(()) => self.answer(&mut outcomes),
                Err(Failure { cause, unknown, broken }) => {
                    let error =
                        if unknown { AppendError::Unknown } else { AppendError::Unavailable };
                    self.refuse(&cause, error);
                    if broken {
                        return None;
                    }
                }
            }
            if let Err(cause) = writer.checkpoint() {
                self.report(&cause);
                return None;
            }
        }
        Some(writer.head())
    }

    fn answer(&mut self, outcomes: &mut Vec<Outcome>) {
        for (job, outcome) in self.jobs.drain(..).zip(outcomes.drain(..)) {
            // Nobody waits any more where this fails; the append is done all the same.
            let _ = job.reply.send(outcome);
        }
        if self.failing {
            self.failing = false;
            tracing::info!("the log is written again");
        }
    }

    fn refuse(&mut self, cause: &dyn Error, error: fn(String) -> AppendError) {
        self.report(cause);
        let text = cause.to_string();
        for job in self.jobs.drain(..) {
            let _ = job.reply.send(Err(error(text.clone())));
        }
    }

    fn report(&mut self, cause: &dyn Error) {
        if !self.failing {
            self.failing = true;
            tracing::error!(%cause, "the log cannot be written");
        }
    }
}
