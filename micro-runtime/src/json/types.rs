//! Which messages an `Any` may hold in JSON: its text names a type, and somebody has to know it.
//!
//! A message knows the types of its own `.proto` file and of all that this imports, without anybody's doing. Others
//! are told: [`Types`] hold them, for a codec or for the length of a call. Nothing is registered for a whole program.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::codec::{Codec, DecodeError, EncodeError, Json, Payload};
use crate::descriptor::FileDesc;

/// A type of message, known by its full protobuf name.
#[derive(Clone, Copy)]
pub struct MessageType {
    name: &'static str,
    make: fn() -> Box<dyn Payload>,
}

impl MessageType {
    /// The type `M`, whose full name is given since constants cannot ask for it.
    #[must_use]
    pub const fn named<M: Payload + Default>(name: &'static str) -> Self {
        Self { name, make: make::<M> }
    }

    /// The type `M`.
    #[must_use]
    pub fn of<M: Payload + Default>() -> Self {
        Self::named::<M>(M::default().full_name())
    }

    /// The full protobuf name, such as `greeter.v1.HelloRequest`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// A message of the type, with nothing in it.
    #[must_use]
    pub fn empty(&self) -> Box<dyn Payload> {
        (self.make)()
    }
}

impl fmt::Debug for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageType({})", self.name)
    }
}

fn make<M: Payload + Default>() -> Box<dyn Payload> {
    Box::new(M::default())
}

/// Types of messages, beyond those that a message knows by itself.
///
/// ```
/// use micro_runtime::json::Types;
/// use micro_runtime::wkt::{Any, Duration};
///
/// let any = Any::pack(&Duration { seconds: 1, nanos: 0 });
/// let text = Types::default().with::<Duration>().scope(|| serde_json::to_string(&any))?;
/// assert_eq!(text, r#"{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Types {
    types: Arc<BTreeMap<&'static str, MessageType>>,
    leaves_out_unknown_names: bool,
}

impl Types {
    /// These types and `M`.
    #[must_use]
    pub fn with<M: Payload + Default>(self) -> Self {
        self.with_all([MessageType::of::<M>()])
    }

    /// These types and all of a `.proto` file and what it imports, such as `greeter_micro::SERVICE.file()`.
    #[must_use]
    pub fn with_file(self, file: &'static FileDesc) -> Self {
        let mut files = Files::default();
        files.add(file);
        self.with_all(files.types())
    }

    /// Leaves out values whose enum has no such name, as unknown fields always are; without this they are errors.
    #[must_use]
    pub fn leaving_out_unknown_names(mut self) -> Self {
        self.leaves_out_unknown_names = true;
        self
    }

    fn with_all(mut self, types: impl IntoIterator<Item = MessageType>) -> Self {
        let named = types.into_iter().map(|message| (message.name, message));
        Arc::make_mut(&mut self.types).extend(named);
        self
    }

    /// Runs something that writes or reads JSON in this thread with these types known, besides those already known.
    pub fn scope<T>(&self, work: impl FnOnce() -> T) -> T {
        let outer = KNOWN.with_borrow(Clone::clone);
        let all = match outer {
            Some(outer) => Self {
                leaves_out_unknown_names: self.leaves_out_unknown_names,
                ..outer.with_all(self.types.values().copied())
            },
            None => self.clone(),
        };
        let _restore = Restore(KNOWN.replace(Some(all)));
        work()
    }

    /// Canonical JSON that knows these types: a codec in place of [`Json`].
    #[must_use]
    pub fn codec(self) -> Arc<dyn Codec> {
        Arc::new(TypedJson(self))
    }
}

// What is known besides, and of which file the message is that is being written or read.
thread_local! {
    static KNOWN: RefCell<Option<Types>> = const { RefCell::new(None) };
    static FILE: Cell<Option<&'static FileDesc>> = const { Cell::new(None) };
}

/// Puts back what was known, however the work ends.
struct Restore(Option<Types>);

impl Drop for Restore {
    fn drop(&mut self) {
        KNOWN.set(self.0.take());
    }
}

struct RestoreFile(Option<&'static FileDesc>);

impl Drop for RestoreFile {
    fn drop(&mut self) {
        FILE.set(self.0);
    }
}

/// Writes or reads a message of a file.
pub(super) fn inside<T>(file: Option<&'static FileDesc>, work: impl FnOnce() -> T) -> T {
    let _restore = file.map(|file| RestoreFile(FILE.replace(Some(file))));
    work()
}

/// The type with this name, if it is known here.
pub(crate) fn find(name: &str) -> Option<MessageType> {
    let told = KNOWN.with_borrow(|known| known.as_ref()?.types.get(name).copied());
    told.or_else(|| crate::wkt::TYPES.iter().find(|known| known.name == name).copied()).or_else(
        || {
            let mut files = Files::default();
            files.add(FILE.get()?);
            files.types().find(|known| known.name == name)
        },
    )
}

/// Whether the name of a value that an enum does not have is no error.
pub(super) fn leaves_out_unknown_names() -> bool {
    KNOWN.with_borrow(|known| known.as_ref().is_some_and(|known| known.leaves_out_unknown_names))
}

/// Files and all that they import, each once.
#[derive(Default)]
struct Files {
    names: BTreeSet<&'static str>,
    files: Vec<&'static FileDesc>,
}

impl Files {
    fn add(&mut self, file: &'static FileDesc) {
        let mut next = vec![file];
        while let Some(file) = next.pop() {
            if self.names.insert(file.name()) {
                self.files.push(file);
                next.extend(file.dependencies());
            }
        }
    }

    fn types(&self) -> impl Iterator<Item = MessageType> {
        self.files.iter().flat_map(|file| file.message_types()).copied()
    }
}

/// Canonical JSON, with types.
#[derive(Debug)]
struct TypedJson(Types);

impl Codec for TypedJson {
    fn name(&self) -> &'static str {
        Json.name()
    }

    fn encode(&self, payload: &dyn Payload, out: &mut BytesMut) -> Result<(), EncodeError> {
        self.0.scope(|| Json.encode(payload, out))
    }

    fn decode(&self, bytes: Bytes, payload: &mut dyn Payload) -> Result<(), DecodeError> {
        self.0.scope(|| Json.decode(bytes, payload))
    }

    fn size_hint(&self, payload: &dyn Payload) -> usize {
        Json.size_hint(payload)
    }
}
