//! Each case is a home directory.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;

struct Home(TempDir);

impl Home {
    fn new(files: &[(&str, &str)]) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            let path = home.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        home
    }

    fn environment(&self) -> Environment {
        let mut search_path = self.0.path().join("bin").into_os_string();
        search_path.push(":/usr/bin:/bin");
        Environment {
            home: Some(self.0.path().into()),
            search_path: Some(search_path),
            ..Environment::default()
        }
    }

    fn check(&self, name: &str, expect: &str) {
        check_in(self.environment(), name, expect);
    }
}

fn check_in(environment: Environment, name: &str, expect: &str) {
    let (registry, repository) = name.split_once('/').unwrap();
    let found = match StoredCredentials::new(environment).find(registry, repository) {
        Ok(Some(Credential::Password { user, password })) => format!("{user}:{password}"),
        Ok(Some(Credential::IdentityToken(token))) => format!("identity {token}"),
        Ok(Some(Credential::RegistryToken(token))) => format!("registry {token}"),
        Ok(None) => "none".to_owned(),
        Err(error) => error.to_string(),
    };
    assert!(found.contains(expect), "{name}: {found}");
}

const DOCKER: &str = ".docker/config.json";
const PODMAN: &str = ".config/containers/auth.json";

#[test]
fn dockers_file_is_read() {
    let home = Home::new(&[(
        DOCKER,
        r#"{"auths":{
            "https://index.docker.io/v1/":{"auth":"aHViOnB3OjE="},
            "r.example":{"auth":"dTpw\n"},
            "unpadded.example":{"auth":"dXM6cHc"},
            "token.example":{"auth":"dTpw","identitytoken":"i"},
            "direct.example":{"registrytoken":"t"},
            "plain.example":{"username":"u","password":"p"},
            "damaged.example":{"auth":"!!"}
        }}"#,
    )]);
    home.check("docker.io/library/debian", "hub:pw:1");
    home.check("r.example/a", "u:p");
    home.check("unpadded.example/a", "us:pw");
    home.check("token.example/a", "identity i");
    home.check("direct.example/a", "registry t");
    home.check("plain.example/a", "u:p");
    home.check("damaged.example/a", "the login for damaged.example in");
    home.check("other.example/a", "none");
}

#[test]
fn podmans_keys_may_be_paths_and_the_longest_wins() {
    let home = Home::new(&[(
        PODMAN,
        r#"{"auths":{"q.example/team/app":{"auth":"YTpi"},"q.example/team":{"auth":"dDp0"},"q.example":{"auth":"aDpo"}}}"#,
    )]);
    home.check("q.example/team/app", "a:b");
    home.check("q.example/team/other", "t:t");
    home.check("q.example/teamwork", "h:h");
    home.check("q.example/team/app/deep", "a:b");
}

#[test]
fn a_helper_overrides_what_is_stored() {
    let home = Home::new(&[
        (
            DOCKER,
            r#"{"auths":{"r.example":{"auth":"dTpw"},"s.example":{"auth":"dTpw"}},"credHelpers":{"r.example":"x","docker.io":"x"}}"#,
        ),
        (
            "bin/docker-credential-x",
            "#!/bin/sh\nread s; echo \"{\\\"Username\\\":\\\"$1\\\",\\\"Secret\\\":\\\"$s\\\"}\"\n",
        ),
    ]);
    home.check("r.example/a", "get:r.example");
    home.check("s.example/a", "u:p");
    home.check("docker.io/library/debian", "get:https://index.docker.io/v1/");
}

#[test]
fn a_store_knows_all_registries_or_says_that_it_does_not() {
    let home = Home::new(&[
        (DOCKER, r#"{"auths":{"r.example":{}},"credsStore":"x"}"#),
        (
            "bin/docker-credential-x",
            "#!/bin/sh\nread s; case $s in r.example) echo '{\"Username\":\"<token>\",\"Secret\":\"i\"}';; *) echo 'credentials not found in native keychain'; exit 1;; esac\n",
        ),
    ]);
    home.check("r.example/a", "identity i");
    home.check("other.example/a", "none");
}

#[test]
fn a_helper_that_fails_is_named() {
    let home = Home::new(&[
        (DOCKER, r#"{"credHelpers":{"a.example":"missing","b.example":"bad","c.example":"noise"}}"#),
        ("bin/docker-credential-bad", "#!/bin/sh\necho locked; exit 1\n"),
        ("bin/docker-credential-noise", "#!/bin/sh\necho hello\n"),
    ]);
    home.check("a.example/a", "docker-credential-missing gave no login for a.example: it cannot be run");
    home.check("b.example/a", "it failed, saying \"locked\"");
    home.check("c.example/a", "its answer is no JSON");
}

#[test]
fn files_named_on_purpose_come_first() {
    let auth = |name: &str| format!(r#"{{"auths":{{"r.example":{{"username":"{name}","password":"p"}}}}}}"#);
    let home = Home::new(&[
        (DOCKER, &auth("docker")),
        (PODMAN, &auth("podman")),
        ("run/containers/auth.json", &auth("runtime")),
        ("named.json", &auth("named")),
        ("directory/config.json", &auth("directory")),
        (".dockercfg", r#"{"https://old.example/v1/":{"auth":"b2xkOnA="}}"#),
    ]);
    let base = home.environment();
    let at = |name: &str| Some(home.0.path().join(name));
    home.check("r.example/a", "podman:p");
    home.check("old.example/a", "old:p");
    check_in(Environment { runtime_directory: at("run"), ..base.clone() }, "r.example/a", "runtime:p");
    check_in(Environment { docker_config: at("directory"), ..base.clone() }, "r.example/a", "directory:p");
    check_in(Environment { registry_auth_file: at("named.json"), ..base.clone() }, "r.example/a", "named:p");
    check_in(Environment { config_directory: at("elsewhere"), ..base }, "r.example/a", "docker:p");
}

#[test]
fn a_damaged_file_is_told_without_its_content() {
    let home = Home::new(&[(DOCKER, r#"{"auths":{"r.example":{"auth":"secret"}"#)]);
    home.check("r.example/a", "config.json cannot be read: it is no JSON object (line 1, column");
    check_in(Environment::default(), "r.example/a", "none");
}
