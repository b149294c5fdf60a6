//! Key-encryption keys in a file: one line `epoch:key` each, the last one wraps.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Prk, Salt},
};
use zeroize::Zeroizing;

use crate::{
    ports::key_wrap::{DerivedKey, KeyWrap, KeyWrapError, Purpose},
    runtime::entropy::Entropy,
};

const KEY_BYTES: usize = 32;
const SALT_BYTES: usize = 12;
/// Format, epoch, salt, nonce; then ciphertext and tag.
const HEADER_BYTES: usize = 2 + SALT_BYTES + NONCE_LEN;
const FORMAT: u8 = 1;
const LARGEST_FILE: u16 = u16::MAX;
const NOTICE: &str = "\
# Key-encryption keys of Moneta, one line `epoch:key` each; the last one wraps, all of them unwrap.
# Whoever reads this file and the vault reads every secret and all personal data in the log; whoever
# loses it loses them. Keep a copy apart from the backups of the data. Never remove the first line:
# user names are indexed under it.
";

/// [`KeyWrap`] with AES-256-GCM under the keys of a file.
///
/// Each wrapping has its own key, derived from the epoch's key and a random salt, besides its random
/// nonce: one key-encryption key then serves any number of data keys (a bare random nonce is good for
/// 2^32, NIST SP 800-38D §8.3).
pub struct FileKeyWrap {
    /// By age; never empty.
    epochs: Vec<Epoch>,
    entropy: Entropy,
}

struct Epoch {
    number: u8,
    prk: Prk,
}

impl FileKeyWrap {
    /// Reads the keys at `path`. The file must be closed to everybody but its owner.
    pub fn open(path: &Path, entropy: Entropy) -> Result<Self, KeyFileError> {
        let text = read(path)?;
        let epochs = parse(&text).map_err(|problem| problem.at(path))?;
        Ok(Self { epochs, entropy })
    }

    /// Writes a new key to `path`, unless a file is there by now, and reads what is there. For the first
    /// start only: where a vault exists already, a new key opens nothing in it.
    pub fn create(path: &Path, entropy: Entropy) -> Result<Self, KeyFileError> {
        write_new(path, &entropy).map_err(|source| KeyFileError::io("created", path, source))?;
        Self::open(path, entropy)
    }

    fn newest(&self) -> &Epoch {
        self.epochs.last().expect("`parse` refuses a file without a key")
    }
}

impl KeyWrap for FileKeyWrap {
    fn wrap(&self, secret: &[u8], purpose: Purpose<'_>) -> Vec<u8> {
        let epoch = self.newest();
        let mut header = [0; HEADER_BYTES];
        header[0] = FORMAT;
        header[1] = epoch.number;
        header[2..].copy_from_slice(&self.entropy.bytes::<{ SALT_BYTES + NONCE_LEN }>());
        let (key, nonce) = epoch.key_and_nonce(&header);

        let mut body = Zeroizing::new(secret.to_vec());
        let tag = key
            .seal_in_place_separate_tag(nonce, associated(&header, purpose), &mut body)
            .expect("AES-GCM takes up to 64 GiB");
        [&header, body.as_slice(), tag.as_ref()].concat()
    }

