//! Codes, tokens and cookies: texts that name their own stream, so that no lookup table stands between a
//! secret and its record, and that nobody can forge, so that garbage never reaches the store.
//!
//! ```text
//! text    = prefix, base64url(payload)                 the prefix names the kind: `mc_`, `ma_`, …
//! payload = kind 1, key epoch 1, stream 17, generation 4, position 7, secret 32, tag 16 (bytes)
//! tag     = first 16 bytes of HMAC-SHA256(key of the epoch, payload without tag)
//! digest  = SHA-256(kind, stream, generation, secret): all that is ever stored
//! ```
//!
//! 78 bytes are 104 characters without a bit to spare, so a payload has exactly one spelling.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::{Digest, StreamId};
use ring::hmac;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

const STREAM: usize = 2;
const GENERATION: usize = STREAM + 17;
const POSITION: usize = GENERATION + 4;
const SECRET: usize = POSITION + 7;
const TAG: usize = SECRET + 32;
const PAYLOAD: usize = TAG + 16;
const PREFIX: usize = 3;

/// Characters of every handle.
pub const LENGTH: usize = PREFIX + PAYLOAD / 3 * 4;

/// The largest log position a handle can carry.
pub const MAX_POSITION: u64 = (1 << 56) - 1;

/// What a handle is good for. The number is part of every digest on record; never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum HandleKind {
    /// An authorization code (RFC 6749 §4.1.2).
    Code = 1,
    /// An opaque access token (RFC 6749 §1.4).
    AccessToken = 2,
    /// A refresh token (RFC 6749 §1.5).
    RefreshToken = 3,
    /// The pages of a running transaction.
    Interaction = 4,
    /// The session cookie.
    Session = 5,
    /// The cookie that binds a transaction to one browser.
    Browser = 6,
    /// A `device_code` (RFC 8628 §3.2).
    DeviceCode = 7,
    /// An `auth_req_id` (CIBA Core 1.0 §7.3).
    AuthReqId = 8,
}

impl HandleKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Code,
        Self::AccessToken,
        Self::RefreshToken,
        Self::Interaction,
        Self::Session,
        Self::Browser,
        Self::DeviceCode,
        Self::AuthReqId,
    ];

    /// How its handles begin.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Code => "mc_",
            Self::AccessToken => "ma_",
            Self::RefreshToken => "mr_",
            Self::Interaction => "mi_",
            Self::Session => "ms_",
            Self::Browser => "mb_",
            Self::DeviceCode => "md_",
            Self::AuthReqId => "mq_",
        }
    }
}

/// A genuine handle: one of ours, unchanged, of the kind asked for. Whether it is still good is on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Where its record is.
    pub stream: StreamId,
    /// The generation of the token family it belongs to, 0 where there are none.
    pub generation: u32,
    /// The log position its record had reached when it was issued, 0 where nobody needs it.
    pub position: u64,
    /// What the record knows it by.
    pub digest: Digest,
}

/// Makes and opens handles. Parse the keys once and share it.
#[derive(Debug)]
pub struct Handles {
    /// By epoch; the last one seals.
    keys: Vec<(u8, hmac::Key)>,
}

impl Handles {
    /// With the key of each epoch; the last one seals, all of them open.
    ///
    /// # Panics
    /// Without any key.
    pub fn new(keys: &[(u8, Zeroizing<[u8; 32]>)]) -> Self {
        assert!(!keys.is_empty(), "handles need a key");
        let keys =
            keys.iter().map(|(epoch, key)| (*epoch, hmac::Key::new(hmac::HMAC_SHA256, &**key)));
        Self { keys: keys.collect() }
    }

    /// The text for `secret`. `position` is not part of the digest, so it may be learned after the digest
    /// was recorded.
    pub fn seal(
        &self,
        kind: HandleKind,
        stream: StreamId,
        generation: u32,
        position: u64,
        secret: &[u8; 32],
    ) -> String {
        let newest = self.keys.last().expect("`new` refuses to go without a key");
        write(newest, kind, (stream, generation, position), secret)
    }

    /// The text for a `secret` that is told more than once, the same one each time: with the oldest key, so
    /// that a new one leaves it as it is.
    pub fn seal_lasting(&self, kind: HandleKind, stream: StreamId, secret: &[u8; 32]) -> String {
        let oldest = self.keys.first().expect("`new` refuses to go without a key");
        write(oldest, kind, (stream, 0, 0), secret)
    }

