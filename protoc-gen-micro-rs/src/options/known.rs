//! The list of all options: for `--help`, for errors, and for the table in the documentation.

/// An option of the plugin, and method of `micro_build::Builder`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub value: &'static str,
    /// What it does.
    pub effect: &'static str,
}

const fn known(name: &'static str, value: &'static str, effect: &'static str) -> Known {
    Known { name, value, effect }
}

/// All options, by name.
pub const KNOWN: &[Known] = &[
    known("boxed", ".path", "put message fields into a Box; may be given again"),
    known("btree_map", ".path", "make map fields a BTreeMap; may be given again"),
    known("bytes", ".path", "make bytes fields a Bytes, which is not copied; may be given again"),
    known("client", "true or false", "whether to generate clients; true unless given"),
    known("client_attribute", ".path=#[…]", "put an attribute on clients; may be given again"),
    known("client_feature", "name", "generate clients behind a feature of your crate"),
    known("comments", "true or false", "whether comments become documentation; true unless given"),
    known(
        "descriptors",
        "full, lean or none",
        "how much of file descriptors is embedded, for reflection; lean leaves custom options out; full unless given",
    ),
    known(
        "enum_attribute",
        ".path=#[…]",
        "put an attribute on enums and oneofs; may be given again",
    ),
    known(
        "exclude_package",
        ".path",
        "generate nothing for a package and those inside it; may be given again",
    ),
    known(
        "extern_file",
        "file=::rust::path",
        "the types of a .proto file are in that module; may be given again",
    ),
    known(
        "extern_path",
        ".path=::rust::path",
        "a package or type that another crate holds; may be given again",
    ),
    known(
        "field_attribute",
        ".path=#[…]",
        "put an attribute on fields, members of oneofs and values; may be given again",
    ),
    known(
        "handler_attribute",
        ".path=#[…]",
        "put an attribute on handler traits; may be given again",
    ),
    known(
        "json",
        "true or false",
        "whether messages have JSON and serde's traits; true unless given",
    ),
    known("json_feature", "name", "generate JSON behind a feature of your crate"),
    known("layout", "package or file", "what has an output file of its own; package unless given"),
    known("message_attribute", ".path=#[…]", "put an attribute on messages; may be given again"),
    known("messages", "true or false", "whether to generate messages and enums; true unless given"),
    known("mod_file", "name.rs or none", "the file with the tree of modules; mod.rs unless given"),
    known(
        "rename",
        ".path=name",
        "another Rust name for one type, field, value, service or rpc; may be given again",
    ),
    known("runtime_path", "::rust::path", "where the runtime is; ::micro_runtime unless given"),
    known("server", "true or false", "whether to generate handlers and servers; true unless given"),
    known("server_attribute", ".path=#[…]", "put an attribute on servers; may be given again"),
    known("server_feature", "name", "generate handlers and servers behind a feature of your crate"),
    known(
        "strict_handlers",
        "true or false",
        "whether a handler has to have every method; false unless given",
    ),
    known(
        "type_attribute",
        ".path=#[…]",
        "put an attribute on messages, enums and oneofs; may be given again",
    ),
];
