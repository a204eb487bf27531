//! Every kind of rpc, through the generated client, server and handler, in one process.

use std::sync::Arc;

use micro_runtime::codec::Payload;
use micro_runtime::{Code, Context, Event, Result, Streaming};

use super::generated;
use generated::kinds::shapes::{Choice, Inner};
use generated::kinds::{KindsClient, KindsHandler, KindsServer, Maps, Scalars, Shapes};
use generated::names::r#type::self_ as names;
use generated::packages::a::{Changed, Happened, changed};
use generated::{PlainClient, PlainHandler, Root, root};

struct Echo;

impl KindsHandler for Echo {
    async fn unary(&self, _: Context, request: Shapes) -> Result<Maps> {
        let entry = (request.renamed, "unary".to_owned());
        Ok(Maps { by_text: [entry].into(), ..Maps::default() })
    }

    async fn down(&self, _: Context, request: Shapes) -> Result<Streaming<Scalars>> {
        let scalar = |int64_value| Scalars { int64_value, ..Scalars::default() };
        Ok(Streaming::from_items(request.numbers.into_iter().map(scalar)))
    }

    async fn up(&self, _: Context, mut requests: Streaming<Scalars>) -> Result<Shapes> {
        let mut numbers = Vec::new();
        while let Some(request) = requests.message().await? {
            numbers.push(request.int64_value);
        }
        Ok(Shapes { numbers, ..Shapes::default() })
    }

    async fn both(&self, _: Context, requests: Streaming<Inner>) -> Result<Streaming<Inner>> {
        Ok(requests)
    }
}

#[tokio::test]
async fn every_kind_of_rpc_answers() {
    let client = KindsClient::in_process(Echo);
    let request = Shapes { renamed: "a".to_owned(), numbers: vec![1, 2], ..Shapes::default() };

    let (one, two) = tokio::join!(client.unary(request.clone()), client.unary(Shapes::default()));
    assert_eq!(one.unwrap().by_text["a"], "unary");
    assert_eq!(two.unwrap().by_text[""], "unary");

    let mut down = client.down(request).await.unwrap();
    assert_eq!(down.message().await.unwrap().unwrap().int64_value, 1);
    assert_eq!(down.message().await.unwrap().unwrap().int64_value, 2);
    assert!(down.message().await.unwrap().is_none());

    let scalars = [3, 4].map(|int64_value| Scalars { int64_value, ..Scalars::default() });
    let up = tokio::spawn(client.up(tokio_stream::iter(scalars)));
    assert_eq!(up.await.unwrap().unwrap().numbers, [3, 4]);

    let inner = Inner { mood: 5, ..Inner::default() };
    let mut both = client.both(tokio_stream::iter([Ok(inner.clone())])).await.unwrap();
    assert_eq!(both.message().await.unwrap(), Some(inner));
}

struct Nobody;

impl KindsHandler for Nobody {}
impl PlainHandler for Nobody {}

#[tokio::test]
async fn a_method_that_is_left_out_answers_unimplemented() {
    let client = KindsClient::from(KindsServer::from_arc(Arc::new(Nobody)));
    let error = client.unary(Shapes::default()).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
    let plain = PlainClient::in_process(Nobody);
    let error = plain.call(Root::default()).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
}

struct Taken;

impl names::TakenHandler for Taken {
    async fn new(&self, _: Context, _: names::M) -> Result<names::J> {
        Ok(names::J {})
    }

    async fn clone(&self, _: Context, _: names::M) -> Result<names::J> {
        Ok(names::J {})
    }
}

#[tokio::test]
async fn an_rpc_keeps_its_name_whatever_it_is() {
    let server = names::TakenServer::new(Taken);
    let client = <names::TakenClient as From<_>>::from(server);
    assert_eq!(client.new(names::M {}).await.unwrap(), names::J {});
    assert_eq!(client.clone(names::M {}).await.unwrap(), names::J {});
    let error = client.in_process(names::M {}).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
    assert_eq!(names::taken_micro::NAME_.endpoint(), "Taken.Name");
    assert_eq!(names::keywords_micro::NAME, "names.type.self.Keywords");
}

#[test]
fn a_table_tells_both_names_and_all_else() {
    let service = &generated::kinds::kinds_micro::SERVICE;
    assert_eq!((service.name(), service.full_name()), ("Kinds", "kinds.Kinds"));
    assert_eq!(service.documentation(), "Every kind of rpc.");
    let method = generated::kinds::kinds_micro::UNARY;
    assert_eq!((method.endpoint(), method.path()), ("Kinds.Unary", "/kinds.Kinds/Unary"));
    assert_eq!((method.input(), method.output()), ("kinds.Shapes", "kinds.Maps"));
    assert!(!service.file().descriptor().is_empty());
    let crossing = generated::packages::a::crossing_micro::SERVICE.file();
    let imports: Vec<_> = crossing.dependencies().iter().map(|file| file.name()).collect();
    assert_eq!(imports, ["packages/b.proto", "packages/root.proto", "micro/options.proto"]);
    assert!(generated::comments::leaving_micro::LEAVE.is_deprecated());
    assert!(generated::comments::leaving_micro::SERVICE.is_deprecated());
}

#[test]
fn messages_know_their_name_and_events_their_topic() {
    assert_eq!(root::Leaf::default().full_name(), "Root.Leaf");
    assert_eq!(Inner::default().full_name(), "kinds.Shapes.Inner");
    assert_eq!(Happened::TOPIC, "packages.a.Happened");
    assert_eq!(Changed::TOPIC, "packages.changed");
    assert_eq!(changed::Inner::TOPIC, "inner");
}

#[test]
fn protobuf_goes_there_and_back() {
    let inner =
        Inner { next: Some(Box::new(Inner { mood: 5, ..Inner::default() })), ..Inner::default() };
    let message = Shapes { choice: Some(Choice::Inner(inner)), ..Shapes::default() };
    let mut bytes = Default::default();
    Payload::encode(&message, &mut bytes);
    assert_eq!(bytes.len(), Payload::encoded_len(&message));
    let mut back = Shapes::default();
    Payload::merge(&mut back, bytes.freeze()).unwrap();
    assert_eq!(back, message);
    let error = Payload::merge(&mut back, vec![0xff; 3].into()).unwrap_err();
    assert!(!error.to_string().is_empty());
}

#[test]
fn editions_have_the_bytes_and_the_presence_that_they_say() {
    use generated::editions::Explicit;
    use generated::editions::implicit::Implicit;
    let inner = Explicit { number: Some(1), ..Explicit::default() };
    let message = Explicit {
        number: Some(0),
        packed: vec![1, 2],
        expanded: vec![3, 4],
        delimited: Some(Box::new(inner)),
        ..Explicit::default()
    };
    let mut bytes = Default::default();
    Payload::encode(&message, &mut bytes);
    // number, must; packed; expanded twice; a group with number and must in it.
    let wanted = [
        &[0x08, 0, 0x28, 0][..],
        &[0x32, 2, 1, 2],
        &[0x38, 3, 0x38, 4],
        &[0x43, 0x08, 1, 0x28, 0, 0x44],
    ];
    assert_eq!(bytes, wanted.concat());
    assert_eq!(Explicit::default().text(), "d");

    let inner =
        Some(Box::new(Implicit { number: 1, text: Some(String::new()), ..Implicit::default() }));
    let mut bytes = Default::default();
    Payload::encode(&Implicit { inner, ..Implicit::default() }, &mut bytes);
    assert_eq!(bytes[..], [0x13, 0x08, 1, 0x1a, 0, 0x14]);
}
