//! The registry source over the real client, against a server that misbehaves on purpose.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use plimsoll_engine::transport::{HttpTransport, Proxies, TransportOptions};
use plimsoll_image::source::registry::{
    Access, Anonymous, Credential, CredentialError, Credentials, Registry, Timing,
};
use plimsoll_image::source::{Image, Source as _};
use plimsoll_image::transport::{Method, Origin, Request, Transport as _};
use plimsoll_image::{LayerExpectation, NoContent, read_layer};
use plimsoll_model::Platform;
use plimsoll_testing::hostile_registry::{HostileRegistry, Reply, Seen, SmallImage, digest};

/// Waits for nothing, so that back-off costs a test no time.
#[derive(Debug)]
struct NoWaits;

impl Timing for NoWaits {
    fn pause(&self, _: Duration) {}

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn jitter(&self) -> f64 {
        0.0
    }
}

#[derive(Debug)]
struct User;

impl Credentials for User {
    fn find(&self, _: &str, _: &str) -> Result<Option<Credential>, CredentialError> {
        Ok(Some(Credential::Password { user: "u".into(), password: "secret".into() }))
    }
}

const SECRET: &str = "Basic dTpzZWNyZXQ=";

fn registry(server: &HostileRegistry, credentials: impl Credentials + 'static) -> Registry {
    let options =
        TransportOptions { idle_timeout: Some(Duration::from_millis(500)), ..TransportOptions::default() };
    let access = Access {
        transport: Arc::new(HttpTransport::new(options)),
        credentials: Arc::new(credentials),
        timing: Arc::new(NoWaits),
        plain_http: false,
        trusted_hosts: Vec::new(),
    };
    let name = format!("{}/team/app:1", server.host());
    Registry::new(&name, name.parse().unwrap(), access)
}

fn pull(registry: &Registry) -> Result<(Image, u64), String> {
    let platform: Platform = "linux/amd64".parse().unwrap();
    let image = registry.image(Some(&platform)).map_err(|error| error.to_string())?;
    let layer = &image.layers[0];
    let bytes = registry.open_layer(layer).map_err(|error| error.to_string())?;
    let expectation = LayerExpectation {
        digest: Some(layer.digest.clone()),
        size: Some(layer.size),
        ..LayerExpectation::default()
    };
    let read = read_layer(bytes, &expectation, &mut NoContent).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    })?;
    Ok((image, read.compressed_size))
}

/// Pulls from a server that answers as an honest one would, but for what `misdeed` does.
fn check(
    misdeed: impl Fn(&Seen, &SmallImage) -> Option<Reply> + Send + Sync + 'static,
    expect: &str,
) -> Vec<Seen> {
    let image = SmallImage::new(&[b'x'; 100_000]);
    let server =
        HostileRegistry::start(move |seen| misdeed(seen, &image).unwrap_or_else(|| image.answer(seen)))
            .unwrap();
    let found = match pull(&registry(&server, User)) {
        Ok((_, size)) => format!("pulled {size}"),
        Err(error) => error,
    };
    assert!(found.contains(expect), "{found}");
    server.seen()
}

fn is_layer(seen: &Seen, image: &SmallImage) -> bool {
    seen.path().ends_with(&digest(&image.layer))
}

const PULLED: &str = "pulled 101888";

#[test]
fn an_honest_registry_is_pulled_from() {
    let seen = check(|_, _| None, PULLED);
    let paths: Vec<&str> = seen.iter().map(Seen::path).collect();
    assert_eq!(paths[..2], ["/v2/", "/v2/team/app/manifests/1"]);
    assert_eq!(paths.len(), 4);
    assert_eq!(seen[1].header("user-agent"), Some(concat!("plimsoll/", env!("CARGO_PKG_VERSION"))));
    assert!(seen[1].header("accept").unwrap().contains("manifest.list.v2+json"));
    assert!(seen.iter().all(|each| each.header("authorization").is_none()));
}

#[test]
fn a_layer_that_breaks_or_stalls_is_resumed() {
    let calls = AtomicUsize::new(0);
    let seen = check(
        move |seen, image| {
            let honest = is_layer(seen, image).then(|| image.answer(seen))?;
            match calls.fetch_add(1, Ordering::SeqCst) {
                0 => Some(honest.breaking_after(40_000)),
                1 => Some(honest.stalling_after(20_000, Duration::from_secs(3))),
                _ => Some(honest),
            }
        },
        PULLED,
    );
    let ranges: Vec<Option<&str>> = seen[3..].iter().map(|each| each.header("range")).collect();
    assert_eq!(ranges, [None, Some("bytes=40000-"), Some("bytes=60000-")]);
}

#[test]
fn a_server_that_ignores_ranges_is_read_again_from_the_start() {
    let calls = AtomicUsize::new(0);
    check(
        move |seen, image| {
            is_layer(seen, image).then(|| {
                let whole = Reply::new(200, image.layer.clone());
                if calls.fetch_add(1, Ordering::SeqCst) == 0 { whole.breaking_after(70_000) } else { whole }
            })
        },
        PULLED,
    );
}

