//! Throw-away adapters that prove the seams: a transport that is nothing like HTTP, an engine with no task for a
//! call, and a broker that is one list. Each passes the suite that the built-in ones pass.

mod engine;
mod ledger;
mod queue;

use std::sync::Arc;

use micro_runtime::Address;
use micro_runtime::broker::Broker;
use micro_runtime::testing::broker::{self, BrokerUnderTest};
use micro_runtime::testing::transport::{TransportUnderTest, suite};
use micro_runtime::transport::{HttpTransport, Transport};

struct Queue(queue::QueueTransport);

impl TransportUnderTest for Queue {
    fn open(&self) -> Arc<dyn Transport> {
        Arc::new(self.0.clone())
    }

    fn free_address(&self) -> Address {
        Address::name(format!("queue-{:016x}", fastrand::u64(..)))
    }

    fn dead_address(&self) -> Address {
        Address::name("nobody")
    }
}

#[tokio::test]
async fn a_transport_like_a_message_queue_keeps_all_rules() {
    suite(&Queue(queue::QueueTransport::default())).await;
}

struct InPlace;

impl TransportUnderTest for InPlace {
    fn open(&self) -> Arc<dyn Transport> {
        let http = HttpTransport::default().engine(engine::InPlaceEngine);
        Arc::new(engine::UnaryOnly(http))
    }

    fn free_address(&self) -> Address {
        Address::host("127.0.0.1", 0)
    }
}

#[tokio::test]
async fn an_engine_that_polls_handlers_in_place_keeps_all_rules() {
    suite(&InPlace).await;
}

struct Ledger(ledger::LedgerBroker);

impl BrokerUnderTest for Ledger {
    async fn open(&self) -> Arc<dyn Broker> {
        Arc::new(self.0.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_is_one_list_keeps_all_rules() {
    broker::suite(&Ledger(ledger::LedgerBroker::default())).await;
}
