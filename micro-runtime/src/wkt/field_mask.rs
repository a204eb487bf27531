//! `google.protobuf.FieldMask`: names of fields, `"name,homeAddress.city"` in JSON.

use crate::json::{Error, JsonValue, Reader, known, text};

/// Which fields are meant.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct FieldMask {
    /// Their names as in the `.proto` file, with dots between a message's and those in it.
    #[prost(string, repeated, tag = "1")]
    pub paths: Vec<String>,
}

impl FieldMask {
    fn text(&self) -> Option<String> {
        let camel =
            |path: &String| Some(camel(path)).filter(|camel| snake(camel).as_ref() == Some(path));
        let paths: Vec<_> = self.paths.iter().map(camel).collect::<Option<_>>()?;
        Some(paths.join(","))
    }

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        Some(Self { paths: text.split(',').map(snake).collect::<Option<_>>()? })
    }
}

/// `home_address` is `homeAddress`.
fn camel(path: &str) -> String {
    let mut camel = String::with_capacity(path.len());
    let mut raise = false;
    for char in path.chars() {
        match char {
            '_' => raise = true,
            char if raise => {
                camel.push(char.to_ascii_uppercase());
                raise = false;
            }
            char => camel.push(char),
        }
    }
    camel
}

/// `homeAddress` is `home_address`; `None` for what no path looks like.
fn snake(path: &str) -> Option<String> {
    let mut snake = String::with_capacity(path.len() + 4);
    for char in path.chars() {
        match char {
            'A'..='Z' => snake.extend(['_', char.to_ascii_lowercase()]),
            'a'..='z' | '0'..='9' | '.' => snake.push(char),
            _ => return None,
        }
    }
    Some(snake)
}

impl JsonValue for FieldMask {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        let lost = "a path of this google.protobuf.FieldMask would not come back from JSON";
        text::string(out, &self.text().ok_or_else(|| Error::new(lost))?);
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        known::read_text(reader, "names of fields such as \"name,homeAddress.city\"", Self::parse)
    }
}
