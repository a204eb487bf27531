//! Connect's unary calls, server side. Without the protocol's version header they are plain JSON over HTTP.
//!
//! Source of the format: the Connect project's "Connect Protocol Reference".

mod call;
mod error;
mod message;
mod query;
mod refusal;
mod server;

pub(super) use server::Connect;

/// The codec that a content type names: `None` if it cannot be one of a unary call.
fn codec_name(content_type: &str) -> Option<&str> {
    const PREFIX: &str = "application/";
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let (prefix, name) = media_type.split_at_checked(PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PREFIX).then_some(name)
}

/// The content type of a codec's messages.
fn content_type(codec: &str) -> String {
    format!("application/{codec}")
}

#[cfg(test)]
mod tests {
    use super::codec_name;

    #[test]
    fn a_content_type_names_its_codec() {
        assert_eq!(codec_name("application/json"), Some("json"));
        assert_eq!(codec_name("Application/JSON ; charset=utf-8"), Some("JSON"));
        assert_eq!(codec_name("text/plain"), None);
        assert_eq!(codec_name("application"), None);
        assert_eq!(codec_name(""), None);
    }
}
