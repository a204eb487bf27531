//! The local registry keeps the rules of all registries, and its own.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use micro_runtime::registry::{
    Health, Lease, LeaseState, LocalRegistry, Node, Registration, Registry, Snapshot,
};
use micro_runtime::testing::registry::{RegistryUnderTest, suite};
use micro_runtime::{Address, Code};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;

struct Local {
    folder: PathBuf,
    away: PathBuf,
}

impl RegistryUnderTest for Local {
    async fn open(&self) -> Arc<dyn Registry> {
        Arc::new(LocalRegistry::new(&self.folder))
    }

    fn can_be_cut(&self) -> bool {
        true
    }

    /// A file in place of the folder keeps everybody out, also the superuser.
    async fn cut(&self) {
        fs::rename(&self.folder, &self.away).unwrap();
        fs::write(&self.folder, "").unwrap();
    }

    async fn restore(&self) {
        fs::remove_file(&self.folder).unwrap();
        fs::rename(&self.away, &self.folder).unwrap();
    }
}

struct World {
    parent: TempDir,
    folder: PathBuf,
}

fn world() -> World {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("micro");
    World { parent, folder }
}

impl World {
    fn open(&self) -> LocalRegistry {
        LocalRegistry::new(&self.folder)
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

async fn announce(registry: &LocalRegistry, id: &str) -> Lease {
    let registration = Registration::new("greeter", Node::new(id, Address::host("127.0.0.1", 80)));
    registry.register(registration).await.unwrap()
}

async fn wait_until(
    watch: &mut watch::Receiver<Arc<Snapshot>>,
    holds: impl Fn(&Snapshot) -> bool,
) -> Arc<Snapshot> {
    let found = timeout(Duration::from_secs(10), watch.wait_for(|snapshot| holds(snapshot))).await;
    found.expect("it never came").expect("the watch has ended").clone()
}

#[tokio::test]
async fn it_keeps_the_rules() {
    let World { parent, folder } = world();
    suite(&Local { folder, away: parent.path().join("away") }).await;
}

#[tokio::test]
async fn a_forgotten_folder_is_made_again_by_those_who_announce() {
    let world = world();
    let (here, there) = (world.open(), world.open());
    let lease = announce(&here, "a").await;
    let mut watch = there.watch("greeter");
    fs::remove_dir_all(&world.folder).unwrap();
    let away = |snapshot: &Snapshot| snapshot.health != Health::Live;
    let stale = wait_until(&mut watch, away).await;
    assert_eq!(stale.nodes.len(), 1, "an outage keeps the nodes");
    wait_until(&mut watch, |snapshot| !away(snapshot) && snapshot.nodes.len() == 1).await;
    assert_eq!(*lease.state().borrow(), LeaseState::Held);
}

#[tokio::test]
async fn the_first_snapshot_is_live_and_no_older_than_the_call() {
    let world = world();
    let (here, there) = (world.open(), world.open());
    let _watched_before = there.watch("greeter");
    let lease = announce(&here, "a").await;
    assert_eq!(there.watch("greeter").borrow().health, Health::Live);
    assert_eq!(there.watch("greeter").borrow().nodes.len(), 1);
    lease.withdraw().await.unwrap();
    assert!(there.watch("greeter").borrow().nodes.is_empty());
}

#[tokio::test]
async fn a_withdrawn_node_leaves_no_files() {
    let world = world();
    let registry = world.open();
    let (first, second) = (announce(&registry, "a").await, announce(&registry, "b").await);
    assert_eq!(world.files().len(), 4);
    first.withdraw().await.unwrap();
    drop(second);
    assert!(world.files().is_empty(), "{:?}", world.files());
}

#[tokio::test]
async fn a_node_whose_files_are_removed_is_announced_again() {
    let world = world();
    let (here, there) = (world.open(), world.open());
    let lease = announce(&here, "a").await;
    let mut watch = there.watch("greeter");
    for file in world.files() {
        fs::remove_file(world.folder.join(file)).unwrap();
    }
    wait_until(&mut watch, |snapshot| snapshot.nodes.is_empty()).await;
    wait_until(&mut watch, |snapshot| snapshot.nodes.len() == 1).await;
    assert_eq!(*lease.state().borrow(), LeaseState::Held);
}

#[tokio::test]
async fn a_lease_is_lost_while_its_folder_cannot_be_used_and_held_again_later() {
    let world = world();
    let lease = announce(&world.open(), "a").await;
    fs::remove_dir_all(&world.folder).unwrap();
    fs::write(&world.folder, "").unwrap();
    let mut state = lease.state();
    let lost = |state: &LeaseState| *state != LeaseState::Held;
    timeout(Duration::from_secs(10), state.wait_for(lost)).await.unwrap().unwrap();
    fs::remove_file(&world.folder).unwrap();
    timeout(Duration::from_secs(10), state.wait_for(|state| !lost(state))).await.unwrap().unwrap();
    assert_eq!(world.files().len(), 2);
}

#[tokio::test]
async fn a_replaced_lease_is_lost_and_does_not_come_back() {
    let world = world();
    let (here, there) = (world.open(), world.open());
    let before = announce(&here, "a").await;
    let _after = announce(&there, "a").await;
    let mut state = before.state();
    let lost = state.wait_for(|state| *state != LeaseState::Held);
    timeout(Duration::from_secs(10), lost).await.unwrap().unwrap();
    assert_eq!(world.files().len(), 2);
}

#[tokio::test]
async fn names_longer_than_file_names_are_told_apart() {
    let world = world();
    let registry = world.open();
    let (one, other) = ("x".repeat(300), "x".repeat(301));
    let node = Node::new("y".repeat(300), Address::name("y"));
    let _lease = registry.register(Registration::new(&one, node)).await.unwrap();
    assert_eq!(registry.list().await.unwrap(), [one]);
    assert!(registry.watch(&other).borrow().nodes.is_empty());
}

#[tokio::test]
async fn a_node_that_others_could_not_read_is_refused() {
    let node = Node::new("a", Address::host("no host at all:", 1));
    let error = world().open().register(Registration::new("greeter", node)).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
}

// Folders that will not do.

async fn assert_refused(registry: &LocalRegistry, folder: &Path, code: Code, why: &str) {
    let node = Node::new("a", Address::name("a"));
    let error = registry.register(Registration::new("greeter", node)).await.unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    let message = error.message();
    assert!(message.contains(folder.to_str().unwrap()) && message.contains(why), "{message}");
    assert!(message.contains("MICRO_REGISTRY=local:///"), "{message}");
    assert_eq!(registry.list().await.unwrap_err().message(), message);
    let snapshot = registry.watch("greeter").borrow().clone();
    assert_eq!(snapshot.health, Health::Stale(message.to_owned()));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named_with_the_way_out() {
    let world = world();
    let file = world.parent.path().join("file");
    fs::write(&file, "").unwrap();
    let below = file.join("micro");
    let registry = LocalRegistry::new(&below);
    assert_refused(&registry, &below, Code::Unavailable, "cannot be created").await;
    let registry = LocalRegistry::new(&file);
    assert_refused(&registry, &file, Code::FailedPrecondition, "is no folder").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_others_can_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let world = world();
    fs::create_dir(&world.folder).unwrap();
    fs::set_permissions(&world.folder, fs::Permissions::from_mode(0o777)).unwrap();
    let (registry, why) = (world.open(), "written to by others (mode 777)");
    assert_refused(&registry, &world.folder, Code::FailedPrecondition, why).await;
    assert!(world.files().is_empty());

    let mut watch = registry.watch("greeter");
    fs::set_permissions(&world.folder, fs::Permissions::from_mode(0o755)).unwrap();
    wait_until(&mut watch, |snapshot| snapshot.health == Health::Live).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_is_made_for_its_user_only_and_no_link_is_followed() {
    use std::os::unix::fs::{MetadataExt, symlink};

    let world = world();
    let _lease = announce(&world.open(), "a").await;
    assert_eq!(fs::metadata(&world.folder).unwrap().mode() & 0o777, 0o700);

    let link = world.parent.path().join("link");
    symlink(&world.folder, &link).unwrap();
    let registry = LocalRegistry::new(&link);
    assert_refused(&registry, &link, Code::FailedPrecondition, "is a link").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_of_someone_else_is_refused() {
    let world = world();
    fs::create_dir(&world.folder).unwrap();
    // Only the superuser may give a folder away; others try one that is the superuser's.
    let folder = match std::os::unix::fs::chown(&world.folder, Some(4_294_967), None) {
        Ok(()) => world.folder.clone(),
        Err(_) => PathBuf::from("/"),
    };
    let node = Node::new("a", Address::name("a"));
    let registry = LocalRegistry::new(&folder);
    let error = registry.register(Registration::new("greeter", node)).await.unwrap_err();
    let refused = [Code::FailedPrecondition, Code::PermissionDenied].contains(&error.code());
    assert!(refused && error.message().contains("MICRO_REGISTRY=local:///"), "{error}");
}

// What dead processes leave behind.

#[tokio::test]
async fn the_files_of_the_dead_are_removed() {
    let world = world();
    let registry = world.open();
    let lease = announce(&registry, "a").await;
    let [json, lock] = [".json", ".lock"].map(|ending| {
        let files = world.files();
        world.folder.join(files.iter().find(|file| file.ends_with(ending)).unwrap())
    });
    let text = fs::read(&json).unwrap();
    lease.withdraw().await.unwrap();
    // A process that dies leaves both files and holds no lock.
    fs::write(&json, text).unwrap();
    fs::write(&lock, "").unwrap();
    let watch = world.open().watch("greeter");
    assert!(watch.borrow().nodes.is_empty());
    assert!(world.files().is_empty(), "{:?}", world.files());
}

#[tokio::test]
async fn leftovers_are_removed_when_they_are_old_and_kept_while_they_may_be_in_use() {
    let world = world();
    let registry = world.open();
    drop(announce(&registry, "a").await);
    for (name, age) in [("a~b~1.lock", 61), ("a~b~1.tmp", 61), ("a~b~2.lock", 1), ("notes", 999)] {
        let file = fs::File::create(world.folder.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    }
    drop(announce(&registry, "a").await);
    let mut files = world.files();
    files.sort();
    assert_eq!(files, ["a~b~2.lock", "notes"]);
}

#[tokio::test]
async fn a_file_that_is_no_node_hides_no_other() {
    let world = world();
    let registry = world.open();
    let _lease = announce(&registry, "a").await;
    fs::write(world.folder.join("greeter~x~1.json"), "{").unwrap();
    let lock = fs::File::create(world.folder.join("greeter~x~1.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(registry.watch("greeter").borrow().nodes.len(), 1);
    assert_eq!(registry.list().await.unwrap(), ["greeter"]);
}

// A second process.

const CHILD_FOLDER: &str = "MICRO_TEST_CHILD_FOLDER";

/// Does nothing but in a child of the test below: announces a node until its input ends.
#[test]
fn child_process() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _lease = runtime.block_on(announce(&LocalRegistry::new(PathBuf::from(folder)), "child"));
    println!("\nannounced");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

/// A process with one node, which ends with its input, so it never outlives the test.
struct ChildProcess {
    process: Child,
    lifeline: ChildStdin,
    _output: BufReader<ChildStdout>,
}

fn spawn_child(folder: &Path) -> ChildProcess {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_process", "--nocapture"])
        .env(CHILD_FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    let announced = output.by_ref().lines().map_while(Result::ok).any(|line| line == "announced");
    assert!(announced, "the child announces");
    let lifeline = process.stdin.take().unwrap();
    ChildProcess { process, lifeline, _output: output }
}

#[tokio::test]
async fn a_killed_process_is_gone_within_half_a_second() {
    let world = world();
    let mut watch = world.open().watch("greeter");
    let mut child = spawn_child(&world.folder);
    wait_until(&mut watch, |snapshot| snapshot.nodes.len() == 1).await;

    child.process.kill().unwrap();
    let killed = Instant::now();
    child.process.wait().unwrap();
    wait_until(&mut watch, |snapshot| snapshot.nodes.is_empty()).await;
    assert!(killed.elapsed() < Duration::from_millis(500), "{:?}", killed.elapsed());
    assert!(world.files().is_empty(), "{:?}", world.files());
}

#[tokio::test]
async fn a_process_that_ends_well_leaves_nothing() {
    let world = world();
    let registry = world.open();
    let mut watch = registry.watch("greeter");
    let ChildProcess { mut process, lifeline, _output } = spawn_child(&world.folder);
    wait_until(&mut watch, |snapshot| snapshot.nodes.len() == 1).await;
    assert_eq!(registry.list().await.unwrap(), ["greeter"]);
    drop(lifeline);
    process.wait().unwrap();
    assert!(world.files().is_empty(), "{:?}", world.files());
    wait_until(&mut watch, |snapshot| snapshot.nodes.is_empty()).await;
}
