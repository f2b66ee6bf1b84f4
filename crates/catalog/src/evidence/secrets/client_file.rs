//! Files in which programs keep the logins of their user, known by their names.

use super::json::json_values;
use super::login::is_usual;
use super::rule::{Finder, Match, SecretKind, SecretRule, Text};
use super::shape::{entropy, is_example, is_template};

/// Whether a path is, or ends in, these components.
fn ends(path: &[u8], ending: &[u8]) -> bool {
    path.strip_suffix(ending).is_some_and(|before| before.is_empty() || before.ends_with(b"/"))
}

fn is_any(path: &[u8], endings: &[&[u8]]) -> bool {
    endings.iter().any(|ending| ends(path, ending))
}

/// The lines of a text with their places.
fn lines(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    content.split_inclusive(|byte| *byte == b'\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.strip_suffix(b"\n").unwrap_or(line))
    })
}

/// The part of `content` that `inner` is, which lies in it.
fn range(content: &[u8], inner: &[u8]) -> Option<Match> {
    let start = (inner.as_ptr() as usize).checked_sub(content.as_ptr() as usize)?;
    (start + inner.len() <= content.len() && !inner.is_empty())
        .then(|| Match::hidden(start, start + inner.len()))
}

fn trim(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    let quoted =
        |quote: u8| value.len() >= 2 && value.first() == Some(&quote) && value.last() == Some(&quote);
    if quoted(b'"') || quoted(b'\'') { value.get(1..value.len() - 1).unwrap_or_default() } else { value }
}

/// Values of settings `name = value` (or `name: value`) whose names `wanted` knows.
fn settings(text: &Text<'_>, signs: &[u8], wanted: &dyn Fn(&[u8]) -> bool) -> Vec<Match> {
    lines(text.content)
        .filter_map(|(_, line)| {
            let line = line.trim_ascii_start();
            if line.starts_with(b"#") || line.starts_with(b";") {
                return None;
            }
            let sign = line.iter().position(|byte| signs.contains(byte))?;
            let (name, value) = (line.get(..sign)?, trim(line.get(sign + 1..)?));
            let taken = wanted(trim(name)) && is_password(value);
            taken.then(|| range(text.content, value)).flatten()
        })
        .collect()
}

/// Whether a value is a password, as far as one can see.
pub(super) fn is_password(value: &[u8]) -> bool {
    !value.is_empty() && !is_usual(value) && !is_template(value)
}

fn words<'a>(text: &Text<'a>) -> impl Iterator<Item = &'a [u8]> {
    text.content.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

fn netrc(text: &Text<'_>) -> Vec<Match> {
    let mut found = Vec::new();
    let mut words = words(text);
    while let Some(word) = words.next() {
        if word == b"password"
            && let Some(value) = words.next()
            && is_password(value)
        {
            found.extend(range(text.content, value));
        }
    }
    found
}

/// `host:port:database:user:password`.
fn pgpass(text: &Text<'_>) -> Vec<Match> {
    lines(text.content)
        .filter(|(_, line)| !line.starts_with(b"#"))
        .filter_map(|(_, line)| line.splitn(5, |byte| *byte == b':').nth(4))
        .filter(|value| is_password(value))
        .filter_map(|value| range(text.content, value))
        .collect()
}

fn npmrc(text: &Text<'_>) -> Vec<Match> {
    settings(text, b"=", &|name| {
        name.ends_with(b"_authToken") || name.ends_with(b"_auth") || name.ends_with(b"_password")
    })
}

fn passwords(text: &Text<'_>) -> Vec<Match> {
    settings(text, b"=:", &|name| matches!(name, b"password" | b"pass" | b"secret_key" | b"token" | b"key"))
}

fn aws(text: &Text<'_>) -> Vec<Match> {
    settings(text, b"=", &|name| matches!(name, b"aws_secret_access_key" | b"aws_session_token"))
}

fn git_credentials(text: &Text<'_>) -> Vec<Match> {
    lines(text.content)
        .filter_map(|(_, line)| {
            let rest = line.get(memchr::memmem::find(line, b"://")? + 3..)?;
            let login = rest.get(..rest.iter().rposition(|byte| *byte == b'@')?)?;
            let password = login.get(login.iter().position(|byte| *byte == b':')? + 1..)?;
            is_password(password).then(|| range(text.content, password)).flatten()
        })
        .collect()
}

fn docker(text: &Text<'_>) -> Vec<Match> {
    json_values(text, &|key| matches!(key, "auth" | "identitytoken" | "registrytoken" | "password"))
}

