//! Descriptors of the `.proto` files that everybody imports: once here, not in every generated file.
//!
//! A test of `micro-build` compares the bytes with what protoc makes of the files.

use crate::descriptor::FileDesc;

pub use crate::generated::google::rpc::__micro_files::GOOGLE_RPC_ERROR_DETAILS_PROTO;

macro_rules! files {
    ($($constant:ident = $name:literal, $bytes:literal, [$($import:ident),*];)*) => {
        $(
            #[doc = concat!("The descriptor of `", $name, "`.")]
            pub static $constant: FileDesc =
                FileDesc::new($name, include_bytes!($bytes), &[$(&$import),*]);
        )*

        /// All of these files.
        pub(crate) static ALL: &[&FileDesc] = &[$(&$constant,)* &GOOGLE_RPC_ERROR_DETAILS_PROTO];
    };
}

files! {
    GOOGLE_API_ANNOTATIONS_PROTO = "google/api/annotations.proto", "files/google.api.annotations.bin",
        [GOOGLE_API_HTTP_PROTO, GOOGLE_PROTOBUF_DESCRIPTOR_PROTO];
    GOOGLE_API_HTTP_PROTO = "google/api/http.proto", "files/google.api.http.bin", [];
    GOOGLE_PROTOBUF_ANY_PROTO = "google/protobuf/any.proto", "files/google.protobuf.any.bin", [];
    GOOGLE_PROTOBUF_DESCRIPTOR_PROTO = "google/protobuf/descriptor.proto", "files/google.protobuf.descriptor.bin", [];
    GOOGLE_PROTOBUF_DURATION_PROTO = "google/protobuf/duration.proto", "files/google.protobuf.duration.bin", [];
    GOOGLE_PROTOBUF_EMPTY_PROTO = "google/protobuf/empty.proto", "files/google.protobuf.empty.bin", [];
    GOOGLE_PROTOBUF_FIELD_MASK_PROTO = "google/protobuf/field_mask.proto", "files/google.protobuf.field_mask.bin", [];
    GOOGLE_PROTOBUF_STRUCT_PROTO = "google/protobuf/struct.proto", "files/google.protobuf.struct.bin", [];
    GOOGLE_PROTOBUF_TIMESTAMP_PROTO = "google/protobuf/timestamp.proto", "files/google.protobuf.timestamp.bin", [];
    GOOGLE_PROTOBUF_WRAPPERS_PROTO = "google/protobuf/wrappers.proto", "files/google.protobuf.wrappers.bin", [];
    MICRO_OPTIONS_PROTO = "micro/options.proto", "files/micro.options.bin",
        [GOOGLE_PROTOBUF_DESCRIPTOR_PROTO];
}
