//! Asking one registry about one repository: logging in when asked to, following redirects,
//! trying again when that may help.

mod login;

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use super::credentials::Credentials;
use super::failure::{self, RegistryError, Said, harmless};
use super::hosts::{Hosts, is_loopback, same_origin};
use super::retry::{MAX_ASKED_WAIT, MAX_TRIES, Timing, back_off, is_passing, retry_after};
use crate::transport::{Headers, Method, Origin, Request, Response, Transport, TransportError};

/// Redirects that one request may take. Real ones take one or two.
const MAX_REDIRECTS: usize = 10;

/// Bytes of a refusal or of a token server's answer that are looked at.
const MAX_ANSWER: u64 = 256 * 1024;

/// Notices that are kept. They are for people.
const MAX_NOTICES: usize = 32;

/// How a registry is reached. All of it is handed in.
#[derive(Debug, Clone)]
pub struct Access {
    /// Sends requests.
    pub transport: Arc<dyn Transport>,
    /// Finds credentials.
    pub credentials: Arc<dyn Credentials>,
    /// Waits, and knows how much time has passed.
    pub timing: Arc<dyn Timing>,
    /// Whether registries other than this machine's own may be asked over plain HTTP.
    pub plain_http: bool,
    /// Hosts that the user vouches for: token servers that may see credentials and hosts in a
    /// private network that registries may redirect to.
    pub trusted_hosts: Vec<String>,
}

/// One question.
#[derive(Debug)]
pub(super) struct Question {
    /// Whether the document is wanted or only its headers.
    pub(super) method: Method,
    /// Where.
    pub(super) url: Url,
    /// Headers of its own.
    pub(super) headers: Headers,
    /// What is asked for and of whom, in words: `manifest 12 of library/debian at docker.io`.
    pub(super) asked: String,
}

/// Counts the tries of one question.
#[derive(Debug, Default)]
pub(super) struct Tries {
    made: u32,
}

#[derive(Debug, Default)]
struct Login {
    /// The value of the `Authorization` header.
    header: Option<String>,
    /// When it ends, in the time of [`Timing::elapsed`].
    until: Option<Duration>,
    /// Counts logins, so that threads that were refused together log in once.
    generation: u64,
    /// Whether a credential of the user is behind it.
    is_anonymous: bool,
    /// Why it is anonymous although the user has, or may have, a credential.
    caveat: Option<String>,
}

/// What is known about one repository of one registry while it is being asked.
#[derive(Debug)]
pub(super) struct Session {
    /// The registry as the user named it: what credentials are kept under.
    pub(super) registry: String,
    pub(super) repository: String,
    access: Access,
    hosts: Hosts,
    base: Mutex<Option<Url>>,
    login: Mutex<Login>,
    notices: Mutex<Vec<String>>,
}

