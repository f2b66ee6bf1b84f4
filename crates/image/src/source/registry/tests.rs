//! A registry played from memory: every request it expects is answered by a function of its
//! address and headers.

mod referrers;

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plimsoll_model::{Digest, Reference};

use super::*;
use crate::transport::{Method, Origin, Request, Response, Transport, TransportError};

type Play = dyn FnMut(&Request) -> Result<Response, TransportError> + Send;

struct Played {
    play: Mutex<Box<Play>>,
    seen: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Played {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Played")
    }
}

impl Transport for Played {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let who = request.headers.get("authorization").unwrap_or("-");
        let whom = if request.origin == Origin::UserNamed { "" } else { " (remote)" };
        let range = request.headers.get("range").map(|range| format!(" {range}")).unwrap_or_default();
        self.seen.lock().unwrap().push(format!(
            "{} {} {who}{range}{whom}",
            request.method.name(),
            request.url
        ));
        (self.play.lock().unwrap())(request)
    }
}

#[derive(Debug, Default)]
struct Stopwatch {
    waits: Mutex<Vec<Duration>>,
    now: Mutex<Duration>,
}

impl Timing for Stopwatch {
    fn pause(&self, length: Duration) {
        self.waits.lock().unwrap().push(length);
        *self.now.lock().unwrap() += length;
    }

    fn elapsed(&self) -> Duration {
        *self.now.lock().unwrap()
    }

    fn jitter(&self) -> f64 {
        1.0
    }
}

#[derive(Debug)]
struct Known(Option<Credential>);

impl Credentials for Known {
    fn find(&self, _: &str, _: &str) -> Result<Option<Credential>, CredentialError> {
        Ok(self.0.clone())
    }
}

struct Stage {
    registry: Registry,
    played: Arc<Played>,
    stopwatch: Arc<Stopwatch>,
}

impl Stage {
    fn seen(&self) -> Vec<String> {
        self.played.seen.lock().unwrap().clone()
    }

    fn waits(&self) -> Vec<u128> {
        self.stopwatch.waits.lock().unwrap().iter().map(Duration::as_millis).collect()
    }

    fn tag(&self) -> Result<Root, String> {
        self.registry.manifest("1", None).map_err(|error| error.to_string())
    }
}