    /// Opens a handle of `kind`; `None` for anything that is not exactly one of ours.
    pub fn open(&self, kind: HandleKind, text: &str) -> Option<Opened> {
        if text.len() != LENGTH {
            return None;
        }
        let mut payload = Zeroizing::new([0; PAYLOAD]);
        let encoded = text.strip_prefix(kind.prefix())?;
        if URL_SAFE_NO_PAD.decode_slice(encoded, &mut *payload) != Ok(PAYLOAD) {
            return None;
        }
        let (_, key) = self.keys.iter().find(|(epoch, _)| *epoch == payload[1])?;
        let tag = hmac::sign(key, &payload[..TAG]);
        let genuine = tag.as_ref()[..PAYLOAD - TAG].ct_eq(&payload[TAG..]);
        if !bool::from(genuine) || payload[0] != kind as u8 {
            return None;
        }
        let stream = StreamId::from_bytes(&payload[STREAM..GENERATION])?;
        let generation = u32::from_be_bytes(payload[GENERATION..POSITION].try_into().ok()?);
        let mut position = [0; 8];
        position[1..].copy_from_slice(&payload[POSITION..SECRET]);
        let position = u64::from_be_bytes(position);
        let secret = payload[SECRET..TAG].try_into().ok()?;
        Some(Opened {
            stream,
            generation,
            position,
            digest: digest_of(kind, stream, generation, secret),
        })
    }
}

/// Writes a handle with one key.
fn write(
    (epoch, key): &(u8, hmac::Key),
    kind: HandleKind,
    (stream, generation, position): (StreamId, u32, u64),
    secret: &[u8; 32],
) -> String {
    let mut payload = Zeroizing::new([0; PAYLOAD]);
    payload[0] = kind as u8;
    payload[1] = *epoch;
    payload[STREAM..GENERATION].copy_from_slice(&stream.to_bytes());
    payload[GENERATION..POSITION].copy_from_slice(&generation.to_be_bytes());
    payload[POSITION..SECRET].copy_from_slice(&position.min(MAX_POSITION).to_be_bytes()[1..]);
    payload[SECRET..TAG].copy_from_slice(secret);
    let tag = hmac::sign(key, &payload[..TAG]);
    payload[TAG..].copy_from_slice(&tag.as_ref()[..PAYLOAD - TAG]);

    let mut text = String::with_capacity(LENGTH);
    text.push_str(kind.prefix());
    URL_SAFE_NO_PAD.encode_string(*payload, &mut text);
    text
}

/// What the record of a handle holds. The kind is in it, so the digest of one can never serve another.
pub fn digest_of(kind: HandleKind, stream: StreamId, generation: u32, secret: &[u8; 32]) -> Digest {
    Digest::of(&[&[kind as u8], &stream.to_bytes(), &generation.to_be_bytes(), secret])
}

#[cfg(test)]
mod tests {
    use moneta_events::Category;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const STREAM_ID: StreamId = StreamId::new(Category::Transaction, Uuid::from_u128(7));

    fn handles(keys: &[(u8, u8)]) -> Handles {
        let keys: Vec<_> =
            keys.iter().map(|(epoch, key)| (*epoch, Zeroizing::new([*key; 32]))).collect();
        Handles::new(&keys)
    }

    fn kinds() -> impl Strategy<Value = HandleKind> {
        prop::sample::select(HandleKind::ALL.to_vec())
    }

    fn streams() -> impl Strategy<Value = StreamId> {
        (prop::sample::select(Category::ALL.to_vec()), any::<u128>())
            .prop_map(|(category, uuid)| StreamId::new(category, Uuid::from_u128(uuid)))
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_as_it_was(
            kind in kinds(),
            stream in streams(),
            generation in any::<u32>(),
            position in 0..=MAX_POSITION,
            secret in any::<[u8; 32]>(),
        ) {
            let handles = handles(&[(1, 1)]);
            let text = handles.seal(kind, stream, generation, position, &secret);
            let digest = digest_of(kind, stream, generation, &secret);
            prop_assert_eq!(handles.open(kind, &text), Some(Opened { stream, generation, position, digest }));
            prop_assert_eq!(text.len(), LENGTH);
            prop_assert_eq!(text.capacity(), LENGTH);
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
            for other in HandleKind::ALL.into_iter().filter(|other| *other != kind) {
                prop_assert_eq!(handles.open(other, &text), None);
                let relabelled = text.replacen(kind.prefix(), other.prefix(), 1);
                prop_assert_eq!(handles.open(other, &relabelled), None);
                prop_assert_ne!(digest_of(other, stream, generation, &secret), digest);
            }
        }

        #[test]
        fn whatever_is_made_up_is_refused(kind in kinds(), text in "\\PC*", tail in "[A-Za-z0-9_-]{104}") {
            let handles = handles(&[(1, 1)]);
            prop_assert_eq!(handles.open(kind, &text), None);
            prop_assert_eq!(handles.open(kind, &format!("{}{text}", kind.prefix())), None);
            prop_assert_eq!(handles.open(kind, &format!("{}{tail}", kind.prefix())), None);
        }

        #[test]
        fn two_changes_are_refused_like_one(at in prop::array::uniform2(PREFIX..LENGTH), to in "[A-Za-z0-9_-]{2}") {
            let handles = handles(&[(1, 1)]);
            let text = handles.seal(HandleKind::Code, STREAM_ID, 0, 0, &[5; 32]);
            let mut changed = text.clone();
            for (at, to) in at.into_iter().zip(to.chars()) {
                changed.replace_range(at..=at, &to.to_string());
            }
            prop_assert_eq!(handles.open(HandleKind::Code, &changed).is_some(), changed == text);
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let handles = handles(&[(0, 1), (1, 1)]);
        for kind in HandleKind::ALL {
            let text = handles.seal(kind, STREAM_ID, 1, 2, &[5; 32]);
            for bit in 0..LENGTH * 8 {
                let mut changed = text.clone().into_bytes();
                changed[bit / 8] ^= 1 << (bit % 8);
                if let Ok(changed) = String::from_utf8(changed) {
                    assert_eq!(handles.open(kind, &changed), None, "{changed}");
                }
            }
            let payload = URL_SAFE_NO_PAD.decode(&text[PREFIX..]).unwrap();
            for bit in 0..PAYLOAD * 8 {
                let mut changed = payload.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                let changed = format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(changed));
                assert_eq!(handles.open(kind, &changed), None, "{changed}");
            }
        }
    }

