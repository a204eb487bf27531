//! `grpc.reflection`, both versions.

use std::sync::Arc;
use std::time::Duration;

use micro_runtime::codegen::prost::Message;
use micro_runtime::transport::MemoryTransport;
use micro_runtime::{Client, Code, Sender, Server, Streaming, channel};
use tokio::time::Instant;

use crate::generated::grpc::reflection::v1::server_reflection_request::MessageRequest;
use crate::generated::grpc::reflection::v1::server_reflection_response::MessageResponse;
use crate::generated::grpc::reflection::v1::{
    ErrorResponse, ExtensionRequest, ServerReflectionClient, ServerReflectionRequest,
    ServerReflectionResponse,
};
use crate::generated::grpc::reflection::v1alpha;
use crate::generated::micro::broker::v1::{SubscriberHandler, SubscriberServer};
use crate::service::Handled;
use crate::{client_of, in_time};

/// A service with a described file; nobody calls it here.
struct Subscriber;

impl SubscriberHandler for Subscriber {}

/// The name in a descriptor.
#[derive(Clone, PartialEq, Message)]
#[prost(prost_path = "micro_runtime::codegen::prost")]
struct Named {
    #[prost(string, tag = "1")]
    name: String,
}

/// A conversation with a server, in one call.
struct Asking {
    server: Server,
    requests: Sender<ServerReflectionRequest>,
    responses: Streaming<ServerReflectionResponse>,
}

async fn serve() -> (Server, Client) {
    let transport = MemoryTransport::new();
    let server = Server::builder().transport(Arc::new(transport.clone()));
    // The second is one whose file was generated without its descriptor.
    let server = server.handle(SubscriberServer::new(Subscriber)).handle(Handled::says("here"));
    let server = server.start().await.unwrap();
    let client = client_of(server.address(), Arc::new(transport));
    (server, client)
}

impl Asking {
    async fn start() -> Self {
        let (server, client) = serve().await;
        let (requests, stream) = channel(1);
        let call = ServerReflectionClient::new("any", client).server_reflection_info(stream);
        let responses = call.await.unwrap();
        Self { server, requests, responses }
    }

    async fn ask(&mut self, request: Option<MessageRequest>) -> MessageResponse {
        let request = ServerReflectionRequest { host: "here".to_owned(), message_request: request };
        self.requests.send(request.clone()).await.unwrap();
        let response = in_time(self.responses.message()).await.unwrap().expect("it goes on");
        assert_eq!(response.valid_host, "here");
        assert_eq!(response.original_request, Some(request));
        response.message_response.expect("it says something")
    }

    /// The names of the files that come.
    async fn files(&mut self, request: MessageRequest) -> Vec<String> {
        match self.ask(Some(request)).await {
            MessageResponse::FileDescriptorResponse(files) => {
                let files = files.file_descriptor_proto.into_iter();
                files.map(|file| Named::decode(file).unwrap().name).collect()
            }
            other => panic!("expected files, got {other:?}"),
        }
    }

    async fn refusal(&mut self, request: Option<MessageRequest>) -> ErrorResponse {
        match self.ask(request).await {
            MessageResponse::ErrorResponse(error) => error,
            other => panic!("expected an error, got {other:?}"),
        }
    }

    async fn numbers(&mut self, extended: &str) -> Vec<i32> {
        let request = MessageRequest::AllExtensionNumbersOfType(extended.to_owned());
        match self.ask(Some(request)).await {
            MessageResponse::AllExtensionNumbersResponse(numbers) => {
                assert_eq!(numbers.base_type_name, extended);
                numbers.extension_number
            }
            other => panic!("expected numbers, got {other:?}"),
        }
    }
}

fn named(name: &str) -> MessageRequest {
    MessageRequest::FileByFilename(name.to_owned())
}

fn symbol(name: &str) -> MessageRequest {
    MessageRequest::FileContainingSymbol(name.to_owned())
}

fn extension(containing_type: &str, extension_number: i32) -> MessageRequest {
    let containing_type = containing_type.to_owned();
    MessageRequest::FileContainingExtension(ExtensionRequest { containing_type, extension_number })
}

const BROKER: &str = "micro/broker/v1/broker.proto";

fn is_not_found(error: &ErrorResponse) -> bool {
    error.error_code == i32::from(Code::NotFound.number())
}

#[tokio::test]
async fn every_service_is_listed_the_built_in_ones_too() {
    let mut asking = Asking::start().await;
    let listed = asking.ask(Some(MessageRequest::ListServices("*".to_owned()))).await;
    let MessageResponse::ListServicesResponse(listed) = listed else { panic!("{listed:?}") };
    let names: Vec<_> = listed.service.into_iter().map(|service| service.name).collect();
    let wanted = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "micro.broker.v1.Subscriber",
        "test.Test",
    ];
    assert_eq!(names, wanted);
}

