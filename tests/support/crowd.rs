//! Many connections that are open already and send at the same moment.

use std::{net::SocketAddr, sync::Arc};

use tokio::sync::Barrier;

use super::{answer::Answer, wire::Wire};

/// Open connections to one provider.
#[derive(Debug)]
pub struct Crowd {
    address: SocketAddr,
    wires: Vec<Wire>,
}

impl Crowd {
    /// Connects `size` times.
    pub async fn open(address: SocketAddr, size: usize) -> Self {
        let mut wires = Vec::with_capacity(size);
        for _ in 0..size {
            wires.push(Wire::open(address).await.expect("the provider accepts"));
        }
        Self { address, wires }
    }

    /// Sends all messages, each connection its share one after the other, all starting together.
    pub async fn fire(&mut self, messages: Vec<Vec<u8>>) -> Vec<Answer> {
        let size = self.wires.len();
        let mut shares = vec![Vec::new(); size];
        for (at, message) in messages.into_iter().enumerate() {
            shares[at % size].push(message);
        }
        let barrier = Arc::new(Barrier::new(size));
        let address = self.address;
        let runners: Vec<_> = self
            .wires
            .drain(..)
            .zip(shares)
            .map(|(wire, share)| {
                let barrier = Arc::clone(&barrier);
                tokio::spawn(async move {
                    barrier.wait().await;
                    send_all(wire, address, share).await
                })
            })
            .collect();
        let mut answers = Vec::new();
        for runner in runners {
            let (wire, own) = runner.await.expect("a connection does not panic");
            self.wires.push(wire);
            answers.extend(own);
        }
        answers
    }
}

/// A connection that idled too long is opened again; a message that was answered is not sent again.
async fn send_all(mut wire: Wire, address: SocketAddr, share: Vec<Vec<u8>>) -> (Wire, Vec<Answer>) {
    let mut answers = Vec::with_capacity(share.len());
    for message in share {
        let answer = if let Ok(answer) = wire.round_trip(&message).await {
            answer
        } else {
            wire = Wire::open(address).await.expect("the provider accepts");
            wire.round_trip(&message).await.expect("the provider answers")
        };
        answers.push(answer);
    }
    (wire, answers)
}
