//! Ten thousand orders to three departments of two processes each, while one process is killed and another is told
//! to stop; and a department that does not answer.
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use micro_runtime::broker::{Consumer, DeadLetter, Message};
use micro_runtime::registry::{LocalRegistry, Registry};
use micro_runtime::{Client, Code, Error, Subscriber};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

micro_runtime::include_micro!();

use orders::v1::OrderPlaced;

const DEPARTMENTS: [&str; 3] = ["mailers", "warehouse", "accounts"];
const CUSTOMERS: u64 = 50;
const ORDERS: u64 = 200;
/// The order that nobody can handle.
const POISON: (u64, u64) = (7, 100);
const PATIENCE: Duration = Duration::from_secs(120);

/// Departments as processes, and the folder where they are found.
struct Shop {
    folder: tempfile::TempDir,
    processes: Vec<Child>,
    client: Client,
}

impl Shop {
    /// Two processes of each department, which the publisher knows of.
    async fn open(departments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = Arc::new(LocalRegistry::new(folder.path().join("nodes")));
        let client = Client::builder().registry(registry.clone()).build().unwrap();
        let mut shop = Self { folder, processes: Vec::new(), client };
        for department in departments {
            (0..2).for_each(|_| shop.spawn(department));
        }
        let mut watch = registry.watch("topic:orders.placed");
        let all = watch.wait_for(|snapshot| snapshot.nodes.len() == shop.processes.len());
        tokio::time::timeout(PATIENCE, all).await.expect("all subscribe").unwrap();
        shop
    }

    fn spawn(&mut self, department: &str) {
        let registry = format!("local://{}", self.folder.path().join("nodes").display());
        let process = Command::new(env!("CARGO_BIN_EXE_events"))
            .args(["subscriber", department])
            .env("MICRO_REGISTRY", registry)
            .env("EVENTS_BOOK", self.book(department))
            .env("EVENTS_PAUSE_MS", "4")
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        self.processes.push(process);
    }

    fn book(&self, department: &str) -> PathBuf {
        self.folder.path().join(department)
    }

    /// What a department handled, in order: the customer and the order's number.
    fn handled(&self, department: &str) -> Vec<(String, u64)> {
        let book = std::fs::read_to_string(self.book(department)).unwrap();
        book.lines()
            .map(|line| {
                let words: Vec<_> = line.split(' ').collect();
                (words[0].to_owned(), words[1].parse().unwrap())
            })
            .collect()
    }

    async fn signal(&self, process: usize, signal: &str) {
        let process = self.processes[process].id().expect("it runs").to_string();
        let status = Command::new("kill").args([signal, &process]).status().await.unwrap();
        assert!(status.success());
    }

    /// Stops a process where it is. Its threads stop one after the other, some time after the signal.
    async fn freeze(&self, process: usize) {
        self.signal(process, "-STOP").await;
        let process = self.processes[process].id().expect("it runs").to_string();
        let stopped = async {
            let ask = || Command::new("ps").args(["-o", "state=", "-p", &process]).output();
            while !ask().await.unwrap().stdout.starts_with(b"T") {}
        };
        tokio::time::timeout(PATIENCE, stopped).await.expect("the process stops");
    }

    /// Collects the dead letters.
    async fn letters(&self) -> (Consumer, mpsc::UnboundedReceiver<Arc<Message>>) {
        let (sender, letters) = mpsc::unbounded_channel();
        let subscriber = Subscriber::raw("orders.placed.dead", move |_, message| {
            let sent = sender.send(message);
            async move { sent.map_err(|_| Error::internal("the test is over")) }
        });
        (self.client.subscribe(subscriber).await.unwrap(), letters)
    }
}

/// What became of the orders.
#[derive(Default)]
struct Outcomes {
    accepted: Vec<(String, u64)>,
    failed: Vec<Error>,
}

/// Places a customer's orders one after the other.
async fn place(client: Client, customer: u64, told: Arc<watch::Sender<usize>>) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let name = format!("customer{customer}");
    for number in 0..ORDERS {
        let cents = u64::from((customer, number) != POISON);
        let order = OrderPlaced { customer: name.clone(), number, cents };
        match client.publish(order).key(name.as_str()).timeout(PATIENCE).await {
            Ok(()) => outcomes.accepted.push((name.clone(), number)),
            Err(error) => outcomes.failed.push(error),
        }
        told.send_modify(|placed| *placed += 1);
    }
    outcomes
}

