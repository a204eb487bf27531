//! What protoc sees to, and everything behind this relies on: a request that somebody else made may lack it.

use std::collections::BTreeMap;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    ServiceDescriptorProto,
};

/// What a full name stands for.
#[derive(Clone, Copy, PartialEq)]
enum Kind<'a> {
    Message,
    Enum(&'a EnumDescriptorProto),
}

type Found = Result<(), String>;

/// Looks at all files.
///
/// # Errors
/// The first thing that no protoc would send, with its file.
pub(super) fn check<'a>(files: impl Iterator<Item = &'a FileDescriptorProto> + Clone) -> Found {
    let mut sound = Sound { types: BTreeMap::new() };
    for file in files.clone() {
        let scope = match file.package() {
            "" => String::new(),
            package => format!(".{package}"),
        };
        file.enum_type.iter().for_each(|item| sound.add_enum(&scope, item));
        file.message_type.iter().for_each(|message| sound.add(&scope, message));
    }
    for file in files {
        sound.file(file).map_err(|why| {
            format!("{}: {why}; protoc sends no such descriptor", file.name().escape_debug())
        })?;
    }
    Ok(())
}

struct Sound<'a> {
    /// By full name, with a dot in front.
    types: BTreeMap<String, Kind<'a>>,
}

impl<'a> Sound<'a> {
    fn add(&mut self, scope: &str, message: &'a DescriptorProto) {
        let name = format!("{scope}.{}", message.name());
        message.enum_type.iter().for_each(|item| self.add_enum(&name, item));
        message.nested_type.iter().for_each(|nested| self.add(&name, nested));
        self.types.insert(name, Kind::Message);
    }

    fn add_enum(&mut self, scope: &str, item: &'a EnumDescriptorProto) {
        self.types.insert(format!("{scope}.{}", item.name()), Kind::Enum(item));
    }

    fn file(&self, file: &FileDescriptorProto) -> Found {
        let is_inside = |part: &str| !part.is_empty() && part != "." && part != "..";
        if !file.name().split('/').all(is_inside) {
            return Err("the file's name is no path inside a folder".to_owned());
        }
        if !matches!(file.syntax(), "" | "proto2" | "proto3" | "editions") {
            return Err(format!("{:?} is no syntax", file.syntax()));
        }
        if !file.package().is_empty() {
            file.package().split('.').try_for_each(name)?;
        }
        file.enum_type.iter().try_for_each(enumeration)?;
        file.message_type.iter().try_for_each(|message| self.message(message))?;
        file.service.iter().try_for_each(|service| self.service(service))
    }

    fn message(&self, message: &DescriptorProto) -> Found {
        name(message.name())?;
        message.oneof_decl.iter().try_for_each(|oneof| name(oneof.name()))?;
        message.enum_type.iter().try_for_each(enumeration)?;
        let is_entry = message.options.as_ref().is_some_and(|options| options.map_entry());
        let fields = message.field.iter().map(|field| (field.name(), field.number()));
        if is_entry && !fields.eq([("key", 1), ("value", 2)]) {
            return Err(format!("{} has to have a key and a value", message.name()));
        }
        message.nested_type.iter().try_for_each(|nested| self.message(nested))?;
        message.field.iter().try_for_each(|field| {
            self.field(message, field).map_err(|why| format!("field {}: {why}", field.name()))
        })
    }

    fn field(&self, message: &DescriptorProto, field: &FieldDescriptorProto) -> Found {
        name(field.name())?;
        let has_type = field.r#type.is_some_and(|number| Type::try_from(number).is_ok());
        let has_label = field.label.is_some_and(|number| Label::try_from(number).is_ok());
        if !has_type || !has_label {
            return Err("it has no type or no label".to_owned());
        }
        if let Some(index) = field.oneof_index {
            let oneof = usize::try_from(index).ok().and_then(|at| message.oneof_decl.get(at));
            if oneof.is_none() || field.label() != Label::Optional {
                return Err("it is in a oneof that is not there".to_owned());
            }
        }
        match field.r#type() {
            Type::Message | Type::Group => self.named(field.type_name(), false).map(drop),
            Type::Enum => {
                let found = self.named(field.type_name(), true)?;
                default_of_enum(found, field.default_value.as_deref())
            }
            scalar => default(scalar, field.default_value.as_deref()),
        }
    }

    fn service(&self, service: &ServiceDescriptorProto) -> Found {
        name(service.name())?;
        service.method.iter().try_for_each(|method| {
            name(method.name())?;
            self.named(method.input_type(), false)?;
            self.named(method.output_type(), false).map(drop)
        })
    }

    /// What a full name stands for, if it is of that kind.
    fn named(&self, full: &str, is_enum: bool) -> Result<Kind<'a>, String> {
        let found = self.types.get(full).copied();
        let found = found.filter(|kind| matches!(kind, Kind::Enum(_)) == is_enum);
        let what = if is_enum { "enum" } else { "message" };
        found.ok_or_else(|| format!("{full:?} is no {what}"))
    }
}

