//! What was generated, called.

#[path = "../../calls.rs"]
mod calls;
#[path = "../../json.rs"]
mod json;
#[path = "../../options.rs"]
mod options;
#[path = "../../protoc.rs"]
mod protoc;

use micro_build_e2024 as generated;
