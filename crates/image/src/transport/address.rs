//! What kind of place an internet address is: the open internet, somebody's own network, this
//! machine, or a place that must never be asked.
//!
//! Ranges: IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890), and the
//! metadata services of cloud providers, which hand out the machine's own credentials to
//! whoever asks from inside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What kind of place an address is, from the open to the forbidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The open internet.
    Public,
    /// Somebody's own network, or one that is not routed on the internet.
    Private,
    /// This machine.
    Loopback,
    /// Metadata services, link-local, multicast and unspecified addresses: no registry is there.
    Forbidden,
}

/// Metadata services outside of the link-local range: Alibaba Cloud, Oracle Cloud, Azure.
const METADATA_4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];

/// Metadata services by IPv6: Amazon, Google.
const METADATA_6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)];

/// What kind of place an address is. An IPv4 address inside an IPv6 one (mapped, compatible,
/// NAT64, 6to4) is what the IPv4 address is.
#[must_use]
pub fn place_of(address: IpAddr) -> Place {
    match address {
        IpAddr::V4(address) => place_of_4(address),
        IpAddr::V6(address) => embedded(address).map_or_else(|| place_of_6(address), place_of_4),
    }
}

fn place_of_4(address: Ipv4Addr) -> Place {
    let [first, second, third, _] = address.octets();
    if METADATA_4.contains(&address) {
        return Place::Forbidden;
    }
    match (first, second, third) {
        (169, 254, _) | (0 | 224..=255, _, _) => Place::Forbidden,
        (127, _, _) => Place::Loopback,
        // 100.64/10 is shared by providers, 198.18/15 is for benchmarks, 192.0.0/24 for protocols,
        // the three /24 for documentation.
        (10, _, _)
        | (172, 16..=31, _)
        | (192, 168, _)
        | (100, 64..=127, _)
        | (198, 18..=19, _)
        | (192, 0, 0 | 2)
        | (198, 51, 100)
        | (203, 0, 113) => Place::Private,
        _ => Place::Public,
    }
}

fn place_of_6(address: Ipv6Addr) -> Place {
    if METADATA_6.contains(&address) || address.is_unspecified() || address.is_multicast() {
        return Place::Forbidden;
    }
    if address.is_loopback() {
        return Place::Loopback;
    }
    match address.segments() {
        // fe80::/10 link-local, fec0::/10 its deprecated sibling.
        [0xfe80..=0xfeff, ..] => Place::Forbidden,
        // fc00::/7 unique local, 2001:db8::/32 documentation, 100::/64 discard-only,
        // 64:ff9b:1::/48 a provider's own translation.
        [0xfc00..=0xfdff, ..] | [0x2001, 0xdb8, ..] | [0x100, 0, 0, 0, ..] | [0x64, 0xff9b, 1, ..] => {
            Place::Private
        }
        // Only 2000::/3 is given out.
        [0x2000..=0x3fff, ..] => Place::Public,
        _ => Place::Forbidden,
    }
}

/// The IPv4 address that an IPv6 one stands for.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        // ::ffff:a.b.c.d mapped; ::ffff:0:a.b.c.d translated (RFC 2765); 64:ff9b::a.b.c.d NAT64.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        // ::a.b.c.d compatible, deprecated; `::` and `::1` are themselves.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(join(high, low)),
        // 2002:a.b.c.d::/48 6to4.
        [0x2002, high, low, ..] => Some(join(high, low)),
        // Teredo ends in its client's address, bit by bit turned round.
        [0x2001, 0, _, _, _, _, high, low] => Some(join(!high, !low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expect: Place, addresses: &[&str]) {
        for address in addresses {
            assert_eq!(place_of(address.parse().unwrap()), expect, "{address}");
        }
    }

    #[test]
    fn the_open_internet_is_public() {
        check(
            Place::Public,
            &["1.1.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
        );
    }

    #[test]
    fn own_networks_are_private() {
        check(
            Place::Private,
            &[
                "10.0.0.1",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "100.64.0.1",
                "fd00::1",
                "::ffff:10.0.0.1",
                "64:ff9b::a00:1",
                "2002:a00:1::",
                "192.0.2.1",
                "64:ff9b:1::1",
            ],
        );
    }

    #[test]
    fn this_machine_is_loopback_however_it_is_spelt() {
        check(
            Place::Loopback,
            &[
                "127.0.0.1",
                "127.255.255.254",
                "::1",
                "::ffff:127.0.0.1",
                "::7f00:1",
                "64:ff9b::7f00:1",
                "2002:7f00:1::",
            ],
        );
    }

    #[test]
    fn metadata_services_are_forbidden_however_they_are_spelt() {
        check(
            Place::Forbidden,
            &[
                "169.254.169.254",
                "169.254.170.2",
                "::ffff:169.254.169.254",
                "64:ff9b::a9fe:a9fe",
                "2002:a9fe:a9fe::",
                "fd00:ec2::254",
                "fd20:ce::254",
                "100.100.100.200",
                "192.0.0.192",
                "168.63.129.16",
                "fe80::1",
                "febf::1",
                "0.0.0.0",
                "::",
                "224.0.0.1",
                "255.255.255.255",
                "ff02::1",
                "::ffff:0.0.0.0",
                "2001:0:0:0:0:0:5601:5601",
                "4000::1",
            ],
        );
    }
}
