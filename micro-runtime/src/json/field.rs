//! Fields of every shape: single, optional, lists, maps, members of a oneof.

use serde::de::{Error, IgnoredAny, MapAccess};
use serde::ser::SerializeMap;

use super::kind::{Kind, Read, Written};
use super::list::{ReadList, WrittenList};
use super::map::{JsonMap, ReadMap, WrittenMap};

/// Writes a field without presence: not at all if it holds its default.
///
/// # Errors
/// Those of the map.
pub fn put<K: Kind<T>, T, M: SerializeMap>(
    map: &mut M,
    name: &'static str,
    value: &T,
) -> Result<(), M::Error> {
    if K::is_default(value) { Ok(()) } else { put_always::<K, T, M>(map, name, value) }
}

/// Writes a field with presence, if it is there.
///
/// # Errors
/// Those of the map.
pub fn put_some<K: Kind<T>, T, M: SerializeMap>(
    map: &mut M,
    name: &'static str,
    value: &Option<T>,
) -> Result<(), M::Error> {
    value.iter().try_for_each(|value| put_always::<K, T, M>(map, name, value))
}

/// Writes a field, whatever it holds.
///
/// # Errors
/// Those of the map.
pub fn put_always<K: Kind<T>, T, M: SerializeMap>(
    map: &mut M,
    name: &'static str,
    value: &T,
) -> Result<(), M::Error> {
    map.serialize_entry(name, &Written::<K, T>::new(value))
}

/// Writes a list, if it holds something.
///
/// # Errors
/// Those of the map.
pub fn put_list<K: Kind<T>, T, M: SerializeMap>(
    map: &mut M,
    name: &'static str,
    list: &[T],
) -> Result<(), M::Error> {
    if list.is_empty() { Ok(()) } else { map.serialize_entry(name, &WrittenList::<K, T>::new(list)) }
}

/// Writes a map, if it holds something.
///
/// # Errors
/// Those of the map.
pub fn put_map<K: Kind<C::Value>, C: JsonMap, M: SerializeMap>(
    map: &mut M,
    name: &'static str,
    entries: &C,
) -> Result<(), M::Error> {
    if entries.entries().next().is_none() {
        return Ok(());
    }
    map.serialize_entry(name, &WrittenMap::<K, C>::new(entries))
}

/// Reads a field without presence; `null` is its default.
///
/// # Errors
/// If what is there is no such value.
pub fn get<'de, K: Kind<T>, T: Default, A: MapAccess<'de>>(
    map: &mut A,
    value: &mut T,
) -> Result<(), A::Error> {
    *value = read::<K, T, A>(map)?.unwrap_or_default();
    Ok(())
}

/// Reads a field with presence; `null` is none.
///
/// # Errors
/// If what is there is no such value.
pub fn get_some<'de, K: Kind<T>, T, A: MapAccess<'de>>(
    map: &mut A,
    value: &mut Option<T>,
) -> Result<(), A::Error> {
    *value = read::<K, T, A>(map)?;
    Ok(())
}

/// Reads a list; `null` is an empty one.
///
/// # Errors
/// If what is there is no list of such values, or holds a `null`.
pub fn get_list<'de, K: Kind<T>, T, A: MapAccess<'de>>(
    map: &mut A,
    list: &mut Vec<T>,
) -> Result<(), A::Error> {
    *list = map.next_value::<Option<ReadList<K, T>>>()?.map(|read| read.0).unwrap_or_default();
    Ok(())
}

/// Reads a map; `null` is an empty one.
///
/// # Errors
/// If what is there is no map of such keys and values, a value is `null`, or a key comes twice.
pub fn get_map<'de, K: Kind<C::Value>, C: JsonMap, A: MapAccess<'de>>(
    map: &mut A,
    entries: &mut C,
) -> Result<(), A::Error> {
    *entries = map.next_value::<Option<ReadMap<K, C>>>()?.map(|read| read.0).unwrap_or_default();
    Ok(())
}

/// Reads a member of a oneof; `null` leaves the oneof as it is.
///
/// # Errors
/// If what is there is no such value, or another member came before.
pub fn get_one<'de, K: Kind<T>, T, O, A: MapAccess<'de>>(
    map: &mut A,
    oneof: &mut Option<O>,
    member: fn(T) -> O,
) -> Result<(), A::Error> {
    let Some(value) = read::<K, T, A>(map)? else { return Ok(()) };
    if oneof.replace(member(value)).is_some() {
        return Err(A::Error::custom("another member of the same oneof came before"));
    }
    Ok(())
}

/// Passes over the value of a field that is not known.
///
/// # Errors
/// If it is no JSON.
pub fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}

/// Reads a value; `null` is what the kind says, which is mostly nothing.
fn read<'de, K: Kind<T>, T, A: MapAccess<'de>>(map: &mut A) -> Result<Option<T>, A::Error> {
    match map.next_value::<Option<Read<K, T>>>()? {
        Some(read) => Ok(Some(read.0)),
        None => Ok(K::null()),
    }
}
