//! Members come, leave, are lost and return, while messages are offered and given up, at random: after each
//! step everything must be somewhere, once, and in order.

use std::collections::VecDeque;

use fastrand::Rng;

use super::*;

const STEPS: usize = 3_000;
const SEEDS: u64 = 12;
const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const KEYS: [&str; 3] = ["k", "l", "m"];

/// A process that subscribes: what has been sent to it, and what it has in its queue.
#[derive(Default)]
struct Process {
    sent: VecDeque<u64>,
    taken: VecDeque<u64>,
    life: Life,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Life {
    #[default]
    Away,
    Open,
    /// The way to it broke; the publisher dials again.
    Lost,
    /// The registry tells no more of it, and it knows nothing of that.
    Hidden,
    /// It withdrew, and finishes or returns what it has.
    Closing,
}

impl Process {
    fn is_empty(&self) -> bool {
        self.sent.is_empty() && self.taken.is_empty()
    }

    fn has(&self, sequence: u64) -> bool {
        self.sent.contains(&sequence) || self.taken.contains(&sequence)
    }
}

struct World {
    seed: u64,
    random: Rng,
    group: Group,
    processes: BTreeMap<&'static str, Process>,
    keys: BTreeMap<u64, Option<&'static str>>,
    accepted: BTreeSet<u64>,
    /// Those whose publisher read an error.
    failed: BTreeSet<u64>,
    /// Those that some process was done with, each as often as that was.
    handled: BTreeMap<u64, usize>,
    /// For each key, what was handled for the first time last.
    latest: BTreeMap<&'static str, u64>,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            random: Rng::with_seed(seed),
            group: Group::of(&[]),
            processes: NAMES.iter().map(|name| (*name, Process::default())).collect(),
            keys: BTreeMap::new(),
            accepted: BTreeSet::new(),
            failed: BTreeSet::new(),
            handled: BTreeMap::new(),
            latest: BTreeMap::new(),
        }
    }

    fn process(&mut self, name: &str) -> &mut Process {
        self.processes.get_mut(name).expect("only members are sent anything")
    }

    fn step(&mut self) {
        let name = NAMES[self.random.usize(..NAMES.len())];
        match self.random.u8(..100) {
            0..20 => self.offer(),
            20..22 => self.give_up(),
            22..54 => self.take(name),
            54..86 => self.handle(name),
            86..92 => self.arrive(name),
            92..95 => self.close(name),
            95..98 => self.lose(name),
            _ => self.vanish(name),
        }
        self.deliver();
    }

    fn offer(&mut self) {
        if self.group.places_in_use() < PLACES {
            let key = self.random.bool().then(|| KEYS[self.random.usize(..KEYS.len())]);
            let sequence = self.group.offer(key);
            self.keys.insert(sequence, key);
        }
    }

    /// A publisher's deadline passes.
    fn give_up(&mut self) {
        let waiting: Vec<_> = self.group.waiting.keys().copied().collect();
        if let Some(sequence) = self.random.choice(waiting) {
            // Those that were accepted wait no more: the last check has seen to it.
            self.failed.insert(sequence);
            self.group.give_up(sequence);
        }
    }

    fn take(&mut self, name: &str) {
        let process = self.process(name);
        let Some(sequence) = process.sent.pop_front() else { return };
        if process.life == Life::Closing {
            return self.group.settle(name, sequence, Settlement::Returned);
        }
        process.taken.push_back(sequence);
        self.group.distribution.taken(&member(name), sequence);
    }

    /// Handles the first message of some key, or returns all of that key if the process closes.
    fn handle(&mut self, name: &str) {
        let taken: Vec<_> = self.process(name).taken.iter().copied().collect();
        let Some(chosen) = self.random.choice(taken.clone()) else { return };
        let key = self.keys[&chosen];
        let mut same = taken;
        same.retain(|other| *other == chosen || (key.is_some() && self.keys[other] == key));
        self.group.distribution.begun(&member(name), same[0]);
        let returns = self.process(name).life == Life::Closing && self.random.bool();
        let (settled, settlement) = if returns {
            (&same[..], Settlement::Returned)
        } else {
            (&same[..1], Settlement::Done)
        };
        self.process(name).taken.retain(|other| !settled.contains(other));
        for sequence in settled {
            if settlement == Settlement::Done {
                self.done(*sequence);
            }
            self.group.settle(name, *sequence, settlement);
        }
    }

    fn done(&mut self, sequence: u64) {
        let times = self.handled.entry(sequence).or_default();
        *times += 1;
        if let (1, Some(key)) = (*times, self.keys[&sequence]) {
            let before = self.latest.insert(key, sequence);
            assert!(before < Some(sequence), "{}: {sequence} comes after {before:?}", self.seed);
        }
    }

    /// A process starts, or is reached again.
    fn arrive(&mut self, name: &str) {
        let process = self.process(name);
        if matches!(process.life, Life::Away | Life::Lost | Life::Hidden) {
            process.life = Life::Open;
            self.group.distribution.open(&member(name));
        }
    }

    /// A process withdraws from the registry, or its node gets lost there.
    fn close(&mut self, name: &str) {
        let (life, empty) = (self.process(name).life, self.process(name).is_empty());
        if life == Life::Open {
            assert_eq!(self.group.distribution.leave(&member(name)), empty, "{}", self.seed);
            let gone = if self.random.bool() { Life::Closing } else { Life::Hidden };
            self.process(name).life = if empty { Life::Away } else { gone };
        }
    }

    /// The way to a process breaks, half of the time because it died.
    fn lose(&mut self, name: &str) {
        let dies = self.random.bool();
        let process = std::mem::take(self.process(name));
        if process.life == Life::Away {
            return;
        }
        // One that lives finishes what it has, and nobody learns of it.
        let finished = if dies { VecDeque::new() } else { process.taken };
        finished.into_iter().for_each(|sequence| self.done(sequence));
        self.group.distribution.lose(&member(name));
        if matches!(process.life, Life::Closing | Life::Hidden) {
            assert!(self.group.distribution.leave(&member(name)));
        } else {
            self.process(name).life = Life::Lost;
        }
    }

    /// The registry tells no more of a process that is lost, or one that it told no more of has nothing left.
    fn vanish(&mut self, name: &str) {
        let process = self.process(name);
        if matches!(process.life, Life::Lost | Life::Closing | Life::Hidden) && process.is_empty() {
            process.life = Life::Away;
            assert!(self.group.distribution.leave(&member(name)));
        }
    }

    fn deliver(&mut self) {
        let seed = self.seed;
        for (name, parcel) in self.group.distribution.take_outbox() {
            let process = self.process(&name);
            assert_eq!(process.life, Life::Open, "{seed}: {name} is sent something");
            process.sent.push_back(parcel.sequence);
        }
    }

    fn check(&mut self) {
        let seed = self.seed;
        let offered: Vec<_> = self.keys.keys().copied().collect();
        for sequence in offered {
            if self.group.waiting.contains_key(&sequence) && self.group.is_accepted(sequence) {
                self.accepted.insert(sequence);
                self.group.waiting.remove(&sequence);
            }
            let known = self.group.distribution.pending.contains_key(&sequence);
            assert_eq!(self.places_of(sequence), usize::from(known), "{seed}: of {sequence}");
            let lost = !known && !self.handled.contains_key(&sequence);
            assert!(!lost || self.failed.contains(&sequence), "{seed}: {sequence} is lost");
            assert!(!lost || !self.accepted.contains(&sequence), "{seed}: {sequence} was accepted");
        }
        // Settled messages are forgotten, so that the next check is quick.
        let pending = &self.group.distribution.pending;
        self.keys.retain(|sequence, _| pending.contains_key(sequence));
        assert_eq!(self.group.distribution.is_empty(), self.keys.is_empty(), "{seed}");
        assert_eq!(self.group.places_in_use(), self.keys.len(), "{seed}");
    }

    /// In how many places a message is: with members, parked, or held behind others of its key.
    fn places_of(&self, sequence: u64) -> usize {
        let state = &self.group.distribution;
        let with = self.processes.iter().filter(|(_, process)| process.has(sequence));
        let with: Vec<_> = with.map(|(name, _)| *name).collect();
        let out = state.members.iter().filter(|(_, standing)| standing.out.contains(&sequence));
        let out: Vec<_> = out.map(|(name, _)| &**name).collect();
        assert_eq!(out, with, "{}: who is thought to have {sequence} has it", self.seed);
        let held = state.lanes.values().filter(|lane| lane.held.contains(&sequence)).count();
        with.len() + held + usize::from(state.parked.contains(&sequence))
    }

    /// Lets all finish, with nothing new.
    fn finish(&mut self) {
        while !self.group.distribution.is_empty() {
            for name in NAMES {
                self.arrive(name);
                self.take(name);
                self.handle(name);
                self.vanish(name);
                self.deliver();
            }
        }
    }
}

#[test]
fn whatever_happens_to_members_nothing_is_lost_doubled_or_out_of_order() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
            world.check();
        }
        world.finish();
        world.check();
        let repeats = world.handled.values().filter(|times| **times > 1).count();
        assert!(world.accepted.len() > STEPS / 20, "{seed}: enough was accepted");
        assert!(repeats > 0 && !world.failed.is_empty(), "{seed}: there were losses");
        assert!(world.accepted.iter().all(|sequence| world.handled.contains_key(sequence)));
        assert!(world.group.distribution.lanes.is_empty());
    }
}
