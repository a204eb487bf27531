//! Generates the greeter's messages, client and handler trait.

fn main() -> Result<(), micro_build::Error> {
    micro_build::compile(["../../proto/greeter/**/*.proto"], ["../../proto"])
}
