//! What clients do: find, choose, retry, inherit, give up, and say why.

mod service;
mod trouble;

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro_runtime::selector::{Filter, RoundRobin};
use micro_runtime::service::Phase;
use micro_runtime::transport::HttpTransport;
use micro_runtime::{Address, Client, Code, Context, Error, Reach};
use service::{Handled, TestClient, World, text};
use tokio::time::Instant;

#[tokio::test]
async fn calls_are_spread_over_the_nodes_and_say_which_answered() {
    let world = World::default();
    let nodes = ["a", "b", "c"];
    let mut running = Vec::new();
    for id in nodes {
        running.push(world.node("test", id, Handled::says(id)).await);
    }
    let round = world.builder().selector(Arc::new(RoundRobin)).build().unwrap();
    let round = TestClient::new("test", round);
    let mut answers = HashSet::new();
    for _ in nodes {
        let reply = round.read("").full().await.unwrap();
        assert_eq!(reply.node().unwrap().id, format!("test-{}", reply.message().text));
        answers.insert(reply.into_message().text);
    }
    assert_eq!(answers.len(), nodes.len());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_service_is_told_with_the_registry_the_time_waited_and_the_known_services() {
    let world = World::default();
    let _node = world.node("other", "a", Handled::says("a")).await;
    let started = Instant::now();
    let error = world.client("test").read("").timeout(Duration::from_secs(3)).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(3));
    assert_eq!((error.code(), error.reach()), (Code::Unavailable, Reach::NotSent));
    for part in ["no node of test", "memory", "waited 3.0s", "it knows: other"] {
        assert!(error.message().contains(part), "{error} lacks {part:?}");
    }
    assert_eq!(error.fact("service"), Some("test"));
}

#[tokio::test]
async fn a_call_waits_for_the_first_node() {
    let world = World::default();
    let call = tokio::spawn(world.client("test").read(""));
    tokio::task::yield_now().await;
    let _node = world.node("test", "late", Handled::says("here I am")).await;
    assert_eq!(call.await.unwrap().unwrap().text, "here I am");
}

#[tokio::test]
async fn a_node_that_cannot_be_reached_is_passed_over_by_any_call() {
    let world = World::default();
    let gone = world.service("test", "gone").advertise(Address::name("nowhere"));
    let _gone = gone.handle(Handled::says("gone")).build().unwrap().start().await.unwrap();
    let _node = world.node("test", "there", Handled::says("there")).await;
    let client = world.client("test");
    for _ in 0..50 {
        assert_eq!(client.write("").await.unwrap().text, "there");
    }
}

#[tokio::test(start_paused = true)]
async fn only_marked_calls_are_sent_again_and_only_so_often() {
    let (world, count) = (World::default(), Arc::new(AtomicUsize::new(0)));
    let mut nodes = Vec::new();
    for id in ["a", "b", "c", "d", "e"] {
        nodes.push(world.node("test", id, Handled::loses(&count)).await);
    }
    let client = world.client("test");
    let tries = |count: &Arc<AtomicUsize>| count.swap(0, Ordering::SeqCst);
    assert_eq!(client.write("").await.unwrap_err().code(), Code::Unavailable);
    assert_eq!(tries(&count), 1);
    let error = client.read("").await.unwrap_err();
    assert_eq!((tries(&count), error.fact("attempt")), (3, Some("3")));
    client.read("").retries(0).await.unwrap_err();
    assert_eq!(tries(&count), 1);
    client.write("").repeatable().retries(4).await.unwrap_err();
    assert_eq!(tries(&count), 5);
}

