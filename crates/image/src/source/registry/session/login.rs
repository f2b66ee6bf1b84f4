//! Answering a 401: which login the registry asks for, whom it may be shown to, and what to tell
//! the user where none works.

use url::Url;

use super::super::challenge::{self, Challenge};
use super::super::credentials::Credential;
use super::super::failure::{self, RegistryError, Said, harmless};
use super::super::hosts::{Chosen, host_of};
use super::super::retry::{MAX_ASKED_WAIT, is_passing, retry_after};
use super::super::token;
use super::{Login, Question, Session, Tries, lock, place, read_answer};
use crate::transport::Headers;

impl Session {
    pub(super) fn log_in(
        &self,
        question: &Question,
        base: &Url,
        headers: &Headers,
        said: &Said,
        refused: u64,
    ) -> Result<(), RegistryError> {
        let mut login = lock(&self.login);
        if login.generation != refused {
            // Another thread was quicker.
            return Ok(());
        }
        let fail = |why: String| RegistryError::Login { asked: question.asked.clone(), why };
        let challenges: Vec<Challenge> = headers.all("www-authenticate").flat_map(challenge::parse).collect();
        let bearer = challenges.iter().find_map(|each| match each {
            Challenge::Bearer { realm, service } => Some((realm, service)),
            _ => None,
        });
        let (mut credential, mut caveat) =
            match self.access.credentials.find(&self.registry, &self.repository) {
                Ok(found) => (found, None),
                Err(error) => {
                    let text =
                        format!("{} was asked without a login: {}", self.registry, harmless(&error.0, 300));
                    self.notice(text);
                    (None, Some(error.0))
                }
            };
        if let Some(Credential::RegistryToken(token)) = &credential {
            let usable = token.bytes().all(|byte| byte.is_ascii_graphic());
            let header = usable.then(|| format!("Bearer {token}"));
            let generation = login.generation + 1;
            *login = Login { header, until: None, generation, is_anonymous: false, caveat: None };
            return Ok(());
        }
        let (header, until) = if let Some((realm, service)) = bearer {
            let shown = place(realm);
            let realm = self.hosts.realm(base, realm).map_err(|why| {
                fail(format!("the token server {shown} that the registry names was not asked: {why}"))
            })?;
            if credential.is_some() && !realm.is_trusted {
                let host = host_of(&realm.url);
                let text = format!(
                    "the login for {} was not sent to {host}, the token server that the registry names, since it is another host; add {host} to the trusted hosts if it is yours",
                    self.registry
                );
                self.notice(text.clone());
                (credential, caveat) = (None, Some(text));
            }
            let token = self.fetch_token(question, &realm, service.as_deref(), credential.as_ref())?;
            (format!("Bearer {}", token.value), Some(self.timing().elapsed() + token.life))
        } else if challenges.contains(&Challenge::Basic) {
            match &credential {
                Some(Credential::Password { user, password }) => (Credential::basic(user, password), None),
                Some(_) => {
                    return Err(fail(format!(
                        "the registry asks for user and password, and there is only a token for it; run docker login {}",
                        self.registry
                    )));
                }
                None => {
                    drop(login);
                    return Err(self.denied(question, 401, said.clone(), true, caveat.as_deref()));
                }
            }
        } else {
            let offered: Vec<String> = challenges
                .iter()
                .filter_map(|each| match each {
                    Challenge::Other(name) => Some(harmless(name, 40)),
                    _ => None,
                })
                .collect();
            let offered = if offered.is_empty() { "no way to log in".to_owned() } else { offered.join(", ") };
            return Err(fail(format!("the registry offers {offered}; Basic and Bearer are understood")));
        };
        let generation = login.generation + 1;
        *login =
            Login { header: Some(header), until, generation, is_anonymous: credential.is_none(), caveat };
        Ok(())
    }

    fn fetch_token(
        &self,
        question: &Question,
        realm: &Chosen,
        service: Option<&str>,
        credential: Option<&Credential>,
    ) -> Result<token::Token, RegistryError> {
        let host = host_of(&realm.url);
        let asked = format!("the token for {} of the token server {host}", question.asked);
        let request = token::request(realm, service, &self.repository, credential);
        let mut tries = Tries::default();
        loop {
            tries.made += 1;
            let response = match self.access.transport.send(&request) {
                Ok(response) => response,
                Err(source) if source.is_passing() && self.again(&tries, None) => continue,
                Err(source) => return Err(RegistryError::Transport { asked, tries: tries.made, source }),
            };
            let (status, headers) = (response.status, response.headers.clone());
            let wait = retry_after(&headers);
            let body = match read_answer(response) {
                Ok(body) => body,
                Err(_) if self.again(&tries, None) => continue,
                Err(error) => {
                    let (times, why) = (tries.made, error.to_string());
                    return Err(RegistryError::BrokenOff { asked, at: 0, times, why });
                }
            };
            match status {
                200..=299 => {
                    return token::parse(&body).ok_or_else(|| RegistryError::Login {
                        asked: question.asked.clone(),
                        why: format!("the token server {host} answers without a token"),
                    });
                }
                300..=399 => {
                    return Err(RegistryError::Login {
                        asked: question.asked.clone(),
                        why: format!("the token server {host} redirects, which is not followed with a login"),
                    });
                }
                400 | 401 | 403 => {
                    let advice = match credential {
                        Some(_) => format!(
                            "the login kept for {0} is refused by {host}; log in again with docker login {0}, or log out",
                            self.registry
                        ),
                        None => self.login_advice(),
                    };
                    return Err(RegistryError::Denied { asked, status, said: Said::read(&body), advice });
                }
                _ => {
                    let is_short = wait.is_none_or(|wait| wait <= MAX_ASKED_WAIT);
                    if is_passing(status) && is_short && self.again(&tries, wait) {
                        continue;
                    }
                    let said = Said::read(&body);
                    if status == 429 {
                        return Err(failure::rate_limited(asked, &headers, said, credential.is_none(), wait));
                    }
                    return Err(RegistryError::Status { asked, status, said, tries: tries.made });
                }
            }
        }
    }

    fn login_advice(&self) -> String {
        match self.registry.as_str() {
            "docker.io" => "log in with docker login".to_owned(),
            registry => format!("log in with docker login {registry}"),
        }
    }

    pub(super) fn denied(
        &self,
        question: &Question,
        status: u16,
        said: Said,
        is_anonymous: bool,
        caveat: Option<&str>,
    ) -> RegistryError {
        let mut advice = if self.registry == "docker.io" {
            let own = if is_anonymous { self.login_advice() } else { "ask its owner for access".to_owned() };
            format!(
                "Docker Hub answers so for a repository that does not exist as well; check the spelling, or if it is private, {own}"
            )
        } else if is_anonymous {
            format!(
                "{}, or check the spelling: many registries answer so for repositories that do not exist",
                self.login_advice()
            )
        } else {
            "the login is accepted, but it may not pull from this repository, or there is none of this name"
                .to_owned()
        };
        if let Some(caveat) = caveat {
            advice.push_str(&format!(" (note: {})", harmless(caveat, 400)));
        }
        RegistryError::Denied { asked: question.asked.clone(), status, said, advice }
    }
}
