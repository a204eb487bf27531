//! Map fields: objects whose keys are text, whatever the keys are.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Display};
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::kind::{Kind, Read, Written};
use super::path;

/// A key of a map field.
pub trait MapKey: Display + Sized {
    /// What it is, for errors.
    const WANTED: &'static str;

    /// Reads the key from text; `None` if the text is none.
    fn parse(text: &str) -> Option<Self>;
}

macro_rules! map_key {
    ($($type:ident $wanted:literal),*) => {
        $(impl MapKey for $type {
            const WANTED: &'static str = $wanted;

            fn parse(text: &str) -> Option<Self> {
                if text.starts_with('+') { None } else { text.parse().ok() }
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

/// A map to write, as serde wants it.
pub(super) struct WrittenMap<'a, K, M>(&'a M, PhantomData<K>);

impl<'a, K, M> WrittenMap<'a, K, M> {
    pub(super) fn new(map: &'a M) -> Self {
        Self(map, PhantomData)
    }
}

impl<K: Kind<M::Value>, M: JsonMap> Serialize for WrittenMap<'_, K, M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = |(key, value)| (KeyText(key), Written::<K, M::Value>::new(value));
        serializer.collect_map(self.0.entries().map(entry))
    }
}

struct KeyText<'a, K>(&'a K);

impl<K: MapKey> Serialize for KeyText<'_, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

/// A map that was read, as serde wants it.
pub(super) struct ReadMap<K, M>(pub(super) M, PhantomData<K>);

impl<'de, K: Kind<M::Value>, M: JsonMap> Deserialize<'de> for ReadMap<K, M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = deserializer.deserialize_map(MapVisitor::<K, M>(PhantomData))?;
        Ok(Self(map, PhantomData))
    }
}

struct MapVisitor<K, M>(PhantomData<(K, M)>);

impl<'de, K: Kind<M::Value>, M: JsonMap> Visitor<'de> for MapVisitor<K, M> {
    type Value = M;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<M, A::Error> {
        let mut map = M::default();
        while let Some(key) = access.next_key_seed(KeySeed::<M::Key>(PhantomData))? {
            let value = access.next_value::<Read<K, M::Value>>();
            let value = value.map_err(|error| path::in_element(&key, &error))?.0;
            let Some(value) = value else { continue };
            let place = key.to_string();
            if !map.add(key, value) {
                return Err(path::in_element(place, &A::Error::custom("given twice")));
            }
        }
        Ok(map)
    }
}

struct KeySeed<K>(PhantomData<K>);

impl<'de, K: MapKey> DeserializeSeed<'de> for KeySeed<K> {
    type Value = K;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<K, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<K: MapKey> Visitor<'_> for KeySeed<K> {
    type Value = K;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as a key", K::WANTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<K, E> {
        let wanted = K::WANTED;
        K::parse(text)
            .ok_or_else(|| E::custom(format_args!("expected {wanted} as a key, got {text:?}")))
    }
}
