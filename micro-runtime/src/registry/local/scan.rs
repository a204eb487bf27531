//! Reads the folder: who is alive, and what the dead have left behind.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::announcement::{self, Record};
use super::file_name::{LOCK, NODE, UNFINISHED};
use crate::registry::Node;

/// A node that is alive.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) service: Arc<str>,
    pub(super) node: Arc<Node>,
}

/// What was read before: what a file says never changes, so each is read once.
#[derive(Debug, Default)]
pub(super) struct Scan {
    read: HashMap<String, Option<Known>>,
}

impl Scan {
    /// The nodes that are alive, of those whose file names are `wanted`; removes the dead among them.
    pub(super) fn live(
        &mut self,
        folder: &Path,
        wanted: impl Fn(&str) -> bool,
    ) -> io::Result<Vec<Known>> {
        let names = node_names(folder)?;
        let names: HashSet<_> = names.into_iter().filter(|name| wanted(name)).collect();
        self.read.retain(|name, _| names.contains(name));
        let mut alive = BTreeMap::new();
        for name in names {
            if announcement::is_dead(folder, &name) {
                announcement::remove(folder, &name);
            } else if let Some(known) = self.read(folder, &name) {
                alive.insert(name, known);
            }
        }
        Ok(latest(alive))
    }

    fn read(&mut self, folder: &Path, name: &str) -> Option<Known> {
        if let Some(known) = self.read.get(name) {
            return known.clone();
        }
        let known = match Record::read(&folder.join(format!("{name}{NODE}"))) {
            Ok(Record { service, node }) => {
                Some(Known { service: service.into(), node: Arc::new(node) })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(%error, file = name, "the local registry cannot read a node's file");
                None
            }
        };
        self.read.insert(name.to_owned(), known.clone());
        known
    }
}

/// One announcement for each node: the latest, where a process has not yet ended the one before.
fn latest(alive: BTreeMap<String, Known>) -> Vec<Known> {
    let by_node: BTreeMap<_, _> = alive
        .into_values()
        .map(|known| ((known.service.clone(), known.node.id.clone()), known))
        .collect();
    by_node.into_values().collect()
}

/// The names of all announcements, dead or alive, without their ending.
pub(super) fn node_names(folder: &Path) -> io::Result<Vec<String>> {
    let names = file_names(folder)?;
    Ok(names.iter().filter_map(|name| name.strip_suffix(NODE)).map(str::to_owned).collect())
}

/// Removes the files of dead processes, of all services.
pub(super) fn clean(folder: &Path) -> io::Result<()> {
    for file in file_names(folder)? {
        if let Some(name) = name_of_leftover(folder, &file)
            && announcement::is_dead(folder, name)
        {
            announcement::remove(folder, name);
        }
    }
    Ok(())
}

/// The announcement to which a file belongs; `None` while that may not be complete yet.
fn name_of_leftover<'a>(folder: &Path, file: &'a str) -> Option<&'a str> {
    if let Some(name) = file.strip_suffix(NODE) {
        return Some(name);
    }
    let name = file.strip_suffix(LOCK).or(file.strip_suffix(UNFINISHED))?;
    is_old(&folder.join(file)).then_some(name)
}

/// Whether nobody can be in the middle of announcing with this file.
fn is_old(path: &Path) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|about| about.modified());
    let age = modified.ok().and_then(|modified| modified.elapsed().ok());
    age.is_some_and(|age| age > Duration::from_secs(60))
}

fn file_names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        if let Ok(name) = entry?.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}
