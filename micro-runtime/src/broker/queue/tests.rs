use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;

/// Counts how often it is woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    fn rings(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut TaskContext::from_waker(Waker::noop()))
}

fn idle() -> TaskContext<'static> {
    TaskContext::from_waker(Waker::noop())
}

/// An origin that writes down what it is told.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

struct Page(Diary, String);

impl Origin for Page {
    fn begun(&self) {
        self.0.write(format!("{} begun", self.1));
    }

    fn settled(self, settlement: Settlement) {
        self.0.write(format!("{} {settlement:?}", self.1));
    }
}

impl Diary {
    fn write(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn page(&self, body: &str) -> Page {
        Page(self.clone(), body.to_owned())
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn message(key: Option<&str>, body: &str) -> Arc<Message> {
    let message = Message::new("t", "text/plain", body.to_owned());
    Arc::new(match key {
        Some(key) => message.with_key(key),
        None => message,
    })
}

fn place<O: Origin>(queue: &Arc<Queue<O>>) -> Option<Place<O>> {
    match poll_once(queue.place()) {
        Poll::Ready(place) => place,
        Poll::Pending => None,
    }
}

fn put(queue: &Arc<Queue<()>>, key: Option<&str>, body: &str) {
    place(queue).expect("there is room").put(message(key, body), 1, ());
}

fn write(queue: &Arc<Queue<Page>>, diary: &Diary, key: Option<&str>, body: &str) {
    place(queue).expect("there is room").put(message(key, body), 1, diary.page(body));
}

fn take<O: Origin>(queue: &Arc<Queue<O>>) -> Option<Delivery> {
    match queue.poll_take(&mut idle()) {
        Poll::Ready(delivery) => delivery,
        Poll::Pending => None,
    }
}

fn body(delivery: &Delivery) -> String {
    String::from_utf8(delivery.message().body().to_vec()).unwrap()
}

fn bodies<O: Origin>(queue: &Arc<Queue<O>>) -> Vec<String> {
    std::iter::from_fn(|| take(queue))
        .map(|delivery| {
            let body = body(&delivery);
            delivery.done();
            body
        })
        .collect()
}

#[test]
fn a_queue_holds_as_many_messages_as_it_may_until_they_are_done() {
    let queue = Queue::new(2);
    put(&queue, None, "a");
    put(&queue, Some("k"), "b");
    assert!(place(&queue).is_none());
    let at_work = take(&queue).unwrap();
    assert!(place(&queue).is_none(), "a message at work has its place still");
    at_work.done();
    assert!(place(&queue).is_some());
}

#[test]
fn a_message_that_is_held_back_takes_up_room() {
    let queue = Queue::new(2);
    put(&queue, Some("k"), "a");
    put(&queue, Some("k"), "b");
    assert!(place(&queue).is_none());
    assert_eq!(bodies(&queue), ["a", "b"]);
}

#[test]
fn a_place_that_is_not_used_is_given_back() {
    let queue: Arc<Queue<()>> = Queue::new(1);
    let unused = place(&queue).unwrap();
    assert!(place(&queue).is_none());
    drop(unused);
    assert!(place(&queue).is_some());
}

#[test]
fn a_capacity_of_none_or_of_more_than_can_be_counted_still_works() {
    for capacity in [0, usize::MAX] {
        let queue = Queue::new(capacity);
        put(&queue, None, "a");
        assert_eq!(bodies(&queue), ["a"]);
    }
}

#[test]
fn places_are_given_in_the_order_of_asking() {
    let queue: Arc<Queue<()>> = Queue::new(1);
    let first = place(&queue).unwrap();
    let (mut second, mut third) = (Box::pin(queue.place()), Box::pin(queue.place()));
    assert!(second.as_mut().poll(&mut idle()).is_pending());
    assert!(third.as_mut().poll(&mut idle()).is_pending());
    drop(first);
    assert!(third.as_mut().poll(&mut idle()).is_pending(), "the third is behind the second");
    assert!(second.as_mut().poll(&mut idle()).is_ready());
}

#[test]
fn whoever_gives_up_waiting_for_a_place_is_not_remembered() {
    let queue: Arc<Queue<()>> = Queue::new(1);
    let _full = place(&queue).unwrap();
    let bell = Arc::new(Bell::default());
    for _ in 0..100 {
        let waker = Waker::from(Arc::clone(&bell));
        let waiting = pin!(queue.place()).poll(&mut TaskContext::from_waker(&waker)).is_pending();
        assert!(waiting);
    }
    assert_eq!(Arc::strong_count(&bell), 1);
}

#[test]
fn messages_of_one_key_come_one_after_the_other_and_others_pass_them() {
    let queue = Queue::new(9);
    for (key, body) in [("k", "k1"), ("k", "k2"), ("l", "l1"), ("l", "l2")] {
        put(&queue, Some(key), body);
    }
    put(&queue, None, "free");
    let first: Vec<_> = std::iter::from_fn(|| take(&queue)).collect();
    assert_eq!(first.iter().map(body).collect::<Vec<_>>(), ["k1", "l1", "free"]);
    first.into_iter().for_each(Delivery::done);
    assert_eq!(bodies(&queue), ["k2", "l2"]);
}

#[test]
fn a_key_leaves_nothing_behind_when_all_its_messages_are_done() {
    let queue = Queue::new(9);
    for number in 0..5 {
        put(&queue, Some(&format!("key {number}")), "x");
    }
    assert_eq!(bodies(&queue).len(), 5);
    assert!(queue.lock().held.is_empty());
}

#[test]
fn a_dropped_delivery_comes_first_and_counts_its_attempts() {
    let queue = Queue::new(9);
    put(&queue, Some("k"), "a");
    put(&queue, Some("k"), "b");
    put(&queue, None, "c");
    for attempt in 1..4 {
        let delivery = take(&queue).unwrap();
        assert_eq!((body(&delivery), delivery.attempt()), ("a".to_owned(), attempt));
        drop(delivery);
    }
    assert_eq!(bodies(&queue), ["a", "c", "b"]);
}

#[test]
fn a_queue_ends_when_it_is_closed_and_every_message_is_settled() {
    let queue = Queue::new(9);
    put(&queue, Some("k"), "a");
    put(&queue, Some("k"), "b");
    let a = take(&queue).unwrap();
    queue.close();
    assert!(queue.poll_finished(&mut idle()).is_pending());
    a.done();
    assert_eq!(bodies(&queue), ["b"], "what it had accepted still comes");
    assert!(queue.poll_finished(&mut idle()).is_ready());
    assert!(matches!(queue.poll_take(&mut idle()), Poll::Ready(None)));
}

#[test]
fn a_queue_does_not_end_before_those_who_feed_it_have_been_told() {
    let queue: Arc<Queue<()>> = Queue::new(9);
    let feed = queue.feed();
    queue.close();
    assert!(queue.poll_finished(&mut idle()).is_ready());
    assert!(queue.poll_take(&mut idle()).is_pending());
    drop(feed);
    assert!(matches!(queue.poll_take(&mut idle()), Poll::Ready(None)));
}

#[test]
fn a_closed_queue_has_no_places() {
    let queue: Arc<Queue<()>> = Queue::new(1);
    let mut feed = queue.feed();
    let full = place(&queue).unwrap();
    let mut waiting = Box::pin(queue.place());
    assert!(waiting.as_mut().poll(&mut idle()).is_pending());
    assert!(feed.poll_place(&mut idle()).is_pending());
    queue.close();
    assert!(matches!(waiting.as_mut().poll(&mut idle()), Poll::Ready(None)));
    assert!(matches!(feed.poll_place(&mut idle()), Poll::Ready(None)));
    drop(full);
    assert!(matches!(poll_once(queue.place()), Poll::Ready(None)));
    assert!(queue.poll_finished(&mut idle()).is_ready());
}

#[test]
fn a_message_whose_place_is_from_before_the_end_goes_back() {
    let (queue, diary) = (Queue::new(9), Diary::default());
    let early = place(&queue).unwrap();
    queue.close();
    early.put(message(None, "late"), 1, diary.page("late"));
    assert_eq!(diary.lines(), ["late Returned"]);
    assert!(queue.poll_finished(&mut idle()).is_ready());
}

#[test]
fn an_origin_is_told_when_its_message_begins_and_how_it_ends() {
    let (queue, diary) = (Queue::new(9), Diary::default());
    write(&queue, &diary, None, "a");
    assert_eq!(diary.lines(), [""; 0]);
    let delivery = take(&queue).unwrap();
    assert_eq!(diary.lines(), ["a begun"]);
    drop(delivery);
    assert_eq!(diary.lines(), [""; 0], "it is ready again, and has not left the queue");
    take(&queue).unwrap().done();
    assert_eq!(diary.lines(), ["a begun", "a Done"]);
}

#[test]
fn what_nobody_has_taken_of_an_abandoned_queue_goes_back_in_order() {
    let (queue, diary) = (Queue::new(9), Diary::default());
    for body in ["a", "b", "c"] {
        write(&queue, &diary, Some("k"), body);
    }
    let a = take(&queue).unwrap();
    diary.lines();
    queue.abandon();
    assert_eq!(diary.lines(), ["b Returned", "c Returned"]);
    assert!(queue.poll_finished(&mut idle()).is_pending(), "one is at work");
    a.done();
    assert_eq!(diary.lines(), ["a Done"]);
    assert!(queue.poll_finished(&mut idle()).is_ready());
}

#[test]
fn a_message_that_goes_back_takes_those_of_its_key_along() {
    let (queue, diary) = (Queue::new(9), Diary::default());
    for (key, body) in [("k", "a"), ("k", "b"), ("l", "x"), ("l", "y")] {
        write(&queue, &diary, Some(key), body);
    }
    let (a, x) = (take(&queue).unwrap(), take(&queue).unwrap());
    diary.lines();
    queue.close();
    drop(a);
    assert_eq!(diary.lines(), ["a Returned", "b Returned"]);
    x.done();
    assert_eq!(bodies(&queue), ["y"]);
}

#[test]
fn takers_are_woken_when_there_is_something_to_take_and_only_then() {
    let queue = Queue::new(9);
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let wait = || assert!(queue.poll_take(&mut TaskContext::from_waker(&waker)).is_pending());
    wait();
    put(&queue, Some("k"), "a");
    assert_eq!(bell.rings(), 1, "a message came");
    let a = take(&queue).unwrap();
    wait();
    put(&queue, Some("k"), "b");
    assert_eq!(bell.rings(), 1, "it waits behind another");
    drop(a);
    assert_eq!(bell.rings(), 2, "a message came back");
    let a = take(&queue).unwrap();
    wait();
    a.done();
    assert_eq!(bell.rings(), 3, "the next of a key is ready");
    let b = take(&queue).unwrap();
    wait();
    b.done();
    assert_eq!(bell.rings(), 3, "nothing is ready");
    queue.close();
    assert_eq!(bell.rings(), 4, "it is the end");
}

#[test]
fn the_end_is_told_whatever_brings_it() {
    let ends: [fn(&Arc<Queue<()>>); 3] = [
        |queue| queue.abandon(),
        |queue| {
            let delivery = take(queue);
            queue.close();
            drop(delivery);
        },
        |queue| {
            let place = place(queue);
            queue.close();
            take(queue).unwrap().done();
            drop(place);
        },
    ];
    for end in ends {
        let queue = Queue::new(9);
        put(&queue, None, "a");
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        assert!(queue.poll_finished(&mut TaskContext::from_waker(&waker)).is_pending());
        end(&queue);
        assert_eq!(bell.rings(), 1);
        assert!(queue.poll_finished(&mut idle()).is_ready());
    }
}
