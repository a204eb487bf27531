//! The generator as its users run it: under protoc, and from `build.rs`.

mod compilers;
mod corpus;
mod golden;
mod parity;
mod protocol;
mod support;
