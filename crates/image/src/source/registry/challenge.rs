//! `WWW-Authenticate`: how a registry asks for a login (RFC 9110, section 11.6.1).

/// One way to log in that a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with every request.
    Basic,
    /// A token, fetched from elsewhere.
    Bearer {
        /// Address of the token server.
        realm: String,
        /// What the token server calls this registry.
        service: Option<String>,
    },
    /// Something that we do not speak, by name.
    Other(String),
}

/// Bytes of one header that are looked at. Real ones are below 500.
const MAX_HEADER: usize = 8 * 1024;

/// Every challenge of one header. A header may hold several, and a challenge's parameters are
/// set apart by the same comma as the challenges themselves.
pub(super) fn parse(header: &str) -> Vec<Challenge> {
    let mut rest = header.get(..MAX_HEADER).unwrap_or(header).trim_start_matches([' ', '\t', ',']);
    let mut challenges = Vec::new();
    while !rest.is_empty() {
        let (scheme, after) = token(rest);
        if scheme.is_empty() {
            // Damage: what was understood until here stands.
            break;
        }
        let (parameters, after) = parameters(after.trim_start_matches([' ', '\t']));
        challenges.push(challenge(scheme, &parameters));
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    challenges
}

fn challenge(scheme: &str, parameters: &[(String, String)]) -> Challenge {
    let value = |wanted: &str| {
        let mut found = parameters.iter().filter(|(name, _)| name == wanted);
        found.next().map(|(_, value)| value.clone())
    };
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => Challenge::Basic,
        "bearer" => match value("realm") {
            Some(realm) => Challenge::Bearer { realm, service: value("service") },
            None => Challenge::Other("Bearer without realm".to_owned()),
        },
        _ => Challenge::Other(scheme.to_owned()),
    }
}

/// The parameters `name=value, name="value"` that `text` begins with, and what follows them.
fn parameters(mut text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    loop {
        let start = text.trim_start_matches([' ', '\t', ',']);
        let (name, after) = token(start);
        let after = after.trim_start_matches([' ', '\t']);
        // Without an equals sign it is the next scheme; two of them end a token68.
        let Some(after) = after.strip_prefix('=').filter(|_| !name.is_empty()) else {
            return (found, text);
        };
        let after = after.trim_start_matches([' ', '\t']);
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted_string(quoted),
            None => {
                let (value, after) = token(after);
                (value.to_owned(), after)
            }
        };
        found.push((name.to_ascii_lowercase(), value));
        text = after;
    }
}

/// The token (RFC 9110, section 5.6.2) that `text` begins with. Colons and slashes are let
/// through, since some servers forget the quotes around their realm.
fn token(text: &str) -> (&str, &str) {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/?".contains(&byte);
    let end = text.bytes().position(|byte| !is_token(byte)).unwrap_or(text.len());
    text.split_at(end)
}

/// A quoted string whose opening quote is gone, unescaped.
fn quoted_string(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => {
                value.push(character);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, &text[at + 1..]),
            _ => value.push(character),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expect: &[Challenge]) {
        assert_eq!(parse(header), expect, "{header}");
    }

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) }
    }

    #[test]
    fn what_docker_hub_sends_is_understood() {
        check(
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/debian:pull""#,
            &[bearer("https://auth.docker.io/token", Some("registry.docker.io"))],
        );
    }

    #[test]
    fn several_challenges_in_one_header_are_told_apart() {
        check(
            r#"Basic realm="a, Bearer realm=b", bearer Realm = "https://c/\"d" , error="x""#,
            &[Challenge::Basic, bearer("https://c/\"d", None)],
        );
        check(
            "Negotiate, NTLM , Basic realm=\"x\"",
            &[Challenge::Other("Negotiate".into()), Challenge::Other("NTLM".into()), Challenge::Basic],
        );
    }

    #[test]
    fn a_realm_without_quotes_is_understood() {
        check("Bearer realm=https://a.b/token,service=a.b", &[bearer("https://a.b/token", Some("a.b"))]);
    }

    #[test]
    fn damage_gives_what_was_understood() {
        check("", &[]);
        check("===,", &[]);
        check("Bearer", &[Challenge::Other("Bearer without realm".into())]);
        check(r#"Bearer realm="unfinished"#, &[bearer("unfinished", None)]);
        check("Basic \u{fffd}", &[Challenge::Basic]);
        check("Basic abc=== x", &[Challenge::Basic]);
        check(",,, Basic", &[Challenge::Basic]);
    }
}
