//! What is known of clients, end-users, sessions, consents and tokens, for deciding about a request. Each
//! answer is as new as the last append this node acknowledged; what is not at hand is read from its stream.

use std::sync::Arc;

use moneta_events::{Category, ClientId, Recorded, StreamId, SubjectId};
use moneta_projections::{
    client::ClientView,
    consent::ConsentView,
    introspection::{
        BackchannelFamily, DeviceFamily, DirectFamily, TokenFamily, TransactionFamily,
    },
    keyring::KeyringView,
    session::SessionView,
    subject::SubjectView,
    username::UsernameView,
    view::{Folded, View},
};
use uuid::Uuid;

pub use crate::feed::board::NoView;
use crate::{
    feed::{board::Board, publish::Absorb},
    store::EventStore,
};

/// Events read at a time.
const PAGE: usize = 512;

/// Names of derived streams are hashed under this namespace.
const NAMESPACE: Uuid = Uuid::from_u128(0x6d6f_6e65_7461_5e00_8000_0000_0000_0001);

/// How many views of each kind are held.
#[derive(Debug, Clone, Copy)]
pub struct Capacity {
    /// Token families.
    pub tokens: usize,
    /// Sessions, consents and end-users each.
    pub people: usize,
    /// Clients.
    pub clients: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { tokens: 50_000, people: 20_000, clients: 5_000 }
    }
}

/// The views of one node.
pub struct Boards {
    backchannel: Board<BackchannelFamily>,
    clients: Board<ClientView>,
    consents: Board<ConsentView>,
    devices: Board<DeviceFamily>,
    direct: Board<DirectFamily>,
    keyring: Board<KeyringView>,
    sessions: Board<SessionView>,
    subjects: Board<SubjectView>,
    transactions: Board<TransactionFamily>,
    usernames: Board<UsernameView>,
}

impl Boards {
    /// Empty boards.
    pub fn new(capacity: Capacity) -> Arc<Self> {
        Arc::new(Self {
            backchannel: Board::new(capacity.tokens),
            clients: Board::new(capacity.clients),
            consents: Board::new(capacity.people),
            devices: Board::new(capacity.tokens),
            direct: Board::new(capacity.tokens),
            keyring: Board::new(4),
            sessions: Board::new(capacity.people),
            subjects: Board::new(capacity.people),
            transactions: Board::new(capacity.tokens),
            usernames: Board::new(capacity.people),
        })
    }

    fn each(&self) -> [&dyn Absorb; 10] {
        [
            &self.transactions,
            &self.backchannel,
            &self.devices,
            &self.direct,
            &self.sessions,
            &self.consents,
            &self.subjects,
            &self.usernames,
            &self.clients,
            &self.keyring,
        ]
    }
}

impl Absorb for Boards {
    fn absorb(&self, stream: StreamId, first_revision: u64, bodies: &[Arc<[u8]>]) {
        self.each().into_iter().for_each(|board| board.absorb(stream, first_revision, bodies));
    }

    fn doubt(&self, stream: StreamId) {
        self.each().into_iter().for_each(|board| board.doubt(stream));
    }
}

/// Read access to the boards and, behind them, the log.
#[derive(Clone)]
pub struct Facts {
    /// The views.
    pub boards: Arc<Boards>,
    /// The log.
    pub store: Arc<dyn EventStore>,
}

type Known<V> = Result<Arc<Folded<V>>, NoView>;

impl Facts {
    /// The client of that identifier; a view of nothing where there is none.
    pub async fn client(&self, client_id: &str) -> Known<ClientView> {
        self.get(&self.boards.clients, client_stream(client_id)).await
    }

    /// The client whose identifier names `stream`.
    pub async fn client_in(&self, stream: StreamId) -> Known<ClientView> {
        self.get(&self.boards.clients, stream).await
    }

    /// What `subject` allowed `client_id`.
    pub async fn consent(&self, subject: SubjectId, client_id: &ClientId) -> Known<ConsentView> {
        self.get(&self.boards.consents, consent_stream(subject, client_id)).await
    }

    /// A session.
    pub async fn session(&self, stream: StreamId) -> Known<SessionView> {
        self.get(&self.boards.sessions, stream).await
    }

    /// An end-user.
    pub async fn subject(&self, subject: SubjectId) -> Known<SubjectView> {
        self.get(&self.boards.subjects, subject.stream()).await
    }

    /// Who holds the username whose keyed hash names `stream`.
    pub async fn username(&self, stream: StreamId) -> Known<UsernameView> {
        self.get(&self.boards.usernames, stream).await
    }

    /// The signing keys.
    pub async fn keyring(&self) -> Known<KeyringView> {
        self.get(&self.boards.keyring, keyring_stream()).await
    }

    /// Calls `read` with the tokens of a grant.
    pub async fn tokens<R>(
        &self,
        stream: StreamId,
        read: impl FnOnce(&TokenFamily) -> R,
    ) -> Result<Option<R>, NoView> {
        match stream.category {
            Category::Transaction => {
                let folded = self.get(&self.boards.transactions, stream).await?;
                Ok(Some(read(&folded.view.0)))
            }
            Category::Backchannel => {
                let folded = self.get(&self.boards.backchannel, stream).await?;
                Ok(Some(read(&folded.view.0)))
            }
            Category::Device => {
                let folded = self.get(&self.boards.devices, stream).await?;
                Ok(Some(read(&folded.view.0)))
            }
            Category::Direct => {
                let folded = self.get(&self.boards.direct, stream).await?;
                Ok(Some(read(&folded.view.0)))
            }
            _ => Ok(None),
        }
    }

    /// Everything on record in a stream, oldest first.
    pub async fn events(&self, stream: StreamId) -> Result<Vec<Recorded>, NoView> {
        let mut events = Vec::new();
        loop {
            let page = self.store.read(stream, events.len() as u64, PAGE).await?;
            let is_last = page.len() < PAGE;
            events.extend(page);
            if is_last {
                return Ok(events);
            }
        }
    }

    /// The position of the newest event on record.
    pub async fn head(&self) -> Result<u64, NoView> {
        Ok(self.store.head().await?)
    }

    /// What went on record after `position`, of all streams in commit order, but no more than one page.
    pub async fn events_after(&self, position: u64) -> Result<Vec<Recorded>, NoView> {
        Ok(self.store.read_all(position, PAGE).await?)
    }

    async fn get<V: View>(&self, board: &Board<V>, stream: StreamId) -> Known<V> {
        board.get(stream, &*self.store).await
    }
}

/// The stream of a client: its name is derived, so two registrations of one identifier meet in the store.
pub fn client_stream(client_id: &str) -> StreamId {
    StreamId::new(Category::Client, Uuid::new_v5(&NAMESPACE, client_id.as_bytes()))
}

/// The stream of what one end-user allowed one client.
pub fn consent_stream(subject: SubjectId, client_id: &ClientId) -> StreamId {
    StreamId::new(Category::Consent, Uuid::new_v5(&subject.0, client_id.as_str().as_bytes()))
}

/// The stream of the provider's signing keys.
pub fn keyring_stream() -> StreamId {
    StreamId::new(Category::Keyring, Uuid::new_v5(&NAMESPACE, b"keyring"))
}

/// The stream of a node's incidents of one day, `YYYY-MM-DD`.
pub fn incident_stream(node: &str, day: &str) -> StreamId {
    StreamId::new(Category::Incident, Uuid::new_v5(&NAMESPACE, format!("{node}/{day}").as_bytes()))
}
