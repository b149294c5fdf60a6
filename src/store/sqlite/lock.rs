//! One process writes a log.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use super::{OpenError, OpenProblem};

/// The right to write the log of one directory, held until dropped or until the process dies.
#[derive(Debug)]
pub(super) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the right, or says that somebody else has it. The file stays behind when the right is
    /// given back: removing it would let two processes lock two files of one name.
    pub(super) fn acquire(path: &Path) -> Result<Self, OpenError> {
        let failed = |problem| OpenError { path: path.to_owned(), problem };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|cause| failed(OpenProblem::File(cause)))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(failed(OpenProblem::InUse)),
            Err(TryLockError::Error(cause)) => Err(failed(OpenProblem::File(cause))),
        }
    }
}