fn composer(text: &Text<'_>) -> Vec<Match> {
    json_values(text, &|key| {
        matches!(key, "password" | "token") || key.contains("github.com") || key.contains("gitlab.com")
    })
}

fn google(text: &Text<'_>) -> Vec<Match> {
    let holds = |word: &[u8]| memchr::memmem::find(text.content, word).is_some();
    if !(holds(b"\"service_account\"") || holds(b"\"authorized_user\"")) {
        return Vec::new();
    }
    json_values(text, &|key| matches!(key, "private_key" | "refresh_token" | "client_secret"))
        .into_iter()
        .map(|found| Match {
            is_verified: holds(b"\"private_key_id\"") || holds(b"\"refresh_token\""),
            ..found
        })
        .collect()
}

fn is_json(path: &[u8]) -> bool {
    path.ends_with(b".json")
}

/// Terraform's state holds every attribute in plain text; those that are named so are secrets.
fn terraform(text: &Text<'_>) -> Vec<Match> {
    if memchr::memmem::find(text.content, b"\"terraform_version\"").is_none() {
        return Vec::new();
    }
    json_values(text, &|key| {
        ["password", "secret", "private_key", "token", "access_key", "connection_string"].iter().any(|word| {
            key == *word || key.ends_with(&format!("_{word}")) || key.ends_with("private_key_pem")
        })
    })
}

fn kubeconfig(text: &Text<'_>) -> Vec<Match> {
    let holds = |word: &[u8]| memchr::memmem::find(text.content, word).is_some();
    if !(holds(b"clusters:") && holds(b"users:")) {
        return Vec::new();
    }
    settings(text, b":", &|name| {
        let name = name.strip_prefix(b"- ").unwrap_or(name);
        matches!(name, b"client-key-data" | b"token" | b"password")
    })
}

/// Elements of XML whose text is wanted: Maven's and NuGet's settings.
fn xml_passwords(text: &Text<'_>) -> Vec<Match> {
    let mut found = Vec::new();
    for (open, close) in [
        (b"<password>".as_slice(), b"</password>".as_slice()),
        (b"<passphrase>", b"</passphrase>"),
        (b"key=\"ClearTextPassword\" value=\"", b"\""),
    ] {
        for start in memchr::memmem::find_iter(text.content, open) {
            let begin = start + open.len();
            let rest = text.from(begin);
            // What ends it is the first of its kind: XML has no bare one in a text.
            let Some(length) = close.first().and_then(|first| memchr::memchr(*first, rest)) else { continue };
            if rest.get(length..).is_none_or(|rest| !rest.starts_with(close)) {
                continue;
            }
            // Maven's own encryption puts braces around what it encrypted.
            if let Some(value) = rest.get(..length)
                && is_password(value)
                && !value.starts_with(b"{")
            {
                found.push(Match::hidden(begin, begin + length));
            }
        }
    }
    found
}

fn php_constants(text: &Text<'_>) -> Vec<Match> {
    lines(text.content)
        .filter_map(|(_, line)| {
            let names =
                [b"DB_PASSWORD".as_slice(), b"AUTH_KEY", b"SECURE_AUTH_KEY", b"LOGGED_IN_KEY", b"NONCE_KEY"];
            let line = line.trim_ascii_start();
            let call = line.strip_prefix(b"define(")?.trim_ascii_start();
            let (name, value) = call.split_at_checked(call.iter().position(|byte| *byte == b',')?)?;
            let value = trim(value.get(1..)?.trim_ascii().strip_suffix(b");").unwrap_or(value).trim_ascii());
            let taken = names.contains(&trim(name)) && is_password(value) && !value.starts_with(b"put your");
            taken.then(|| range(text.content, value)).flatten()
        })
        .collect()
}

/// The longest name of a setting: no program has a longer one.
const MAX_NAME: usize = 256;