#[test]
fn a_layer_that_always_breaks_is_given_up() {
    let seen = check(
        |seen, image| {
            is_layer(seen, image).then(|| Reply::new(200, image.layer.clone()).breaking_after(1000))
        },
        "broke off at byte 1000, 5 times",
    );
    assert_eq!(seen.len(), 8);
}

#[test]
fn wrong_bytes_are_never_believed() {
    check(
        |seen, image| {
            let mut wrong = image.layer.clone();
            wrong[600] ^= 1;
            is_layer(seen, image).then(|| Reply::new(200, wrong))
        },
        "the layer's bytes hash to",
    );
    check(
        |seen, _| {
            seen.path()
                .contains("/manifests/")
                .then(|| Reply::new(200, "{}").with("Docker-Content-Digest", digest(b"other")))
        },
        "while the registry's own header says",
    );
}

#[test]
fn lies_about_length_are_found() {
    check(
        |seen, image| {
            is_layer(seen, image).then(|| Reply::new(200, [image.layer.clone(), vec![0; 512]].concat()))
        },
        "the registry announces 102400 bytes, and 101888 are promised",
    );
    check(
        |seen, image| is_layer(seen, image).then(|| Reply::new(200, image.layer.clone()).endless()),
        "more bytes come than announced",
    );
    check(
        |seen, image| {
            let short = image.layer[..50_000].to_vec();
            is_layer(seen, image).then(|| {
                if seen.header("range").is_some() { Reply::new(416, "") } else { Reply::new(200, short) }
            })
        },
        "it ends after 50000 bytes, and 101888 are promised",
    );
    check(
        |seen, image| {
            (is_layer(seen, image) && seen.header("range").is_some())
                .then(|| Reply::new(206, image.layer.clone()).with("Content-Range", "bytes 0-101887/101888"))
                .or_else(|| is_layer(seen, image).then(|| image.answer(seen).breaking_after(9)))
        },
        "asked to go on at byte 9, the registry goes on elsewhere",
    );
}

