//! Path templates such as `/v1/{name=shelves/*/books/**}:archive`.
//!
//! Source of the grammar: the comments of `google/api/http.proto`. They want `**` at the end; the files of the same
//! house have segments behind it, so it may stand anywhere, once: where it ends is then still certain.

/// A template that was parsed.
#[derive(Debug)]
pub(super) struct Template {
    text: String,
    segments: Vec<Segment>,
    verb: Option<String>,
}

#[derive(Debug, PartialEq)]
enum Segment {
    Literal(String),
    /// `*`: one segment.
    One,
    /// `**`: as many as there are.
    Rest,
    /// A field, and what of the path it takes.
    Variable(String, Vec<Self>),
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let path = text.strip_prefix('/').ok_or("it has to begin with a slash")?;
        let (path, verb) = match behind_braces(path).rfind(':') {
            Some(at) => {
                let at = path.len() - behind_braces(path).len() + at;
                (&path[..at], Some(literal(&path[at + 1..])?.to_owned()))
            }
            None => (path, None),
        };
        let segments = if path.is_empty() { Vec::new() } else { segments(path, Where::Path)? };
        let template = Self { text: text.to_owned(), segments, verb };
        template.check_rest()?;
        template.check_variables()?;
        Ok(template)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The fields that it names, such as `book.id`.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Variable(name, _) => Some(&**name),
            _ => None,
        })
    }

    /// What it matches: two templates of one shape match the same paths.
    pub(super) fn shape(&self) -> String {
        let mut shape = String::new();
        for segment in self.flat() {
            shape.push('/');
            shape.push_str(match segment {
                Segment::Literal(text) => text,
                Segment::One => "*",
                Segment::Rest | Segment::Variable(..) => "**",
            });
        }
        if let Some(verb) = &self.verb {
            shape.push(':');
            shape.push_str(verb);
        }
        shape
    }

    /// The segments, with those of variables in their place.
    fn flat(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().flat_map(|segment| match segment {
            Segment::Variable(_, inner) => inner.as_slice(),
            other => std::slice::from_ref(other),
        })
    }

    fn check_rest(&self) -> Result<(), String> {
        match self.flat().filter(|segment| **segment == Segment::Rest).count() {
            0 | 1 => Ok(()),
            _ => Err("** is in it twice, so nothing says what each of them takes".to_owned()),
        }
    }

    fn check_variables(&self) -> Result<(), String> {
        let variables: Vec<_> = self.variables().collect();
        let twice = variables.iter().enumerate().find(|(at, name)| variables[..*at].contains(name));
        twice.map_or(Ok(()), |(_, name)| Err(format!("{{{name}}} is in it twice")))
    }
}

/// What follows the last brace: a colon in front of it belongs to no verb.
fn behind_braces(path: &str) -> &str {
    path.rfind('}').map_or(path, |brace| &path[brace + 1..])
}

#[derive(Clone, Copy, PartialEq)]
enum Where {
    Path,
    Variable,
}

fn segments(mut rest: &str, place: Where) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    loop {
        let (segment, after) = segment(rest, place)?;
        segments.push(segment);
        match after.strip_prefix('/') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(segments),
            None => return Err(format!("{after:?} stands where a slash should")),
        }
    }
}

/// The first segment, and what follows it.
fn segment(text: &str, place: Where) -> Result<(Segment, &str), String> {
    if let Some(inside) = text.strip_prefix('{') {
        if place == Where::Variable {
            return Err("a variable cannot be inside another".to_owned());
        }
        return variable(inside);
    }
    let (segment, after) = text.split_at(text.find('/').unwrap_or(text.len()));
    let segment = match segment {
        "*" => Segment::One,
        "**" => Segment::Rest,
        other => Segment::Literal(literal(other)?.to_owned()),
    };
    Ok((segment, after))
}

fn variable(inside: &str) -> Result<(Segment, &str), String> {
    let (content, after) = inside.split_once('}').ok_or("a brace is not closed")?;
    let (name, pattern) = content.split_once('=').unwrap_or((content, "*"));
    let is_name = |part: &str| {
        let starts = part.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
        starts && part.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
    };
    if pattern.contains('{') {
        return Err("a variable cannot be inside another".to_owned());
    }
    if !name.split('.').all(is_name) {
        return Err(format!("{{{content}}} has to name a field, such as {{name}} or {{book.id}}"));
    }
    if pattern.is_empty() {
        return Err(format!("{{{content}}} has nothing behind its equals sign"));
    }
    let segments = segments(pattern, Where::Variable)?;
    Ok((Segment::Variable(name.to_owned(), segments), after))
}

/// A segment that stands for itself, as it may stand in a URL.
fn literal(text: &str) -> Result<&str, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()+,;:@%".contains(&byte);
    if text.is_empty() {
        return Err("a segment is empty".to_owned());
    }
    match text.bytes().position(|byte| !allowed(byte)) {
        Some(at) if matches!(text.as_bytes()[at], b'{' | b'}') => {
            Err(format!("a brace is out of place in {text:?}; a variable is a segment of its own"))
        }
        Some(_) => Err(format!("{text:?} has a character that a path has to escape")),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Template::parse(text).unwrap_err()
    }

    #[test]
    fn templates_have_variables_and_a_shape() {
        let template = Template::parse("/v1/{name=shelves/*/books/**}:archive").unwrap();
        assert_eq!(template.variables().collect::<Vec<_>>(), ["name"]);
        assert_eq!(template.shape(), "/v1/shelves/*/books/**:archive");
        let shape = |text| Template::parse(text).unwrap().shape();
        assert_eq!(shape("/v1/{a}/{b.c=*}/x"), shape("/v1/*/*/x"));
        assert_eq!(shape("/"), "");
        assert_eq!(shape("/v1/{a=b/**}/{c}"), "/v1/b/**/*");
        assert_ne!(shape("/v1/{a}"), shape("/v1/{a}:x"));
    }

    #[test]
    fn mistakes_are_said_in_words() {
        assert_eq!(error("v1"), "it has to begin with a slash");
        assert_eq!(error("/v1/{a"), "a brace is not closed");
        assert!(error("/v1/a}").contains("a brace is out of place"));
        assert!(error("/{a}{b}").contains("stands where a slash should"));
        assert!(error("/{a={b}}").contains("cannot be inside another"));
        assert!(error("/**/a/{b=**}").contains("** is in it twice"));
        assert_eq!(error("/{a}/{a}"), "{a} is in it twice");
        assert_eq!(error("/v1//x"), "a segment is empty");
        assert_eq!(error("/v1:"), "a segment is empty");
        assert!(error("/{1}").contains("has to name a field"));
        assert!(error("/a b").contains("has to escape"));
    }
}
