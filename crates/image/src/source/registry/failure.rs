//! Why a registry's answer is of no use, said so that the user knows what to do next.

use plimsoll_model::Digest;
use plimsoll_model::plain::is_invisible;
use serde::Deserialize;
use thiserror::Error;

use crate::transport::{Headers, TransportError};

/// Characters of a registry's own message that are passed on.
const MAX_SAID: usize = 300;

/// Why an image of a registry cannot be had.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The registry's part of the reference is no host.
    #[error("`{registry}` cannot be a registry: {why}")]
    Name {
        /// The registry as the user named it.
        registry: String,
        /// What the parser says.
        why: String,
    },
    /// No response.
    #[error("{asked} cannot be had: {source}{}", after(*tries))]
    Transport {
        /// What was asked, of whom.
        asked: String,
        /// How often.
        tries: u32,
        /// What happened.
        #[source]
        source: TransportError,
    },
    /// The registry does not have it.
    #[error("{asked} is not there{said}: check the spelling of repository and tag")]
    Missing {
        /// What was asked, of whom.
        asked: String,
        /// The registry's own words.
        said: Said,
    },
    /// The registry does not let us.
    #[error("{asked} is refused ({status}{said}): {advice}")]
    Denied {
        /// What was asked, of whom.
        asked: String,
        /// 401 or 403.
        status: u16,
        /// The registry's own words.
        said: Said,
        /// What the user can do.
        advice: String,
    },
    /// Too many requests.
    #[error("{asked} is refused for now ({limit}{said}): {advice}")]
    RateLimited {
        /// What was asked, of whom.
        asked: String,
        /// Which limit, with its numbers where the registry gives them.
        limit: String,
        /// The registry's own words.
        said: Said,
        /// What the user can do.
        advice: String,
    },
    /// Any other status.
    #[error("{asked} cannot be had: the registry answers {status}{said}{}", after(*tries))]
    Status {
        /// What was asked, of whom.
        asked: String,
        /// The status.
        status: u16,
        /// The registry's own words.
        said: Said,
        /// How often it was asked.
        tries: u32,
    },
    /// The login that the registry asks for is not one that we take part in.
    #[error("{asked} needs a login that was not done: {why}")]
    Login {
        /// What was asked, of whom.
        asked: String,
        /// Why not, and what the user can do.
        why: String,
    },
    /// The registry sends us where it must not.
    #[error("{asked}: the registry redirects to {to}, which was not followed: {why}")]
    Redirect {
        /// What was asked, of whom.
        asked: String,
        /// Where to.
        to: String,
        /// Why not.
        why: String,
    },
    /// A document that different clients would read differently, or no document at all.
    #[error("{asked} is refused: {why}")]
    Ambiguous {
        /// What was asked, of whom.
        asked: String,
        /// What does not fit.
        why: String,
    },
    /// More bytes or fewer than the manifest promises.
    #[error("{asked} has another length than the manifest says: {why}")]
    Length {
        /// What was asked, of whom.
        asked: String,
        /// What was promised and what came.
        why: String,
    },
    /// A body that kept breaking off.
    #[error("{asked} broke off at byte {at}, {times} times: {why}")]
    BrokenOff {
        /// What was asked, of whom.
        asked: String,
        /// Bytes that had come until then.
        at: u64,
        /// How often it broke off.
        times: u32,
        /// What happened the last time.
        why: String,
    },
    /// Bytes that are not the promised ones.
    #[error(
        "{asked} hashes to {found}, while {witness} says {expected}: it was altered or cut short on the way"
    )]
    Digest {
        /// What was asked, of whom.
        asked: String,
        /// Who promised the digest.
        witness: &'static str,
        /// What was promised.
        expected: Digest,
        /// What arrived.
        found: Digest,
    },
}

fn after(count: u32) -> String {
    if count > 1 { format!(" (tried {count} times)") } else { String::new() }
}

/// What a server says about its refusal, made harmless for a terminal, and short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said(Option<String>);

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.as_ref().map_or(Ok(()), |text| write!(f, ", \"{text}\""))
    }
}

impl Said {
    /// The words themselves.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Reads a refusal's body: the errors of the distribution specification, what token servers
    /// and daemons write, or plain text. Pages for browsers say nothing.
    pub(crate) fn read(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            errors: Vec<OneError>,
            error_description: Option<String>,
            details: Option<String>,
            message: Option<String>,
            cause: Option<String>,
            error: Option<String>,
        }
        #[derive(Deserialize)]
        struct OneError {
            #[serde(default)]
            code: serde_json::Value,
            #[serde(default)]
            message: Option<String>,
        }
        let text = match serde_json::from_slice::<Body>(body) {
            Ok(body) => {
                let errors: Vec<String> = body
                    .errors
                    .into_iter()
                    .take(3)
                    .filter_map(|error| {
                        error
                            .message
                            .filter(|text| !text.is_empty())
                            .or_else(|| error.code.as_str().map(str::to_owned))
                    })
                    .collect();
                if errors.is_empty() {
                    body.error_description.or(body.details).or(body.message).or(body.cause).or(body.error)
                } else {
                    Some(errors.join("; "))
                }
            }
            Err(_) => std::str::from_utf8(body)
                .ok()
                .map(str::trim)
                .filter(|text| !text.starts_with(['<', '{', '[']))
                .map(str::to_owned),
        };
        Self(text.map(|text| harmless(&text, MAX_SAID)).filter(|text| !text.is_empty()))
    }
}

