//! One line of generated code a field: `put…` writes it, `get…` reads it.
//!
//! The first generic argument is the [`Kind`] of the field's values; the others are inferred. Names are given as they
//! stand between quotes in JSON.

use super::kind::Kind;
use super::map::{self, JsonMap};
use super::{Error, Reader, list, text};

/// Writes a field without presence: nothing if it is the default.
///
/// # Errors
/// If the value has no JSON form.
pub fn put<K: Kind<T>, T>(out: &mut Vec<u8>, name: &'static str, value: &T) -> Result<(), Error> {
    if K::is_default(value) { Ok(()) } else { put_always::<K, T>(out, name, value) }
}

/// Writes a field with presence: nothing if it is unset.
///
/// # Errors
/// If the value has no JSON form.
pub fn put_some<K: Kind<T>, T>(
    out: &mut Vec<u8>,
    name: &'static str,
    value: &Option<T>,
) -> Result<(), Error> {
    value.as_ref().map_or(Ok(()), |value| put_always::<K, T>(out, name, value))
}

/// Writes a member of a oneof, or a field that must be there.
///
/// # Errors
/// If the value has no JSON form.
pub fn put_always<K: Kind<T>, T>(
    out: &mut Vec<u8>,
    name: &'static str,
    value: &T,
) -> Result<(), Error> {
    text::name(out, name);
    K::write(value, out).map_err(|error| error.in_field(name))?;
    out.push(b',');
    Ok(())
}

/// Writes a repeated field: nothing if it is empty.
///
/// # Errors
/// If one of the values has no JSON form.
pub fn put_list<K: Kind<T>, T>(
    out: &mut Vec<u8>,
    name: &'static str,
    items: &[T],
) -> Result<(), Error> {
    if items.is_empty() {
        return Ok(());
    }
    text::name(out, name);
    list::write::<K, T>(items, out).map_err(|error| error.in_field(name))?;
    out.push(b',');
    Ok(())
}

/// Writes a map field: nothing if it is empty.
///
/// # Errors
/// If one of the values has no JSON form.
pub fn put_map<K: Kind<T::Value>, T: JsonMap>(
    out: &mut Vec<u8>,
    name: &'static str,
    entries: &T,
) -> Result<(), Error> {
    if entries.entries().next().is_none() {
        return Ok(());
    }
    text::name(out, name);
    map::write::<K, T>(entries, out).map_err(|error| error.in_field(name))?;
    out.push(b',');
    Ok(())
}

/// Reads a field without presence; `null` is the default.
///
/// # Errors
/// If the field cannot hold the value.
pub fn get<K: Kind<T>, T: Default>(reader: &mut Reader<'_>, target: &mut T) -> Result<(), Error> {
    *target = value::<K, T>(reader)?.unwrap_or_default();
    Ok(())
}

/// Reads a field that must be there, as protobuf wants of some of proto2; nobody checks that it is.
///
/// # Errors
/// If the field cannot hold the value.
pub fn get_required<K: Kind<T>, T: Default>(
    reader: &mut Reader<'_>,
    target: &mut T,
) -> Result<(), Error> {
    get::<K, T>(reader, target)
}

/// Reads a field with presence; `null` is unset.
///
/// # Errors
/// If the field cannot hold the value.
pub fn get_some<K: Kind<T>, T>(
    reader: &mut Reader<'_>,
    target: &mut Option<T>,
) -> Result<(), Error> {
    *target = value::<K, T>(reader)?;
    Ok(())
}

/// Reads a member of a oneof; `null` sets nothing.
///
/// # Errors
/// If the member cannot hold the value, or another member is set.
pub fn get_one<K: Kind<T>, T, O>(
    reader: &mut Reader<'_>,
    target: &mut Option<O>,
    member: fn(T) -> O,
) -> Result<(), Error> {
    match value::<K, T>(reader)? {
        Some(_) if target.is_some() => Err(reader.error("another field of its oneof is set")),
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
pub fn get_list<K: Kind<T>, T>(reader: &mut Reader<'_>, target: &mut Vec<T>) -> Result<(), Error> {
    *target = if reader.null()? { Vec::new() } else { list::read::<K, T>(reader)? };
    Ok(())
}

/// Reads a map field; `null` is empty.
///
/// # Errors
/// If the field cannot hold one of the keys or values, or has a key twice.
pub fn get_map<K: Kind<T::Value>, T: JsonMap>(
    reader: &mut Reader<'_>,
    target: &mut T,
) -> Result<(), Error> {
    *target = if reader.null()? { T::default() } else { map::read::<K, T>(reader)? };
    Ok(())
}

/// Reads past a value.
///
/// # Errors
/// If it is no JSON.
pub fn skip(reader: &mut Reader<'_>) -> Result<(), Error> {
    reader.skip()
}

/// A value, or what `null` is.
#[inline]
fn value<K: Kind<T>, T>(reader: &mut Reader<'_>) -> Result<Option<T>, Error> {
    if reader.null()? { Ok(K::null()) } else { K::read_known(reader) }
}
