//! Generates the echo service for every peer.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (proto, include) = ("proto/bench/v1/bench.proto", "proto");
    micro_build::compile([proto], [include])?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?).join("tonic");
    std::fs::create_dir_all(&out)?;
    let mut config = prost_build::Config::new();
    config.protoc_executable(protoc_bin_vendored::protoc_bin_path()?);
    tonic_prost_build::configure().out_dir(out).compile_with_config(config, &[proto], &[include])?;
    Ok(())
}
