//! One message of each shape.

use std::fmt::Write;

use crate::generated::peers::{Answer, Outcome, Range, Record, Report, Series};

pub fn answer() -> Answer {
    Answer {
        request_id: 7_261_945_001_337,
        status_code: 200,
        message: "the record was found in the nearest replica".to_owned(),
        latency_ms: 12.375,
        cached: true,
        retry_after: Some(30),
        outcome: Outcome::Found.into(),
        trace: 17_446_744_073_709_551_615,
    }
}

pub fn record() -> Record {
    let label = |number: usize| (format!("label-{number}"), format!("value of the label {number}"));
    Record {
        timestamp_nanos: 1_790_000_000_123_456_789,
        service: "checkout".to_owned(),
        instance: "checkout-7d9f-eu-west-1b".to_owned(),
        message: "payment of \"order 4711\" was declined:\n".to_owned()
            + &"the bank did not answer, ".repeat(12),
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
        span_id: "00f067aa0ba902b7".to_owned(),
        labels: (0..8).map(label).collect(),
        tags: ["payment", "déclin", "retry", "ops"].map(str::to_owned).into(),
        digest: (0..32).collect(),
    }
}

pub fn report() -> Report {
    let series = |number: i64| {
        let mut metric = String::new();
        write!(metric, "http.server.duration.{number}").expect("memory takes it");
        Series {
            metric,
            counts: (0..20).map(|point| point * point * 37).collect(),
            deltas: (0..20).map(|point| (point - 10) * number * 1_000_003).collect(),
            values: (0..20).map(|point| f64::from(point) * 0.37).collect(),
            range: Some(Range { start: number * 60, end: number * 60 + 59, open: number == 7 }),
        }
    };
    let total = |number: i64| (format!("total-{number}"), number * 1_234_567_890_123);
    Report {
        name: "hourly".to_owned(),
        series: (0..8).map(series).collect(),
        totals: (1..6).map(total).collect(),
    }
}
