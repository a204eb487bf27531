//! URLs and variables that make no sense.

use micro_runtime::{Address, Environment, Error, Service};

use crate::table::Table;
use crate::world::client;

pub(crate) fn rows(table: &mut Table) {
    table.section("URLs and addresses");
    for (wrong, url) in [
        ("misspelt the scheme", "konsul://127.0.0.1:8500"),
        ("left the scheme out", "127.0.0.1:8500"),
        ("wrote a '/' in a password", "fixed://ann:se/cret@10.0.0.1:80"),
        ("left the port out", "fixed://10.0.0.1"),
        ("named a port that is none", "fixed://10.0.0.1:http"),
        ("wrote an IPv6 address without brackets", "fixed://::1:80"),
        ("named no address", "fixed"),
        ("left a value out", "fixed://?greeter"),
        ("wrote two slashes in front of a folder", "local://run/micro"),
        ("gave a part that is not wanted", "memory://10.0.0.1:80"),
    ] {
        table.row(wrong, url, client().registry_url(url).build().unwrap_err());
    }
    let error = "127.0.0.1".parse::<Address>().unwrap_err();
    table.row("wrote an address without a port", r#""127.0.0.1".parse::<Address>()"#, error);

    for (wrong, url) in [
        ("named a broker that needs a driver", "nats://127.0.0.1:4222"),
        ("gave the http broker two addresses", "http://10.0.0.1:8090,10.0.0.2:8090"),
        ("gave a broker in memory one", "memory://10.0.0.1:8090"),
    ] {
        table.row(wrong, url, client().broker_url(url).build().unwrap_err());
    }

    table.section("Variables of the environment");
    for (wrong, variable, value) in [
        ("misspelt a scheme", "MICRO_REGISTRY", "konsul"),
        ("misspelt a broker", "MICRO_BROKER", "rabbit"),
        ("misspelt a selector", "MICRO_SELECTOR", "roundrobbin"),
        ("left a unit out", "MICRO_CLIENT_REQUEST_TIMEOUT", "5"),
        ("wrote a word where a number is wanted", "MICRO_CLIENT_RETRIES", "many"),
        ("wrote a unit where seconds are meant", "MICRO_REGISTER_TTL", "1m"),
        ("wrote a port alone", "MICRO_SERVER_ADDRESS", "8080"),
        ("left a value out", "MICRO_SERVER_METADATA", "zone=eu,rack"),
    ] {
        let error = build_with(&[(variable, value)]);
        table.row(wrong, &format!("{variable}={value}"), error);
    }
    let error = build_with(&[("MICRO_REGISTRY", "fixed://a:1"), ("MICRO_REGISTRY_ADDRESS", "b:2")]);
    let how = "MICRO_REGISTRY=fixed://a:1 MICRO_REGISTRY_ADDRESS=b:2";
    table.row("named addresses twice", how, error);
}

fn build_with(variables: &[(&str, &str)]) -> Error {
    let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let environment: Environment = variables.collect();
    Service::builder("greeter").environment(environment).build().unwrap_err()
}
