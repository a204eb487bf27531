include!("strict/mod.rs");

use greeter::v1::GreeterHandler;

struct English;

impl GreeterHandler for English {}
