//! What was generated, called.

#[path = "../../calls.rs"]
mod calls;
#[path = "../../json.rs"]
mod json;
#[path = "../../options.rs"]
mod options;

use micro_build_e2021 as generated;
