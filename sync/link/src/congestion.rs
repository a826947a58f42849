//! Congestion control: Cubic that never lets the window of the sender fall under some packets.
//!
//! On a link that loses packets by itself, every loss looks like congestion: Cubic then comes down to two packets (its minimum,
//! RFC 9002 section 7.2), and waits a round trip for each two. A floor keeps a slow link with a long delay full.
//! It is less than any new connection may begin with (ten packets, the same section), so it asks no more of a link than a call does;
//! when nothing is acknowledged at all, the probes double their distance as ever.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use quinn::congestion::{Controller, ControllerFactory, ControllerMetrics, CubicConfig};

/// Packets that may always be on their way.
const FLOOR_PACKETS: u64 = 8;

/// Makes the controllers.
#[derive(Debug, Default)]
pub struct FlooredCubic(Arc<CubicConfig>);

impl ControllerFactory for FlooredCubic {
    fn build(self: Arc<Self>, now: Instant, mtu: u16) -> Box<dyn Controller> {
        Box::new(Floored { cubic: self.0.clone().build(now, mtu), mtu: u64::from(mtu) })
    }
}

struct Floored {
    cubic: Box<dyn Controller>,
    mtu: u64,
}

impl Controller for Floored {
    fn on_sent(&mut self, now: Instant, bytes: u64, last_packet_number: u64) {
        self.cubic.on_sent(now, bytes, last_packet_number);
    }

    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, app_limited: bool, rtt: &quinn_proto::RttEstimator) {
        self.cubic.on_ack(now, sent, bytes, app_limited, rtt);
    }

    fn on_end_acks(&mut self, now: Instant, in_flight: u64, app_limited: bool, largest_acked: Option<u64>) {
        self.cubic.on_end_acks(now, in_flight, app_limited, largest_acked);
    }

    fn on_congestion_event(&mut self, now: Instant, sent: Instant, persistent: bool, lost_bytes: u64) {
        self.cubic.on_congestion_event(now, sent, persistent, lost_bytes);
    }

    fn on_mtu_update(&mut self, mtu: u16) {
        self.mtu = u64::from(mtu);
        self.cubic.on_mtu_update(mtu);
    }

    fn window(&self) -> u64 {
        self.cubic.window().max(self.mtu * FLOOR_PACKETS)
    }

    fn metrics(&self) -> ControllerMetrics {
        let mut metrics = self.cubic.metrics();
        metrics.congestion_window = self.window();
        metrics
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(Self { cubic: self.cubic.clone_box(), mtu: self.mtu })
    }

    fn initial_window(&self) -> u64 {
        self.cubic.initial_window()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn losses_bring_the_window_down_to_the_floor_and_no_further() {
        let (began, mtu) = (Instant::now(), 1_200);
        let mut controller = Arc::new(FlooredCubic::default()).build(began, mtu);
        assert_eq!(controller.window(), controller.initial_window());
        for second in 1..50 {
            let now = began + Duration::from_secs(second);
            controller.on_congestion_event(now, now, false, 1_200);
        }
        assert_eq!(controller.window(), FLOOR_PACKETS * 1_200);
        assert!(controller.window() < controller.initial_window(), "less than any connection may begin with");
    }
}
