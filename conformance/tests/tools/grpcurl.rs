//! grpcurl: lists, describes and calls by reflection.

use conformance::interop::v1::{EchoResponse, FailRequest, InteropHandler, InteropServer};
use micro_runtime::rpc::{BadRequest, bad_request::FieldViolation};
use micro_runtime::{Context, Detail, Error, Result, Server};

use super::{Ran, run, serve};

async fn grpcurl(arguments: &[&str]) -> Ran {
    run("MICRO_TEST_GRPCURL", &[&["-plaintext"], arguments].concat()).await
}

#[tokio::test]
#[ignore = "needs grpcurl: run by cargo xtask test"]
async fn grpcurl_lists_and_describes_what_is_served() {
    let (_server, address) = serve().await;
    let listed = grpcurl(&[&address, "list"]).await.good();
    let services = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "interop.v1.Interop",
    ];
    assert_eq!(listed.lines().collect::<Vec<_>>(), services);
    let listed = grpcurl(&[&address, "list", "interop.v1.Interop"]).await.good();
    assert!(listed.lines().any(|line| line == "interop.v1.Interop.Echo"), "{listed}");
    let described = grpcurl(&[&address, "describe", "interop.v1.Interop.Count"]).await.good();
    let rpc = "rpc Count ( .interop.v1.CountRequest ) returns ( stream .interop.v1.EchoResponse );";
    assert!(described.contains(rpc), "{described}");
    let described = grpcurl(&[&address, "describe", "interop.v1.CountRequest"]).await.good();
    assert!(described.contains("uint32 limit = 1;"), "{described}");
}

#[tokio::test]
#[ignore = "needs grpcurl: run by cargo xtask test"]
async fn grpcurl_calls_by_reflection_alone() {
    let (_server, address) = serve().await;
    let call = ["-d", r#"{"text":"hello"}"#, &address, "interop.v1.Interop/Echo"];
    let echoed = grpcurl(&call).await.good();
    assert!(echoed.contains(r#""text": "hello""#), "{echoed}");
    let call = ["-d", r#"{"limit":3}"#, &address, "interop.v1.Interop/Count"];
    let counted = grpcurl(&call).await.good();
    for number in ["0", "1", "2"] {
        assert!(counted.contains(&format!(r#""text": "{number}""#)), "{counted}");
    }
    let checked = grpcurl(&[&address, "grpc.health.v1.Health/Check"]).await.good();
    assert!(checked.contains("SERVING"), "{checked}");
}

#[tokio::test]
#[ignore = "needs grpcurl: run by cargo xtask test"]
async fn grpcurl_shows_an_errors_code_and_message() {
    let (_server, address) = serve().await;
    let request = r#"{"code":5,"message":"no greeting for “Ann”"}"#;
    let failed = grpcurl(&["-d", request, &address, "interop.v1.Interop/Fail"]).await;
    // 64 and gRPC's number of the code.
    assert_eq!(failed.code, 64 + 5, "{failed:?}");
    assert!(failed.err.contains("Code: NotFound"), "{failed:?}");
    assert!(failed.err.contains("Message: no greeting for “Ann”"), "{failed:?}");
    let missing = grpcurl(&[&address, "describe", "interop.v1.Missing"]).await;
    assert!(missing.err.contains("Symbol not found"), "{missing:?}");
}

/// Fails with a typed detail.
struct Picky;

impl InteropHandler for Picky {
    async fn fail(&self, _: Context, _: FailRequest) -> Result<EchoResponse> {
        let violation = FieldViolation {
            field: "message".to_owned(),
            description: "is empty: say what to fail with".to_owned(),
            ..FieldViolation::default()
        };
        let detail = Detail::pack(&BadRequest { field_violations: vec![violation] });
        Err(Error::invalid_argument("a field is wrong").with_detail(detail))
    }
}

#[tokio::test]
#[ignore = "needs grpcurl: run by cargo xtask test"]
async fn grpcurl_reads_typed_details_with_types_that_it_asks_the_server_for() {
    let server = Server::builder().handle(InteropServer::new(Picky)).start().await.unwrap();
    let address = server.address().to_string();
    let failed = grpcurl(&[&address, "interop.v1.Interop/Fail"]).await;
    assert!(failed.err.contains("google.rpc.BadRequest"), "{failed:?}");
    assert!(failed.err.contains("is empty: say what to fail with"), "{failed:?}");
}
