//! Questions and answers: four bytes of length, little-endian, then a message.

use std::io::{self, ErrorKind, Read, Write};

use micro_runtime::codec::Payload;
use micro_runtime::json::{MessageType, Types};

micro_runtime::include_micro!();

use conformance::conformance_request::Payload as Asked;
use conformance::conformance_response::Result as Answer;
use conformance::{ConformanceRequest, ConformanceResponse, FailureSet, TestCategory, WireFormat};

/// Answers until the runner stops asking.
pub(crate) fn run(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let types = types();
    loop {
        let mut length = [0; 4];
        match input.read_exact(&mut length) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            result => result?,
        }
        let mut question = vec![0; u32::from_le_bytes(length) as usize];
        input.read_exact(&mut question)?;
        let mut request = ConformanceRequest::default();
        request.merge(question.into()).map_err(io::Error::other)?;
        let response = ConformanceResponse { result: Some(answer(&types, &request)) };
        let answer = encoded(&response);
        let length = u32::try_from(answer.len()).map_err(io::Error::other)?;
        output.write_all(&length.to_le_bytes())?;
        output.write_all(&answer)?;
        output.flush()?;
    }
}

/// What the runner may ask about.
fn types() -> Vec<MessageType> {
    use protobuf_test_messages as test;
    vec![
        MessageType::of::<test::proto2::TestAllTypesProto2>(),
        MessageType::of::<test::proto3::TestAllTypesProto3>(),
        MessageType::of::<test::editions::TestAllTypesEdition2023>(),
        MessageType::of::<test::editions::proto2::TestAllTypesProto2>(),
        MessageType::of::<test::editions::proto3::TestAllTypesProto3>(),
    ]
}

fn encoded(message: &dyn Payload) -> Vec<u8> {
    let mut bytes = micro_runtime::codegen::BytesMut::new();
    message.encode(&mut bytes);
    bytes.into()
}

fn answer(types: &[MessageType], request: &ConformanceRequest) -> Answer {
    if request.message_type == "conformance.FailureSet" {
        return Answer::ProtobufPayload(encoded(&FailureSet::default()));
    }
    let Some(found) = types.iter().find(|known| known.name() == request.message_type) else {
        return Answer::Skipped(format!("{} is not among the types", request.message_type));
    };
    let mut message = found.empty();
    let is_lenient = request.test_category() == TestCategory::JsonIgnoreUnknownParsingTest;
    let parsed = match &request.payload {
        Some(Asked::ProtobufPayload(bytes)) => message.merge(bytes.clone().into()),
        Some(Asked::JsonPayload(text)) if is_lenient => {
            let lenient = Types::default().leaving_out_unknown_names();
            lenient.scope(|| message.merge_json(text.as_bytes()))
        }
        Some(Asked::JsonPayload(text)) => message.merge_json(text.as_bytes()),
        _ => return Answer::Skipped("only protobuf and JSON are read".to_owned()),
    };
    if let Err(error) = parsed {
        return Answer::ParseError(error.to_string());
    }
    match request.requested_output_format() {
        WireFormat::Protobuf => Answer::ProtobufPayload(encoded(&*message)),
        WireFormat::Json => json(&*message),
        _ => Answer::Skipped("only protobuf and JSON are written".to_owned()),
    }
}

fn json(message: &dyn Payload) -> Answer {
    let mut text = Vec::new();
    match message.write_json(&mut text) {
        Ok(()) => Answer::JsonPayload(String::from_utf8_lossy(&text).into_owned()),
        Err(error) => Answer::SerializeError(error.to_string()),
    }
}
