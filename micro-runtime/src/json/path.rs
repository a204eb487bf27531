//! Errors that say where: `field "labels[de].text": expected …`.

use std::fmt::Display;

use serde::de::Error;

const START: &str = "field \"";

/// Puts a field's name in front of what went wrong in it.
#[cold]
pub(super) fn in_field<E: Error>(name: &str, error: &E) -> E {
    E::custom(prepend(name, &error.to_string()))
}

/// Puts an element's place in its list or map in front of what went wrong in it.
#[cold]
pub(super) fn in_element<E: Error>(place: impl Display, error: &E) -> E {
    E::custom(prepend(&format!("[{place}]"), &error.to_string()))
}

fn prepend(step: &str, text: &str) -> String {
    match text.strip_prefix(START) {
        Some(rest) if rest.starts_with('[') => format!("{START}{step}{rest}"),
        Some(rest) => format!("{START}{step}.{rest}"),
        None => format!("{START}{step}\": {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::prepend;

    #[test]
    fn a_path_grows_from_its_end() {
        let text = prepend("text", "expected a string, got 1");
        let text = prepend("labels", &prepend("[de]", &text));
        assert_eq!(text, r#"field "labels[de].text": expected a string, got 1"#);
    }
}
