//! One line of generated code a field: `put…` writes it, `get…` reads it.
//!
//! The first generic argument is the [`Kind`] of the field's values; the others are inferred.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer};

use super::kind::{Kind, Written};
use super::list::{ReadList, WrittenList};
use super::map::{JsonMap, ReadMap, WrittenMap};

/// Writes a field without presence: nothing if it is the default.
///
/// # Errors
/// Those of the map.
pub fn put<K: Kind<T>, M: SerializeMap, T>(
    map: &mut M,
    name: &'static str,
    value: &T,
) -> Result<(), M::Error> {
    if K::is_default(value) { Ok(()) } else { put_always::<K, M, T>(map, name, value) }
}

/// Writes a field with presence: nothing if it is unset.
///
/// # Errors
/// Those of the map.
pub fn put_some<K: Kind<T>, M: SerializeMap, T>(
    map: &mut M,
    name: &'static str,
    value: &Option<T>,
) -> Result<(), M::Error> {
    match value {
        Some(value) => put_always::<K, M, T>(map, name, value),
        None => Ok(()),
    }
}

/// Writes a member of a oneof, or a field that must be there.
///
/// # Errors
/// Those of the map.
pub fn put_always<K: Kind<T>, M: SerializeMap, T>(
    map: &mut M,
    name: &'static str,
    value: &T,
) -> Result<(), M::Error> {
    map.serialize_entry(name, &Written::<K, T>::new(value))
}

/// Writes a repeated field: nothing if it is empty.
///
/// # Errors
/// Those of the map.
pub fn put_list<K: Kind<T>, M: SerializeMap, T>(
    map: &mut M,
    name: &'static str,
    items: &[T],
) -> Result<(), M::Error> {
    if items.is_empty() {
        return Ok(());
    }
    map.serialize_entry(name, &WrittenList::<K, T>::new(items))
}

/// Writes a map field: nothing if it is empty.
///
/// # Errors
/// Those of the map.
pub fn put_map<K: Kind<T::Value>, M: SerializeMap, T: JsonMap>(
    map: &mut M,
    name: &'static str,
    entries: &T,
) -> Result<(), M::Error> {
    if entries.entries().next().is_none() {
        return Ok(());
    }
    map.serialize_entry(name, &WrittenMap::<K, T>::new(entries))
}

/// Reads a field without presence; `null` is the default.
///
/// # Errors
/// If the field cannot hold the value.
pub fn get<'de, K: Kind<T>, A: MapAccess<'de>, T: Default>(
    map: &mut A,
    target: &mut T,
) -> Result<(), A::Error> {
    *target = map.next_value::<Nullable<K, T>>()?.0.unwrap_or_default();
    Ok(())
}

/// Reads a field that must be there, as protobuf wants of some of proto2; nobody checks that it is.
///
/// # Errors
/// If the field cannot hold the value.
pub fn get_required<'de, K: Kind<T>, A: MapAccess<'de>, T: Default>(
    map: &mut A,
    target: &mut T,
) -> Result<(), A::Error> {
    get::<K, A, T>(map, target)
}

/// Reads a field with presence; `null` is unset.
///
/// # Errors
/// If the field cannot hold the value.
pub fn get_some<'de, K: Kind<T>, A: MapAccess<'de>, T>(
    map: &mut A,
    target: &mut Option<T>,
) -> Result<(), A::Error> {
    *target = map.next_value::<Nullable<K, T>>()?.0;
    Ok(())
}

/// Reads a member of a oneof; `null` sets nothing.
///
/// # Errors
/// If the member cannot hold the value, or another member is set.
pub fn get_one<'de, K: Kind<T>, A: MapAccess<'de>, T, O>(
    map: &mut A,
    target: &mut Option<O>,
    member: fn(T) -> O,
) -> Result<(), A::Error> {
    match map.next_value::<Nullable<K, T>>()?.0 {
        Some(_) if target.is_some() => Err(A::Error::custom("another field of its oneof is set")),
        Some(value) => {
            *target = Some(member(value));
            Ok(())
        }
        None => Ok(()),
    }
}

/// Reads a repeated field; `null` is empty.
///
/// # Errors
/// If the field cannot hold one of the values.
pub fn get_list<'de, K: Kind<T>, A: MapAccess<'de>, T>(
    map: &mut A,
    target: &mut Vec<T>,
) -> Result<(), A::Error> {
    *target = map.next_value::<Option<ReadList<K, T>>>()?.map_or_else(Vec::new, |list| list.0);
    Ok(())
}

/// Reads a map field; `null` is empty.
///
/// # Errors
/// If the field cannot hold one of the keys or values, or has a key twice.
pub fn get_map<'de, K: Kind<T::Value>, A: MapAccess<'de>, T: JsonMap>(
    map: &mut A,
    target: &mut T,
) -> Result<(), A::Error> {
    *target = map.next_value::<Option<ReadMap<K, T>>>()?.map_or_else(T::default, |map| map.0);
    Ok(())
}

/// Reads past a value.
///
/// # Errors
/// If it is no JSON.
pub fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

/// A value or `null`, as serde wants it.
struct Nullable<K, T>(Option<T>, PhantomData<K>);

impl<'de, K: Kind<T>, T> Deserialize<'de> for Nullable<K, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = deserializer.deserialize_option(NullableVisitor::<K, T>(PhantomData))?;
        Ok(Self(value, PhantomData))
    }
}

struct NullableVisitor<K, T>(PhantomData<(K, T)>);

impl<'de, K: Kind<T>, T> Visitor<'de> for NullableVisitor<K, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
        Ok(K::null())
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(K::null())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        K::read_known(deserializer)
    }
}
