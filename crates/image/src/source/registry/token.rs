//! Token servers: what they are asked and what they answer (distribution's token
//! authentication specification, and its OAuth 2 variant for refresh tokens).

use std::time::Duration;

use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::credentials::Credential;
use super::hosts::Chosen;
use crate::transport::{Method, Request};

/// How a token lasts where its server does not say (token specification).
const DEFAULT_LIFE: Duration = Duration::from_secs(60);

/// How long before its end a token is no longer used: a request takes time on its way.
const MARGIN: Duration = Duration::from_secs(5);

/// The longest that a token is believed to last, whatever its server says.
const MAX_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Bytes of a token. Real ones reach 4 KiB; servers refuse headers above some 16.
const MAX_TOKEN: usize = 64 * 1024;

/// Who we are to token servers that ask.
const CLIENT: &str = "plimsoll";

/// The request for a token that lets us pull from one repository.
pub(super) fn request(
    realm: &Chosen,
    service: Option<&str>,
    repository: &str,
    credential: Option<&Credential>,
) -> Request {
    let scope = format!("repository:{repository}:pull");
    if let Some(Credential::IdentityToken(refresh)) = credential {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token");
        form.append_pair("service", service.unwrap_or_default());
        form.append_pair("client_id", CLIENT);
        form.append_pair("scope", &scope);
        form.append_pair("refresh_token", refresh);
        let mut request = Request::new(Method::Post, realm.url.clone(), realm.origin)
            .with("Content-Type", "application/x-www-form-urlencoded");
        request.body = Some(form.finish().into_bytes());
        return request.with("Accept", "application/json");
    }
    let mut url = realm.url.clone();
    {
        let mut query = url.query_pairs_mut();
        if let Some(service) = service {
            query.append_pair("service", service);
        }
        query.append_pair("scope", &scope);
        query.append_pair("client_id", CLIENT);
        if let Some(Credential::Password { user, .. }) = credential {
            query.append_pair("account", user);
        }
    }
    let request = Request::new(Method::Get, url, realm.origin).with("Accept", "application/json");
    match credential {
        Some(Credential::Password { user, password }) => {
            request.with("Authorization", Credential::basic(user, password))
        }
        _ => request,
    }
}

/// A token and how long it is of use.
#[derive(PartialEq, Eq)]
pub(super) struct Token {
    pub(super) value: String,
    pub(super) life: Duration,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<f64>,
}

/// The token in an answer; `None` where there is none that can be used.
pub(super) fn parse(body: &[u8]) -> Option<Token> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let value = answer.token.filter(|token| !token.is_empty()).or(answer.access_token)?;
    // It goes into a header: nothing but visible ASCII may.
    let usable =
        !value.is_empty() && value.len() <= MAX_TOKEN && value.bytes().all(|byte| byte.is_ascii_graphic());
    let life = answer
        .expires_in
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|life| !life.is_zero())
        .unwrap_or(DEFAULT_LIFE);
    // A margin that takes at most half, so that short lives do not turn into a login per request.
    let life = life.min(MAX_LIFE);
    usable.then(|| Token { value, life: life - MARGIN.min(life / 2) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Origin;

    fn check(body: &str, expect: Option<(&str, u64)>) {
        let found = parse(body.as_bytes());
        let found = found.as_ref().map(|token| (token.value.as_str(), token.life.as_secs()));
        assert_eq!(found, expect, "{body}");
    }

    #[test]
    fn a_token_lasts_as_long_as_its_server_says() {
        check(r#"{"token":"t","expires_in":300}"#, Some(("t", 295)));
        check(r#"{"access_token":"a"}"#, Some(("a", 55)));
        check(r#"{"token":"","access_token":"a","expires_in":4}"#, Some(("a", 2)));
        check(r#"{"token":"t","expires_in":1e300}"#, Some(("t", 55)));
        check(r#"{"token":"t","expires_in":-1}"#, Some(("t", 55)));
    }

    #[test]
    fn a_token_that_would_break_the_header_is_none() {
        check(r#"{"token":"a\r\nHost: evil"}"#, None);
        check(r#"{"token":"ä"}"#, None);
        check(r#"{"token":7}"#, None);
        check("{}", None);
        check("<html>", None);
    }

    #[test]
    fn a_refresh_token_goes_into_the_body_never_into_the_address() {
        let realm = Chosen {
            url: "https://a.example/t?x=1".parse().unwrap(),
            origin: Origin::RemoteChosen,
            is_trusted: true,
        };
        let made = request(&realm, Some("s"), "a/b", Some(&Credential::IdentityToken("secret&1".into())));
        assert_eq!(made.url.as_str(), "https://a.example/t?x=1");
        let body = String::from_utf8(made.body.unwrap()).unwrap();
        assert!(body.ends_with("scope=repository%3Aa%2Fb%3Apull&refresh_token=secret%261"), "{body}");
        let made = request(&realm, Some("s"), "a/b", None);
        assert_eq!(
            made.url.query(),
            Some("x=1&service=s&scope=repository%3Aa%2Fb%3Apull&client_id=plimsoll")
        );
        assert_eq!(made.headers.get("authorization"), None);
    }
}