fn stage(
    reference: &str,
    credential: Option<Credential>,
    play: impl FnMut(&Request) -> Result<Response, TransportError> + Send + 'static,
) -> Stage {
    let reference: Reference = reference.parse().unwrap();
    let played = Arc::new(Played { play: Mutex::new(Box::new(play)), seen: Mutex::default() });
    let stopwatch = Arc::new(Stopwatch::default());
    let access = Access {
        transport: played.clone(),
        credentials: Arc::new(Known(credential)),
        timing: stopwatch.clone(),
        plain_http: false,
        trusted_hosts: Vec::new(),
    };
    Stage { registry: Registry::new("x", reference, access), played, stopwatch }
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Response, TransportError> {
    let mut response = Response {
        status,
        headers: Headers::default(),
        body: Box::new(Cursor::new(body.as_bytes().to_vec())),
    };
    for (name, value) in headers {
        response.headers.add(name, *value);
    }
    Ok(response)
}

type Told = (u16, Vec<(&'static str, &'static str)>, &'static str);

/// Answers in turn; the last one for ever.
fn in_turn(answers: Vec<Told>) -> impl FnMut(&Request) -> Result<Response, TransportError> {
    let mut left: VecDeque<_> = answers.into();
    move |_| {
        let (status, headers, body) =
            if left.len() > 1 { left.pop_front().unwrap() } else { left[0].clone() };
        answer(status, &headers, body)
    }
}

const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}"#;
const OCI: (&str, &str) = ("Content-Type", "application/vnd.oci.image.manifest.v1+json");
const DOCKER: (&str, &str) = ("Content-Type", "application/vnd.docker.distribution.manifest.v2+json");
const CHALLENGE: (&str, &str) = ("WWW-Authenticate", r#"Bearer realm="https://r.example/token",service="r""#);

fn password() -> Option<Credential> {
    Some(Credential::Password { user: "u".into(), password: "p".into() })
}

fn sha256(bytes: &[u8]) -> Digest {
    digest_of(Algorithm::Sha256, bytes)
}

#[test]
fn a_tag_is_hashed_and_docker_hub_is_found() {
    let stage = stage("debian:1", None, in_turn(vec![(200, vec![OCI], MANIFEST)]));
    let root = stage.tag().unwrap();
    assert_eq!((root.digest, root.media_type.as_str()), (sha256(MANIFEST.as_bytes()), OCI.1));
    assert_eq!(stage.seen(), ["GET https://registry-1.docker.io/v2/library/debian/manifests/1 -"]);
}

#[test]
fn a_token_is_fetched_once_and_used_until_it_ends() {
    let stage = stage("r.example/a:1", password(), |request| match request.url.path() {
        "/token" => answer(200, &[], r#"{"token":"t","expires_in":65}"#),
        _ if request.headers.get("authorization").is_some() => answer(200, &[OCI], MANIFEST),
        _ => answer(401, &[CHALLENGE], ""),
    });
    stage.tag().unwrap();
    stage.tag().unwrap();
    stage.stopwatch.pause(Duration::from_secs(60));
    stage.tag().unwrap();
    let manifest = "GET https://r.example/v2/a/manifests/1";
    let token = "GET https://r.example/token?service=r&scope=repository%3Aa%3Apull&client_id=plimsoll&account=u Basic dTpw";
    let refused = format!("{manifest} -");
    let granted = format!("{manifest} Bearer t");
    assert_eq!(stage.seen(), [&refused, token, &granted, &granted, &refused, token, &granted]);
}

#[test]
fn credentials_are_not_sent_to_a_token_server_on_another_host() {
    const ELSEWHERE: (&str, &str) = ("WWW-Authenticate", r#"Bearer realm="https://evil.example/token""#);
    let stage = stage("r.example/a:1", password(), |request| match request.url.path() {
        "/token" => answer(200, &[], r#"{"token":"t"}"#),
        _ => answer(401, &[ELSEWHERE], ""),
    });
    let error = stage.tag().unwrap_err();
    assert!(error.contains("the login for r.example was not sent to evil.example"), "{error}");
    assert!(stage.registry.notices()[0].contains("was not sent to evil.example"));
    assert_eq!(
        stage.seen()[1],
        "GET https://evil.example/token?scope=repository%3Aa%3Apull&client_id=plimsoll - (remote)"
    );
}

#[test]
fn a_hostile_realm_is_not_asked() {
    const METADATA: (&str, &str) = ("WWW-Authenticate", r#"Bearer realm="https://169.254.169.254/latest""#);
    let stage = stage("r.example/a:1", password(), in_turn(vec![(401, vec![METADATA], "")]));
    let error = stage.tag().unwrap_err();
    assert!(
        error.contains("token server https://169.254.169.254/latest that the registry names was not asked"),
        "{error}"
    );
    assert_eq!(stage.seen().len(), 1);
}

#[test]
fn basic_is_answered_with_a_password_and_an_endless_401_ends() {
    const BASIC: (&str, &str) = ("WWW-Authenticate", r#"Basic realm="r""#);
    let stage = stage("r.example/a:1", password(), in_turn(vec![(401, vec![BASIC], "")]));
    let error = stage.tag().unwrap_err();
    assert!(
        error.starts_with("tag 1 of a at r.example is refused (401): the login is accepted, but"),
        "{error}"
    );
    assert_eq!(
        stage.seen(),
        ["GET https://r.example/v2/a/manifests/1 -", "GET https://r.example/v2/a/manifests/1 Basic dTpw"]
    );
}

#[test]
fn a_refresh_token_is_exchanged_by_post() {
    let stage =
        stage("r.example/a:1", Some(Credential::IdentityToken("i".into())), |request| match request.method {
            Method::Post => answer(200, &[], r#"{"access_token":"t"}"#),
            _ if request.headers.get("authorization").is_some() => answer(200, &[OCI], MANIFEST),
            _ => answer(401, &[CHALLENGE], ""),
        });
    stage.tag().unwrap();
    assert_eq!(
        stage.seen()[1..],
        ["POST https://r.example/token -", "GET https://r.example/v2/a/manifests/1 Bearer t"]
    );
}

#[test]
fn docker_hubs_401_for_a_repository_that_is_not_there_is_explained() {
    const HUB: (&str, &str) =
        ("WWW-Authenticate", r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io""#);
    let stage = stage("debain:1", None, |request| match request.url.path() {
        "/token" => answer(200, &[], r#"{"token":"t"}"#),
        _ => {
            answer(401, &[HUB], r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#)
        }
    });
    assert_eq!(
        stage.tag().unwrap_err(),
        "tag 1 of library/debain at docker.io is refused (401, \"authentication required\"): Docker Hub answers so for a repository that does not exist as well; check the spelling, or if it is private, log in with docker login"
    );
}

#[test]
fn retry_after_is_obeyed_and_tries_are_bounded() {
    let busy = |headers| (503, headers, "");
    let stage_ = stage(
        "r.example/a:1",
        None,
        in_turn(vec![busy(vec![("Retry-After", "7")]), busy(vec![]), (200, vec![OCI], MANIFEST)]),
    );
    stage_.tag().unwrap();
    assert_eq!(stage_.waits(), [7_125, 1_000]);
    let stage_ = stage("r.example/a:1", None, in_turn(vec![busy(vec![])]));
    assert_eq!(
        stage_.tag().unwrap_err(),
        "tag 1 of a at r.example cannot be had: the registry answers 503 (tried 5 times)"
    );
    assert_eq!(stage_.waits(), [500, 1_000, 2_000, 4_000]);
}

#[test]
fn a_used_up_pull_limit_is_told_at_once() {
    let stage = stage("debian:1", None, in_turn(vec![(429, vec![("RateLimit-Remaining", "0;w=21600")], "")]));
    let error = stage.tag().unwrap_err();
    assert!(error.contains("its limit of pulls is used up, left 0 per 6 h"), "{error}");
    assert_eq!(stage.waits(), [0_u128; 0]);
}

#[test]
fn broken_connections_are_tried_again_and_refused_ones_are_not() {
    let mut first = true;
    let stage_ = stage("r.example/a:1", None, move |_| {
        if std::mem::take(&mut first) {
            return Err(TransportError::Broken { host: "r.example".into(), why: "reset".into() });
        }
        answer(200, &[OCI], MANIFEST)
    });
    stage_.tag().unwrap();
    let stage_ = stage("r.example/a:1", None, |_| {
        Err(TransportError::Unreachable { host: "r.example".into(), why: "no such host".into() })
    });
    assert_eq!(
        stage_.tag().unwrap_err(),
        "tag 1 of a at r.example cannot be had: r.example cannot be reached: no such host"
    );
    assert_eq!(stage_.seen().len(), 1);
}

#[test]
fn redirects_lose_the_token_when_they_leave_and_end_some_time() {
    let stage_ =
        stage("r.example/a:1", password(), |request| match (request.url.host_str(), request.url.path()) {
            (_, "/token") => answer(200, &[], r#"{"token":"t"}"#),
            (Some("cdn.example"), _) => answer(200, &[OCI], MANIFEST),
            _ if request.headers.get("authorization").is_some() => {
                answer(307, &[("Location", "https://cdn.example/x")], "")
            }
            _ => answer(401, &[CHALLENGE], ""),
        });
    stage_.tag().unwrap();
    assert_eq!(
        stage_.seen()[2..],
        ["GET https://r.example/v2/a/manifests/1 Bearer t", "GET https://cdn.example/x - (remote)"]
    );
    let stage_ =
        stage("r.example/a:1", None, in_turn(vec![(307, vec![("Location", "/again?secret=1")], "")]));
    let error = stage_.tag().unwrap_err();
    assert!(error.contains("redirect number 11") && !error.contains("secret"), "{error}");
    assert_eq!(stage_.seen().len(), 11);
}

#[test]
fn a_host_that_we_were_redirected_to_cannot_ask_for_a_login() {
    let stage = stage("r.example/a:1", password(), |request| match request.url.host_str() {
        Some("r.example") => answer(302, &[("Location", "https://evil.example/")], ""),
        _ => answer(401, &[("WWW-Authenticate", "Basic realm=x")], ""),
    });
    assert!(stage.tag().unwrap_err().contains("is refused (401)"));
    assert!(stage.seen().iter().all(|line| !line.contains("dTpw")), "{:?}", stage.seen());
}

#[test]
fn documents_that_clients_would_disagree_about_are_refused() {
    let found = |header, body| {
        stage("r.example/a:1", None, in_turn(vec![(200, vec![header], body)]))
            .tag()
            .map(|root| root.media_type)
    };
    assert!(found(DOCKER, MANIFEST).unwrap_err().contains("clients would disagree"));
    assert!(
        found(("Content-Type", "text/html; charset=utf-8"), "<html>")
            .unwrap_err()
            .contains("is this really a registry")
    );
    assert!(found(OCI, "[]").unwrap_err().contains("no JSON object"));
    assert_eq!(found(("Content-Type", "application/json"), MANIFEST), Ok(OCI.1.to_owned()));
    assert_eq!(found(DOCKER, "{}"), Ok(DOCKER.1.to_owned()));
}

#[test]
fn wrong_digests_are_found_whoever_states_them() {
    const WRONG: (&str, &str) =
        ("Docker-Content-Digest", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    let stage_ = stage("r.example/a:1", None, in_turn(vec![(200, vec![OCI, WRONG], MANIFEST)]));
    assert!(stage_.tag().unwrap_err().contains("while the registry's own header says sha256:e3b0"));
    let wanted = sha256(b"other");
    let error = stage_.registry.manifest("", Some(&wanted)).unwrap_err().to_string();
    assert!(error.contains("while its own name says sha256:"), "{error}");
}

#[test]
fn a_document_that_never_ends_is_given_up() {
    let stage_ = stage("r.example/a:1", None, |_| {
        Ok(Response { status: 200, headers: Headers::default(), body: Box::new(io::repeat(b' ')) })
    });
    assert!(stage_.tag().unwrap_err().contains("more than any real document"));
    let stage_ =
        stage("r.example/a:1", None, in_turn(vec![(200, vec![("Content-Length", "99999999999")], "")]));
    assert!(stage_.tag().unwrap_err().contains("99999999999 bytes"));
}

#[test]
fn warnings_are_passed_on_and_404_says_what_to_check() {
    let stage = stage(
        "r.example/a:1",
        None,
        in_turn(vec![(
            404,
            vec![("Warning", "299 - \"image is \u{1b}[31mold\"")],
            r#"{"errors":[{"message":"manifest unknown"}]}"#,
        )]),
    );
    assert_eq!(
        stage.tag().unwrap_err(),
        "tag 1 of a at r.example is not there, \"manifest unknown\": check the spelling of repository and tag"
    );
    assert_eq!(stage.registry.notices(), ["r.example says: image is [31mold"]);
}

/// Gives some bytes and breaks.
struct Breaking(Cursor<Vec<u8>>);

impl Read for Breaking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset by peer")),
            read => Ok(read),
        }
    }
}

fn blob(
    size: u64,
    play: impl FnMut(&Request) -> Result<Response, TransportError> + Send + 'static,
) -> (Stage, Result<Vec<u8>, String>) {
    let stage = stage("r.example/a:1", None, play);
    let mut bytes = Vec::new();
    let outcome = match stage.registry.blob(&sha256(b"x"), size, "layer") {
        Ok(mut reader) => reader.read_to_end(&mut bytes).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    (stage, outcome.map(|_| bytes))
}

const BYTES: &[u8] = b"0123456789";

fn breaking(status: u16, headers: &[(&str, &str)], bytes: &[u8]) -> Result<Response, TransportError> {
    let mut response = answer(status, headers, "")?;
    response.body = Box::new(Breaking(Cursor::new(bytes.to_vec())));
    Ok(response)
}

#[test]
fn a_blob_goes_on_where_it_broke() {
    let (stage, found) = blob(10, |request| match request.headers.get("range") {
        None => breaking(200, &[], &BYTES[..3]),
        Some("bytes=3-") => breaking(206, &[("Content-Range", "bytes 3-9/10")], &BYTES[3..7]),
        Some(_) => answer(206, &[("Content-Range", "bytes 7-9/*")], "789"),
    });
    assert_eq!(found.as_deref(), Ok(BYTES));
    assert!(stage.seen()[2].ends_with(" bytes=7-"), "{:?}", stage.seen());
}

#[test]
fn a_server_without_ranges_is_read_from_the_start_again() {
    let mut first = true;
    let (_, found) = blob(10, move |_| {
        if std::mem::take(&mut first) {
            breaking(200, &[], &BYTES[..4])
        } else {
            answer(200, &[], "0123456789")
        }
    });
    assert_eq!(found.as_deref(), Ok(BYTES));
}

#[test]
fn wrong_lengths_and_ranges_are_refused() {
    let failed = |found: Result<Vec<u8>, String>, expect: &str| {
        let error = found.unwrap_err();
        assert!(error.contains(expect), "{error}");
    };
    failed(
        blob(9, in_turn(vec![(200, vec![], "0123456789")])).1,
        "more bytes come than announced, and 9 are promised",
    );
    failed(
        blob(9, in_turn(vec![(200, vec![("Content-Length", "10")], "0123456789")])).1,
        "announces 10 bytes, and 9 are promised",
    );
    failed(
        blob(11, |request| match request.headers.get("range") {
            None => answer(200, &[], "0123456789"),
            Some(_) => answer(416, &[], ""),
        })
        .1,
        "it ends after 10 bytes, and 11 are promised",
    );
    failed(
        blob(10, |request| match request.headers.get("range") {
            None => breaking(200, &[], &BYTES[..4]),
            Some(_) => answer(206, &[("Content-Range", "bytes 0-9/10")], "0123456789"),
        })
        .1,
        "asked to go on at byte 4, the registry goes on elsewhere",
    );
}

#[test]
fn a_blob_that_only_breaks_is_given_up() {
    let (stage, found) = blob(10, |request| match request.headers.get("range") {
        None => breaking(200, &[], &BYTES[..3]),
        Some(_) => breaking(206, &[("Content-Range", "bytes 3-9/10")], b""),
    });
    assert!(found.unwrap_err().contains("broke off at byte 3, 5 times: reset by peer"));
    assert_eq!(stage.seen().len(), 5);
}

#[test]
fn the_next_page_of_tags_must_come_from_the_same_registry() {
    let page = |link| {
        stage("r.example/a:1", None, move |request: &Request| match request.url.query() {
            None => answer(200, &[("Link", link)], r#"{"tags":["1","2"]}"#),
            Some(_) => answer(200, &[], r#"{"tags":["3"]}"#),
        })
    };
    assert_eq!(page("</v2/a/tags/list?last=2>; rel=\"next\"").registry.tags(100).unwrap(), ["1", "2", "3"]);
    assert_eq!(page("</v2/a/tags/list?last=2>; rel=prev").registry.tags(100).unwrap(), ["1", "2"]);
    let error =
        page("<https://evil.example/v2/a/tags/list?last=2>; rel=\"next\"").registry.tags(100).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("redirects to https://evil.example/v2/a/tags/list, which was not followed"),
        "{error}"
    );
}

#[test]
fn only_registries_of_this_machine_are_asked_over_plain_http() {
    let url = |reference: &str, status| {
        let stage = stage(reference, None, move |request| match request.url.path() {
            "/v2/" => answer(status, &[], ""),
            _ => answer(200, &[OCI], MANIFEST),
        });
        stage.tag().unwrap();
        stage.seen().pop().unwrap()
    };
    assert_eq!(url("localhost:5000/a:1", 200), "GET http://localhost:5000/v2/a/manifests/1 -");
    assert_eq!(url("[::1]:5000/a:1", 401), "GET http://[::1]:5000/v2/a/manifests/1 -");
    assert_eq!(url("127.0.0.1:5000/a:1", 400), "GET https://127.0.0.1:5000/v2/a/manifests/1 -");
    assert_eq!(url("10.0.0.1:5000/a:1", 200), "GET https://10.0.0.1:5000/v2/a/manifests/1 -");
}

const INDEX: (&str, &str) = ("Content-Type", "application/vnd.oci.image.index.v1+json");
