include!("newer/mod.rs");
