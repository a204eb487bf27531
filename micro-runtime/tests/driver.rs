//! URLs name back ends, errors name what is wrong, and neither tells secrets.

use std::sync::Arc;

use micro_runtime::driver::{Driver, Drivers, Url};
use micro_runtime::registry::{MemoryRegistry, Registry};
use micro_runtime::{Code, Error};

fn url(text: &str) -> Url {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(url: &str) -> String {
    let error = Drivers::registries().open(url).expect_err(url);
    assert_eq!(error.code(), Code::InvalidArgument, "{url}: {error}");
    error.message().to_owned()
}

#[test]
fn every_part_of_a_url_is_found() {
    let url = url("ETCD+tls://ann:p%40ss:word@a:1,[fe80::1],c/some%20where?x=1%262&y=");
    assert_eq!(url.scheme(), "etcd+tls");
    assert_eq!((url.user(), url.password()), (Some("ann"), Some("p@ss:word")));
    let hosts: Vec<_> = url.hosts().iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["a:1", "[fe80::1]", "c"]);
    assert_eq!(url.path(), "/some where");
    assert_eq!(url.settings().collect::<Vec<_>>(), [("x", "1&2"), ("y", "")]);
    assert_eq!(url.setting("z"), None);
}

#[test]
fn a_scheme_alone_is_a_url() {
    for text in ["consul", "Consul", " consul\n", "consul://"] {
        let url = url(text);
        assert_eq!((url.scheme(), url.hosts().len(), url.path()), ("consul", 0, ""), "{text}");
        assert_eq!(url.to_string(), "consul://");
    }
}

