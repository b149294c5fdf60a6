//! Which person gives an order, as the operating system knows them.

use std::{io, os::unix::net};

use moneta_events::Actor;
use tokio::net::UnixStream;

/// The user of this process. What the kernel says about the other end of a socket pair is about ourselves.
pub(super) fn own_uid() -> io::Result<u32> {
    let (one, _other) = net::UnixStream::pair()?;
    one.set_nonblocking(true)?;
    Ok(UnixStream::from_std(one)?.peer_cred()?.uid())
}

/// How events name the user of that number.
pub(super) fn operator(uid: u32) -> Actor {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    match name_in(&accounts, uid) {
        Some(name) => Actor::operator(&format!("{name} (uid {uid})")),
        None => Actor::operator(&format!("uid {uid}")),
    }
}

fn name_in(accounts: &str, uid: u32) -> Option<&str> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_number() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n";
        assert_eq!(name_in(accounts, 1000), Some("alice"));
        assert_eq!(name_in(accounts, 7), None);
    }
}