#[tokio::test(start_paused = true)]
async fn a_filter_narrows_the_nodes_and_an_impossible_one_says_so() {
    let world = World::default();
    let labelled = |id: &str, zone: &str, version: &str| {
        world.service("test", id).label("zone", zone).version(version).handle(Handled::says(id))
    };
    let mut nodes = Vec::new();
    for builder in [labelled("a", "eu", "1"), labelled("b", "us", "1"), labelled("c", "eu", "2")] {
        nodes.push(builder.build().unwrap().start().await.unwrap());
    }
    let european = world.builder().filter(Filter::label("zone", "eu")).build().unwrap();
    let european = TestClient::new("test", european);
    for _ in 0..20 {
        assert_ne!(european.read("").await.unwrap().text, "b");
        assert_eq!(european.read("").filter(Filter::version("2")).await.unwrap().text, "c");
    }
    let call = european.read("").filter(Filter::version("3")).timeout(Duration::from_secs(1));
    let error = call.await.unwrap_err();
    for part in ["no node of test passes the filter", "there are: test-a (version 1, ", "zone=eu)"]
    {
        assert!(error.message().contains(part), "{error} lacks {part:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_unary_call_has_five_seconds_unless_it_says_otherwise() {
    let world = World::default();
    let never = Handled::new(|_, _| std::future::pending());
    let _node = world.node("test", "a", never).await;
    let client = world.client("test");
    for (call, limit) in [
        (client.read(""), Duration::from_secs(5)),
        (client.read("").timeout(Duration::from_millis(20)), Duration::from_millis(20)),
    ] {
        let started = Instant::now();
        let error = call.await.unwrap_err();
        assert_eq!((error.code(), started.elapsed()), (Code::DeadlineExceeded, limit));
        assert_eq!(error.fact("node"), Some("test-a"));
    }
}

#[tokio::test]
async fn a_deadline_that_has_passed_sends_nothing() {
    let (world, count) = (World::default(), Arc::new(AtomicUsize::new(0)));
    let _node = world.node("test", "a", Handled::loses(&count)).await;
    let error = world.client("test").read("").timeout(Duration::ZERO).await.unwrap_err();
    assert_eq!((error.code(), error.reach()), (Code::DeadlineExceeded, Reach::NotSent));
    assert!(error.message().contains("before the call was sent"), "{error}");
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_made_while_handling_another_inherits_deadline_and_allowed_metadata() {
    let world = World::default();
    let seen: Arc<Mutex<Option<Context>>> = Arc::default();
    let inner = Handled::new({
        let seen = Arc::clone(&seen);
        move |context, request| {
            *seen.lock().unwrap() = Some(context);
            std::future::ready(Ok(request))
        }
    });
    let _inner = world.node("inner", "a", inner).await;
    let to_inner = TestClient::new("inner", world.builder().build().unwrap());
    let outer = Handled::new(move |context: Context, request| {
        let to_inner = to_inner.clone();
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            // In a task of its own: the context is carried, not looked for.
            context.spawn(async move { to_inner.read(&request.text).await }).await.unwrap()
        }
    });
    let _outer = world.node("outer", "a", outer).await;
    let call = world.client("outer").read("x").timeout(Duration::from_secs(3));
    call.metadata("traceparent", "00-1").metadata("x-secret", "s").await.unwrap();
    let seen = seen.lock().unwrap().take().unwrap();
    assert_eq!(seen.time_left(), Some(Duration::from_secs(2)));
    assert_eq!(seen.metadata().get("traceparent"), Some("00-1"));
    assert_eq!(seen.metadata().get("x-secret"), None);
}

#[tokio::test]
async fn a_call_made_for_another_that_is_given_up_is_given_up_too() {
    let world = World::default();
    let (began, mut begun) = tokio::sync::watch::channel(false);
    let inner = Handled::new(move |_, _| {
        began.send_replace(true);
        std::future::pending()
    });
    let _inner = world.node("inner", "a", inner).await;
    let (told, mut outcomes) = tokio::sync::mpsc::unbounded_channel();
    let to_inner = world.client("inner");
    let outer = Handled::new(move |context: Context, _| {
        let (to_inner, told) = (to_inner.clone(), told.clone());
        context.spawn(async move { told.send(to_inner.read("").await.map(drop)).unwrap() });
        std::future::pending()
    });
    let _outer = world.node("outer", "a", outer).await;
    let call = tokio::spawn(world.client("outer").read(""));
    begun.wait_for(|begun| *begun).await.unwrap();
    call.abort();
    let error = outcomes.recv().await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
}

#[tokio::test]
async fn middleware_runs_from_the_outside_in_on_both_sides() {
    let (world, log) = (World::default(), Arc::new(Mutex::new(Vec::new())));
    let note = |name: &'static str| {
        let log = Arc::clone(&log);
        move |invocation: micro_runtime::middleware::Invocation,
              next: micro_runtime::middleware::Next| {
            let log = Arc::clone(&log);
            async move {
                log.lock().unwrap().push(format!("{name} {}", invocation.method().endpoint()));
                next.run(invocation).await
            }
        }
    };
    let builder =
        world.service("test", "a").middleware(note("server 1")).middleware(note("server 2"));
    let keeps = |_: Context, _| async {
        let who = Context::current().and_then(|context| context.value::<&str>());
        Ok(text(who.unwrap_or("nobody")))
    };
    let identifies = |invocation: micro_runtime::middleware::Invocation,
                      next: micro_runtime::middleware::Next| async move {
        let caller = invocation.metadata().get("x-user") == Some("ann");
        if !caller {
            return Err(Error::unauthenticated("say who you are in x-user"));
        }
        invocation.insert_value("ann")?;
        next.run(invocation).await
    };
    let builder = builder.middleware(identifies).handle(Handled::new(keeps));
    let _node = builder.build().unwrap().start().await.unwrap();
    let signs = |mut invocation: micro_runtime::middleware::Invocation,
                 next: micro_runtime::middleware::Next| async move {
        assert!(invocation.insert_value("ann").is_err(), "there is no handler on this side");
        invocation.append_metadata("x-user", "ann")?;
        next.run(invocation).await
    };
    let client = world.builder().middleware(note("client")).middleware(signs).build().unwrap();
    assert_eq!(TestClient::new("test", client).read("").await.unwrap().text, "ann");
    assert_eq!(
        *log.lock().unwrap(),
        ["client", "server 1", "server 2"].map(|name| format!("{name} Test.Read"))
    );
    let error = world.client("test").read("").await.unwrap_err();
    assert_eq!(error.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn a_method_without_a_handler_is_named() {
    let world = World::default();
    let _node = world.node("test", "a", Handled::says("a")).await;
    let error = world.client("test").missing().await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
    assert_eq!(error.fact("method"), Some("Test.Missing"));
}

#[tokio::test]
async fn metadata_that_cannot_be_sent_fails_the_call_and_names_the_key() {
    let world = World::default();
    let error = world.client("test").read("").metadata("bad key", "x").await.unwrap_err();
    assert_eq!((error.code(), error.reach()), (Code::InvalidArgument, Reach::NotSent));
    assert!(error.message().contains("\"bad key\""), "{error}");
}

#[tokio::test]
async fn a_node_gone_in_the_middle_of_a_stream_is_named() {
    let (world, transport) = (World::default(), Arc::new(HttpTransport::default()));
    let server = world.service("test", "a").transport(transport.clone());
    let node = server.handle(Handled::says("a")).build().unwrap().start().await.unwrap();
    let client = world.builder().transport(transport).build().unwrap();
    let mut stream = TestClient::new("test", client).watch("x").await.unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().text, "x");
    node.abort();
    let error = loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a lost connection is no clean end"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.reach(), Reach::Lost);
    assert_eq!(error.fact("node"), Some("test-a"), "{error}");
    assert!(error.message().contains("connection was lost"), "{error}");
}

#[tokio::test]
async fn a_restarted_node_at_the_same_address_is_used_again() {
    let world = World::default();
    let address = Address::host("127.0.0.1", 1);
    let start = |text: &str| {
        let node = world.service("test", "a").listen(address.clone()).grace(Duration::ZERO);
        node.handle(Handled::says(text)).build().unwrap().start()
    };
    let client = world.client("test");
    let first = start("first").await.unwrap();
    assert_eq!(client.write("").await.unwrap().text, "first");
    first.stop().await;
    assert_eq!(first.readiness().phase(), Phase::Stopped);
    let _second = start("second").await.unwrap();
    assert_eq!(client.write("").await.unwrap().text, "second");
}

#[test]
fn a_setting_that_makes_no_sense_is_named_with_what_is_known() {
    let build = |variables: &[(&str, &str)]| {
        let pairs = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let client = Client::builder().environment(pairs.collect()).build();
        client.map(drop).unwrap_err().to_string()
    };
    let error = build(&[("MICRO_REGISTRY", "konsul://a:1")]);
    assert!(error.contains("\"konsul\": known are fixed, local, memory"), "{error}");
    assert!(error.contains("MICRO_REGISTRY"), "{error}");
    let error = build(&[("MICRO_TRANSPORT", "carrier-pigeon")]);
    assert!(error.contains("known are http, memory"), "{error}");
    let error = build(&[("MICRO_REGISTRY", "fixed://[::1")]);
    assert!(error.contains("registry URL"), "{error}");
    let error = build(&[("MICRO_CLIENT_REQUEST_TIMEOUT", "soon")]);
    assert!(error.contains("500ms"), "{error}");
}

#[tokio::test]
async fn garbage_on_a_port_ends_that_connection_and_no_other() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let world = World::default();
    let builder = world.service("test", "a").transport(Arc::new(HttpTransport::default()));
    let node = builder.handle(Handled::says("a")).build().unwrap().start().await.unwrap();
    let client = world.builder().transport(Arc::new(HttpTransport::default())).build().unwrap();
    let client = TestClient::new("test", client);
    assert_eq!(client.read("").await.unwrap().text, "a");
    for garbage in
        [&b"\x16\x03\x01\x02\x00 this is no HTTP/2 preface, whatever it is"[..], &[0xff; 5_000]]
    {
        let address = node.address().to_string();
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        socket.write_all(garbage).await.unwrap();
        let mut answer = Vec::new();
        // The end comes as an end or as a reset; what counts is that it comes.
        let ended = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut answer));
        let _ = ended.await.expect("the connection ends");
        assert_eq!(client.read("").await.unwrap().text, "a");
    }
}
