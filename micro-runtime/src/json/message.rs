//! Messages: objects whose names are looked up in a generated table.

use super::{Error, Reader};
use crate::descriptor::FileDesc;

/// A message's fields by name; generated.
pub trait JsonMessage: Default {
    /// Every name that a field has in JSON, sorted, with a number that [`read_field`](Self::read_field) knows it by.
    const FIELDS: &'static [(&'static str, u16)];
    /// Where in [`FIELDS`](Self::FIELDS) the first fields stand, in the order of their numbers.
    const ORDER: &'static [u16; ORDERED] = &order(Self::FIELDS);
    /// The file that declares the message: an `Any` in it may hold the types of that file and of its imports.
    const FILE: Option<&'static FileDesc> = None;

    /// Appends every field that is to be written, and a comma behind each.
    ///
    /// # Errors
    /// If a value has no JSON form.
    fn write_fields(&self, out: &mut Vec<u8>) -> Result<(), Error>;

    /// Reads the value of one field.
    ///
    /// # Errors
    /// If the field cannot hold the value.
    fn read_field(&mut self, field: u16, reader: &mut Reader<'_>) -> Result<(), Error>;
}

impl<M: JsonMessage> JsonMessage for Box<M> {
    const FIELDS: &'static [(&'static str, u16)] = M::FIELDS;
    const ORDER: &'static [u16; ORDERED] = M::ORDER;
    const FILE: Option<&'static FileDesc> = M::FILE;

    fn write_fields(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        (**self).write_fields(out)
    }

    fn read_field(&mut self, field: u16, reader: &mut Reader<'_>) -> Result<(), Error> {
        (**self).read_field(field, reader)
    }
}

/// Reads an object into a message.
pub(super) fn merge<M: JsonMessage>(message: &mut M, reader: &mut Reader<'_>) -> Result<(), Error> {
    debug_assert!(M::FIELDS.is_sorted(), "the generator sorts the names");
    let mut names = Names::new(M::FIELDS, M::ORDER);
    reader.open(b'{', "an object")?;
    while let Some(name) = reader.next_name()? {
        let Some((name, field)) = names.find(&name) else {
            reader.skip()?;
            continue;
        };
        if !names.seen.insert(field) {
            return Err(reader.error("given twice").in_field(name));
        }
        message.read_field(field, reader).map_err(|error| error.in_field(name))?;
    }
    Ok(())
}

/// How many fields of a message are looked for where they are expected.
const ORDERED: usize = 64;
/// How many fields may be left out in between.
const LEFT_OUT: usize = 4;

/// The place of each field's first name, which is usually that of JSON: capitals and digits sort before underscores.
const fn order(fields: &[(&str, u16)]) -> [u16; ORDERED] {
    let mut order = [u16::MAX; ORDERED];
    let mut place = 0;
    while (place as usize) < fields.len() && place < u16::MAX {
        let number = fields[place as usize].1 as usize;
        if number < ORDERED && order[number] == u16::MAX {
            order[number] = place;
        }
        place += 1;
    }
    order
}

/// Finds fields by their names: most texts have them in the order of the `.proto` file.
struct Names {
    fields: &'static [(&'static str, u16)],
    order: &'static [u16; ORDERED],
    /// The number that is expected next.
    next: usize,
    seen: Seen,
}

impl Names {
    fn new(fields: &'static [(&'static str, u16)], order: &'static [u16; ORDERED]) -> Self {
        Self { fields, order, next: 0, seen: Seen::default() }
    }

    fn find(&mut self, name: &str) -> Option<(&'static str, u16)> {
        let expected = self.order.iter().skip(self.next).take(LEFT_OUT);
        let mut expected = expected.filter_map(|place| self.fields.get(usize::from(*place)));
        let found = match expected.find(|(expected, _)| *expected == name) {
            Some(found) => *found,
            None => {
                let place = self.fields.binary_search_by_key(&name, |(name, _)| name).ok()?;
                self.fields[place]
            }
        };
        self.next = usize::from(found.1) + 1;
        Some(found)
    }
}

/// The fields that came already; the first 64 take no allocation.
#[derive(Default)]
struct Seen {
    first: u64,
    others: Vec<u16>,
}

impl Seen {
    /// Notes a field; false if it came before.
    fn insert(&mut self, field: u16) -> bool {
        if field < 64 {
            let bit = 1 << field;
            let new = self.first & bit == 0;
            self.first |= bit;
            return new;
        }
        let new = !self.others.contains(&field);
        self.others.push(field);
        new
    }
}