#[test]
fn addresses_come_from_the_url_or_from_beside_it() {
    let beside = url("consul").at("a, [::1]:2").unwrap().addresses(Some(8500)).unwrap();
    assert_eq!(beside.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a:8500", "[::1]:2"]);
    assert_eq!(url("consul://a").at(" ").unwrap(), url("consul://a"));
    let error = url("consul://a").at("b").unwrap_err();
    assert!(error.message().contains("choose one"), "{error}");
    let error = url("fixed://a").addresses(None).unwrap_err();
    assert!(error.message().contains("a:port"), "{error}");
}

#[test]
fn a_malformed_url_is_told_which_part_is_wrong() {
    for (url, part) in [
        ("", "begin with scheme://"),
        ("://a:1", "begin with scheme://"),
        ("127.0.0.1:8500", "begin with scheme://"),
        ("/run/micro", "begin with scheme://"),
        ("fixed:a:1", "begin with scheme://"),
        ("fixed://a:1,,b:2", "host number 2 is empty"),
        ("fixed://:1", "host number 1 is empty"),
        ("fixed://user/word@a:1", "a '/' in a password %2F"),
        ("fixed://a:b", "host number 1 has a port"),
        ("fixed://a:0", "host number 1 has a port"),
        ("fixed://a:1,b:65536", "host number 2 has a port"),
        ("fixed://::1:80", "IPv6 address needs brackets"),
        ("fixed://[::1:80", "without a ']'"),
        ("fixed://[host]:80", "no IPv6 address"),
        ("fixed://[::1]80", "host number 1 has a port"),
        ("fixed://a:1?greeter", "setting number 1 is not"),
        ("fixed://a:1?x=1&=2", "setting number 2 is not"),
        ("fixed://a:1#b", "follow a '#'"),
        ("local:///a%2", "the path has a '%'"),
        ("local:///%zz", "the path has a '%'"),
        ("local:///%é1", "the path has a '%'"),
        ("local:///%ff", "the path is not UTF-8"),
    ] {
        let message = refused(url);
        assert!(message.contains(part), "{url}: {message}");
        assert!(message.starts_with("registry URL: "), "{url}: {message}");
        assert!(message.contains("known schemes: fixed, local, memory"), "{url}: {message}");
    }
}

#[test]
fn an_unknown_scheme_is_answered_with_the_known_ones() {
    assert_eq!(
        refused("konsul://a:1"),
        "no registry is called \"konsul\": known are fixed, local, memory; \
         others need their driver in the list"
    );
}

#[test]
fn parts_that_a_back_end_does_not_take_are_refused() {
    for (url, what) in [
        ("memory://a:1", "memory takes no addresses"),
        ("memory:///path", "memory takes no path"),
        ("memory://?a=b", "memory takes no settings"),
        ("local://ann@", "local takes no user or password"),
        ("local://run/micro", "local:///path/to/folder, with three slashes"),
        ("fixed", "fixed://host:port"),
        ("fixed://a", "a:port"),
        ("fixed://a:1/path", "fixed takes no path"),
        ("fixed://?greeter=a", "wanted host:port"),
    ] {
        let message = refused(url);
        assert!(message.contains(what), "{url}: {message}");
    }
    let error = url("nats://a?tsl=on").with_settings(&["tls", "name"]).unwrap_err();
    assert_eq!(error.message(), "nats takes no setting \"tsl\", but tls, name");
}

#[test]
fn secrets_are_never_printed() {
    let url = url("nats://ann:hunter2@a:1/p?token=hunter2");
    assert_eq!(url.to_string(), "nats://***@a:1/p?token=***");
    assert_eq!(format!("{url:?}"), "Url(nats://***@a:1/p?token=***)");
    for text in [
        "memory://ann:hunter2@",
        "memory://ann:hunter2@a:1",
        "memory://ann:hun/ter2hunter2@a:1",
        "memory://hunter2:hunter2/@a",
        "memory://hunter2/hunter2@a",
        "memory://ann:hunter2%@a:1",
        "memory://ann:#hunter2@a:1",
        "memory://a:1?token=hunter2",
        "memory://a:1?token=hunter2%",
        "memory://a:1?hunter2",
        "memory://a:hunter2",
        "hunter2@memory://",
        "nats://ann:hunter2@a:1",
    ] {
        let error = Drivers::registries().open(text).expect_err(text);
        let printed =
            format!("{error} {error:?} {}", Error::internal("x").with_cause(error.clone()));
        assert!(!printed.contains("hunter2"), "{text}: {printed}");
    }
}

#[tokio::test]
async fn the_built_in_registries_are_opened() {
    let drivers = Drivers::registries();
    assert_eq!(drivers.open("memory").unwrap().describe(), "memory");
    assert_eq!(drivers.open_at("memory", "").unwrap().describe(), "memory");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("with space");
    let url = format!("local://{}", path.display().to_string().replace(' ', "%20"));
    assert_eq!(drivers.open(&url).unwrap().describe(), format!("local ({})", path.display()));
    assert!(drivers.open("local").unwrap().describe().contains("micro"));

    let fixed = drivers.open("fixed://x:9?greeter=a:1,b:2&users=unix:/run/users.sock").unwrap();
    assert_eq!(fixed.list().await.unwrap(), ["greeter", "users"]);
    let first = |service| fixed.watch(service).borrow().nodes[0].address.to_string();
    assert_eq!(
        [first("greeter"), first("users"), first("else")],
        ["a:1", "unix:/run/users.sock", "x:9"]
    );
}

#[test]
fn the_built_in_selectors_are_opened() {
    let drivers = Drivers::selectors();
    for (text, name) in
        [("random", "random"), ("round_robin", "round_robin"), ("roundrobin", "round_robin")]
    {
        assert_eq!(drivers.open(text).unwrap().name(), name);
    }
    let error = drivers.open("first").unwrap_err();
    assert!(error.message().contains("known are random, round_robin, roundrobin"), "{error}");
}

#[test]
fn a_driver_of_ones_own_goes_first() {
    const OWN: Driver<dyn Registry> = Driver::new(&["memory", "own"], |url| {
        url.setting("fine").ok_or_else(|| Error::unavailable("not fine"))?;
        Ok(Arc::new(MemoryRegistry::new()))
    });
    let mut drivers = Drivers::registries();
    drivers.extend([OWN]);
    assert_eq!(format!("{drivers:?}"), "Drivers(registry: fixed, local, memory, own)");
    assert!(drivers.open("own://?fine=yes").is_ok());
    let error = drivers.clone().open("memory://ann:secret@a").unwrap_err();
    assert_eq!(error.to_string(), "unavailable: not fine (registry memory://***@a)");
}
