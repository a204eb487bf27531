//! One node's files: the lock that shows its process to be alive, and what it says.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file_name::{self, LOCK, NODE, UNFINISHED};
use crate::error::{Error, Result};
use crate::registry::Node;

/// What a node's file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) service: String,
    pub(super) node: Node,
}

impl Record {
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }

    /// # Errors
    /// If others would read something else than what this says.
    fn text(&self) -> Result<Vec<u8>> {
        let text = serde_json::to_vec(self).ok();
        let same =
            |text: &Vec<u8>| serde_json::from_slice::<Self>(text).is_ok_and(|read| read == *self);
        text.filter(same).ok_or_else(|| {
            let Node { id, address, .. } = &self.node;
            Error::invalid_argument(format!(
                "node {id:?} cannot be announced: others could not read its address {address}; \
                 advertise another one"
            ))
        })
    }
}

/// A node's files while this process holds them; they are removed on drop.
#[derive(Debug)]
pub(super) struct Announcement {
    folder: PathBuf,
    name: String,
    /// Closing it, as the system does when the process dies, gives up the lock.
    _lock: File,
}

impl Announcement {
    /// Announces a node; announcements of the same node that came before are ended.
    pub(super) fn new(folder: &super::Folder, record: &Record) -> Result<Self> {
        let text = record.text()?;
        let name = file_name::fresh(&record.service, &record.node.id);
        Self::write(folder.path(), name, &text)
            .map_err(|cause| folder.error("cannot take a node", cause))
    }

    fn write(folder: &Path, name: String, text: &[u8]) -> io::Result<Self> {
        let lock = File::create_new(folder.join(name.clone() + LOCK))?;
        // From here on, a failure removes what was written so far.
        let announcement = Self { folder: folder.to_owned(), name, _lock: lock };
        announcement._lock.try_lock().map_err(|error| match error {
            TryLockError::Error(error) => error,
            TryLockError::WouldBlock => io::Error::other("a new lock is locked already"),
        })?;
        fs::write(announcement.path(UNFINISHED), text)?;
        fs::rename(announcement.path(UNFINISHED), announcement.path(NODE))?;
        Ok(announcement)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the files are still there.
    pub(super) fn stands(&self) -> bool {
        self.path(NODE).exists() && self.path(LOCK).exists()
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}{ending}", self.name))
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        remove(&self.folder, &self.name);
    }
}

/// Removes a node's files, the node first: without its lock a node counts as dead anyway.
pub(super) fn remove(folder: &Path, name: &str) {
    for ending in [NODE, UNFINISHED, LOCK] {
        // Files may be gone already; what cannot be removed now is left to the next scan.
        let _ = fs::remove_file(folder.join(format!("{name}{ending}")));
    }
}

/// Whether the process that made the announcement has lost its lock.
pub(super) fn is_dead(folder: &Path, name: &str) -> bool {
    match File::open(folder.join(format!("{name}{LOCK}"))) {
        Ok(lock) => lock.try_lock_shared().is_ok(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}