    fn unwrap(
        &self,
        wrapped: &[u8],
        purpose: Purpose<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, KeyWrapError> {
        let (header, body) =
            wrapped.split_first_chunk::<HEADER_BYTES>().ok_or(KeyWrapError::Malformed)?;
        if header[0] != FORMAT {
            return Err(KeyWrapError::Malformed);
        }
        let epoch = self.epochs.iter().find(|epoch| epoch.number == header[1]);
        let epoch = epoch.ok_or(KeyWrapError::UnknownEpoch(header[1]))?;
        let (key, nonce) = epoch.key_and_nonce(header);

        let mut body = Zeroizing::new(body.to_vec());
        let length = key
            .open_in_place(nonce, associated(header, purpose), &mut body)
            .map_err(|_| KeyWrapError::NotAuthentic)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    fn derive(&self, label: &str) -> DerivedKey {
        self.epochs[0].derive(label)
    }

    fn derive_each(&self, label: &str) -> Vec<(u8, DerivedKey)> {
        self.epochs.iter().map(|epoch| (epoch.number, epoch.derive(label))).collect()
    }
}

impl Epoch {
    fn new(number: u8, key: &[u8; KEY_BYTES]) -> Self {
        Self { number, prk: Salt::new(HKDF_SHA256, b"moneta key-encryption key").extract(key) }
    }

    fn key_and_nonce(&self, header: &[u8; HEADER_BYTES]) -> (LessSafeKey, Nonce) {
        let (salt, nonce) = header[2..].split_at(SALT_BYTES);
        let info = [b"wrap".as_slice(), salt];
        let key = self.prk.expand(&info, &AES_256_GCM).expect("HKDF gives up to 8160 bytes");
        let nonce = Nonce::try_assume_unique_for_key(nonce).expect("the header has room for it");
        (LessSafeKey::new(UnboundKey::from(key)), nonce)
    }

    fn derive(&self, label: &str) -> DerivedKey {
        let mut key = DerivedKey::default();
        self.prk
            .expand(&[b"derive", label.as_bytes()], HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut *key))
            .expect("HKDF-SHA256 gives 32 bytes");
        key
    }
}

fn associated(header: &[u8; HEADER_BYTES], purpose: Purpose<'_>) -> Aad<Vec<u8>> {
    Aad::from(match purpose {
        Purpose::DataKey(owner) => [header, b"k".as_slice(), &owner.to_bytes()].concat(),
        Purpose::Secret(name) => [header, b"s".as_slice(), name.as_bytes()].concat(),
    })
}

fn read(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let failed = |source| KeyFileError::io("read", path, source);
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed { path: path.to_owned(), mode: mode & 0o777 });
    }
    // Room for the whole text at once: growing would leave copies of keys behind.
    let mut text = Zeroizing::new(String::with_capacity(LARGEST_FILE.into()));
    file.take(LARGEST_FILE.into()).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// Complete or not there at all, also after a power cut: written beside and then linked to its name.
fn write_new(path: &Path, entropy: &Entropy) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", URL_SAFE_NO_PAD.encode(entropy.bytes::<9>())));
    let beside = PathBuf::from(beside);

    let key = Zeroizing::new(entropy.bytes::<KEY_BYTES>());
    let line = Zeroizing::new(format!("1:{}\n", &*Zeroizing::new(URL_SAFE_NO_PAD.encode(*key))));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    let written = file
        .write_all(NOTICE.as_bytes())
        .and_then(|()| file.write_all(line.as_bytes()))
        .and_then(|()| file.sync_all())
        .and_then(|()| match fs::hard_link(&beside, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
    fs::remove_file(&beside)?;
    written?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

fn parse(text: &str) -> Result<Vec<Epoch>, Problem> {
    let mut epochs: Vec<Epoch> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let number = index + 1;
        let epoch = parse_line(line).ok_or(Problem::Line(number))?;
        if epochs.last().is_some_and(|before| before.number >= epoch.number) {
            return Err(Problem::Order(number));
        }
        epochs.push(epoch);
    }
    if epochs.is_empty() { Err(Problem::Empty) } else { Ok(epochs) }
}

fn parse_line(line: &str) -> Option<Epoch> {
    let (number, key) = line.split_once(':')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    match URL_SAFE_NO_PAD.decode_slice(key, &mut *bytes) {
        Ok(KEY_BYTES) => Some(Epoch::new(number, &bytes)),
        _ => None,
    }
}

enum Problem {
    Line(usize),
    Order(usize),
    Empty,
}

impl Problem {
    fn at(self, path: &Path) -> KeyFileError {
        let path = path.to_owned();
        match self {
            Self::Line(line) => KeyFileError::Malformed { path, line },
            Self::Order(line) => KeyFileError::OutOfOrder { path, line },
            Self::Empty => KeyFileError::Empty { path },
        }
    }
}

/// Why the key file cannot be used. Says where, never what stands there.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message names each field")]
pub enum KeyFileError {
    /// The system refused.
    #[error("the key file {} cannot be {doing}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    /// Others than its owner may read or write it.
    #[error("the key file {} is open to others (mode {mode:o}); run `chmod 600` on it", path.display())]
    Exposed { path: PathBuf, mode: u32 },
    /// A line cannot be read.
    #[error("line {line} of the key file {} is not `epoch:key` with an epoch from 1 to 255 and 32 bytes in unpadded base64url", path.display())]
    Malformed { path: PathBuf, line: usize },
    /// An epoch is not above the one before it.
    #[error("line {line} of the key file {}: epochs must rise from line to line", path.display())]
    OutOfOrder { path: PathBuf, line: usize },
    /// There is no key in it.
    #[error("the key file {} holds no key", path.display())]
    Empty { path: PathBuf },
}

impl KeyFileError {
    fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source }
    }
}

#[cfg(test)]
mod tests;