#[test]
fn a_manifest_without_an_end_takes_no_memory() {
    let start = Instant::now();
    check(
        |seen, _| seen.path().contains("/manifests/").then(|| Reply::new(200, vec![b' '; 65536]).endless()),
        "more than any real document",
    );
    check(
        |seen, _| {
            seen.path().contains("/manifests/").then(|| Reply::new(200, "{}").announcing(Some(1 << 40)))
        },
        "it has 1099511627776 bytes",
    );
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn redirects_end_and_do_not_lead_inside() {
    let seen = check(
        |seen, _| {
            seen.path()
                .contains("manifests")
                .then(|| Reply::new(307, "").with("Location", seen.target.clone()))
        },
        "redirect number 11",
    );
    assert_eq!(seen.len(), 12);
    for place in [
        "http://127.0.0.2/x",
        "http://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "http://[::1]/",
        "//[::ffff:127.0.0.2]/",
    ] {
        check(
            move |seen, image| is_layer(seen, image).then(|| Reply::new(302, "").with("Location", place)),
            "which was not followed: it is an address of this machine or of a private network",
        );
    }
}

#[test]
fn a_name_that_resolves_to_this_machine_is_not_followed() {
    // `ip6-localhost` and the like resolve through the system, past every check of literals.
    let Some(name) = ["ip6-localhost", "ip6-loopback", "localhost.localdomain"]
        .into_iter()
        .find(|name| std::net::ToSocketAddrs::to_socket_addrs(&(*name, 80)).is_ok())
    else {
        eprintln!("skipped: no further name of this machine");
        return;
    };
    check(
        move |seen, image| {
            is_layer(seen, image).then(|| Reply::new(302, "").with("Location", format!("https://{name}/")))
        },
        "it was not you but the registry that named it",
    );
}

#[test]
fn credentials_stay_with_the_registry() {
    let thief = HostileRegistry::start(|_| Reply::new(200, r#"{"token":"t"}"#)).unwrap();
    let port = thief.host().rsplit(':').next().unwrap().to_owned();
    // Another host on this machine: a realm there is refused outright.
    let realm = format!("Bearer realm=\"http://127.0.0.2:{port}/token\"");
    let seen = check(
        move |seen, _| {
            seen.path()
                .contains("manifests")
                .then(|| Reply::new(401, "").with("WWW-Authenticate", realm.clone()))
        },
        "was not asked: it is an address of this machine",
    );
    assert!(thief.seen().is_empty());
    assert!(seen.iter().all(|each| each.header("authorization") != Some(SECRET)));
    // A redirect to another origin loses what was sent to the first.
    let place = format!("http://{}/steal", thief.host());
    check(
        move |seen, _| {
            seen.path().contains("manifests").then(|| match seen.header("authorization") {
                None => Reply::new(401, "").with("WWW-Authenticate", "Basic realm=\"x\""),
                Some(_) => Reply::new(307, "").with("Location", place.clone()),
            })
        },
        "the image manifest is not readable",
    );
    assert_eq!(thief.seen().len(), 1);
    assert_eq!(thief.seen()[0].header("authorization"), None);
}

#[test]
fn a_token_server_beside_the_registry_is_asked_once() {
    let seen = check(
        |seen, _| match (seen.path(), seen.header("authorization")) {
            ("/token", Some(SECRET)) => Some(Reply::new(200, r#"{"token":"granted","expires_in":300}"#)),
            ("/token", _) => Some(Reply::new(401, "")),
            (_, Some("Bearer granted")) => None,
            ("/v2/", _) => Some(Reply::new(401, "")),
            _ => {
                let host = seen.header("host").unwrap();
                let challenge = format!("Bearer realm=\"http://{host}/token\",service=\"s\"");
                Some(Reply::new(401, "").with("WWW-Authenticate", challenge))
            }
        },
        PULLED,
    );
    let tokens: Vec<&str> =
        seen.iter().map(|each| each.target.as_str()).filter(|target| target.starts_with("/token")).collect();
    assert_eq!(
        tokens,
        ["/token?service=s&scope=repository%3Ateam%2Fapp%3Apull&client_id=plimsoll&account=u"]
    );
}

#[test]
fn a_401_that_never_ends_does() {
    let seen = check(
        |_, _| Some(Reply::new(401, "").with("WWW-Authenticate", "Basic realm=x")),
        "the login is accepted, but it may not pull",
    );
    assert_eq!(seen.len(), 3);
}

#[test]
fn a_busy_registry_is_asked_again_as_it_wishes() {
    let calls = AtomicUsize::new(0);
    check(
        move |seen, _| {
            (seen.path().contains("manifests") && calls.fetch_add(1, Ordering::SeqCst) < 2)
                .then(|| Reply::new(429, "Too Many Requests").with("Retry-After", "1"))
        },
        PULLED,
    );
    check(
        |seen, _| {
            seen.path()
                .contains("manifests")
                .then(|| Reply::new(429, "Too Many Requests").with("Retry-After", "86400"))
        },
        "too many requests from this address, \"Too Many Requests\"): try again in 86400 s",
    );
}

#[test]
fn the_next_page_is_not_fetched_from_elsewhere() {
    let server = HostileRegistry::start(|seen| match seen.path() {
        "/v2/team/app/tags/list" => {
            Reply::new(200, r#"{"tags":["1"]}"#).with("Link", "<https://evil.example/next>; rel=\"next\"")
        }
        _ => Reply::new(200, ""),
    })
    .unwrap();
    let error = registry(&server, Anonymous).tags(10).unwrap_err().to_string();
    assert!(error.contains("redirects to https://evil.example/next, which was not followed"), "{error}");
}

#[test]
fn nobody_at_home_is_told_at_once() {
    let server = HostileRegistry::start(|_| Reply::new(200, "")).unwrap();
    let gone = registry(&server, Anonymous);
    drop(server);
    std::thread::sleep(Duration::from_millis(50));
    let start = Instant::now();
    let error = pull(&gone).unwrap_err();
    assert!(error.contains("cannot be reached: Connection refused"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_proxy_is_used_and_its_own_network_is_no_objection() {
    let proxy = HostileRegistry::start(|seen| Reply::new(200, seen.target.clone())).unwrap();
    let proxies = Proxies {
        http: Some(format!("http://{}", proxy.host())),
        none_for: Some("direct.example".into()),
        ..Proxies::default()
    };
    let transport =
        HttpTransport::new(TransportOptions { proxies, plain_http: true, ..TransportOptions::default() });
    let request = Request::new(Method::Get, "http://r.example/v2/".parse().unwrap(), Origin::RemoteChosen);
    let mut body = String::new();
    transport.send(&request).unwrap().body.read_to_string(&mut body).unwrap();
    assert_eq!(body, "http://r.example/v2/");
    let inside = format!("http://{}/", proxy.host());
    let request = Request::new(Method::Get, inside.parse().unwrap(), Origin::RemoteChosen);
    assert!(transport.send(&request).unwrap_err().to_string().contains("no business with the proxy"));
}

#[test]
fn a_file_without_certificates_is_named() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "no certificate").unwrap();
    let transport = HttpTransport::new(TransportOptions {
        ca_file: Some(file.path().into()),
        ..TransportOptions::default()
    });
    let request = Request::new(Method::Get, "https://127.0.0.1:1/".parse().unwrap(), Origin::UserNamed);
    let error = transport.send(&request).unwrap_err().to_string();
    assert!(error.contains("it holds no certificate in PEM form"), "{error}");
}
