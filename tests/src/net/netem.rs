//! The kernel's link: netem and a token bucket between two namespaces.
//!
//! A third namespace, the air, has two bridges with a cable between them, and a cable from each to one of the two ends:
//!
//! ```text
//! thin0 ─ near ═ mast0 ── mast1 ═ far ─ thin0
//! ```
//!
//! What goes there waits for its turn as it leaves `mast0` (`tbf`: rate and queue) and meets its fate as it leaves `far`
//! (`netem`: delay, jitter, loss, duplicates, disorder, cuts); what goes back, at `mast1` and `near`. So a packet that is lost
//! has used its time at that rate, as on the emulated link. Counters are those of the devices. Another state of a direction
//! is another qdisc in the place of the one before; what that still held is lost.

use std::io;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use super::fate::Conditions;
use super::link::{DEVICE, Direction, Medium, Passed};
use super::namespace::{Namespace, ask};

/// What the devices count with each packet and IP does not.
const ETHERNET: u64 = 14;
/// Longest packet of IP.
const PACKET: u64 = 1_500;
/// Packets that netem may hold; the rate is kept elsewhere.
const IN_THE_AIR: &str = "10000";
/// Netem lets a packet overtake by sparing it the delay: there has to be one.
const DELAY_TO_OVERTAKE: Duration = Duration::from_millis(60);
/// Packets that one overtakes then, at 1 Mbit/s.
const OVERTAKES: u64 = 6;
/// Netem keeps packets of different delays in order where it has a rate, too; one that slows nothing.
const RATE_FOR_ORDER: &str = "rate 1gbit";

/// The air between two namespaces.
pub struct Netem {
    air: Namespace,
    ways: [Way; 2],
}

/// One direction: where it is slowed, where it meets its fate, and where what sets out is counted.
struct Way {
    enters: &'static str,
    slowed: &'static str,
    fated: &'static str,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    conditions: Conditions,
    /// Numbers of the qdiscs that are in place.
    rate: u16,
    fate: u16,
    /// Whether there have been duplicates.
    duplicated: bool,
    /// Counted by those before.
    lost: u64,
    dropped: u64,
}

impl Way {
    fn new(enters: &'static str, slowed: &'static str, fated: &'static str) -> Self {
        Self { enters, slowed, fated, state: Mutex::default() }
    }
}

impl Netem {
    /// A perfect link between two namespaces, the ends with these addresses.
    pub fn between(ends: [(&Namespace, &str); 2]) -> io::Result<Self> {
        let air = Namespace::new("air")?;
        air.ip(&["link", "add", "mast0", "type", "veth", "peer", "name", "mast1"])?;
        for ((end, address), inner, mast, bridge) in
            [(ends[0], "near", "mast0", "bridge0"), (ends[1], "far", "mast1", "bridge1")]
        {
            end.ip(&["link", "add", DEVICE, "type", "veth", "peer", "name", inner, "netns", air.name()])?;
            air.ip(&["link", "add", bridge, "type", "bridge", "mcast_snooping", "0"])?;
            for port in [inner, mast] {
                silence(&air, port)?;
                air.ip(&["link", "set", port, "master", bridge, "up"])?;
            }
            silence(&air, bridge)?;
            air.ip(&["link", "set", bridge, "up"])?;
            silence(end, DEVICE)?;
            // Packets leave one by one, not as a bundle that would be lost or delayed as a whole.
            end.ip(&["link", "set", DEVICE, "gso_max_segs", "1"])?;
            end.ip(&["address", "add", address, "dev", DEVICE])?;
            end.ip(&["link", "set", DEVICE, "up"])?;
        }
        let made = Self { air, ways: [Way::new("near", "mast0", "far"), Way::new("far", "mast1", "near")] };
        [Direction::There, Direction::Back].iter().for_each(|way| made.set_way(*way, Conditions::default()));
        Ok(made)
    }

    fn tc(&self, arguments: &[&str]) -> String {
        ask(Command::new("tc").args(["-n", self.air.name()]).args(arguments)).unwrap()
    }

    /// Puts another fate in the place of the one there is. The kernel has no second netem beside one that duplicates, not
    /// even for a moment: such a one is told anew, and keeps what is on its way.
    fn fate(&self, way: &Way, state: &mut State) {
        state.duplicated |= state.conditions.twice > 0;
        if !state.duplicated || state.fate == 0 {
            state.fate += 1;
            state.lost += self.dropped_at(way.fated);
        }
        let handle = format!("{:x}:", state.fate);
        let fate = fate(&state.conditions);
        let mut arguments = vec!["qdisc", "replace", "dev", way.fated, "root", "handle", &handle, "netem"];
        arguments.extend(fate.iter().map(String::as_str));
        self.tc(&arguments);
    }

    /// Puts another rate in the place of the one there is.
    fn rate(&self, way: &Way, state: &mut State) {
        state.rate += 1;
        let handle = format!("{:x}:", state.rate);
        let rate = rate(&state.conditions);
        let mut arguments = vec!["qdisc", "replace", "dev", way.slowed, "root", "handle", &handle];
        arguments.extend(rate.iter().map(String::as_str));
        state.dropped += self.dropped_at(way.slowed);
        self.tc(&arguments);
    }

    /// Packets that the qdisc of a device has dropped since it is there, and those it holds.
    fn dropped_at(&self, device: &str) -> u64 {
        let [dropped, held] = self.at_qdisc(device);
        dropped + held
    }