fn enumeration(item: &EnumDescriptorProto) -> Found {
    name(item.name())?;
    if item.value.is_empty() {
        return Err(format!("{} has no value", item.name()));
    }
    item.value.iter().try_for_each(|value| name(value.name()))
}

/// A name as protobuf has them: letters, digits and underscores, no digit first.
fn name(text: &str) -> Found {
    let is_part = |char: char| char == '_' || char.is_ascii_alphanumeric();
    let starts = text.starts_with(|char: char| is_part(char) && !char.is_ascii_digit());
    // A map's entry may begin with a digit, as in `_1` whose entry is `1Entry`.
    let digits = text.ends_with("Entry") && text.starts_with(|char: char| char.is_ascii_digit());
    if (starts || digits) && text.chars().all(is_part) {
        return Ok(());
    }
    Err(format!("{text:?} is no name"))
}

fn default_of_enum(kind: Kind<'_>, default: Option<&str>) -> Found {
    let Kind::Enum(item) = kind else { return Ok(()) };
    match default {
        Some(name) if !item.value.iter().any(|value| value.name() == name) => {
            Err(format!("{} has no value {name:?}", item.name()))
        }
        _ => Ok(()),
    }
}

fn default(scalar: Type, default: Option<&str>) -> Found {
    let Some(text) = default else { return Ok(()) };
    let is_sound = match scalar {
        Type::Double | Type::Float => text.parse::<f64>().is_ok(),
        Type::Int64 | Type::Sfixed64 | Type::Sint64 => text.parse::<i64>().is_ok(),
        Type::Int32 | Type::Sfixed32 | Type::Sint32 => text.parse::<i32>().is_ok(),
        Type::Uint64 | Type::Fixed64 => text.parse::<u64>().is_ok(),
        Type::Uint32 | Type::Fixed32 => text.parse::<u32>().is_ok(),
        Type::Bool => text.parse::<bool>().is_ok(),
        Type::Bytes => is_escaped(text.as_bytes()),
        Type::String | Type::Group | Type::Message | Type::Enum => true,
    };
    if is_sound { Ok(()) } else { Err(format!("{text:?} is no default of its type")) }
}

/// Whether each backslash begins one of C's escapes.
fn is_escaped(mut text: &[u8]) -> bool {
    while let Some(at) = text.iter().position(|byte| *byte == b'\\') {
        let digits = |from: &[u8], radix| {
            from.iter().take(3).take_while(|byte| char::from(**byte).is_digit(radix)).count()
        };
        let length = match text.get(at + 1..).unwrap_or_default() {
            [b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'?' | b'\\' | b'\'' | b'"', ..] => 1,
            [b'x' | b'X', rest @ ..] if digits(rest, 16) >= 2 => 3,
            rest @ [first, ..] if digits(rest, 8) == 3 && *first <= b'3' => 3,
            _ => return false,
        };
        text = &text[at + 1 + length..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_protobuf() {
        for good in ["a", "_", "_1", "Ab_9", "1Entry"] {
            name(good).unwrap();
        }
        for bad in ["", "1", "a.b", "a-b", "é", "a b", "../x"] {
            name(bad).unwrap_err();
        }
    }

    #[test]
    fn defaults_are_of_their_type() {
        for (scalar, good, bad) in [
            (Type::Double, "-inf", "x"),
            (Type::Int32, "-5", "2147483648"),
            (Type::Uint64, "5", "-5"),
            (Type::Bool, "true", "1"),
            (Type::Bytes, r"a\001\\\n", r"a\"),
            (Type::Bytes, r"\377", r"\400"),
            (Type::Bytes, r"\x0a", r"\x0"),
        ] {
            default(scalar, Some(good)).unwrap();
            default(scalar, Some(bad)).unwrap_err();
        }
    }
}
