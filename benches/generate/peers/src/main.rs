//! tonic-prost-build, and with JSON pbjson-build as well: `generate-peers DESCRIPTORS OUT protobuf|json`.

use generate::{Figures, Json, Task};
use prost::Message;
use prost_types::FileDescriptorSet;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let task = Task::read();
    let descriptors = FileDescriptorSet::decode(&*task.descriptors)?;
    let packages: Vec<_> =
        descriptors.file.iter().map(|file| format!(".{}", file.package())).collect();
    tonic_prost_build::configure()
        .emit_rerun_if_changed(false)
        .out_dir(&task.out)
        .compile_fds(descriptors)?;
    if task.json == Json::On {
        pbjson_build::Builder::new()
            .register_descriptors(&task.descriptors)?
            .out_dir(&task.out)
            .build(&packages)?;
    }
    Figures::print();
    Ok(())
}