    /// Packets that the qdisc of a device has dropped since it is there; and those it holds.
    fn at_qdisc(&self, device: &str) -> [u64; 2] {
        let said: Value = serde_json::from_str(&self.tc(&["-s", "-j", "qdisc", "show", "dev", device])).unwrap();
        let root = said.as_array().into_iter().flatten().find(|qdisc| qdisc["root"] == true);
        ["drops", "qlen"].map(|what| root.and_then(|root| root[what].as_u64()).unwrap_or_default())
    }
}

impl Medium for Netem {
    fn set_way(&self, direction: Direction, conditions: Conditions) {
        let way = &self.ways[direction as usize];
        let mut state = way.state.lock().unwrap();
        state.conditions = conditions;
        self.rate(way, &mut state);
        self.fate(way, &mut state);
    }

    fn open(&self, direction: Direction, open: bool) {
        let way = &self.ways[direction as usize];
        let mut state = way.state.lock().unwrap();
        state.conditions.open = open;
        self.fate(way, &mut state);
    }

    fn rebind(&self) {
        panic!("netem has no box of an operator that changes ports");
    }

    fn passed(&self, direction: Direction) -> Passed {
        let way = &self.ways[direction as usize];
        let state = way.state.lock().unwrap();
        let said = ask(Command::new("ip").args(["-n", self.air.name(), "-s", "-j", "link", "show"])).unwrap();
        let devices: Value = serde_json::from_str(&said).unwrap();
        let count = |name: &str, side: &str, what: &str| {
            let device = devices.as_array().into_iter().flatten().find(|device| device["ifname"] == name);
            device.and_then(|device| device["stats64"][side][what].as_u64()).unwrap_or_default()
        };
        let packets = count(way.enters, "rx", "packets");
        let [lost, held] = self.at_qdisc(way.fated);
        let lost = state.lost + lost;
        let left = count(way.fated, "tx", "packets") + lost + held;
        Passed {
            packets,
            bytes: count(way.enters, "rx", "bytes") - packets * ETHERNET,
            lost,
            dropped: state.dropped + self.at_qdisc(way.slowed)[0],
            twice: left.saturating_sub(count(way.slowed, "tx", "packets")),
            turns: 0,
        }
    }
}

/// The device says nothing of its own accord.
fn silence(space: &Namespace, device: &str) -> io::Result<()> {
    space.ip(&["link", "set", device, "addrgenmode", "none"])
}

/// The qdisc that keeps a rate. The head of Ethernet does not count.
fn rate(conditions: &Conditions) -> Vec<String> {
    let Conditions { rate, queue, .. } = conditions;
    let words = if *rate == 0 {
        "pfifo limit 10000".to_owned()
    } else {
        let bytes = (queue.as_secs_f64() * *rate as f64 / 8.0) as u64 + PACKET;
        format!("stab overhead -{ETHERNET} linklayer ethernet tbf rate {rate}bit burst {} limit {bytes}", PACKET + 40)
    };
    words.split(' ').map(str::to_owned).collect()
}

/// What netem is told.
fn fate(conditions: &Conditions) -> Vec<String> {
    let Conditions { delay, jitter, lost, twice, overtaken, open, .. } = conditions;
    let lost = if *open { *lost } else { 100 };
    let mut delay = *delay + *jitter / 2;
    if *overtaken > 0 {
        delay = delay.max(DELAY_TO_OVERTAKE);
    }
    let mut words = vec!["limit".to_owned(), IN_THE_AIR.to_owned()];
    let mut say = |text: String| words.extend(text.split(' ').map(str::to_owned));
    if !delay.is_zero() {
        say(format!("delay {}us {}us", delay.as_micros(), (*jitter / 2).as_micros()));
    }
    if !jitter.is_zero() {
        say(RATE_FOR_ORDER.to_owned());
    }
    if lost > 0 {
        say(format!("loss {lost}%"));
    }
    if *twice > 0 {
        say(format!("duplicate {twice}%"));
    }
    if *overtaken > 0 {
        say(format!("reorder {}%", overtaken.div_ceil(OVERTAKES)));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_said_in_the_words_of_tc() {
        let thin = Conditions::thin(10);
        assert_eq!(
            rate(&thin).join(" "),
            "stab overhead -14 linklayer ethernet tbf rate 64000bit burst 1540 limit 9500"
        );
        assert_eq!(fate(&thin).join(" "), "limit 10000 delay 300000us 0us loss 10%");
        assert_eq!(rate(&Conditions::default()).join(" "), "pfifo limit 10000");
        assert_eq!(fate(&Conditions { open: false, ..Conditions::default() }).join(" "), "limit 10000 loss 100%");
    }

    #[test]
    fn what_overtakes_needs_a_delay_to_be_spared_and_jitter_is_about_the_middle() {
        let disorder = Conditions { overtaken: 25, twice: 5, ..Conditions::default() };
        assert_eq!(fate(&disorder).join(" "), "limit 10000 delay 60000us 0us duplicate 5% reorder 5%");
        let jitter = Duration::from_millis(40);
        let words = fate(&Conditions { jitter, delay: jitter, ..Conditions::default() });
        assert_eq!(words.join(" "), "limit 10000 delay 60000us 20000us rate 1gbit");
    }
}
