//! Helper programs: `docker-credential-NAME get` reads the registry's name and writes the login
//! as JSON (the protocol of the docker-credential-helpers project).

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use plimsoll_image::source::registry::{Credential, CredentialError};
use serde::Deserialize;

/// How long a helper may take. Some ask the user or a server in another country.
const LIMIT: Duration = Duration::from_secs(30);

/// Bytes of a helper's answer.
const MAX_ANSWER: u64 = 256 * 1024;

/// How often it is looked whether a helper has ended.
const TICK: Duration = Duration::from_millis(5);

/// The name of the user with which a helper says that the secret is a refresh token.
const TOKEN_USER: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// Asks a helper for the login to a server.
pub(super) fn get(
    name: &str,
    server: &str,
    search_path: Option<&OsStr>,
) -> Result<Option<Credential>, CredentialError> {
    let program = format!("docker-credential-{name}");
    let fail = |why: &str| {
        CredentialError(format!("the credential helper {program} gave no login for {server}: {why}"))
    };
    // A name with a slash would run a program from anywhere.
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err(fail("its name is none of a program"));
    }
    let mut command = Command::new(&program);
    if let Some(path) = search_path {
        command.env("PATH", path);
    }
    let mut child = command
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| fail(&format!("it cannot be run: {error}")))?;
    if let Some(mut input) = child.stdin.take() {
        // A helper that does not read answers wrongly or not at all; that is told below.
        let _ = writeln!(input, "{server}");
    }
    let answer = read_within(&mut child, LIMIT).map_err(fail)?;
    let is_success = child.wait().map_err(|error| fail(&error.to_string()))?.success();
    if !is_success {
        let text = String::from_utf8_lossy(&answer);
        // What the project's own helpers write when they know of no login.
        if text.contains("credentials not found") || text.contains("not found in native keychain") {
            return Ok(None);
        }
        return Err(fail(&format!(
            "it failed, saying \"{}\"",
            text.trim().chars().take(200).collect::<String>()
        )));
    }
    let answer: Answer = serde_json::from_slice(&answer).map_err(|_| fail("its answer is no JSON"))?;
    Ok(match answer.username.as_str() {
        _ if answer.secret.is_empty() => None,
        TOKEN_USER => Some(Credential::IdentityToken(answer.secret)),
        _ => Some(Credential::Password { user: answer.username, password: answer.secret }),
    })
}

/// Everything that a child writes until it ends; a child that takes too long is killed.
fn read_within(child: &mut Child, limit: Duration) -> Result<Vec<u8>, &'static str> {
    let Some(output) = child.stdout.take() else { return Err("its output cannot be read") };
    let (sender, receiver) = mpsc::channel();
    // On a thread of its own, since a grandchild may keep the pipe open for longer than its
    // parent lives; then the thread is left behind.
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = output.take(MAX_ANSWER).read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    let start = Instant::now();
    while start.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(_)) => {
                return receiver.recv_timeout(Duration::from_secs(1)).map_err(|_| "its output did not end");
            }
            Ok(None) => thread::sleep(TICK),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    Err("it did not answer within 30 s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_that_hangs_is_stopped() {
        let mut child = Command::new("sleep").arg("60").stdout(Stdio::piped()).spawn().unwrap();
        let start = Instant::now();
        assert_eq!(read_within(&mut child, Duration::from_millis(100)), Err("it did not answer within 30 s"));
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_helper_is_a_program_of_the_search_path() {
        let error = get("../../tmp/x", "r.example", None).unwrap_err();
        assert!(error.0.contains("its name is none of a program"), "{error}");
    }
}
