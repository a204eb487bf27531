use guide::English;
use guide::micro_runtime::Service;

pub fn service() -> guide::micro_runtime::service::ServiceBuilder {
    Service::builder("greeter").handle(English)
}
