//! Our generator, as the plugin calls it: `generate-micro DESCRIPTORS OUT protobuf|json`.

use std::fs;

use generate::{Figures, Json, Task};
use prost::Message;
use protoc_gen_micro_rs::{Request, answer};

/// `google.protobuf.FileDescriptorSet`, its files as they come to a plugin.
#[derive(Clone, PartialEq, prost::Message)]
struct Descriptors {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// `google.protobuf.FileDescriptorProto`, of which only the name is wanted.
#[derive(Clone, PartialEq, prost::Message)]
struct Named {
    #[prost(string, tag = "1")]
    name: String,
}

fn main() {
    let task = Task::read();
    let proto_file = Descriptors::decode(&*task.descriptors).expect("protoc wrote it").file;
    let names = proto_file.iter().map(|file| Named::decode(&**file).expect("protoc wrote it").name);
    // Those of protoc are in the runtime, and in the peers' prost-types.
    let names = names.filter(|name| !name.starts_with("google/protobuf/"));
    let parameter = if task.json == Json::On { "json=true" } else { "json=false" };
    let request = Request {
        file_to_generate: names.collect(),
        parameter: Some(parameter.to_owned()),
        proto_file,
    };
    let response = answer(&request).response;
    assert_eq!(response.error, None, "the descriptors are sound");
    for file in response.file {
        let (name, text) = (file.name.unwrap_or_default(), file.content.unwrap_or_default());
        fs::write(task.out.join(name), text).expect("the folder exists");
    }
    Figures::print();
}
