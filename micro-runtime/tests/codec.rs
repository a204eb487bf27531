//! The built-in codecs keep the rules of all codecs.

use micro_runtime::codec::{Json, Protobuf};
use micro_runtime::testing::codec::suite;

#[test]
fn protobuf_keeps_the_rules() {
    suite(&Protobuf);
}

#[test]
fn json_keeps_the_rules() {
    suite(&Json);
}
