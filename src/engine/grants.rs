//! The grants that wait for somebody, each kind with its own actors: what they have in common is asked here,
//! by the name of the stream alone.

use std::sync::Arc;

use moneta_events::{Category, Digest, Reason, StreamId, Timestamp, token::RevocationCause};
use uuid::Uuid;

use super::{
    directory::{Arbiter, Bounds, Directory},
    execute::Ledger,
    order::{Context, Failure, Order},
};
use crate::domain::{
    approval,
    backchannel::{self, Backchannel},
    device::{self, Device},
    direct::{self, Direct},
    tokens::Refresh,
    transaction::{Step, Transaction},
};

/// The actors of every kind of grant, and the ledger for grants without one.
#[derive(Clone)]
pub struct Grants {
    /// Browser authorizations.
    pub transactions: Arc<Directory<Transaction>>,
    /// Backchannel requests (CIBA Core 1.0).
    pub backchannel: Arc<Directory<Backchannel>>,
    /// Device authorization requests (RFC 8628).
    pub devices: Arc<Directory<Device>>,
    /// For grants without an actor.
    pub ledger: Ledger,
}

/// What any grant can be told.
enum Command {
    Refresh(Box<Refresh>),
    Revoke { only: Option<Digest>, cause: RevocationCause },
    Expire(Timestamp),
}

impl Command {
    fn of_approval(self) -> approval::Step {
        match self {
            Self::Refresh(refresh) => approval::Step::Refresh(refresh),
            Self::Revoke { only, cause } => approval::Step::Revoke { only, cause },
            Self::Expire(now) => approval::Step::Expire(now),
        }
    }

    fn of_transaction(self) -> Step {
        match self {
            Self::Refresh(refresh) => Step::Refresh(refresh),
            Self::Revoke { only, cause } => Step::Revoke { only, cause },
            Self::Expire(now) => Step::Expire(now),
        }
    }
}

impl Grants {
    /// Actors of every kind on these arbiters, each kind within `bounds`.
    pub fn new(ledger: Ledger, arbiters: &[Arbiter], bounds: Bounds) -> Self {
        Self {
            transactions: Directory::new(ledger.clone(), arbiters, bounds),
            backchannel: Directory::new(ledger.clone(), arbiters, bounds),
            devices: Directory::new(ledger.clone(), arbiters, bounds),
            ledger,
        }
    }

    /// Fetches the tokens of a request that was decided on a device apart; answers the position of what was
    /// recorded.
    pub async fn redeem(
        &self,
        stream: StreamId,
        redeem: approval::Redeem,
        id: Uuid,
        context: Context,
    ) -> Result<Option<u64>, Failure> {
        let step = approval::Step::Redeem(Box::new(redeem));
        match stream.category {
            Category::Backchannel => self.on_backchannel(stream, step, id, context).await,
            Category::Device => self.on_device(stream, step, id, context).await,
            _ => Err(Failure::Refused(Reason::OutOfOrder)),
        }
    }

    /// Rotates the refresh token of a grant; answers the position of what was recorded.
    pub async fn refresh(
        &self,
        stream: StreamId,
        refresh: Refresh,
        id: Uuid,
        context: Context,
    ) -> Result<Option<u64>, Failure> {
        self.tell(stream, Command::Refresh(Box::new(refresh)), id, context).await
    }

    /// Revokes one access token of a grant, or with `None` all of its tokens.
    pub async fn revoke(
        &self,
        stream: StreamId,
        (only, cause): (Option<Digest>, RevocationCause),
        id: Uuid,
        context: Context,
    ) -> Result<Option<u64>, Failure> {
        self.tell(stream, Command::Revoke { only, cause }, id, context).await
    }

    /// Gives a grant its terminal event if its time is over; answers its position.
    pub async fn expire(
        &self,
        stream: StreamId,
        now: Timestamp,
        id: Uuid,
        context: Context,
    ) -> Result<Option<u64>, Failure> {
        self.tell(stream, Command::Expire(now), id, context).await
    }

    /// Grants with a live actor.
    pub fn live(&self) -> usize {
        self.transactions.live() + self.backchannel.live() + self.devices.live()
    }

    async fn tell(
        &self,
        stream: StreamId,
        command: Command,
        id: Uuid,
        context: Context,
    ) -> Result<Option<u64>, Failure> {
        match stream.category {
            Category::Transaction => {
                let order = Order { id, command: vec![command.of_transaction()], context };
                Ok(self.transactions.tell(stream, order).await?.position)
            }
            Category::Backchannel => {
                self.on_backchannel(stream, command.of_approval(), id, context).await
            }
            Category::Device => self.on_device(stream, command.of_approval(), id, context).await,
            Category::Direct => {
                let Command::Revoke { only, cause } = command else {
                    return Err(Failure::Refused(Reason::OutOfOrder));
                };
                let command = direct::Command::Revoke { only, cause };
                let order = Order::<Direct> { id, command, context };
                Ok(self.ledger.tell(stream, &order).await?.position)
            }
            _ => Err(Failure::Refused(Reason::OutOfOrder)),
        }
    }

    async fn on_backchannel(
        &self,
        stream: StreamId,
        step: approval::Step,
        id: Uuid,
        context: Context,
    ) -> Result<Option<u64>, Failure> {
        let order = Order { id, command: backchannel::Command::Approval(step), context };
        Ok(self.backchannel.tell(stream, order).await?.position)
    }

    async fn on_device(
        &self,
        stream: StreamId,
        step: approval::Step,
        id: Uuid,
        context: Context,
    ) -> Result<Option<u64>, Failure> {
        let order = Order { id, command: device::Command::Approval(step), context };
        Ok(self.devices.tell(stream, order).await?.position)
    }
}
