//! The part of CBOR that authenticators write (CTAP 2.1 §8): definite lengths, little depth, no key twice.

use minicbor::{Decoder, data::Type};
use moneta_events::Reason;

/// Entries of a map or array.
const ENTRIES: u64 = 32;
/// Maps and arrays inside one another.
const DEPTH: u32 = 4;

/// Whatever is wrong with it, it is not what an authenticator writes.
pub(super) fn bad<E>(_: E) -> Reason {
    Reason::PasskeyMalformed
}

/// Begins a map; answers how many entries it has.
pub(super) fn map(decoder: &mut Decoder<'_>) -> Result<u64, Reason> {
    length(decoder.map().map_err(bad)?)
}

/// Passes over the next value. (The decoder's own way takes any depth and open lengths.)
pub(super) fn skip(decoder: &mut Decoder<'_>) -> Result<(), Reason> {
    pass(decoder, DEPTH)
}

fn pass(decoder: &mut Decoder<'_>, depth: u32) -> Result<(), Reason> {
    let deeper = || depth.checked_sub(1).ok_or(Reason::PasskeyMalformed);
    match decoder.datatype().map_err(bad)? {
        Type::Map => {
            let depth = deeper()?;
            for _ in 0..map(decoder)? {
                pass(decoder, depth)?;
                pass(decoder, depth)?;
            }
            Ok(())
        }
        Type::Array => {
            let depth = deeper()?;
            for _ in 0..length(decoder.array().map_err(bad)?)? {
                pass(decoder, depth)?;
            }
            Ok(())
        }
        Type::Bytes => decoder.bytes().map(drop).map_err(bad),
        Type::String => decoder.str().map(drop).map_err(bad),
        Type::Bool => decoder.bool().map(drop).map_err(bad),
        Type::Null => decoder.null().map_err(bad),
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64
        | Type::Int => decoder.int().map(drop).map_err(bad),
        _ => Err(Reason::PasskeyMalformed),
    }
}

fn length(said: Option<u64>) -> Result<u64, Reason> {
    said.filter(|entries| *entries <= ENTRIES).ok_or(Reason::PasskeyMalformed)
}