/// A stranger's text for a terminal: no control characters, no direction marks, one line, at
/// most `most` characters.
pub(super) fn harmless(text: &str, most: usize) -> String {
    let clean = text.chars().filter(|c| !is_invisible(*c)).map(|c| if c.is_control() { ' ' } else { c });
    let words: String = clean.take(most + 1).collect();
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() > most { line.chars().take(most).collect::<String>() + "…" } else { line }
}

/// Which limit a 429 speaks of. Docker Hub's pull limit comes with a long text, its limit
/// against abuse with two words.
pub(super) fn rate_limited(
    asked: String,
    headers: &Headers,
    said: Said,
    is_anonymous: bool,
    wait: Option<std::time::Duration>,
) -> RegistryError {
    let number = |name| headers.get(name).map(|value| harmless(value, 40));
    let (most, left) = (number("ratelimit-limit"), number("ratelimit-remaining"));
    let is_pull_limit = is_pull_limit(headers, &said);
    let mut limit =
        if is_pull_limit { "its limit of pulls is used up" } else { "too many requests from this address" }
            .to_owned();
    if let Some(most) = most {
        limit.push_str(&format!("; limit {}", limit_in_words(&most)));
    }
    if let Some(left) = left {
        limit.push_str(&format!(", left {}", limit_in_words(&left)));
    }
    if let Some(source) = number("docker-ratelimit-source") {
        limit.push_str(&format!(", counted for {source}"));
    }
    let mut advice = match wait {
        Some(wait) => format!("try again in {} s", wait.as_secs()),
        None => "try again later".to_owned(),
    };
    if is_pull_limit && is_anonymous {
        advice.push_str(", or log in (docker login), which raises the limit");
    }
    RegistryError::RateLimited { asked, limit, said, advice }
}

/// Whether the limit is one of pulls, which passes in hours rather than seconds.
pub(super) fn is_pull_limit(headers: &Headers, said: &Said) -> bool {
    let used_up = headers
        .get("ratelimit-remaining")
        .is_some_and(|left| left.trim_start().starts_with("0;") || left.trim() == "0");
    let text = said.as_str().to_ascii_lowercase();
    used_up || text.contains("pull rate limit") || text.contains("increase-rate-limit")
}

/// `100;w=21600` as "100 per 6 h".
fn limit_in_words(value: &str) -> String {
    let Some((count, window)) = value.split_once(";w=") else { return value.to_owned() };
    match window.trim().parse::<u64>() {
        Ok(seconds) if seconds >= 3600 && seconds % 3600 == 0 => format!("{count} per {} h", seconds / 3600),
        Ok(seconds) => format!("{count} per {seconds} s"),
        Err(_) => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str, expect: &str) {
        assert_eq!(Said::read(body.as_bytes()).as_str(), expect, "{body}");
    }

    #[test]
    fn the_registrys_own_words_are_found_in_every_form() {
        said(
            r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"x"}}]}"#,
            "manifest unknown",
        );
        said(r#"{"errors":[{"code":"DENIED"},{"message":"no"}]}"#, "DENIED; no");
        said(r#"{"details":"incorrect username or password"}"#, "incorrect username or password");
        said(
            r#"{"cause":"no such image","message":"x: image not known","response":404}"#,
            "x: image not known",
        );
        said("Too Many Requests\n", "Too Many Requests");
        said("<html><body>404</body></html>", "");
        said("", "");
    }

    #[test]
    fn a_message_cannot_play_with_the_terminal() {
        said("{\"errors\":[{\"message\":\"a\\u001b[31m\\r\\nb\\u202ec\"}]}", "a [31m bc");
        assert_eq!(harmless(&"x".repeat(500), 300).chars().count(), 301);
    }

    #[test]
    fn the_pull_limit_is_told_from_the_limit_against_abuse() {
        let mut headers = Headers::default();
        let plain = rate_limited("x".into(), &headers, Said::read(b"Too Many Requests"), true, None);
        assert_eq!(
            plain.to_string(),
            "x is refused for now (too many requests from this address, \"Too Many Requests\"): try again later"
        );
        headers.add("RateLimit-Limit", "100;w=21600");
        headers.add("RateLimit-Remaining", "0;w=21600");
        let pulls = rate_limited("x".into(), &headers, Said::default(), true, None);
        assert_eq!(
            pulls.to_string(),
            "x is refused for now (its limit of pulls is used up; limit 100 per 6 h, left 0 per 6 h): try again later, or log in (docker login), which raises the limit"
        );
    }
}
