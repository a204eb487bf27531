//! The suite finds registries that break a rule, and names the rule.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use micro_runtime::registry::{
    FixedRegistry, Lease, MemoryRegistry, Registration, Registry, Snapshot,
};
use micro_runtime::testing::registry::{RegistryUnderTest, suite};
use micro_runtime::{BoxFuture, Result};
use tokio::sync::watch;

/// A memory registry that gets one thing wrong.
#[derive(Clone, Debug)]
struct Flawed {
    right: MemoryRegistry,
    flaw: Flaw,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    NeverWithdraws,
    IgnoresCase,
    LooksUpByPrefix,
    DropsVersions,
    ListsBackwards,
    NeverLive,
    EndsWatches,
}

impl Registry for Flawed {
    fn describe(&self) -> String {
        self.right.describe()
    }

    fn register(&self, mut registration: Registration) -> BoxFuture<Result<Lease>> {
        match self.flaw {
            Flaw::IgnoresCase => registration.node.id.make_ascii_lowercase(),
            Flaw::DropsVersions => registration.node.version.clear(),
            Flaw::LooksUpByPrefix => registration.service = base_of(&registration.service),
            _ => {}
        }
        let (registered, flaw) = (self.right.register(registration), self.flaw);
        Box::pin(async move {
            let lease = registered.await?;
            if flaw == Flaw::NeverWithdraws {
                std::mem::forget(lease);
                return Ok(Lease::held(|| Box::pin(async { Ok(()) })));
            }
            Ok(lease)
        })
    }

    fn watch(&self, service: &str) -> watch::Receiver<Arc<Snapshot>> {
        match self.flaw {
            Flaw::NeverLive => {
                let (sender, receiver) = watch::channel(Arc::new(Snapshot::loading(service)));
                std::mem::forget(sender);
                receiver
            }
            Flaw::EndsWatches => watch::channel(Arc::new(Snapshot::live(service, Vec::new()))).1,
            Flaw::LooksUpByPrefix => self.right.watch(&base_of(service)),
            _ => self.right.watch(service),
        }
    }

    fn list(&self) -> BoxFuture<Result<Vec<String>>> {
        let (list, flaw) = (self.right.list(), self.flaw);
        Box::pin(async move {
            let mut names = list.await?;
            if flaw == Flaw::ListsBackwards {
                names.extend(["b".to_owned(), "a".to_owned()]);
            }
            Ok(names)
        })
    }
}

/// The name without the ending in which two services of the suite differ.
fn base_of(service: &str) -> String {
    service.trim_end_matches("-admin").to_owned()
}

impl RegistryUnderTest for Flawed {
    async fn open(&self) -> Arc<dyn Registry> {
        Arc::new(self.clone())
    }
}

/// A registry that claims to announce nodes and does not.
struct Boaster;

impl RegistryUnderTest for Boaster {
    async fn open(&self) -> Arc<dyn Registry> {
        Arc::new(FixedRegistry::new())
    }
}

/// The sentence with which the suite fails.
fn broken_rule(world: &impl RegistryUnderTest) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let run = AssertUnwindSafe(|| runtime.block_on(suite(world)));
    let panic = std::panic::catch_unwind(run).expect_err("the suite fails");
    match panic.downcast::<String>() {
        Ok(sentence) => *sentence,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn each_flaw_is_found_and_named() {
    for (flaw, rule) in [
        (Flaw::NeverWithdraws, "a new watcher sees no node whose withdrawal has returned"),
        (Flaw::IgnoresCase, "may be part of a service's name and a node's id"),
        (Flaw::LooksUpByPrefix, "a service has its own nodes only"),
        (Flaw::DropsVersions, "a node replaces the one before it"),
        (Flaw::ListsBackwards, "the list is sorted"),
        (Flaw::NeverLive, "a watch becomes live"),
        (Flaw::EndsWatches, "a watch lasts as long as its registry"),
    ] {
        let sentence = broken_rule(&Flawed { right: MemoryRegistry::new(), flaw });
        assert!(sentence.contains(rule), "{flaw:?}: {sentence}");
    }
}

#[test]
fn a_registry_that_announces_nothing_has_to_say_so() {
    let sentence = broken_rule(&Boaster);
    assert!(sentence.contains("a watcher learns of a new node: it never came"), "{sentence}");
}
