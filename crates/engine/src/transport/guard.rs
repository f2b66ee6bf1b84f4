//! Which requests are never sent, whoever asks.

use std::collections::BTreeSet;
use std::net::IpAddr;

use plimsoll_image::transport::address::{Place, place_of};
use plimsoll_image::transport::{Origin, Request};
use thiserror::Error;
use url::{Host, Url};

/// Why an address must not be connected to. It travels through the client as an error's cause.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub(super) struct Forbidden(pub(super) String);

/// Judges a request before it is sent: its scheme, and its host where that is an address. Names
/// are judged by the resolver, by what they resolve to.
pub(super) fn check(request: &Request, plain_http: bool, proxies: &BTreeSet<String>) -> Result<(), String> {
    let url = &request.url;
    match url.scheme() {
        "https" => {}
        "http" if plain_http || is_loopback(url) => {}
        "http" => {
            return Err("plain HTTP is spoken with this machine only; allow it with --plain-http".to_owned());
        }
        other => return Err(format!("{other}: is no address of the web")),
    }
    let is_proxy = proxies.contains(&url.host_str().unwrap_or_default().to_ascii_lowercase());
    if request.origin == Origin::RemoteChosen && is_proxy {
        return Err("a registry has no business with the proxy".to_owned());
    }
    match url.host() {
        Some(Host::Ipv4(address)) => judge(address.into(), request.origin).map_err(|Forbidden(why)| why),
        Some(Host::Ipv6(address)) => judge(address.into(), request.origin).map_err(|Forbidden(why)| why),
        Some(Host::Domain(_)) => Ok(()),
        None => Err("there is no host in it".to_owned()),
    }
}

/// Judges an address that is about to be connected to.
pub(super) fn judge(address: IpAddr, origin: Origin) -> Result<(), Forbidden> {
    match (place_of(address), origin) {
        (Place::Public, _) | (Place::Private | Place::Loopback, Origin::UserNamed) => Ok(()),
        (Place::Forbidden, _) => Err(Forbidden(format!(
            "{address} is a link-local address, a metadata service or no single host; no registry is there"
        ))),
        (Place::Private | Place::Loopback, Origin::RemoteChosen) => Err(Forbidden(format!(
            "{address} is in a private network or on this machine, and it was not you but the registry that named it; if it is meant to be, add the host to the trusted hosts"
        ))),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => place_of(address.into()) == Place::Loopback,
        Some(Host::Ipv6(address)) => place_of(address.into()) == Place::Loopback,
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_image::transport::Method;

    use super::*;

    fn check_one(address: &str, origin: Origin, expect: &str) {
        let request = Request::new(Method::Get, address.parse().unwrap(), origin);
        let proxies = BTreeSet::from(["proxy.corp".to_owned()]);
        let found = check(&request, false, &proxies).map_or_else(|why| why, |()| "sent".to_owned());
        assert!(found.contains(expect), "{address}: {found}");
    }

    #[test]
    fn what_the_user_names_may_be_in_a_private_network() {
        check_one("https://10.0.0.1/v2/", Origin::UserNamed, "sent");
        check_one("https://ghcr.io/v2/", Origin::UserNamed, "sent");
        check_one("http://127.0.0.1:5000/v2/", Origin::UserNamed, "sent");
        check_one("http://[::1]:5000/v2/", Origin::UserNamed, "sent");
        check_one("http://localhost:5000/v2/", Origin::UserNamed, "sent");
    }

    #[test]
    fn what_a_registry_names_may_not() {
        for address in [
            "10.0.0.1",
            "127.0.0.1",
            "[::1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::a00:1]",
            "192.168.0.1",
            "0x7f000001",
            "017700000001",
            "[fd00::1]",
        ] {
            check_one(
                &format!("https://{address}/"),
                Origin::RemoteChosen,
                "it was not you but the registry",
            );
        }
        check_one("https://proxy.corp/", Origin::RemoteChosen, "no business with the proxy");
        check_one("https://1.1.1.1/", Origin::RemoteChosen, "sent");
    }

    #[test]
    fn metadata_services_are_never_asked() {
        for address in [
            "169.254.169.254",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[::ffff:169.254.169.254]",
            "0.0.0.0",
            "2852039166",
            "[64:ff9b::a9fe:a9fe]",
        ] {
            check_one(&format!("https://{address}/"), Origin::UserNamed, "no registry is there");
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        check_one("http://10.0.0.1/", Origin::UserNamed, "--plain-http");
        check_one("http://ghcr.io/", Origin::UserNamed, "--plain-http");
        check_one("http://localhost.evil.example/", Origin::UserNamed, "--plain-http");
    }
}
