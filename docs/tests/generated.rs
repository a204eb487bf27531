//! The code that the chapter on generated code walks through is what the generator makes today.

use std::fs;
use std::path::Path;

#[test]
fn the_checked_in_greeter_is_what_is_generated() {
    let out = tempfile::tempdir().unwrap();
    let builder = micro_build::configure().out_dir(out.path());
    builder.compile(["../proto/greeter/v1/greeter.proto"], ["../proto"]).unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated");
    for name in ["mod.rs", "greeter.v1.rs"] {
        let (made, kept) = (out.path().join(name), golden.join(name));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::copy(&made, &kept).unwrap();
            continue;
        }
        let same = fs::read_to_string(made).unwrap() == fs::read_to_string(kept).unwrap();
        assert!(same, "docs/generated/{name} is old: UPDATE_GOLDEN=1 writes it anew");
    }
    assert!(std::env::var_os("UPDATE_GOLDEN").is_none(), "docs/generated is written anew");
}
