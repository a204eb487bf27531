//! Repeated fields: arrays.

use super::kind::Kind;
use super::{Error, Reader, text};

/// Appends an array.
pub(crate) fn write<K: Kind<T>, T>(items: &[T], out: &mut Vec<u8>) -> Result<(), Error> {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        K::write(item, out).map_err(|error| error.in_element(index))?;
        out.push(b',');
    }
    text::close(out, b']');
    Ok(())
}

/// How many bytes a list gets for its first elements: lists of numbers need not grow from nothing.
const FIRST: usize = 64;

/// Reads an array.
pub(crate) fn read<K: Kind<T>, T>(reader: &mut Reader<'_>) -> Result<Vec<T>, Error> {
    let mut items = Vec::new();
    reader.open(b'[', "an array")?;
    let mut index = 0_usize;
    while reader.next_element()? {
        if index == 0 {
            items.reserve(FIRST / size_of::<T>().max(1));
        }
        items.extend(K::read_known(reader).map_err(|error| error.in_element(index))?);
        index += 1;
    }
    Ok(items)
}
