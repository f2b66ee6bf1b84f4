//! Passwords in addresses, and tokens that say who somebody is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::rule::{Finder, Match, SecretKind, SecretRule, Text};
use super::shape::Alphabet::Url64;
use super::shape::{entropy, is_example};

/// The longest address and token that is looked at, in bytes.
const MAX_ADDRESS: usize = 512;
const MAX_TOKEN: usize = 16 << 10;

/// Passwords that documentation uses, in lower case: they open nothing that is real.
const USUAL: [&[u8]; 27] = [
    b"password",
    b"passwd",
    b"pass",
    b"pwd",
    b"passw0rd",
    b"p@ssw0rd",
    b"secret",
    b"user",
    b"username",
    b"test",
    b"testing",
    b"token",
    b"key",
    b"admin",
    b"root",
    b"guest",
    b"hunter2",
    b"x-oauth-basic",
    b"none",
    b"null",
    b"postgres",
    b"mypassword",
    b"mypass",
    b"foo",
    b"bar",
    b"pw",
    b"apikey",
];

/// Hosts of documentation (RFC 2606, RFC 6761) and of the machine itself.
const NOWHERE: [&[u8]; 12] = [
    b"example.",
    b".example",
    b"localhost",
    b"127.0.0.1",
    b".test",
    b".invalid",
    b"host",
    b"hostname",
    b"server",
    b"foo",
    b"domain",
    b"proxy",
];

/// Whether a password is one that documentation uses, a field of a template, or says nothing.
pub(super) fn is_usual(password: &[u8]) -> bool {
    let lower = password.to_ascii_lowercase();
    let bare = lower.strip_suffix(b"123").unwrap_or(&lower);
    password.len() < 3
        || USUAL.iter().any(|word| *word == bare || *word == lower.as_slice())
        || is_example(password)
        || password.iter().all(|byte| b"*.-_?".contains(byte))
}

/// `scheme://user:password@host`.
fn address(text: &Text<'_>, at: usize) -> Option<Match> {
    let scheme = text.content.get(..at)?.iter().rev().take(20);
    let scheme = scheme.take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
    let start = at + 3;
    let rest = text.content.get(start..)?;
    let ends = |byte: &u8| {
        byte.is_ascii_whitespace() || b"/\"'`<>()|\\?#,;&".contains(byte) || !byte.is_ascii_graphic()
    };
    let length = rest.iter().take(MAX_ADDRESS).position(ends).unwrap_or(rest.len().min(MAX_ADDRESS));
    let authority = rest.get(..length)?;
    let sign = authority.iter().rposition(|byte| *byte == b'@')?;
    let (login, host) = (authority.get(..sign)?, authority.get(sign + 1..)?);
    let colon = login.iter().position(|byte| *byte == b':')?;
    let (user, password) = (login.get(..colon)?, login.get(colon + 1..)?);
    let lower = host.to_ascii_lowercase();
    let name = lower.split(|byte| *byte == b':').next().unwrap_or_default();
    let nowhere = NOWHERE.iter().any(|word| {
        if word.ends_with(b".") || word.starts_with(b".") {
            memchr::memmem::find(name, word).is_some() || name.ends_with(word)
        } else {
            name == *word
        }
    });
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.:[]_".contains(byte);
    let fits = scheme >= 2
        && !name.is_empty()
        && host.iter().all(plain)
        && !nowhere
        && user != password
        && !is_usual(password)
        && !user.iter().any(|byte| b"{}[]*^$%@".contains(byte))
        && !password.iter().any(|byte| b"{}[]^@:".contains(byte))
        && password.len() >= 6
        && entropy(password) >= 2.3;
    let begins = start + colon + 1;
    fits.then(|| Match::hidden(begins, begins + password.len()))
}

/// A JSON Web Token with a signature (RFC 7519): three parts, whose first two are JSON.
fn json_web_token(text: &Text<'_>, at: usize) -> Option<Match> {
    if Url64.has(text.before(at)) || text.before(at) == b'.' {
        return None;
    }
    let rest = text.from(at);
    let token = rest
        .get(..rest.iter().take(MAX_TOKEN).take_while(|byte| Url64.has(**byte) || **byte == b'.').count())?;
    let mut parts = token.splitn(3, |byte| *byte == b'.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let signature = signature.split(|byte| *byte == b'.').next()?;
    let object = |part: &[u8]| -> Option<serde_json::Map<String, serde_json::Value>> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    let algorithm = object(header)?.get("alg")?.as_str()?.to_owned();
    let claims = object(claims)?;
    // The tokens of RFC 7515, RFC 7519 and of the usual tutorials.
    let of_documents = ["1234567890", "joe", "example", "John Doe"];
    let documented =
        claims.values().filter_map(serde_json::Value::as_str).any(|value| of_documents.contains(&value));
    let fits = algorithm != "none" && !documented && !claims.is_empty() && signature.len() >= 20;
    fits.then_some(Match { start: at, end: at + header.len(), shown: 3, is_verified: true })
}

pub(super) const RULES: &[SecretRule] = &[
    SecretRule {
        id: "password-in-address",
        title: "Password in an address",
        opens: "logs in at the host that the address names",
        kind: SecretKind::Password,
        finder: Finder::Near(&["://"], address),
    },
    SecretRule {
        id: "json-web-token",
        title: "Signed JSON Web Token",
        opens: "acts as whom it names until it expires",
        kind: SecretKind::Password,
        finder: Finder::Near(&["eyJ"], json_web_token),
    },
];

#[cfg(test)]
mod tests {
    use super::super::scan::tests::check;

    #[test]
    fn a_password_in_an_address_is_found() {
        check("DATABASE_URL=postgres://app:Tr0ub4dor-and-3@db.internal:5432/x", &["password-in-address 1 …"]);
        check("index-url = https://ci:q8Zr2kLw9@pypi.corp.net/simple", &["password-in-address 1 …"]);
        for harmless in [
            "postgres://app@db.internal/x",
            "postgres://user:password@db.internal/x",
            "postgres://app:${DB_PASSWORD}@db.internal/x",
            "http://user:s3cretvalue9@example.com/",
            "http://user:s3cretvalue9@localhost:8080/",
            "http://app:app@db.internal/",
            "git+ssh://git@forge.net:owner/repository",
            "http://[::1]:8080/a@b",
            "redis://:@db.internal",
        ] {
            check(harmless, &[]);
        }
    }

    #[test]
    fn a_token_is_found_by_what_it_holds() {
        use base64::Engine as _;
        let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let token = |header: &str, claims: &str| {
            format!("{}.{}.{}", part(header), part(claims), part("a signature of some length"))
        };
        check(&token("{\"alg\":\"HS256\"}", "{\"sub\":\"app-7\"}"), &["json-web-token 1 eyJ… verified"]);
        check(&token("{\"alg\":\"none\"}", "{\"sub\":\"app-7\"}"), &[]);
        check(&token("{\"alg\":\"HS256\"}", "{\"sub\":\"1234567890\",\"name\":\"John Doe\"}"), &[]);
        check("eyJhbGciOiJIUzI1NiJ9", &[]);
        check("eyJ.eyJ.x", &[]);
    }
}
