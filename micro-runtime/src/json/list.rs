//! Repeated fields: arrays.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::kind::{Kind, Read, Written};
use super::path;

/// A list to write, as serde wants it.
pub(super) struct WrittenList<'a, K, T>(&'a [T], PhantomData<K>);

impl<'a, K, T> WrittenList<'a, K, T> {
    pub(super) fn new(items: &'a [T]) -> Self {
        Self(items, PhantomData)
    }
}

impl<K: Kind<T>, T> Serialize for WrittenList<'_, K, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Written::<K, T>::new))
    }
}

/// A list that was read, as serde wants it.
pub(super) struct ReadList<K, T>(pub(super) Vec<T>, PhantomData<K>);

impl<'de, K: Kind<T>, T> Deserialize<'de> for ReadList<K, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = deserializer.deserialize_seq(ListVisitor::<K, T>(PhantomData))?;
        Ok(Self(items, PhantomData))
    }
}

struct ListVisitor<K, T>(PhantomData<(K, T)>);

impl<'de, K: Kind<T>, T> Visitor<'de> for ListVisitor<K, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        for index in 0_usize.. {
            let next = access.next_element::<Read<K, T>>();
            match next.map_err(|error| path::in_element(index, &error))? {
                Some(item) => items.extend(item.0),
                None => break,
            }
        }
        Ok(items)
    }
}
