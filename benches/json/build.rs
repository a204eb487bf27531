//! Generates the shapes for us, and for prost with pbjson.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (proto, include) = ("proto/shapes/v1/shapes.proto", "proto");
    micro_build::compile([proto], [include])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("peers");
    std::fs::create_dir_all(&out)?;
    let descriptors = out.join("shapes.bin");
    prost_build::Config::new()
        .protoc_executable(protoc_bin_vendored::protoc_bin_path()?)
        .file_descriptor_set_path(&descriptors)
        .out_dir(&out)
        .compile_protos(&[proto], &[include])?;
    pbjson_build::Builder::new()
        .register_descriptors(&std::fs::read(descriptors)?)?
        .ignore_unknown_fields()
        .out_dir(&out)
        .build(&[".shapes.v1"])?;
    Ok(())
}
