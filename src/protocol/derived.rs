//! Secrets that can be made again: whoever is to be told one after a restart must be told the same one,
//! and no secret is ever stored. Each is a MAC over what it opens, under a key of this deployment.

use std::fmt;

use moneta_events::StreamId;
use ring::hmac;

use super::handle::HandleKind;

/// Makes the secrets of handles that are sent more than once.
pub struct Derived(hmac::Key);

impl Derived {
    /// With a key that stays as it is for as long as the deployment lasts.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The secret of the handle of `kind` for a stream and generation: 256 bits.
    pub fn secret(&self, kind: HandleKind, stream: StreamId, generation: u32) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&[kind as u8]);
        context.update(&stream.to_bytes());
        context.update(&generation.to_be_bytes());
        let mut secret = [0; 32];
        secret.copy_from_slice(context.sign().as_ref());
        secret
    }
}

/// The key is left out.
impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Derived")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use moneta_events::Category;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_handle_of_each_deployment_has_its_own_secret_and_always_the_same() {
        let mut all = HashSet::new();
        for key in [[1; 32], [2; 32]] {
            let derived = Derived::new(&key);
            for kind in HandleKind::ALL {
                for stream in [7, 8].map(Uuid::from_u128) {
                    let stream = StreamId::new(Category::Backchannel, stream);
                    for generation in [0, 1] {
                        let secret = derived.secret(kind, stream, generation);
                        assert!(all.insert(secret));
                        assert_eq!(secret, Derived::new(&key).secret(kind, stream, generation));
                    }
                }
            }
        }
    }
}
