use tokio::sync::Semaphore;
use tokio::sync::oneshot::error::TryRecvError;

use super::*;

mod simulation;

/// A distribution, and what its publishers and members see of it.
struct Group {
    distribution: Distribution,
    places: Arc<Semaphore>,
    waiting: BTreeMap<u64, oneshot::Receiver<()>>,
}

const PLACES: usize = 24;

impl Group {
    fn of(members: &[&str]) -> Self {
        let mut distribution = Distribution::default();
        members.iter().for_each(|member| distribution.open(&Arc::from(*member)));
        let places = Arc::new(Semaphore::new(PLACES));
        Self { distribution, places, waiting: BTreeMap::new() }
    }

    fn offer(&mut self, key: Option<&str>) -> u64 {
        let message = Message::new("t", "text/plain", "");
        let message = match key {
            Some(key) => message.with_key(key),
            None => message,
        };
        let place = Arc::clone(&self.places).try_acquire_owned().unwrap();
        let (taken, waiting) = oneshot::channel();
        let sequence = self.distribution.offer(Arc::new(message), taken, place);
        self.waiting.insert(sequence, waiting);
        sequence
    }

    fn give_up(&mut self, sequence: u64) {
        self.waiting.remove(&sequence);
        self.distribution.give_up(sequence);
    }

    fn is_accepted(&mut self, sequence: u64) -> bool {
        self.waiting.get_mut(&sequence).unwrap().try_recv() != Err(TryRecvError::Empty)
    }

    /// What is sent, in order: to whom, which, and for which time.
    fn sent(&mut self) -> Vec<(String, u64, u32)> {
        let outbox = self.distribution.take_outbox();
        outbox.into_iter().map(|(to, it)| (to.to_string(), it.sequence, it.attempt)).collect()
    }

    /// What is sent to the only one who is sent anything.
    fn sent_to_one(&mut self) -> (String, Vec<u64>) {
        let sent = self.sent();
        let to = sent.first().expect("something is sent").0.clone();
        assert!(sent.iter().all(|parcel| parcel.0 == to), "{sent:?}");
        (to, sent.into_iter().map(|parcel| parcel.1).collect())
    }

    fn settle(&mut self, member: &str, sequence: u64, settlement: Settlement) {
        self.distribution.settle(&Arc::from(member), sequence, settlement);
    }

    fn places_in_use(&self) -> usize {
        PLACES - self.places.available_permits()
    }
}

fn member(name: &str) -> Member {
    Arc::from(name)
}

#[test]
fn messages_without_a_key_go_to_whoever_has_the_fewest() {
    let mut group = Group::of(&["a", "b", "c"]);
    for _ in 0..9 {
        group.offer(None);
    }
    let sent = group.sent();
    for name in ["a", "b", "c"] {
        assert_eq!(sent.iter().filter(|parcel| parcel.0 == name).count(), 3);
    }
}

#[test]
fn all_unsettled_messages_of_a_key_are_with_one_member_in_order() {
    let mut group = Group::of(&["a", "b", "c"]);
    let offered: Vec<_> = (0..5).map(|_| group.offer(Some("k"))).collect();
    assert_eq!(group.sent_to_one().1, offered);
}

#[test]
fn keys_spread_over_the_members_and_stay_while_those_stay() {
    let mut group = Group::of(&["a", "b"]);
    let mut owners = BTreeSet::new();
    for key in 0..64 {
        let key = format!("key {key}");
        let first = group.offer(Some(&key));
        let (owner, _) = group.sent_to_one();
        group.settle(&owner, first, Settlement::Done);
        let next = group.offer(Some(&key));
        let (again, _) = group.sent_to_one();
        assert_eq!(again, owner);
        group.settle(&owner, next, Settlement::Done);
        owners.insert(owner);
    }
    assert_eq!(owners.len(), 2);
}

#[test]
fn a_key_leaves_nothing_behind_when_its_messages_are_settled() {
    let mut group = Group::of(&["a"]);
    for key in ["k", "l"] {
        let sequence = group.offer(Some(key));
        group.settle("a", sequence, Settlement::Done);
    }
    let left = &group.distribution;
    assert!(left.lanes.is_empty() && left.pending.is_empty() && left.is_empty());
    assert_eq!(group.places_in_use(), 0);
}

#[test]
fn a_message_is_accepted_when_a_member_has_taken_it() {
    let mut group = Group::of(&["a", "b"]);
    let sequence = group.offer(None);
    let (owner, _) = group.sent_to_one();
    let other = if owner == "a" { "b" } else { "a" };
    group.distribution.taken(&member(other), sequence);
    assert!(!group.is_accepted(sequence), "another member cannot take it");
    group.distribution.taken(&member(&owner), sequence);
    assert!(group.is_accepted(sequence));
    assert!(!group.distribution.is_empty(), "and is kept until it is settled");
}

#[test]
fn a_message_that_is_settled_was_accepted() {
    let mut group = Group::of(&["a"]);
    let sequence = group.offer(None);
    group.settle("a", sequence, Settlement::Done);
    assert!(group.is_accepted(sequence));
}

