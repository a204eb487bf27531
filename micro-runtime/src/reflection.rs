//! `grpc.reflection`: tells tools what can be called here, from the descriptors that the generator embedded.
//!
//! Both versions have the same messages, and one handler. Nothing is read or indexed before the first request.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::context::Context;
use crate::descriptor::{FileDesc, ServiceDesc};
use crate::dispatch::Dispatch;
use crate::error::{Error, Result};
use crate::generated::grpc::reflection::v1::server_reflection_request::MessageRequest;
use crate::generated::grpc::reflection::v1::server_reflection_response::MessageResponse;
use crate::generated::grpc::reflection::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionHandler, ServerReflectionRequest, ServerReflectionResponse,
    ServerReflectionServer, ServiceResponse, server_reflection_micro,
};
use crate::generated::grpc::reflection::v1alpha;
use crate::health::Readiness;
use crate::streaming::Streaming;

mod index;
mod parsed;

use index::Index;

/// The services that tell of `services`, and of themselves.
pub(crate) fn mirrors(
    readiness: &Readiness,
    mut services: Vec<&'static ServiceDesc>,
) -> [Arc<dyn Dispatch>; 2] {
    services.push(&server_reflection_micro::SERVICE);
    services.push(&v1alpha::server_reflection_micro::SERVICE);
    let readiness = readiness.clone();
    let mirror = Arc::new(Mirror { services, index: OnceLock::new(), readiness });
    let older = v1alpha::ServerReflectionServer::from_arc(Arc::clone(&mirror));
    [Arc::new(ServerReflectionServer::from_arc(mirror)), Arc::new(older)]
}

#[derive(Debug)]
struct Mirror {
    services: Vec<&'static ServiceDesc>,
    index: OnceLock<Arc<Index>>,
    readiness: Readiness,
}

impl Mirror {
    fn answers(
        &self,
        requests: Streaming<ServerReflectionRequest>,
    ) -> Streaming<ServerReflectionResponse> {
        let index = self.index.get_or_init(|| Arc::new(Index::new(&self.services)));
        let (index, readiness) = (Arc::clone(index), self.readiness.clone());
        let answering = Answering { requests, index, readiness, sent: HashSet::new() };
        Streaming::unfold(answering, Answering::next)
    }
}

impl ServerReflectionHandler for Mirror {
    async fn server_reflection_info(
        &self,
        _: Context,
        requests: Streaming<ServerReflectionRequest>,
    ) -> Result<Streaming<ServerReflectionResponse>> {
        Ok(self.answers(requests))
    }
}

impl v1alpha::ServerReflectionHandler for Mirror {
    async fn server_reflection_info(
        &self,
        _: Context,
        requests: Streaming<ServerReflectionRequest>,
    ) -> Result<Streaming<ServerReflectionResponse>> {
        Ok(self.answers(requests))
    }
}

/// One call.
struct Answering {
    requests: Streaming<ServerReflectionRequest>,
    index: Arc<Index>,
    readiness: Readiness,
    /// The names of the files that this call has sent.
    sent: HashSet<&'static str>,
}

impl Answering {
    /// Answers the next request. A tool that stays connected does not hold up the server's drain.
    async fn next(mut self) -> Result<Option<(ServerReflectionResponse, Self)>> {
        let request = tokio::select! {
            biased;
            request = self.requests.message() => request?,
            () = self.readiness.drained() => {
                return Err(Error::unavailable("this server is stopping: ask another node"));
            }
        };
        let Some(request) = request else { return Ok(None) };
        let answered = self.answer(request.message_request.as_ref());
        let response = ServerReflectionResponse {
            valid_host: request.host.clone(),
            message_response: Some(answered.unwrap_or_else(|error| refusal(&error))),
            original_request: Some(request),
        };
        Ok(Some((response, self)))
    }

    fn answer(&mut self, request: Option<&MessageRequest>) -> Result<MessageResponse> {
        let index = Arc::clone(&self.index);
        match request {
            Some(MessageRequest::FileByFilename(name)) => Ok(self.send(index.file(name)?)),
            Some(MessageRequest::FileContainingSymbol(symbol)) => {
                Ok(self.send(index.symbol(symbol)?))
            }
            Some(MessageRequest::FileContainingExtension(asked)) => {
                Ok(self.send(index.extension(&asked.containing_type, asked.extension_number)?))
            }
            Some(MessageRequest::AllExtensionNumbersOfType(name)) => {
                let (base_type_name, extension_number) = (name.clone(), index.numbers(name)?);
                let numbers = ExtensionNumberResponse { base_type_name, extension_number };
                Ok(MessageResponse::AllExtensionNumbersResponse(numbers))
            }
            Some(MessageRequest::ListServices(_)) => {
                let service = |name: &&str| ServiceResponse { name: (*name).to_owned() };
                let service = index.services().iter().map(service).collect();
                Ok(MessageResponse::ListServicesResponse(ListServiceResponse { service }))
            }
            None => Err(Error::invalid_argument(
                "the request asks for nothing known here: set one member of message_request",
            )),
        }
    }

    /// The file, even if it was sent before, and of its imports, near and far, those that were not.
    fn send(&mut self, file: &'static FileDesc) -> MessageResponse {
        let mut descriptors = Vec::new();
        let (mut waiting, mut seen) = (vec![file], BTreeSet::from([file.name()]));
        while let Some(next) = waiting.pop() {
            let is_new = self.sent.insert(next.name());
            if (is_new || descriptors.is_empty()) && !next.descriptor().is_empty() {
                descriptors.push(Bytes::from_static(next.descriptor()));
            }
            waiting.extend(next.dependencies().iter().filter(|file| seen.insert(file.name())));
        }
        let response = FileDescriptorResponse { file_descriptor_proto: descriptors };
        MessageResponse::FileDescriptorResponse(response)
    }
}

fn refusal(error: &Error) -> MessageResponse {
    MessageResponse::ErrorResponse(ErrorResponse {
        error_code: error.code().number().into(),
        error_message: error.message().to_owned(),
    })
}