#[tokio::test]
async fn everything_that_has_a_name_leads_to_its_file() {
    let mut asking = Asking::start().await;
    let names = [
        "micro.broker.v1.Subscriber",
        "micro.broker.v1.Subscriber.Deliver",
        "micro.broker.v1.Event",
        "micro.broker.v1.Event.topic",
        "micro.broker.v1.Event._key",
        "micro.broker.v1.Step",
        "micro.broker.v1.STEP_TAKEN",
        ".micro.broker.v1.Header",
    ];
    for name in names {
        assert_eq!(asking.files(symbol(name)).await, [BROKER], "{name}");
    }
    let health = "grpc/health/v1/health.proto";
    for name in ["HealthCheckResponse.ServingStatus", "HealthListResponse.StatusesEntry"] {
        assert_eq!(asking.files(symbol(&format!("grpc.health.v1.{name}"))).await, [health]);
    }
    assert_eq!(asking.files(named(BROKER)).await, [BROKER]);
}

#[tokio::test]
async fn the_types_of_error_details_are_known_though_no_service_imports_them() {
    let mut asking = Asking::start().await;
    let files = asking.files(symbol("google.rpc.BadRequest.FieldViolation")).await;
    assert_eq!(files, ["google/rpc/error_details.proto", "google/protobuf/duration.proto"]);
}

#[tokio::test]
async fn imports_come_along_once_and_what_is_asked_for_comes_always() {
    let mut asking = Asking::start().await;
    let annotations = "google/api/annotations.proto";
    let mut files = asking.files(named(annotations)).await;
    assert_eq!(files.remove(0), annotations, "the file itself is first");
    files.sort();
    assert_eq!(files, ["google/api/http.proto", "google/protobuf/descriptor.proto"]);
    assert_eq!(asking.files(named("google/api/http.proto")).await, ["google/api/http.proto"]);
    // It imports descriptor.proto too.
    assert_eq!(asking.files(named("micro/options.proto")).await, ["micro/options.proto"]);
    assert_eq!(asking.files(named(annotations)).await, [annotations]);
}

#[tokio::test]
async fn extensions_are_found_by_what_they_extend_and_their_numbers() {
    let mut asking = Asking::start().await;
    let options = "google.protobuf.MethodOptions";
    assert_eq!(asking.numbers(options).await, [72_295_728]);
    let files = asking.files(extension(options, 72_295_728)).await;
    assert_eq!(files[0], "google/api/annotations.proto");
    assert_eq!(asking.numbers("google.protobuf.MessageOptions").await, [51_970]);
    assert_eq!(asking.numbers("micro.broker.v1.Event").await, [0; 0]);
    assert!(is_not_found(&asking.refusal(Some(extension(options, 1))).await));
}

#[tokio::test]
async fn what_cannot_be_answered_is_an_error_in_the_stream_which_goes_on() {
    let mut asking = Asking::start().await;
    let numbers = MessageRequest::AllExtensionNumbersOfType("no.Such".to_owned());
    for request in [symbol("no.Such"), named("no/such.proto"), symbol(""), numbers] {
        let error = asking.refusal(Some(request)).await;
        assert!(is_not_found(&error), "{error:?}");
        assert!(error.error_message.contains("list_services"), "{error:?}");
    }
    let error = asking.refusal(None).await;
    assert_eq!(error.error_code, i32::from(Code::InvalidArgument.number()));
    assert_eq!(asking.files(named(BROKER)).await, [BROKER]);
}

#[tokio::test]
async fn a_file_without_its_descriptor_is_left_out_with_the_way_out() {
    let mut asking = Asking::start().await;
    for request in [symbol("test.Test"), symbol("test.Test.Read"), named("test.proto")] {
        let error = asking.refusal(Some(request)).await;
        assert!(is_not_found(&error), "{error:?}");
        assert!(error.error_message.contains("descriptors=full"), "{error:?}");
    }
}

#[tokio::test]
async fn the_older_version_answers_the_same() {
    let (_server, client) = serve().await;
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(symbol("micro.broker.v1.Subscriber")),
    };
    let older = v1alpha::ServerReflectionClient::new("any", client.clone());
    let newer = ServerReflectionClient::new("any", client);
    let requests = || Streaming::from_items([request.clone()]);
    let mut older = older.server_reflection_info(requests()).await.unwrap();
    let mut newer = newer.server_reflection_info(requests()).await.unwrap();
    let answer = newer.message().await.unwrap();
    assert!(answer.is_some());
    assert_eq!(older.message().await.unwrap(), answer);
    assert_eq!(older.message().await.unwrap(), None, "it ends when its caller has asked all");
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_stays_connected_does_not_hold_up_a_stop() {
    let mut asking = Asking::start().await;
    asking.files(named(BROKER)).await;
    let started = Instant::now();
    assert_eq!(asking.server.stop(Duration::from_secs(20)).await, 0);
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(asking.responses.message().await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_server_can_keep_what_it_serves_to_itself() {
    let transport = MemoryTransport::new();
    let server = Server::builder().transport(Arc::new(transport.clone())).without_reflection();
    let server = server.handle(Handled::says("here")).start().await.unwrap();
    let client = client_of(server.address(), Arc::new(transport));
    let requests = Streaming::from_items([ServerReflectionRequest::default()]);
    let call = ServerReflectionClient::new("any", client).server_reflection_info(requests);
    let ended = match call.await {
        Ok(mut responses) => responses.message().await,
        Err(error) => Err(error),
    };
    assert_eq!(ended.unwrap_err().code(), Code::Unimplemented);
}
