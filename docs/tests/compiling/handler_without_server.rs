use guide::English;
use micro_runtime::Service;

pub fn service() -> micro_runtime::service::ServiceBuilder {
    Service::builder("greeter").handle(English)
}
