//! Map fields: objects whose keys are text, whatever the keys are.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::hash::{BuildHasher, Hash};

use super::error::Shown;
use super::kind::Kind;
use super::{Error, Reader, text};

/// A key of a map field.
pub trait MapKey: Display + Sized {
    /// What it is, for errors.
    const WANTED: &'static str;

    /// Reads the key from text; `None` if the text is none.
    fn parse(text: &str) -> Option<Self>;

    /// Appends the key as a string.
    fn write(&self, out: &mut Vec<u8>);
}

macro_rules! map_key {
    ($($type:ident $wanted:literal),*) => {
        $(impl MapKey for $type {
            const WANTED: &'static str = $wanted;

            fn parse(text: &str) -> Option<Self> {
                if text.starts_with('+') { None } else { text.parse().ok() }
            }

            fn write(&self, out: &mut Vec<u8>) {
                out.push(b'"');
                text::number(out, self);
                out.push(b'"');
            }
        })*
    };
}

map_key!(
    bool "true or false", i32 "a 32-bit integer", u32 "an unsigned 32-bit integer",
    i64 "a 64-bit integer", u64 "an unsigned 64-bit integer"
);

impl MapKey for String {
    const WANTED: &'static str = "a string";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn write(&self, out: &mut Vec<u8>) {
        text::string(out, self);
    }
}

/// A type that holds a map field.
pub trait JsonMap: Default {
    /// Its keys.
    type Key: MapKey;
    /// Its values.
    type Value;

    /// All entries.
    fn entries(&self) -> impl Iterator<Item = (&Self::Key, &Self::Value)>;

    /// Adds an entry; false if the key had one.
    fn add(&mut self, key: Self::Key, value: Self::Value) -> bool;
}

impl<K: MapKey + Eq + Hash, V, S: BuildHasher + Default> JsonMap for HashMap<K, V, S> {
    type Key = K;
    type Value = V;

    fn entries(&self) -> impl Iterator<Item = (&K, &V)> {
        self.iter()
    }

    fn add(&mut self, key: K, value: V) -> bool {
        self.insert(key, value).is_none()
    }
}

impl<K: MapKey + Ord, V> JsonMap for BTreeMap<K, V> {
    type Key = K;
    type Value = V;

    fn entries(&self) -> impl Iterator<Item = (&K, &V)> {
        self.iter()
    }

    fn add(&mut self, key: K, value: V) -> bool {
        self.insert(key, value).is_none()
    }
}

/// Appends an object.
pub(crate) fn write<K: Kind<M::Value>, M: JsonMap>(
    map: &M,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    out.push(b'{');
    for (key, value) in map.entries() {
        key.write(out);
        out.push(b':');
        K::write(value, out).map_err(|error| error.in_element(Shown(&key.to_string())))?;
        out.push(b',');
    }
    text::close(out, b'}');
    Ok(())
}

/// Reads an object.
pub(crate) fn read<K: Kind<M::Value>, M: JsonMap>(reader: &mut Reader<'_>) -> Result<M, Error> {
    let mut map = M::default();
    reader.open(b'{', "an object")?;
    while let Some(name) = reader.next_name()? {
        let key = M::Key::parse(&name).ok_or_else(|| no_key::<M::Key>(reader, &name))?;
        let value = K::read_known(reader).map_err(|error| error.in_element(Shown(&name)))?;
        let Some(value) = value else { continue };
        if !map.add(key, value) {
            return Err(reader.error("given twice").in_element(Shown(&name)));
        }
    }
    Ok(map)
}

#[cold]
fn no_key<K: MapKey>(reader: &Reader<'_>, name: &str) -> Error {
    reader.error(format_args!("expected {} as a key, got {:?}", K::WANTED, Shown(name)))
}