/// Whether the name of a setting says that its value is a secret, whatever the program.
pub(super) fn names_a_secret(name: &[u8]) -> bool {
    if name.len() > MAX_NAME {
        return false;
    }
    let upper = name.to_ascii_uppercase();
    let words: Vec<&[u8]> = upper.split(|byte| !byte.is_ascii_alphanumeric()).collect();
    let has = |word: &[u8]| {
        words.contains(&word) || words.iter().any(|each| each.ends_with(word) && word.len() > 5)
    };
    let pair = |first: &[u8], second: &[u8]| {
        words.windows(2).any(|two| two.first() == Some(&first) && two.last() == Some(&second))
    };
    let opens = has(b"PASSWORD")
        || has(b"PASSWD")
        || words.contains(&b"PASS".as_slice())
        || has(b"PASSPHRASE")
        || has(b"SECRET")
        || has(b"TOKEN")
        || has(b"APIKEY")
        || has(b"CREDENTIALS")
        || pair(b"API", b"KEY")
        || pair(b"ACCESS", b"KEY")
        || pair(b"PRIVATE", b"KEY")
        || pair(b"ENCRYPTION", b"KEY")
        || pair(b"SIGNING", b"KEY");
    // `DB_PASSWORD_FILE=/run/secrets/x` and `TOKEN_URL` name where one is, `TOKEN_TTL` something else.
    let elsewhere: [&[u8]; 21] = [
        b"FILE",
        b"PATH",
        b"DIR",
        b"URL",
        b"URI",
        b"ID",
        b"NAME",
        b"TTL",
        b"EXPIRY",
        b"LENGTH",
        b"TYPE",
        b"HEADER",
        b"ENABLED",
        b"MIN",
        b"MAX",
        b"ALGORITHM",
        b"PUBLIC",
        b"ISSUER",
        b"ENDPOINT",
        b"STORE",
        b"VERSION",
    ];
    opens && !words.iter().any(|word| elsewhere.contains(word))
}

/// Whether the value of a setting that is named like a secret may be one: no path, no address, no
/// switch, no word that stands for nothing.
pub(super) fn may_be_secret(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    let switch: [&[u8]; 9] =
        [b"true", b"false", b"yes", b"no", b"on", b"off", b"enabled", b"disabled", b"required"];
    let is_path = value.starts_with(b"/")
        || value.starts_with(b"./")
        || value.starts_with(b"~/")
        || value.starts_with(b"file:");
    let is_address = memchr::memmem::find(value, b"://").is_some();
    !(value.len() < 4
        || switch.contains(&lower.as_slice())
        || is_path
        || is_address
        || value.iter().all(u8::is_ascii_digit) && value.len() < 6
        || is_template(value)
        || entropy(value) < 1.5)
}

fn dotenv(text: &Text<'_>) -> Vec<Match> {
    let found = settings(text, b"=", &|name| names_a_secret(name.strip_prefix(b"export ").unwrap_or(name)));
    found
        .into_iter()
        .filter(|each| {
            text.content
                .get(each.start..each.end)
                .is_some_and(|value| may_be_secret(value) && !is_example(value))
        })
        .collect()
}

fn is_dotenv(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let harmless = [b"example".as_slice(), b"sample", b"template", b"dist", b"test", b"defaults"];
    let parts: Vec<&[u8]> = name.split(|byte| *byte == b'.').collect();
    (name == b".env" || name.starts_with(b".env.") || name.ends_with(b".env") || name == b".envrc")
        && !parts.iter().any(|part| harmless.contains(part))
}

/// What stands behind the user in a line of htpasswd: bcrypt, Apache's MD5, SHA-1, crypt.
fn htpasswd(text: &Text<'_>) -> Vec<Match> {
    lines(text.content)
        .filter_map(|(_, line)| {
            let hash = line.get(line.iter().position(|byte| *byte == b':')? + 1..)?.trim_ascii();
            let known = [b"$2".as_slice(), b"$apr1$", b"{SHA}", b"$5$", b"$6$", b"$1$"];
            known.iter().any(|mark| hash.starts_with(mark)).then(|| range(text.content, hash)).flatten()
        })
        .collect()
}

fn whole(text: &Text<'_>) -> Vec<Match> {
    let value = text.content.trim_ascii();
    let one_line = !value.is_empty() && !value.contains(&b'\n') && value.len() >= 16 && is_password(value);
    if one_line { range(text.content, value).into_iter().collect() } else { Vec::new() }
}