    #[test]
    fn another_spelling_or_length_is_refused() {
        let handles = handles(&[(1, 1)]);
        let text = handles.seal(HandleKind::RefreshToken, STREAM_ID, 1, 2, &[0xFF; 32]);
        for cut in 1..LENGTH {
            assert_eq!(handles.open(HandleKind::RefreshToken, &text[..cut]), None);
            assert_eq!(handles.open(HandleKind::RefreshToken, &text[cut..]), None);
        }
        for (at, letter) in text.char_indices().filter(|(_, letter)| letter.is_ascii_alphabetic()) {
            let mut flipped = text.clone();
            let other = if letter.is_ascii_lowercase() {
                letter.to_ascii_uppercase()
            } else {
                letter.to_ascii_lowercase()
            };
            flipped.replace_range(at..=at, &other.to_string());
            assert_eq!(handles.open(HandleKind::RefreshToken, &flipped), None);
        }
        let (upper, lower) = (text.to_ascii_uppercase(), text.to_ascii_lowercase());
        assert!(text[PREFIX..].contains('_'), "there is something to spell otherwise");
        let standard = format!("mr_{}", text[PREFIX..].replace('_', "/"));
        for other in [
            upper,
            lower,
            standard,
            format!("{text}="),
            format!("{text}A"),
            format!("{text}\n"),
            format!(" {text}"),
            format!("{}=", &text[..LENGTH - 1]),
            format!("{text}{text}"),
        ] {
            assert_eq!(handles.open(HandleKind::RefreshToken, &other), None, "{other}");
        }
    }

    #[test]
    fn the_last_epoch_seals_and_all_of_them_open() {
        let (old, both, new) = (handles(&[(1, 1)]), handles(&[(1, 1), (2, 2)]), handles(&[(2, 2)]));
        let seal = |handles: &Handles| handles.seal(HandleKind::Code, STREAM_ID, 0, 0, &[5; 32]);
        let opens = |handles: &Handles, text: &str| handles.open(HandleKind::Code, text).is_some();
        assert!(
            opens(&both, &seal(&old)) && opens(&both, &seal(&both)) && opens(&new, &seal(&both))
        );
        assert!(!opens(&new, &seal(&old)) && !opens(&old, &seal(&both)));
        assert!(!opens(&handles(&[(1, 9)]), &seal(&old)), "the number alone opens nothing");
    }

    #[test]
    fn a_position_that_is_too_large_is_cut_and_does_no_other_harm() {
        let handles = handles(&[(1, 1)]);
        let text = handles.seal(HandleKind::AccessToken, STREAM_ID, u32::MAX, u64::MAX, &[5; 32]);
        let opened = handles.open(HandleKind::AccessToken, &text).unwrap();
        assert_eq!((opened.generation, opened.position), (u32::MAX, MAX_POSITION));
    }

    /// Pinned: handles in the hands of clients and digests on record must keep working.
    #[test]
    fn the_format_stays_as_it_is() {
        let text = handles(&[(1, 1)]).seal(HandleKind::Code, STREAM_ID, 3, 4, &[5; 32]);
        assert_eq!(
            text,
            "mc_AQEBAAAAAAAAAAAAAAAAAAAABwAAAAMAAAAAAAAEBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQWN1wHNE_qdcNEGXtr8ui0f"
        );
        let digest = digest_of(HandleKind::Code, STREAM_ID, 3, &[5; 32]);
        assert_eq!(digest.to_string(), "fGvAwJvkEuNE9JwHG-MylFvRmPsaqqiltBFg2MqejWw");
    }
}
