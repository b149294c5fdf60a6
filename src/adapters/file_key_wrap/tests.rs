use moneta_events::{Category, StreamId};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const OWNER: StreamId = StreamId::new(Category::Subject, Uuid::from_u128(7));
const OTHER: StreamId = StreamId::new(Category::Subject, Uuid::from_u128(8));

fn file(directory: &Path, text: &str, mode: u32) -> PathBuf {
    let path = directory.join("kek");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn line(epoch: u8, byte: u8) -> String {
    format!("{epoch}:{}\n", URL_SAFE_NO_PAD.encode([byte; 32]))
}

fn with(text: &str) -> Result<FileKeyWrap, KeyFileError> {
    let directory = tempfile::tempdir().unwrap();
    FileKeyWrap::open(&file(directory.path(), text, 0o600), Entropy::default())
}

#[test]
fn a_new_file_is_for_its_owner_only_and_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kek");
    let first = FileKeyWrap::create(&path, Entropy::default()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");

    let wrapped = first.wrap(b"secret", Purpose::DataKey(OWNER));
    for again in [
        FileKeyWrap::open(&path, Entropy::default()).unwrap(),
        FileKeyWrap::create(&path, Entropy::default()).unwrap(),
    ] {
        assert_eq!(*again.unwrap(&wrapped, Purpose::DataKey(OWNER)).unwrap(), b"secret");
    }
}

#[test]
fn a_file_open_to_others_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for mode in [0o640, 0o604, 0o620, 0o666, 0o610] {
        let path = file(directory.path(), &line(1, 1), mode);
        let error = FileKeyWrap::open(&path, Entropy::default()).err().unwrap();
        assert!(matches!(error, KeyFileError::Exposed { mode: found, .. } if found == mode));
    }
    let path = file(directory.path(), &line(1, 1), 0o400);
    assert!(FileKeyWrap::open(&path, Entropy::default()).is_ok());
}

#[test]
fn what_is_not_a_key_file_is_refused_without_showing_it() {
    let short = format!("1:{}", URL_SAFE_NO_PAD.encode([1; 31]));
    let padded = format!("1:{}=", URL_SAFE_NO_PAD.encode([1; 32]));
    let zero = line(0, 1);
    for text in ["1", "x:AAAA", "256:AAAA", short.as_str(), padded.as_str(), zero.as_str()] {
        let error = with(&format!("# keys\n\n{text}")).err().unwrap();
        assert!(matches!(error, KeyFileError::Malformed { line: 3, .. }), "{text}: {error}");
        assert!(!error.to_string().contains("AAAA"));
    }
    assert!(matches!(with("# nothing\n"), Err(KeyFileError::Empty { .. })));
    for text in [line(2, 1) + &*line(1, 2), line(1, 1) + &*line(1, 2)] {
        assert!(matches!(with(&text), Err(KeyFileError::OutOfOrder { line: 2, .. })));
    }
    let missing = FileKeyWrap::open(Path::new("does/not/exist"), Entropy::default());
    assert!(matches!(missing, Err(KeyFileError::Io { doing: "read", .. })));
}

#[test]
fn the_last_epoch_wraps_and_all_unwrap() {
    let old = with(&line(1, 1)).unwrap();
    let both = with(&(line(1, 1) + &*line(4, 2))).unwrap();
    let new = with(&line(4, 2)).unwrap();
    let purpose = Purpose::Secret("signing");

    let by_old = old.wrap(b"pkcs8", purpose);
    let by_both = both.wrap(b"pkcs8", purpose);
    assert_eq!(*both.unwrap(&by_old, purpose).unwrap(), b"pkcs8");
    assert_eq!(*new.unwrap(&by_both, purpose).unwrap(), b"pkcs8");
    assert_eq!(old.unwrap(&by_both, purpose), Err(KeyWrapError::UnknownEpoch(4)));
    assert_eq!(new.unwrap(&by_old, purpose), Err(KeyWrapError::UnknownEpoch(1)));
    let impostor = with(&line(1, 9)).unwrap();
    assert_eq!(impostor.unwrap(&by_old, purpose), Err(KeyWrapError::NotAuthentic));
}

#[test]
fn derived_keys_differ_by_label_and_outlive_a_new_epoch() {
    let old = with(&line(1, 1)).unwrap();
    let both = with(&(line(1, 1) + &*line(2, 2))).unwrap();
    assert_eq!(old.derive("handles"), both.derive("handles"));
    assert_ne!(old.derive("handles"), old.derive("usernames"));
    let each = both.derive_each("handles");
    assert_eq!(each[0], (1, old.derive("handles")));
    assert_eq!(each[1], (2, with(&line(2, 2)).unwrap().derive("handles")));
    assert_ne!(each[0].1, each[1].1);
}

#[test]
fn a_secret_is_bound_to_its_purpose_and_never_wrapped_alike_twice() {
    let keys = with(&line(1, 1)).unwrap();
    let wrapped = keys.wrap(b"secret", Purpose::DataKey(OWNER));
    assert_ne!(wrapped, keys.wrap(b"secret", Purpose::DataKey(OWNER)));
    for purpose in [Purpose::DataKey(OTHER), Purpose::Secret("secret")] {
        assert_eq!(keys.unwrap(&wrapped, purpose), Err(KeyWrapError::NotAuthentic));
    }
}

proptest! {
    #[test]
    fn any_change_of_a_wrapped_secret_is_refused(
        secret in prop::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let keys = with(&line(1, 1)).unwrap();
        let purpose = Purpose::DataKey(OWNER);
        let wrapped = keys.wrap(&secret, purpose);
        prop_assert_eq!(&*keys.unwrap(&wrapped, purpose).unwrap(), &secret);

        let mut changed = wrapped.clone();
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        prop_assert!(keys.unwrap(&changed, purpose).is_err());
        prop_assert!(keys.unwrap(&wrapped[..at], purpose).is_err());
    }
}
