//! What a peer speaks, told by its first bytes.

/// What every HTTP/2 client says first, as RFC 9113, section 3.4, has it.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a handshake of any version of TLS begins with.
const TLS: &[u8] = &[0x16, 0x03];

/// The longest name of a method that is looked for.
const LONGEST_METHOD: usize = 24;

/// What a peer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    Http1,
    Http2,
    /// Something that is not answered, and what it looks like.
    Unknown(&'static str),
}

const NO_HTTP: Spoken = Spoken::Unknown("no HTTP");

/// Tells what a peer speaks; `None` if it takes more bytes to tell.
pub(super) fn recognise(heard: &[u8]) -> Option<Spoken> {
    if heard.starts_with(PREFACE) {
        return Some(Spoken::Http2);
    }
    if heard.starts_with(TLS) {
        return Some(Spoken::Unknown("TLS, which this port does not speak"));
    }
    if PREFACE.starts_with(heard) || TLS.starts_with(heard) {
        return None;
    }
    request_line(heard)
}

/// What it is that ended before it could be told.
pub(super) fn unfinished(heard: &[u8]) -> Spoken {
    Spoken::Unknown(if heard.is_empty() { "nothing" } else { "the beginning of something" })
}

/// A method, a space, and what a target begins with: nothing but HTTP/1 speaks so, and what is wrong
/// behind that gets an answer that says so.
fn request_line(heard: &[u8]) -> Option<Spoken> {
    // Empty lines may come before a request, as RFC 9112, section 2.2, has it.
    let blank = heard.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let line = &heard[blank..];
    let is_method = |byte: &&u8| byte.is_ascii_alphabetic() || **byte == b'-';
    let method = line.iter().take_while(is_method).count();
    match line.get(method) {
        None if method <= LONGEST_METHOD => None,
        Some(b' ') if method > 0 => target(&line[..method], &line[method + 1..]),
        _ => Some(NO_HTTP),
    }
}

fn target(method: &[u8], rest: &[u8]) -> Option<Spoken> {
    const ABSOLUTE: &[u8] = b"http";
    let known = rest.len().min(ABSOLUTE.len());
    match rest.first() {
        None => None,
        Some(b'/' | b'*') => Some(Spoken::Http1),
        Some(_) if method == b"CONNECT" => Some(Spoken::Http1),
        Some(_) if !rest[..known].eq_ignore_ascii_case(&ABSOLUTE[..known]) => Some(NO_HTTP),
        Some(_) => (known == ABSOLUTE.len()).then_some(Spoken::Http1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_told_by_their_first_bytes() {
        let tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
        for (heard, spoken) in [
            (PREFACE, Spoken::Http2),
            (b"GET / HTTP/1.1\r\n", Spoken::Http1),
            (b"\r\nPOST /a.B/C HTTP/1.1\r\n", Spoken::Http1),
            (b"OPTIONS * HTTP/1.1\r\n", Spoken::Http1),
            (b"GET http://host/ HTTP/1.1\r\n", Spoken::Http1),
            (b"CONNECT host:1 HTTP/1.1\r\n", Spoken::Http1),
            (b"PRI * HTTP/1.1\r\n", Spoken::Http1),
            (tls, Spoken::Unknown("TLS, which this port does not speak")),
            (b"SSH-2.0-OpenSSH_9.2\r\n", Spoken::Unknown("no HTTP")),
            (b"EHLO host\r\n", Spoken::Unknown("no HTTP")),
            (b" GET /", Spoken::Unknown("no HTTP")),
            (b"\0\0\0\x04\0\0\0\0\0", Spoken::Unknown("no HTTP")),
            (&[b'A'; LONGEST_METHOD + 1], Spoken::Unknown("no HTTP")),
        ] {
            let text = String::from_utf8_lossy(heard);
            assert_eq!(recognise(heard), Some(spoken), "{text:?}");
            let first = (0..heard.len()).find_map(|end| recognise(&heard[..end]));
            assert!(first.is_none_or(|told| told == spoken), "a part of {text:?} is {first:?}");
        }
    }

    #[test]
    fn too_few_bytes_tell_nothing() {
        for heard in [&b""[..], b"P", b"PR", b"PRI ", &PREFACE[..23], b"POST", b"GET ", b"GET htt"]
        {
            assert_eq!(recognise(heard), None);
        }
    }
}
