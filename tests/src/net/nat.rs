//! A box of the operator between the two ends, that keeps a table of ports and sometimes forgets it.

/// Where a datagram of UDP over IPv4 without options has its ports and its checksum.
const SOURCE_PORT: usize = 20;
const TARGET_PORT: usize = 22;
const CHECKSUM: usize = 26;
const PROTOCOL: usize = 9;
const UDP: u8 = 17;

/// The table: one inside port, shown outside under another one after each rebinding.
#[derive(Debug, Default)]
pub struct Nat {
    inside: u16,
    shift: u16,
}

impl Nat {
    /// From now on the inside shows itself under another port; packets to the old one are lost.
    pub const fn rebind(&mut self) {
        self.shift += 1;
    }

    /// A packet on its way out.
    pub fn outward(&mut self, packet: &mut [u8]) {
        if let Some(port) = port(packet, SOURCE_PORT) {
            self.inside = port;
            if self.shift > 0 {
                set(packet, SOURCE_PORT, port.wrapping_add(self.shift));
            }
        }
    }

    /// A packet on its way in; `false`: it was sent to a port that is no longer known.
    pub fn inward(&self, packet: &mut [u8]) -> bool {
        let Some(port) = port(packet, TARGET_PORT).filter(|_| self.shift > 0) else { return true };
        if port != self.inside.wrapping_add(self.shift) {
            return false;
        }
        set(packet, TARGET_PORT, self.inside);
        true
    }
}

fn port(packet: &[u8], at: usize) -> Option<u16> {
    let plain = packet.len() >= 28 && packet[0] == 0x45 && packet[PROTOCOL] == UDP;
    plain.then(|| u16::from_be_bytes([packet[at], packet[at + 1]]))
}

fn set(packet: &mut [u8], at: usize, port: u16) {
    packet[at..at + 2].copy_from_slice(&port.to_be_bytes());
    // Over IPv4 a checksum of 0 says that there is none.
    packet[CHECKSUM..CHECKSUM + 2].fill(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(from: u16, to: u16) -> Vec<u8> {
        let mut packet = vec![0; 32];
        (packet[0], packet[PROTOCOL]) = (0x45, UDP);
        set(&mut packet, SOURCE_PORT, from);
        set(&mut packet, TARGET_PORT, to);
        packet
    }

    #[test]
    fn after_a_rebinding_the_old_port_is_dead_and_the_new_one_leads_inside() {
        let mut nat = Nat::default();
        let mut out = datagram(9_440, 9_441);
        nat.outward(&mut out);
        assert_eq!(out, datagram(9_440, 9_441));
        nat.rebind();
        nat.outward(&mut out);
        assert_eq!(out, datagram(9_441, 9_441));
        assert!(!nat.inward(&mut datagram(9_441, 9_440)));
        let mut back = datagram(9_441, 9_441);
        assert!(nat.inward(&mut back));
        assert_eq!(back, datagram(9_441, 9_440));
    }
}
