//! Resolves names, and hands out only the addresses that may be connected to. What it hands out
//! is what is connected to: there is no second look-up in which a name could change its mind.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::{io, thread};

use plimsoll_image::transport::Origin;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::{Forbidden, judge};

/// Addresses of one name that are tried. Real names have up to some ten.
const MAX_ADDRESSES: usize = 32;

#[derive(Debug)]
pub(super) struct GuardedResolver {
    origin: Origin,
    proxies: BTreeSet<String>,
}

impl GuardedResolver {
    pub(super) const fn new(origin: Origin, proxies: BTreeSet<String>) -> Self {
        Self { origin, proxies }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_ascii_lowercase();
        // A proxy is the user's choice, whoever chose the host behind it; such requests to the
        // proxy itself were refused before.
        let origin = if self.proxies.contains(&name) { Origin::UserNamed } else { self.origin };
        let slot = Arc::new(Slot::default());
        let filled = Arc::clone(&slot);
        // The system's resolver blocks, and the client has one thread for all of its requests.
        let started = thread::Builder::new()
            .name("resolver".to_owned())
            .spawn(move || filled.fill(look_up(&name, origin)));
        if let Err(error) = started {
            slot.fill(Err(error.into()));
        }
        Box::pin(Waiting(slot))
    }
}

type Found = Result<Addrs, Box<dyn std::error::Error + Send + Sync>>;

fn look_up(name: &str, origin: Origin) -> Found {
    let found: Vec<SocketAddr> = (name, 0).to_socket_addrs()?.take(MAX_ADDRESSES).collect();
    Ok(Box::new(allowed(found, origin)?.into_iter()))
}

/// The addresses that may be connected to; the reason where none may.
fn allowed(
    found: Vec<SocketAddr>,
    origin: Origin,
) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
    let mut reason: Option<Forbidden> = None;
    let mut kept = Vec::new();
    for address in found {
        let judged: IpAddr = address.ip();
        match judge(judged, origin) {
            Ok(()) => kept.push(address),
            Err(why) => reason = Some(why),
        }
    }
    match (kept.is_empty(), reason) {
        (false, _) => Ok(kept),
        (true, Some(why)) => Err(why.into()),
        (true, None) => Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into()),
    }
}

/// Where a thread leaves what it found for a future that waits for it.
#[derive(Default)]
struct Slot(Mutex<(Option<Found>, Option<Waker>)>);

impl Slot {
    fn lock(&self) -> MutexGuard<'_, (Option<Found>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fill(&self, found: Found) {
        let mut slot = self.lock();
        slot.0 = Some(found);
        let waker = slot.1.take();
        drop(slot);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

struct Waiting(Arc<Slot>);

impl Future for Waiting {
    type Output = Found;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Found> {
        let mut slot = self.0.lock();
        match slot.0.take() {
            Some(found) => Poll::Ready(found),
            None => {
                slot.1 = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(addresses: &[&str], origin: Origin, expect: &str) {
        let found = addresses.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect();
        let told = match allowed(found, origin) {
            Ok(kept) => kept.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        };
        assert!(told.starts_with(expect), "{addresses:?}: {told}");
    }

    #[test]
    fn of_several_addresses_the_forbidden_ones_are_left_out() {
        check(&["127.0.0.1", "8.8.8.8", "169.254.169.254"], Origin::RemoteChosen, "8.8.8.8");
        check(&["127.0.0.1", "::1"], Origin::UserNamed, "127.0.0.1 ::1");
    }

    #[test]
    fn a_name_that_leads_inside_is_refused() {
        check(&["10.1.2.3"], Origin::RemoteChosen, "10.1.2.3 is in a private network");
        check(&["169.254.169.254"], Origin::UserNamed, "169.254.169.254 is a link-local address");
        check(&[], Origin::UserNamed, "the name has no address");
    }
}