impl Session {
    pub(super) fn new(registry: &str, repository: &str, access: Access) -> Self {
        let trusted =
            access.trusted_hosts.iter().map(|host| host.trim_end_matches('.').to_ascii_lowercase()).collect();
        Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            access,
            hosts: Hosts { trusted },
            base: Mutex::default(),
            login: Mutex::new(Login { is_anonymous: true, ..Login::default() }),
            notices: Mutex::default(),
        }
    }

    pub(super) fn timing(&self) -> &dyn Timing {
        &*self.access.timing
    }

    /// Says something to the user that is no error, once.
    pub(super) fn notice(&self, text: String) {
        let mut notices = lock(&self.notices);
        if notices.len() < MAX_NOTICES && !notices.contains(&text) {
            notices.push(text);
        }
    }

    pub(super) fn notices(&self) -> Vec<String> {
        lock(&self.notices).clone()
    }

    /// The address below which the registry answers: `https://host/v2/`.
    pub(super) fn base(&self) -> Result<Url, RegistryError> {
        let mut base = lock(&self.base);
        if let Some(url) = &*base {
            return Ok(url.clone());
        }
        let host = match self.registry.as_str() {
            "docker.io" => "registry-1.docker.io",
            other => other,
        };
        let parse = |scheme: &str| {
            Url::parse(&format!("{scheme}://{host}/v2/")).map_err(|error| RegistryError::Name {
                registry: self.registry.clone(),
                why: error.to_string(),
            })
        };
        let secure = parse("https")?;
        let url = if self.access.plain_http {
            parse("http")?
        } else if is_loopback(&secure) {
            // Registries on this machine mostly speak plain HTTP. One that speaks TLS answers
            // a plain request with an error or not at all; nothing secret was in it.
            let plain = parse("http")?;
            let ping = Request::new(Method::Get, plain.clone(), Origin::UserNamed);
            match self.access.transport.send(&ping) {
                Ok(response) if response.status != 400 => plain,
                Err(TransportError::Unreachable { .. }) => plain,
                _ => secure,
            }
        } else {
            secure
        };
        *base = Some(url.clone());
        Ok(url)
    }

    /// Asks, and gives the response of a status from 200 to 299 whose body was not read yet.
    pub(super) fn open(&self, question: &Question, tries: &mut Tries) -> Result<Response, RegistryError> {
        let base = self.base()?;
        let mut logged_in = false;
        loop {
            let (authorization, generation) = self.authorization();
            let had_authorization = authorization.is_some();
            tries.made += 1;
            let (response, is_registry) = match self.follow(&base, question, authorization)? {
                Ok(answer) => answer,
                Err(source) if source.is_passing() && self.again(tries, None) => continue,
                Err(source) => {
                    let (asked, tries) = (question.asked.clone(), tries.made);
                    return Err(RegistryError::Transport { asked, tries, source });
                }
            };
            self.hear(&response.headers);
            match response.status {
                200..=299 => return Ok(response),
                401 if is_registry && !logged_in => {
                    logged_in = true;
                    let headers = response.headers.clone();
                    let said = said(response);
                    tries.made = tries.made.saturating_sub(1);
                    self.log_in(question, &base, &headers, &said, generation)?;
                }
                status => {
                    let headers = response.headers.clone();
                    let said = said(response);
                    let wait = retry_after(&headers);
                    let is_hopeless = wait.is_some_and(|wait| wait > MAX_ASKED_WAIT)
                        || (wait.is_none() && status == 429 && failure::is_pull_limit(&headers, &said));
                    if is_passing(status) && !is_hopeless && self.again(tries, wait) {
                        continue;
                    }
                    return Err(self.refusal(question, tries, status, &headers, said, had_authorization));
                }
            }
        }
    }

    /// Asks for a whole document of at most `most` bytes. A body that breaks off is asked for
    /// again.
    pub(super) fn fetch(&self, question: &Question, most: u64) -> Result<(Headers, Vec<u8>), RegistryError> {
        let mut tries = Tries::default();
        loop {
            let Response { headers, body, status: _ } = self.open(question, &mut tries)?;
            let claimed = headers.content_length();
            let too_long = |length: &str| RegistryError::Ambiguous {
                asked: question.asked.clone(),
                why: format!(
                    "it has {length} bytes, more than any real document; the largest accepted is {most}"
                ),
            };
            if let Some(length) = claimed.filter(|length| *length > most) {
                return Err(too_long(&length.to_string()));
            }
            let mut bytes = Vec::new();
            let outcome = body.take(most + 1).read_to_end(&mut bytes);
            let read = bytes.len() as u64;
            if read > most {
                return Err(too_long("too many"));
            }
            let why = match outcome {
                Ok(_) if claimed.is_none_or(|length| length == read) => return Ok((headers, bytes)),
                Ok(_) => format!("{} bytes were announced", claimed.unwrap_or_default()),
                Err(error) => error.to_string(),
            };
            if !self.again(&tries, None) {
                let (asked, times) = (question.asked.clone(), tries.made);
                return Err(RegistryError::BrokenOff { asked, at: read, times, why });
            }
        }
    }

    /// Whether one more try is allowed; if so, waits for it. A server's own wish is obeyed and
    /// never shortened.
    pub(super) fn again(&self, tries: &Tries, asked: Option<Duration>) -> bool {
        if tries.made >= MAX_TRIES {
            return false;
        }
        let own = back_off(tries.made + 1, self.timing().jitter());
        let wait = asked.map_or(own, |asked| asked.max(Duration::from_millis(100)) + own / 4);
        self.timing().pause(wait);
        true
    }

    /// Sends the question and follows redirects. Says whether the registry itself answered in
    /// the end. The outer error is final, the inner one the transport's.
    fn follow(
        &self,
        base: &Url,
        question: &Question,
        mut authorization: Option<String>,
    ) -> Result<Result<(Response, bool), TransportError>, RegistryError> {
        let (mut url, mut origin) = (question.url.clone(), Origin::UserNamed);
        for _ in 0..=MAX_REDIRECTS {
            let mut request = Request::new(question.method, url.clone(), origin);
            request.headers = question.headers.clone();
            if let Some(value) = &authorization {
                request.headers.add("Authorization", value);
            }
            let response = match self.access.transport.send(&request) {
                Ok(response) => response,
                Err(error) => return Ok(Err(error)),
            };
            let location = response.headers.get("location");
            let (true, Some(location)) = (matches!(response.status, 301 | 302 | 303 | 307 | 308), location)
            else {
                return Ok(Ok((response, same_origin(base, &url))));
            };
            let next = self.hosts.redirect(base, &url, location).map_err(|why| RegistryError::Redirect {
                asked: question.asked.clone(),
                to: place(location),
                why,
            })?;
            if !next.is_trusted {
                authorization = None;
            }
            (url, origin) = (next.url, next.origin);
        }
        let why = format!("it is redirect number {}; no real registry needs so many", MAX_REDIRECTS + 1);
        Err(RegistryError::Redirect { asked: question.asked.clone(), to: place(url.as_str()), why })
    }

    /// The `Authorization` header at hand, if it has not run out, and its generation.
    fn authorization(&self) -> (Option<String>, u64) {
        let login = lock(&self.login);
        let is_alive = login.until.is_none_or(|until| self.timing().elapsed() < until);
        (login.header.clone().filter(|_| is_alive), login.generation)
    }

    fn refusal(
        &self,
        question: &Question,
        tries: &Tries,
        status: u16,
        headers: &Headers,
        said: Said,
        had_authorization: bool,
    ) -> RegistryError {
        let asked = question.asked.clone();
        match status {
            404 => RegistryError::Missing { asked, said },
            401 | 403 => {
                let login = lock(&self.login);
                let is_anonymous = login.is_anonymous || !had_authorization;
                let caveat = login.caveat.clone();
                drop(login);
                self.denied(question, status, said, is_anonymous, caveat.as_deref())
            }
            429 => {
                let is_anonymous = lock(&self.login).is_anonymous;
                failure::rate_limited(asked, headers, said, is_anonymous, retry_after(headers))
            }
            _ => RegistryError::Status { asked, status, said, tries: tries.made },
        }
    }

    /// Passes on what the registry wants its users to see (distribution specification,
    /// "Warnings": code 299 only).
    fn hear(&self, headers: &Headers) {
        for value in headers.all("warning") {
            let text = value.trim().strip_prefix("299 - ").map(|text| text.trim().trim_matches('"'));
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                self.notice(format!(
                    "{} says: {}",
                    self.registry,
                    harmless(&text.replace("\\\"", "\""), 300)
                ));
            }
        }
    }
}

impl Tries {
    /// Counts as if so many had been made.
    pub(super) const fn count(&mut self, made: u32) {
        self.made = made;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_answer(response: Response) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    response.body.take(MAX_ANSWER).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn said(response: Response) -> Said {
    read_answer(response).map(|bytes| Said::read(&bytes)).unwrap_or_default()
}

/// An address for a message: without the query, which may hold a signature.
fn place(address: &str) -> String {
    harmless(address.split(['?', '#']).next().unwrap_or_default(), 200)
}
