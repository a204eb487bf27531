//! What is asked, and what has to be answered.

use std::fs;
use std::path::Path;

/// A request as curl's arguments say it, and its answer.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    pub(super) arguments: &'static [&'static str],
    pub(super) status: &'static str,
    /// What the body contains.
    pub(super) parts: &'static [&'static str],
}

const HELLO: &str = "/greeter.v1.Greeter/Hello";
const SIGN: &str = "/greeter.v1.Greeter/Sign";
const JSON: &str = "content-type: application/json";
const LARGE: &str = "large.json";

/// Writes the file of the case that is too large: more than the 4 MiB that a server takes.
pub(super) fn write_large(folder: &Path) -> Result<(), String> {
    let path = folder.join(LARGE);
    let text = format!(r#"{{"name":"{}"}}"#, "x".repeat(5 << 20));
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

pub(super) const CASES: [Case; 14] = [
    Case {
        name: "call",
        path: HELLO,
        arguments: &["-d", r#"{"name":"Ann"}"#, "-H", JSON],
        status: "200",
        parts: &[r#""text":"Hello, Ann.""#, r#""node":"greeter-"#],
    },
    Case {
        name: "GET",
        path: HELLO,
        arguments: &["-G", "--data-urlencode", r#"message={"name":"Ann"}"#],
        status: "200",
        parts: &[r#""text":"Hello, Ann.""#],
    },
    Case {
        name: "error",
        path: HELLO,
        arguments: &["-d", "{}", "-H", JSON],
        status: "400",
        parts: &[r#"{"code":"invalid_argument","message":"name is empty: say whom to greet"}"#],
    },
    Case {
        name: "error with details",
        path: SIGN,
        arguments: &["-d", "{}", "-H", JSON],
        status: "400",
        parts: &[r#""code":"invalid_argument""#, r#""type":"google.rpc.BadRequest","value":"Ci"#],
    },
    Case {
        name: "deadline",
        path: HELLO,
        arguments: &[
            "-d",
            r#"{"name":"Ann","delayMs":60000}"#,
            "-H",
            JSON,
            "-H",
            "connect-timeout-ms: 50",
        ],
        status: "504",
        parts: &[r#""code":"deadline_exceeded""#],
    },
    Case {
        name: "too large",
        path: HELLO,
        arguments: &["--data-binary", "@large.json", "-H", JSON],
        status: "429",
        parts: &[r#""code":"resource_exhausted""#, "its limit is 4194304 bytes"],
    },
    Case {
        name: "too large, length unknown",
        path: HELLO,
        arguments: &["-T", LARGE, "-X", "POST", "-H", JSON, "-H", "transfer-encoding: chunked"],
        status: "429",
        parts: &[r#""code":"resource_exhausted""#, "its limit is 4194304 bytes"],
    },
    Case {
        name: "wrong JSON",
        path: HELLO,
        arguments: &["-d", r#"{"delay_ms":"soon"}"#, "-H", JSON],
        status: "400",
        parts: &[
            r#""code":"invalid_argument""#,
            r#"no greeter.v1.HelloRequest as json: field \"delay_ms\": expected an unsigned"#,
        ],
    },
    Case {
        name: "broken JSON",
        path: HELLO,
        arguments: &["-d", r#"{"name":"#, "-H", JSON],
        status: "400",
        parts: &[r#""code":"invalid_argument""#, "at line 1 column 8"],
    },
    Case {
        name: "unknown field",
        path: HELLO,
        arguments: &["-d", r#"{"name":"Ann","from":"later"}"#, "-H", JSON],
        status: "200",
        parts: &[r#""text":"Hello, Ann.""#],
    },
    Case {
        name: "unknown method",
        path: "/greeter.v1.Greeter/Helo",
        arguments: &["-d", "{}", "-H", JSON],
        status: "404",
        parts: &[r#""code":"unimplemented""#, "did you mean /greeter.v1.Greeter/Hello?"],
    },
    Case {
        name: "GET, not marked",
        path: SIGN,
        arguments: &[],
        status: "405",
        parts: &["it is not marked NO_SIDE_EFFECTS", "curl -d '{}'"],
    },
    Case {
        name: "wrong content type",
        path: SIGN,
        arguments: &["-d", "{}"],
        status: "415",
        parts: &[
            "a form, as curl does unless it is told otherwise",
            "-H 'content-type: application/json'",
        ],
    },
    Case {
        name: "method with a stream",
        path: "/greeter.v1.Greeter/Watch",
        arguments: &["-d", "{}", "-H", JSON],
        status: "415",
        parts: &["Watch answers with a stream", "use gRPC"],
    },
];
