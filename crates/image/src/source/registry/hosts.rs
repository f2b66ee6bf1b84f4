//! Which hosts a registry may send us to, and which of them may see credentials.
//!
//! A registry answers with addresses: the realm of its token server, redirects to where its
//! blobs are, links to the next page. Each of them is the registry's choice, not the user's, and
//! was used to steal credentials from other clients (CVE-2019-10214, CVE-2020-15157,
//! CVE-2026-33540) or to reach into networks.

use url::{Host, Url};

use crate::transport::Origin;
use crate::transport::address::{Place, place_of};

/// Registries whose token server has another host, as their operators publish it.
const KNOWN_REALMS: [(&str, &str); 2] =
    [("registry-1.docker.io", "auth.docker.io"), ("registry.gitlab.com", "gitlab.com")];

/// Bytes of an address. Signed addresses of blob stores reach 2,000.
const MAX_ADDRESS: usize = 16 * 1024;

/// What the user said about hosts.
#[derive(Debug, Clone, Default)]
pub(super) struct Hosts {
    /// Hosts that the user vouches for: they may be in a private network and see credentials.
    pub(super) trusted: Vec<String>,
}

/// An address that a registry chose and that may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) url: Url,
    pub(super) origin: Origin,
    /// Whether credentials for the registry may go there.
    pub(super) is_trusted: bool,
}

impl Hosts {
    /// Judges the realm of a token server.
    pub(super) fn realm(&self, registry: &Url, realm: &str) -> Result<Chosen, String> {
        let url = parse(realm, None)?;
        let host = host_of(&url);
        let known = KNOWN_REALMS.contains(&(host_of(registry).as_str(), host.as_str()));
        let chosen = self.judge(registry, url)?;
        Ok(Chosen { is_trusted: chosen.is_trusted || known, ..chosen })
    }

    /// Judges where a redirect leads. Credentials follow it only within the very same origin.
    pub(super) fn redirect(&self, registry: &Url, from: &Url, location: &str) -> Result<Chosen, String> {
        let url = parse(location, Some(from))?;
        if from.scheme() == "https" && url.scheme() == "http" {
            return Err("it leads from HTTPS to plain HTTP".to_owned());
        }
        let is_same = same_origin(registry, &url) && same_origin(registry, from);
        Ok(Chosen { is_trusted: is_same, ..self.judge(registry, url)? })
    }

    fn judge(&self, registry: &Url, url: Url) -> Result<Chosen, String> {
        let host = host_of(&url);
        let is_named = host == host_of(registry) || self.trusted.contains(&host);
        if url.scheme() == "http" && registry.scheme() != "http" {
            return Err("it is plain HTTP, while the registry itself is asked over HTTPS".to_owned());
        }
        if !is_named && !is_public(&url) {
            return Err(
                "it is an address of this machine or of a private network, which a registry has no business with".to_owned(),
            );
        }
        let origin = if is_named { Origin::UserNamed } else { Origin::RemoteChosen };
        Ok(Chosen { url, origin, is_trusted: is_named })
    }
}

fn parse(text: &str, base: Option<&Url>) -> Result<Url, String> {
    if text.len() > MAX_ADDRESS {
        return Err(format!("it is longer than {MAX_ADDRESS} bytes"));
    }
    let mut url = match base {
        Some(base) => base.join(text),
        None => Url::parse(text),
    }
    .map_err(|error| format!("it is no address: {error}"))?;
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err("it is no address of the web".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a user's name in it".to_owned());
    }
    url.set_fragment(None);
    Ok(url)
}

/// The host in lower case, without the dot that may end it.
pub(super) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase()
}

/// Whether two addresses have scheme, host and port in common.
pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && host_of(one) == host_of(other)
        && one.port_or_known_default() == other.port_or_known_default()
}

/// Whether the host is this machine, by address or by its special name (RFC 6761).
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => place_of(address.into()) == Place::Loopback,
        Some(Host::Ipv6(address)) => place_of(address.into()) == Place::Loopback,
        Some(Host::Domain(_)) => {
            let host = host_of(url);
            host == "localhost" || host.ends_with(".localhost")
        }
        None => false,
    }
}

