//! Generates the service that peers call and serve.

fn main() -> Result<(), micro_build::Error> {
    micro_build::compile(["proto/**/*.proto"], ["proto"])
}