const fn file(
    id: &'static str,
    title: &'static str,
    opens: &'static str,
    is_named: fn(&[u8]) -> bool,
    read: fn(&Text<'_>) -> Vec<Match>,
) -> SecretRule {
    SecretRule { id, title, opens, kind: SecretKind::Password, finder: Finder::File(is_named, read) }
}

const HOSTS: &str = "logs in at the hosts that the file names";
const PACKAGES: &str = "logs in at a package registry: installs private packages, and may publish";

pub(super) const RULES: &[SecretRule] = &[
    file("netrc-password", "Password in .netrc", HOSTS, |path| is_any(path, &[b".netrc", b"_netrc"]), netrc),
    file(
        "postgres-password",
        "Password in .pgpass",
        "logs in at the databases that the file names",
        |path| ends(path, b".pgpass"),
        pgpass,
    ),
    file(
        "mysql-password",
        "Password of a MySQL client",
        "logs in at the databases that the file names",
        |path| is_any(path, &[b".my.cnf", b".mylogin.cnf"]),
        passwords,
    ),
    file("npmrc-login", "Login in .npmrc", PACKAGES, |path| is_any(path, &[b".npmrc", b"etc/npmrc"]), npmrc),
    file("pypirc-password", "Password in .pypirc", PACKAGES, |path| ends(path, b".pypirc"), passwords),
    file(
        "gem-credentials",
        "RubyGems login",
        PACKAGES,
        |path| is_any(path, &[b".gem/credentials"]),
        |text| settings(text, b":", &|name| name.ends_with(b"api_key")),
    ),
    file(
        "cargo-credentials",
        "Cargo login",
        PACKAGES,
        |path| is_any(path, &[b".cargo/credentials", b".cargo/credentials.toml"]),
        passwords,
    ),
    file(
        "composer-login",
        "Composer login",
        PACKAGES,
        |path| is_any(path, &[b".composer/auth.json", b"composer/auth.json", b"auth.json"]),
        composer,
    ),
    file(
        "maven-password",
        "Password in Maven's settings",
        PACKAGES,
        |path| is_any(path, &[b".m2/settings.xml", b".m2/settings-security.xml", b"maven/conf/settings.xml"]),
        xml_passwords,
    ),
    file(
        "nuget-password",
        "Password in NuGet's settings",
        PACKAGES,
        |path| path.to_ascii_lowercase().ends_with(b"nuget.config"),
        xml_passwords,
    ),
    file(
        "docker-login",
        "Login at a registry of images",
        "pulls private images, and may push, at the registries that the file names",
        |path| {
            is_any(
                path,
                &[
                    b".docker/config.json",
                    b".dockercfg",
                    b"containers/auth.json",
                    b"kaniko/.docker/config.json",
                ],
            )
        },
        docker,
    ),
    file(
        "aws-credentials",
        "AWS credentials file",
        "acts in an AWS account as the user whose key it is",
        |path| is_any(path, &[b".aws/credentials", b".aws/config", b".aws-credentials"]),
        aws,
    ),
    file(
        "git-credentials",
        "Login kept by git",
        "reads and writes repositories at the hosts that the file names",
        |path| is_any(path, &[b".git-credentials", b".config/git/credentials"]),
        git_credentials,
    ),
    file(
        "github-cli-login",
        "Login of GitHub's command line",
        "acts on GitHub as its owner",
        |path| is_any(path, &[b".config/gh/hosts.yml"]),
        |text| settings(text, b":", &|name| name == b"oauth_token"),
    ),
    SecretRule {
        id: "google-credentials",
        title: "Google credentials file",
        opens: "acts in Google Cloud as the service account or user",
        kind: SecretKind::Key,
        finder: Finder::File(is_json, google),
    },
    file(
        "kubeconfig-login",
        "Login at a Kubernetes cluster",
        "acts in the cluster with the rights of its user",
        |path| {
            is_any(
                path,
                &[
                    b".kube/config",
                    b"kubeconfig",
                    b"kubeconfig.yaml",
                    b"kubeconfig.yml",
                    b"etc/kubernetes/admin.conf",
                    b"etc/kubernetes/kubelet.conf",
                ],
            )
        },
        kubeconfig,
    ),
    file(
        "terraform-state",
        "Secret in a Terraform state",
        "whatever the attribute of that name opens",
        |path| path.ends_with(b".tfstate") || path.ends_with(b".tfstate.backup"),
        terraform,
    ),
    file(
        "vault-token-file",
        "Token kept by Vault",
        "reads the secrets in Vault that its policies allow",
        |path| ends(path, b".vault-token"),
        whole,
    ),
    file(
        "s3cmd-key",
        "Key of s3cmd or rclone",
        "reads and writes the storage that the file names",
        |path| is_any(path, &[b".s3cfg", b"rclone/rclone.conf"]),
        |text| {
            settings(text, b"=", &|name| {
                matches!(name, b"secret_key" | b"secret_access_key" | b"pass" | b"token" | b"client_secret")
            })
        },
    ),
    file(
        "wordpress-secret",
        "Secret in wp-config.php",
        "logs in at the database, or forges logins of the site",
        |path| ends(path, b"wp-config.php"),
        php_constants,
    ),
    file(
        "htpasswd-hash",
        "Password hash in htpasswd",
        "is tried for passwords at leisure by whoever has the image",
        |path| is_any(path, &[b".htpasswd", b"htpasswd"]),
        htpasswd,
    ),
    file(
        "dotenv-secret",
        "Secret in a .env file",
        "whatever the setting of that name opens",
        is_dotenv,
        dotenv,
    ),
];

#[cfg(test)]
mod tests {
    use super::super::scan::tests::check_file;
    use super::{may_be_secret, names_a_secret};

    #[test]
    fn logins_that_programs_keep_are_found() {
        check_file(
            "root/.netrc",
            "machine h.net\n  login ci\n  password q8Zr2kLw9\n",
            &["netrc-password 3 …"],
        );
        check_file("root/.netrc", "machine h.net login ci password ${PASSWORD}\n", &[]);
        check_file("home/a/.pgpass", "# c\ndb:5432:*:app:q8Zr2kLw9\n", &["postgres-password 2 …"]);
        check_file("root/.my.cnf", "[client]\npassword = \"q8Zr2kLw9\"\n", &["mysql-password 2 …"]);
        check_file("app/.npmrc", "//r.net/:_authToken=0b5f8a34-c6f1-4b1a\n", &["npmrc-login 1 …"]);
        check_file("app/.npmrc", "//r.net/:_authToken=${NPM_TOKEN}\nalways-auth=true\n", &[]);
        check_file("root/.pypirc", "[pypi]\nusername: a\npassword: q8Zr2kLw9\n", &["pypirc-password 3 …"]);
        check_file(
            "root/.docker/config.json",
            "{\"auths\":{\"r.net\":{\"auth\":\"Y2k6cThacjJrTHc5\"}}}",
            &["docker-login 1 …"],
        );
        check_file("root/.docker/config.json", "{\"auths\":{},\"credsStore\":\"desktop\"}", &[]);
        check_file("root/.git-credentials", "https://ci:q8Zr2kLw9@git.net\n", &["git-credentials 1 …"]);
        check_file(
            "root/.kube/config",
            "clusters:\n- a\nusers:\n- user:\n    token: q8Zr2kLw9uXc\n",
            &["kubeconfig-login 5 …"],
        );
        check_file(
            "a/x.tfstate",
            "{\"terraform_version\":\"1\",\"r\":[{\"master_password\":\"q8Zr2kLw9\"}]}",
            &["terraform-state 1 …"],
        );
        check_file(
            "root/.m2/settings.xml",
            "<server>\n<password>q8Zr2kLw9</password>",
            &["maven-password 2 …"],
        );
        check_file("root/.m2/settings.xml", "<password>{COQLCE6DU6GtcS5P=}</password>", &[]);
        check_file(
            "w/wp-config.php",
            "define( 'DB_PASSWORD', 'q8Zr2kLw9' );\ndefine( 'AUTH_KEY', 'put your unique phrase here' );\n",
            &["wordpress-secret 1 …"],
        );
        check_file("etc/nginx/.htpasswd", "admin:$apr1$x$yyyyyyyyyyyyyyyyyyyyyy\n", &["htpasswd-hash 1 …"]);
        check_file("app/.env", "MODE=x\nexport DB_PASSWORD='q8Zr2kLw9'\n", &["dotenv-secret 2 …"]);
        check_file("app/.env.example", "DB_PASSWORD=q8Zr2kLw9\n", &[]);
        check_file("app/.env", "DB_PASSWORD=\nTOKEN_TTL=3600\nDB_PASSWORD_FILE=/run/secrets/x\n", &[]);
        check_file(
            "app/key.json",
            "{\"type\": \"service_account\",\n\"private_key_id\": \"1\",\n\"private_key\": \"q8Zr2kLw9\"}",
            &["google-credentials 3 … verified"],
        );
    }

    #[test]
    fn names_of_settings_tell_secrets() {
        for name in [
            "DB_PASSWORD",
            "API_TOKEN",
            "apiKey",
            "STRIPE_SECRET",
            "MYSQL_ROOT_PASSWORD",
            "spring.datasource.password",
            "SECRET_KEY_BASE",
            "AWS_SECRET_ACCESS_KEY",
        ] {
            assert!(names_a_secret(name.as_bytes()), "{name}");
        }
        for name in [
            "PATH",
            "DB_PASSWORD_FILE",
            "TOKEN_URL",
            "PUBLIC_KEY",
            "GPG_KEY",
            "KEYBOARD",
            "COMPASS",
            "SSH_AUTH_SOCK",
            "SECRET_NAME",
        ] {
            assert!(!names_a_secret(name.as_bytes()), "{name}");
        }
        for value in ["/run/secrets/x", "true", "${X}", "12", "", "http://h.net"] {
            assert!(!may_be_secret(value.as_bytes()), "{value}");
        }
        assert!(may_be_secret(b"notarealtoken123"));
    }
}
