//! Generates what is called and published.

fn main() -> Result<(), micro_build::Error> {
    micro_build::compile(["proto/**/*.proto"], ["proto", "../../../proto"])
}
