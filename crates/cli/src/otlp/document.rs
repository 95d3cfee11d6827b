//! Spans as OTLP writes them in JSON: ids hexadecimal, whole numbers of 64 bits as text.

use serde_json::{Value, json};

use super::Open;

/// The kinds of OTLP: what happens inside, and what answers a client.
const INTERNAL: u8 = 1;
const SERVER: u8 = 2;
/// The status of what went wrong.
const FAILED: u8 = 2;

pub(super) fn of_span(name: &str, open: &Open, end_ns: u128) -> Value {
    json!({
        "traceId": format!("{:032x}", open.trace),
        "spanId": format!("{:016x}", open.id),
        "parentSpanId": open.parent.map_or(String::new(), |parent| format!("{parent:016x}")),
        "name": name,
        "kind": if name == "request" { SERVER } else { INTERNAL },
        "startTimeUnixNano": open.start_ns.to_string(),
        "endTimeUnixNano": end_ns.to_string(),
        "attributes": open.fields.all,
        "events": open.events,
        "status": if open.failed { json!({ "code": FAILED }) } else { json!({}) },
    })
}

/// The message of one sending; `dropped` is how many spans the collector missed so far.
pub(super) fn of_spans(spans: &[Value], dropped: u64) -> Value {
    let text = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let name = std::env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| "backbeat".to_owned());
    json!({ "resourceSpans": [{
        "resource": { "attributes": [
            text("service.name", &name),
            text("service.version", env!("CARGO_PKG_VERSION")),
            json!({ "key": "process.pid", "value": { "intValue": std::process::id().to_string() } }),
            json!({ "key": "backbeat.spans_dropped", "value": { "intValue": dropped.to_string() } }),
        ] },
        "scopeSpans": [{
            "scope": { "name": "backbeat", "version": env!("CARGO_PKG_VERSION") },
            "spans": spans,
        }],
    }] })
}
