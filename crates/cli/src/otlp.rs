//! Sends what happens inside a request or job to an OpenTelemetry collector, as OTLP over HTTP in JSON.
//!
//! Conventions: the id of a request is the id of its trace, and the jobs it asked for belong to that trace, so what a person
//! reports by `X-Request-Id` is found at once. Nothing waits for the collector: what it does not take in time is dropped and
//! counted. *Source*: the OpenTelemetry protocol 1.3, its JSON face; ours, so that no further crates come in.

mod document;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Spans that wait to be sent, at most.
const WAITING_MAX: usize = 4096;
/// Spans sent at once, at most.
const AT_ONCE: usize = 256;
/// Events kept of one span, at most.
const EVENTS_MAX: usize = 64;
/// Whose spans are sent: ours. What the client of the collector does is not, or it would go on for ever.
const OURS: [&str; 3] = ["api", "service", "backbeat"];
/// Pause between two sendings.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest wait for the collector.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// The layer that collects spans, and what sends them.
pub(crate) fn start(endpoint: &str) -> Result<(Spans, Exporter)> {
    let (spans, waiting) = mpsc::channel(WAITING_MAX);
    let dropped = Arc::new(AtomicU64::new(0));
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let address = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let client = reqwest::Client::builder().timeout(ANSWER_MAX).build().context("no client for the collector")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let lost = Arc::clone(&dropped);
    let thread = std::thread::Builder::new()
        .name("backbeat-otlp".to_owned())
        .spawn(move || runtime.block_on(send(client, address, waiting, lost, stopped)))?;
    let process = RandomState::new().build_hasher().finish();
    let layer = Spans { spans, dropped, process, count: AtomicU64::new(1) };
    Ok((layer, Exporter { stop: Some(stop), thread: Some(thread) }))
}

/// Sends until this is dropped, and then what is left.
#[derive(Debug)]
pub(crate) struct Exporter {
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Exporter {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn send(
    client: reqwest::Client,
    address: String,
    mut waiting: mpsc::Receiver<Value>,
    dropped: Arc<AtomicU64>,
    mut stopped: tokio::sync::oneshot::Receiver<()>,
) {
    let mut last = false;
    while !last {
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = &mut stopped => last = true,
        }
        let mut batch = Vec::new();
        while let Ok(span) = waiting.try_recv() {
            batch.push(span);
            if batch.len() == AT_ONCE {
                let taken = post(&client, &address, &batch, &dropped).await;
                // The end of the process waits for one that does not answer, not for many.
                if last && !taken {
                    return;
                }
                batch.clear();
            }
        }
        if !batch.is_empty() {
            post(&client, &address, &batch, &dropped).await;
        }
    }
}

/// Sends some spans; false when they were not taken.
async fn post(client: &reqwest::Client, address: &str, batch: &[Value], dropped: &AtomicU64) -> bool {
    let spans = batch.len() as u64;
    let body = document::of_spans(batch, dropped.load(Ordering::Relaxed)).to_string();
    let request = client.post(address).header("content-type", "application/json").body(body);
    let answer = request.send().await.and_then(reqwest::Response::error_for_status);
    if let Err(error) = &answer {
        dropped.fetch_add(spans, Ordering::Relaxed);
        // Outside of any span, so that it does not send itself.
        tracing::debug!(%error, spans, "the collector did not take spans");
    }
    answer.is_ok()
}

/// Collects spans when they close.
#[derive(Debug)]
pub(crate) struct Spans {
    spans: mpsc::Sender<Value>,
    dropped: Arc<AtomicU64>,
    /// A number that no other process is likely to have.
    process: u64,
    count: AtomicU64,
}

/// A span under way.
#[derive(Debug)]
struct Open {
    trace: u128,
    id: u64,
    parent: Option<u64>,
    start_ns: u128,
    fields: Fields,
    events: Vec<Value>,
    failed: bool,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let crate_name = attributes.metadata().target().split("::").next().unwrap_or_default();
        let Some(span) = context.span(id).filter(|_| OURS.contains(&crate_name)) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent =
            span.parent().and_then(|parent| parent.extensions().get::<Open>().map(|open| (open.trace, open.id)));
        let own = self.process ^ self.count.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let trace = parent
            .map(|(trace, _)| trace)
            .or(fields.trace)
            .unwrap_or((u128::from(self.process) << 64) | u128::from(own));
        let parent = parent.map(|(_, id)| id);
        let open = Open { trace, id: own, parent, start_ns: now_ns(), fields, events: Vec::new(), failed: false };
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            values.record(&mut open.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        let mut extensions = span.extensions_mut();
        let Some(open) = extensions.get_mut::<Open>() else { return };
        open.failed |= *event.metadata().level() == Level::ERROR;
        if open.events.len() < EVENTS_MAX {
            let mut fields = Fields::default();
            event.record(&mut fields);
            let name = fields.message.take().unwrap_or_else(|| event.metadata().name().to_owned());
            open.events.push(json!({ "timeUnixNano": now_ns().to_string(), "name": name, "attributes": fields.all }));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        if self.spans.try_send(document::of_span(span.name(), &open, now_ns())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn now_ns() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}

/// The fields of a span or event as OTLP has them.
#[derive(Debug, Default)]
struct Fields {
    all: Vec<Value>,
    message: Option<String>,
    /// The id of the request, which is that of the trace.
    trace: Option<u128>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: &Value) {
        self.all.push(json!({ "key": field.name(), "value": value }));
    }

    fn add_text(&mut self, field: &Field, text: String) {
        match field.name() {
            "message" => self.message = Some(text),
            name => {
                if name == "request.id" {
                    self.trace = u128::from_str_radix(&text.replace('-', ""), 16).ok();
                }
                self.add(field, &json!({ "stringValue": text }));
            }
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.add_text(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, value.to_owned());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, &json!({ "intValue": value.to_string() }));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, &json!({ "intValue": value.to_string() }));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, &json!({ "doubleValue": value }));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, &json!({ "boolValue": value }));
    }
}
