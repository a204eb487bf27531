include!("older/mod.rs");
