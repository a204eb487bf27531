//! URLs and variables that make no sense.

use micro_runtime::{Address, Environment, Service};

use crate::table::Table;
use crate::world::client;

pub(crate) async fn rows(table: &mut Table) {
    table.section("URLs");
    let wrong = [
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
    ];
    for (wrong, url) in wrong {
        let built = client().registry_url(url).build();
        table.row(wrong, url, async { built.unwrap_err() }).await;
    }
    table
        .row("wrote an address without a port", r#""127.0.0.1".parse::<Address>()"#, async {
            "127.0.0.1".parse::<Address>().unwrap_err()
        })
        .await;
    table.section("Variables of the environment");
    let wrong: [(&str, &[(&str, &str)]); 8] = [
        ("misspelt a scheme", &[("MICRO_REGISTRY", "konsul")]),
        (
            "named addresses twice",
            &[("MICRO_REGISTRY", "fixed://a:1"), ("MICRO_REGISTRY_ADDRESS", "b:2")],
        ),
        ("misspelt a selector", &[("MICRO_SELECTOR", "roundrobbin")]),
        ("left a unit out", &[("MICRO_CLIENT_REQUEST_TIMEOUT", "5")]),
        ("wrote a word where a number is wanted", &[("MICRO_CLIENT_RETRIES", "many")]),
        ("wrote a unit where seconds are meant", &[("MICRO_REGISTER_TTL", "1m")]),
        ("wrote a port alone", &[("MICRO_SERVER_ADDRESS", "8080")]),
        ("left a value out", &[("MICRO_SERVER_METADATA", "zone=eu,rack")]),
    ];
    for (wrong, variables) in wrong {
        let how: Vec<_> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment: Environment = owned.collect();
        let built = Service::builder("greeter").environment(environment).build();
        table.row(wrong, &how.join(" "), async { built.unwrap_err() }).await;
    }
}