/// Whether the host may be on the open internet. A name is judged once more by what it resolves
/// to, by the transport.
fn is_public(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => place_of(address.into()) == Place::Public,
        Some(Host::Ipv6(address)) => place_of(address.into()) == Place::Public,
        _ => !is_loopback(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        Hosts { trusted: vec!["sso.corp.example".to_owned()] }
    }

    fn told(chosen: Result<Chosen, String>) -> String {
        match chosen {
            Ok(chosen) => {
                format!("{:?} {}", chosen.origin, if chosen.is_trusted { "trusted" } else { "anonymous" })
            }
            Err(why) => why,
        }
    }

    fn realm(registry: &str, realm: &str, expect: &str) {
        let found = told(hosts().realm(&Url::parse(registry).unwrap(), realm));
        assert!(found.starts_with(expect), "{realm}: {found}");
    }

    fn redirect(from: &str, to: &str, expect: &str) {
        let registry = Url::parse("https://r.example/v2/").unwrap();
        let found = told(hosts().redirect(&registry, &Url::parse(from).unwrap(), to));
        assert!(found.starts_with(expect), "{from} -> {to}: {found}");
    }

    #[test]
    fn credentials_go_to_the_registry_and_its_published_token_server_only() {
        realm("https://r.example/v2/", "https://r.example/token", "UserNamed trusted");
        realm("https://r.example/v2/", "https://R.example.:8443/token", "UserNamed trusted");
        realm("https://registry-1.docker.io/v2/", "https://auth.docker.io/token", "RemoteChosen trusted");
        realm("https://r.example/v2/", "https://auth.docker.io/token", "RemoteChosen anonymous");
        realm("https://r.example/v2/", "https://evil.example/token", "RemoteChosen anonymous");
        realm("https://r.example/v2/", "https://r.example.evil.example/", "RemoteChosen anonymous");
        realm("https://r.example/v2/", "https://sso.corp.example/token", "UserNamed trusted");
    }

    #[test]
    fn realms_inside_a_network_are_refused() {
        for host in [
            "127.0.0.1",
            "localhost",
            "x.localhost",
            "localhost.",
            "10.0.0.1",
            "169.254.169.254",
            "[::1]",
            "[::ffff:a9fe:a9fe]",
            "[fd00:ec2::254]",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "0",
        ] {
            realm(
                "https://r.example/v2/",
                &format!("https://{host}/token"),
                "it is an address of this machine",
            );
        }
        realm("http://127.0.0.1:5000/v2/", "http://127.0.0.1:5001/token", "UserNamed trusted");
        realm("http://127.0.0.1:5000/v2/", "http://127.0.0.2/token", "it is an address of this machine");
    }

    #[test]
    fn realms_that_are_no_https_address_are_refused() {
        realm("https://r.example/v2/", "http://r.example/token", "it is plain HTTP");
        realm("https://r.example/v2/", "ftp://r.example/", "it is no address of the web");
        realm("https://r.example/v2/", "file:///etc/passwd", "it is no address of the web");
        realm("https://r.example/v2/", "https://user:pass@r.example/", "it has a user's name");
        realm("https://r.example/v2/", "/token", "it is no address: ");
    }

    #[test]
    fn credentials_stay_behind_when_a_redirect_leaves_the_origin() {
        redirect("https://r.example/v2/a", "/v2/b", "UserNamed trusted");
        redirect("https://r.example/v2/a", "https://cdn.example/b", "RemoteChosen anonymous");
        redirect("https://r.example/v2/a", "https://r.example:444/b", "UserNamed anonymous");
        redirect("https://cdn.example/a", "https://r.example/v2/b", "UserNamed anonymous");
        redirect("https://r.example/v2/a", "http://r.example/v2/b", "it leads from HTTPS");
        redirect("https://r.example/v2/a", "https://192.168.0.1/", "it is an address of this machine");
        redirect("https://r.example/v2/a", "//cdn.example/b", "RemoteChosen anonymous");
    }
}
