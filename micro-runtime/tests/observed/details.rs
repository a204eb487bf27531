//! Typed details, from a handler to its caller.

use std::sync::Arc;

use micro_runtime::rpc::bad_request::FieldViolation;
use micro_runtime::rpc::{BadRequest, Help, RetryInfo};
use micro_runtime::transport::{HttpTransport, MemoryTransport, Transport};
use micro_runtime::{Code, Detail, Error, Server, wkt};

use crate::client_of;
use crate::service::{Handled, TestClient};

fn bad_name() -> BadRequest {
    let violation = FieldViolation {
        field: "name".to_owned(),
        description: "is empty: say whom to greet".to_owned(),
        reason: "EMPTY".to_owned(),
        localized_message: None,
    };
    BadRequest { field_violations: vec![violation] }
}

fn retry() -> RetryInfo {
    RetryInfo { retry_delay: Some(wkt::Duration { seconds: 2, nanos: 500 }) }
}

#[tokio::test]
async fn what_a_handler_packs_its_caller_unpacks_over_every_transport() {
    let transports: [Arc<dyn Transport>; 2] =
        [Arc::new(MemoryTransport::new()), Arc::new(HttpTransport::default())];
    for transport in transports {
        let fails = Handled::new(|_, _| {
            let error = Error::invalid_argument("name is empty")
                .with_detail(Detail::pack(&bad_name()))
                .with_detail(Detail::pack(&retry()));
            std::future::ready(Err(error))
        });
        let server = Server::builder().transport(transport.clone()).handle(fails);
        let server = server.start().await.unwrap();
        let client = TestClient::new("test", client_of(server.address(), transport));
        let error = client.write("").await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert_eq!(error.detail::<BadRequest>().unwrap(), Some(bad_name()));
        assert_eq!(error.detail::<RetryInfo>().unwrap(), Some(retry()));
        assert_eq!(error.detail::<Help>().unwrap(), None);
    }
}
