//! Takes what connections and deliveries tell of themselves.
//! Gives the page that Prometheus reads.
//! Never names a tenant, a queue or a subscriber.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::model::Counts;
use crate::protocol::DeliveryOutcome;
use crate::time::Duration;

/// Where the page is: outside of what Zaqar's API may ever use.
pub(super) const PATH: &str = "/metrics";
/// What it is. Source: the OpenMetrics specification, 1.0.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the duration's buckets in seconds.
const BUCKETS_S: [f64; 11] = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.01, 0.05, 0.25, 1.0, 10.0];

/// Everything that is counted.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    duration: Histogram,
    deliveries: Family<Delivered, Counter>,
    pub(super) connections: Gauge,
    pub(super) sockets: Gauge,
    stored: Stored,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    operation: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Delivered {
    outcome: &'static str,
}

/// Set when the page is asked for.
#[derive(Debug, Default)]
struct Stored {
    pending: Gauge,
    queues: Gauge,
    messages: Gauge,
    bytes: Gauge,
    subscriptions: Gauge,
}

impl Metrics {
    pub(super) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("zaqarcheck"),
            requests: Family::default(),
            duration: Histogram::new(BUCKETS_S),
            deliveries: Family::default(),
            connections: Gauge::default(),
            sockets: Gauge::default(),
            stored: Stored::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Requests answered", self.requests.clone());
        let help = "Seconds from the headers of a request to its answer";
        registry.register("request_duration_seconds", help, self.duration.clone());
        registry.register("deliveries", "Attempts at a delivery that are over", self.deliveries.clone());
        for (name, help, gauge) in [
            ("connections", "Clients connected", &self.connections),
            ("delivery_sockets", "Sockets open to subscribers", &self.sockets),
            ("deliveries_pending", "Deliveries under way or waiting for a retry", &self.stored.pending),
            ("queues", "Queues stored", &self.stored.queues),
            ("messages", "Messages stored", &self.stored.messages),
            ("message_bytes", "Bytes of the bodies of messages stored", &self.stored.bytes),
            ("subscriptions", "Subscriptions stored", &self.stored.subscriptions),
        ] {
            registry.register(name, help, gauge.clone());
        }
    }

    pub(super) fn on_request(&self, operation: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&Answered { operation, status }).inc();
        self.duration.observe(took.as_secs_f64());
    }

    pub(super) fn on_delivery(&self, outcome: &DeliveryOutcome) {
        self.deliveries.get_or_create(&Delivered { outcome: label(outcome) }).inc();
    }

    /// The page, with what is stored now.
    pub(super) fn page(&self, pending: usize, counts: Counts) -> String {
        for (gauge, count) in [
            (&self.stored.pending, pending),
            (&self.stored.queues, counts.queues),
            (&self.stored.messages, counts.messages),
            (&self.stored.bytes, counts.bytes),
            (&self.stored.subscriptions, counts.subscriptions),
        ] {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut page = String::new();
        encode(&mut page, &self.registry).expect("a string takes everything");
        page
    }
}

const fn label(outcome: &DeliveryOutcome) -> &'static str {
    match outcome {
        DeliveryOutcome::Answered { status: 200..=299, .. } => "2xx",
        DeliveryOutcome::Answered { status: 300..=399, .. } => "3xx",
        DeliveryOutcome::Answered { status: 400..=499, .. } => "4xx",
        DeliveryOutcome::Answered { status: 500..=599, .. } => "5xx",
        DeliveryOutcome::Answered { .. } => "other_status",
        DeliveryOutcome::ConnectionError => "connection_error",
        DeliveryOutcome::TimedOut => "timed_out",
    }
}

/// One that is open now.
#[derive(Debug)]
pub(super) struct Open<'a>(&'a Gauge);

impl<'a> Open<'a> {
    pub(super) fn counted(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
