//! buf: lists and calls by reflection, over each version of it.

use super::{Ran, run, serve};

async fn curl(arguments: &[&str]) -> Ran {
    let fixed = ["curl", "--http2-prior-knowledge", "--protocol", "grpc"];
    run("MICRO_TEST_BUF", &[&fixed, arguments].concat()).await
}

#[tokio::test]
#[ignore = "needs buf: run by cargo xtask test"]
async fn buf_lists_methods_and_calls_by_each_version_of_reflection() {
    let (_server, address) = serve().await;
    let base = format!("http://{address}");
    let method = format!("{base}/interop.v1.Interop/Echo");
    for version in ["grpc-v1", "grpc-v1alpha"] {
        let listed = curl(&["--reflect-protocol", version, "--list-methods", &base]).await.good();
        for path in ["interop.v1.Interop/Talk", "grpc.health.v1.Health/Watch"] {
            assert!(listed.lines().any(|line| line == path), "{version}: {listed}");
        }
        let call = ["--reflect-protocol", version, "-d", r#"{"text":"hello"}"#, &method];
        let echoed = curl(&call).await.good();
        assert!(echoed.contains(r#""text": "hello""#), "{version}: {echoed}");
    }
}

#[tokio::test]
#[ignore = "needs buf: run by cargo xtask test"]
async fn buf_shows_an_errors_code_and_message() {
    let (_server, address) = serve().await;
    let method = format!("http://{address}/interop.v1.Interop/Fail");
    let failed = curl(&["-d", r#"{"code":9,"message":"not now"}"#, &method]).await;
    assert_ne!(failed.code, 0);
    assert!(failed.err.contains("failed_precondition"), "{failed:?}");
    assert!(failed.err.contains("not now"), "{failed:?}");
}