#[test]
fn only_the_member_that_has_a_message_can_settle_it() {
    let mut group = Group::of(&["a"]);
    let sequence = group.offer(Some("k"));
    group.distribution.open(&member("b"));
    group.settle("b", sequence, Settlement::Done);
    group.settle("nobody", sequence, Settlement::Returned);
    assert!(group.distribution.is_busy(&member("a")));
    assert!(!group.distribution.is_empty());
}

#[test]
fn what_a_lost_member_had_goes_to_others_in_order() {
    let mut group = Group::of(&["a", "b"]);
    let offered: Vec<_> = (0..4).map(|_| group.offer(Some("k"))).collect();
    let (owner, _) = group.sent_to_one();
    group.settle(&owner, offered[0], Settlement::Done);
    group.distribution.lose(&member(&owner));
    let (heir, sent) = group.sent_to_one();
    assert_ne!(heir, owner);
    assert_eq!(sent, offered[1..]);
}

#[test]
fn only_a_message_whose_handler_had_begun_is_suspected_of_a_loss() {
    let mut group = Group::of(&["a", "b"]);
    let offered: Vec<_> = (0..2).map(|_| group.offer(Some("k"))).collect();
    let (owner, _) = group.sent_to_one();
    group.distribution.begun(&member(&owner), offered[0]);
    group.distribution.lose(&member(&owner));
    let attempts: Vec<_> = group.sent().into_iter().map(|parcel| (parcel.1, parcel.2)).collect();
    assert_eq!(attempts, [(offered[0], 2), (offered[1], 1)]);
}

#[test]
fn a_key_moves_only_when_none_of_its_messages_is_with_the_leaving_member() {
    let mut group = Group::of(&["a"]);
    let offered: Vec<_> = (0..3).map(|_| group.offer(Some("k"))).collect();
    group.sent();
    assert!(!group.distribution.leave(&member("a")), "it has messages");
    group.distribution.open(&member("b"));
    let late = group.offer(Some("k"));
    group.settle("a", offered[1], Settlement::Returned);
    group.settle("a", offered[2], Settlement::Returned);
    assert_eq!(group.sent(), [], "the first may still be handled");
    group.settle("a", offered[0], Settlement::Done);
    assert_eq!(group.sent_to_one(), ("b".to_owned(), vec![offered[1], offered[2], late]));
    assert!(group.distribution.leave(&member("a")), "it has none, and is forgotten");
}

#[test]
fn a_member_that_returns_before_it_had_finished_gets_what_waited_before_what_is_new() {
    let mut group = Group::of(&["a"]);
    let first = group.offer(Some("k"));
    group.distribution.leave(&member("a"));
    let second = group.offer(Some("k"));
    group.distribution.open(&member("a"));
    let third = group.offer(Some("k"));
    assert_eq!(group.sent_to_one().1, [first]);
    group.settle("a", first, Settlement::Done);
    assert_eq!(group.sent_to_one().1, [second, third]);
}

#[test]
fn a_member_that_gives_a_message_back_gets_no_new_ones() {
    let mut group = Group::of(&["a"]);
    let sequence = group.offer(None);
    group.settle("a", sequence, Settlement::Returned);
    group.sent();
    let next = group.offer(None);
    assert_eq!(group.sent(), []);
    group.distribution.open(&member("b"));
    assert_eq!(group.sent_to_one(), ("b".to_owned(), vec![sequence, next]));
}

#[test]
fn a_group_without_members_keeps_messages_for_its_next_one() {
    let mut group = Group::of(&["a"]);
    let offered = [group.offer(None), group.offer(Some("k"))];
    offered.iter().for_each(|sequence| group.distribution.taken(&member("a"), *sequence));
    group.distribution.lose(&member("a"));
    assert!(group.distribution.leave(&member("a")));
    group.sent();
    assert_eq!(group.places_in_use(), 2);
    group.distribution.open(&member("b"));
    assert_eq!(group.sent_to_one(), ("b".to_owned(), offered.to_vec()));
}

#[test]
fn a_message_that_nobody_has_is_forgotten_when_its_publisher_gives_up() {
    let mut group = Group::of(&[]);
    let offered = [group.offer(None), group.offer(Some("k")), group.offer(Some("k"))];
    group.give_up(offered[0]);
    group.give_up(offered[1]);
    group.distribution.open(&member("a"));
    assert_eq!(group.sent_to_one().1, [offered[2]]);
    group.give_up(offered[2]);
    assert!(!group.distribution.is_empty(), "a member may be handling it");
}

#[test]
fn a_message_that_was_given_up_before_it_was_taken_is_not_sent_again() {
    let mut group = Group::of(&["a", "b"]);
    let offered = [group.offer(Some("k")), group.offer(Some("k"))];
    let (owner, _) = group.sent_to_one();
    group.give_up(offered[0]);
    group.distribution.lose(&member(&owner));
    assert_eq!(group.sent_to_one().1, [offered[1]]);
    assert_eq!(group.places_in_use(), 1);
}

#[test]
fn an_accepted_message_is_sent_again_though_its_publisher_waits_no_more() {
    let mut group = Group::of(&["a", "b"]);
    let sequence = group.offer(None);
    let (owner, _) = group.sent_to_one();
    group.distribution.taken(&member(&owner), sequence);
    group.give_up(sequence);
    group.distribution.lose(&member(&owner));
    assert_eq!(group.sent_to_one().1, [sequence]);
}