/// Places all orders; a process is killed after a third of them, one of another department is stopped after half.
async fn load(shop: &Shop) -> Outcomes {
    let (told, mut placed) = watch::channel(0);
    let told = Arc::new(told);
    let mut tasks = JoinSet::new();
    for customer in 0..CUSTOMERS {
        tasks.spawn(place(shop.client.clone(), customer, told.clone()));
    }
    let all = usize::try_from(CUSTOMERS * ORDERS).unwrap();
    placed.wait_for(|placed| *placed >= all / 3).await.unwrap();
    shop.signal(0, "-KILL").await;
    placed.wait_for(|placed| *placed >= all / 2).await.unwrap();
    shop.signal(2, "-TERM").await;
    let mut outcomes = Outcomes::default();
    for one in tokio::time::timeout(PATIENCE, tasks.join_all()).await.expect("orders are placed") {
        outcomes.accepted.extend(one.accepted);
        outcomes.failed.extend(one.failed);
    }
    assert_eq!(outcomes.accepted.len() + outcomes.failed.len(), all);
    outcomes
}

/// How many orders were handled more than once; no customer's for the first time out of order.
fn repeats_in_order(department: &str, handled: &[(String, u64)]) -> usize {
    let mut latest: BTreeMap<&str, u64> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (customer, number) in handled {
        if seen.insert((customer, number)) {
            let before = latest.insert(customer, *number);
            assert!(before < Some(*number), "{department}: {customer}: {number} after {before:?}");
        }
    }
    handled.len() - seen.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_department_handles_every_order_in_order_though_one_is_killed_and_one_is_stopped() {
    let mut shop = Shop::open(&DEPARTMENTS).await;
    let (_consumer, mut letters) = shop.letters().await;
    let outcomes = load(&shop).await;
    assert!(outcomes.failed.is_empty(), "{:?}", outcomes.failed[0]);
    let handled = tokio::time::timeout(PATIENCE, shop.client.broker().flush()).await;
    handled.expect("all accepted orders are handled");
    let poison = (format!("customer{}", POISON.0), POISON.1);
    for department in DEPARTMENTS {
        let handled = shop.handled(department);
        let repeats = repeats_in_order(department, &handled);
        let mut missing: BTreeSet<_> = outcomes.accepted.iter().collect();
        let handled: BTreeSet<_> = handled.iter().collect();
        missing.retain(|order| !handled.contains(order));
        assert_eq!(Vec::from_iter(missing), [&poison], "{department} handled all but the poison");
        println!("{department}: {} orders, {repeats} of them again", handled.len());
    }
    let stopped = tokio::time::timeout(PATIENCE, shop.processes[2].wait()).await;
    assert!(stopped.expect("a process that is told to stop stops").unwrap().success());
    assert_letters(&mut letters, &poison).await;
}

/// Each department wrote a letter about the poison, with its history, and about nothing else.
async fn assert_letters(
    letters: &mut mpsc::UnboundedReceiver<Arc<Message>>,
    poison: &(String, u64),
) {
    let mut groups = BTreeSet::new();
    while groups.len() < DEPARTMENTS.len() {
        let letter = tokio::time::timeout(PATIENCE, letters.recv()).await;
        let message = letter.expect("each department writes a letter").unwrap();
        assert_eq!(message.key(), Some(&*poison.0));
        let letter = DeadLetter::of(&message).unwrap();
        assert_eq!((&*letter.topic, letter.attempts), ("orders.placed", 5));
        let last = letter.errors.last().expect("a letter has a history");
        assert!(last.starts_with("attempt 5:") && last.contains("an order of nothing"), "{last}");
        groups.insert(letter.group.unwrap());
    }
    assert_eq!(groups, DEPARTMENTS.map(str::to_owned).into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_reads_of_each_order_that_was_not_accepted() {
    let shop = Shop::open(&["mailers"]).await;
    for process in 0..2 {
        shop.freeze(process).await;
    }
    let place = |number| {
        let order = OrderPlaced { customer: "ann".to_owned(), number, cents: 1 };
        shop.client.publish(order).timeout(Duration::from_millis(20))
    };
    for number in 0..10 {
        let error = place(number).await.expect_err("nobody can take it");
        assert_eq!(error.code(), Code::Unavailable, "{error}");
        assert!(error.message().contains("group \"mailers\" did not accept"), "{error}");
        assert_eq!(error.fact("topic"), Some("orders.placed"));
    }
    for process in 0..2 {
        shop.signal(process, "-CONT").await;
    }
    let order = OrderPlaced { customer: "ann".to_owned(), number: 10, cents: 1 };
    shop.client.publish(order).timeout(PATIENCE).await.unwrap();
    shop.client.broker().flush().await;
    assert!(shop.handled("mailers").contains(&("ann".to_owned(), 10)), "the shop goes on");
}
