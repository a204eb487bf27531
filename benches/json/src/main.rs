//! JSON and protobuf, written and read: the third table that is quoted.
//!
//! `json [ROUNDS] [MILLIS]`: 15 rounds of 20 ms by default. Peers take turns within a round and change order from round
//! to round; each figure is the median of its rounds. Every peer starts from and ends with the same generated structs.

mod generated;
mod shapes;

use std::hint::black_box;
use std::time::{Duration, Instant};

use micro_runtime::codec::Payload;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One thing to measure: what it is called, and how it is done once.
type Work<'a> = (&'static str, Box<dyn Fn() + 'a>);

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let rounds = numbers.first().map_or(15, |rounds| *rounds as usize);
    let time = Duration::from_millis(numbers.get(1).copied().unwrap_or(20));
    println!(
        "ns a message; {rounds} rounds of {} ms; a ratio is the peer's time to ours\n",
        time.as_millis()
    );
    println!(
        "| shape, bytes | work | micro | micro, by serde | pbjson | prost-reflect | pbjson : micro (min – max) |"
    );
    println!("|---|---|---|---|---|---|---|");
    let bench = Bench {
        rounds,
        time,
        pool: DescriptorPool::decode(generated::DESCRIPTORS).expect("protoc wrote it"),
    };
    bench.shape::<generated::micro::Answer, _>("small scalars", &shapes::answer());
    bench.shape::<generated::micro::Record, _>("strings and a map", &shapes::record());
    bench.shape::<generated::micro::Report, _>("nested, packed numbers", &shapes::report());
}

struct Bench {
    rounds: usize,
    time: Duration,
    pool: DescriptorPool,
}

impl Bench {
    fn shape<M, P>(&self, name: &str, message: &P)
    where
        M: Payload + Message + Default + PartialEq + Serialize + DeserializeOwned,
        P: Message + Default + PartialEq + Serialize + DeserializeOwned,
    {
        let wire = message.encode_to_vec();
        let ours = M::decode(&*wire).expect("the same fields");
        let text = write(&ours);
        let descriptor = self.pool.get_message_by_name(ours.full_name()).expect("the same file");
        check(&ours, message, &descriptor, &text);
        let (json, binary) = (format!("{name}, {}", text.len()), format!("{name}, {}", wire.len()));
        self.row(&json, "write JSON", &writers(&ours, message, &descriptor));
        self.row(&json, "read JSON", &readers::<M, P>(&text, &descriptor));
        self.row(
            &binary,
            "write protobuf",
            &[
                ("micro", Box::new(|| drop(black_box(ours.encode_to_vec())))),
                ("pbjson", Box::new(|| drop(black_box(message.encode_to_vec())))),
            ],
        );
        self.row(
            &binary,
            "read protobuf",
            &[
                ("micro", Box::new(|| drop(black_box(M::decode(&*wire))))),
                ("pbjson", Box::new(|| drop(black_box(P::decode(&*wire))))),
            ],
        );
    }

    fn row(&self, shape: &str, work: &str, peers: &[Work<'_>]) {
        let mut times = vec![Vec::new(); peers.len()];
        for round in 0..=self.rounds {
            for turn in 0..peers.len() {
                let index = if round % 2 == 0 { turn } else { peers.len() - 1 - turn };
                let nanos = measure(self.time, &peers[index].1);
                // The first round warms up.
                if round > 0 {
                    times[index].push(nanos);
                }
            }
        }
        let place = |name: &str| peers.iter().position(|peer| peer.0 == name);
        let figure = |name| {
            place(name).map_or(String::new(), |index| format!("{:.0}", median(&times[index])))
        };
        let pbjson = place("pbjson").expect("pbjson is always measured");
        let ratios: Vec<f64> =
            times[pbjson].iter().zip(&times[0]).map(|(theirs, ours)| theirs / ours).collect();
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        println!(
            "| {shape} | {work} | {} | {} | {} | {} | {:.2} ({least:.2} – {most:.2}) |",
            figure("micro"),
            figure("micro, by serde"),
            figure("pbjson"),
            figure("prost-reflect"),
            median(&times[pbjson]) / median(&times[0]),
        );
    }
}

fn writers<'a, M: Payload + Serialize, P: Message + Serialize>(
    ours: &'a M,
    message: &'a P,
    descriptor: &'a MessageDescriptor,
) -> [Work<'a>; 4] {
    [
        ("micro", Box::new(|| drop(black_box(write(ours))))),
        ("micro, by serde", Box::new(|| drop(black_box(serde_json::to_vec(ours))))),
        ("pbjson", Box::new(|| drop(black_box(serde_json::to_vec(message))))),
        ("prost-reflect", Box::new(|| drop(black_box(reflected(message, descriptor))))),
    ]
}

fn readers<'a, M, P>(text: &'a [u8], descriptor: &'a MessageDescriptor) -> [Work<'a>; 4]
where
    M: Payload + Default + DeserializeOwned,
    P: Message + Default + DeserializeOwned,
{
    [
        ("micro", Box::new(|| drop(black_box(read::<M>(text))))),
        ("micro, by serde", Box::new(|| drop(black_box(serde_json::from_slice::<M>(text))))),
        ("pbjson", Box::new(|| drop(black_box(serde_json::from_slice::<P>(text))))),
        ("prost-reflect", Box::new(|| drop(black_box(unreflected::<P>(text, descriptor))))),
    ]
}

fn write(message: &impl Payload) -> Vec<u8> {
    let mut text = Vec::with_capacity(2 * message.encoded_len() + 16);
    message.write_json(&mut text).expect("every value has a JSON form");
    text
}

fn read<M: Payload + Default>(text: &[u8]) -> M {
    let mut message = M::default();
    message.merge_json(text).expect("it was written so");
    message
}

fn reflected(message: &impl Message, descriptor: &MessageDescriptor) -> Vec<u8> {
    let dynamic = DynamicMessage::decode(descriptor.clone(), &*message.encode_to_vec());
    serde_json::to_vec(&dynamic.expect("the same fields")).expect("every value has a JSON form")
}

fn unreflected<P: Message + Default>(text: &[u8], descriptor: &MessageDescriptor) -> P {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let dynamic = DynamicMessage::deserialize(descriptor.clone(), &mut deserializer);
    dynamic.expect("it was written so").transcode_to().expect("the same fields")
}

/// Everybody writes the same, and reads it back.
fn check<M, P>(ours: &M, message: &P, descriptor: &MessageDescriptor, text: &[u8])
where
    M: Payload + Default + PartialEq + Serialize + DeserializeOwned,
    P: Message + Default + PartialEq + Serialize + DeserializeOwned,
{
    let value = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).expect("JSON");
    assert_eq!(value(text), value(&serde_json::to_vec(message).expect("pbjson writes it")));
    assert_eq!(value(text), value(&serde_json::to_vec(ours).expect("serde writes it")));
    assert_eq!(value(text), value(&reflected(message, descriptor)));
    assert_eq!(read::<M>(text), *ours);
    assert_eq!(serde_json::from_slice::<M>(text).expect("serde reads it"), *ours);
    assert!(serde_json::from_slice::<P>(text).expect("pbjson reads it") == *message);
    assert!(unreflected::<P>(text, descriptor) == *message);
}

/// Nanoseconds that one time takes, of as many as fit.
fn measure(time: Duration, work: &dyn Fn()) -> f64 {
    let (started, mut times) = (Instant::now(), 0_u32);
    while started.elapsed() < time {
        for _ in 0..64 {
            work();
        }
        times += 64;
    }
    started.elapsed().as_nanos() as f64 / f64::from(times)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
