//! What configuration names, with the directive that names it. Each kind of file has its own
//! grammar of lines; a directive counts where its value is a path, a glob or a name of a library.

use plimsoll_model::evidence::references::ReferenceKind;

use super::collection::{Collection, kind_of_path};
use super::lines::lines;

/// A grammar of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grammar {
    /// `directive value value;` with blocks in braces: nginx, logrotate, ssh, redis, haproxy, Apache.
    Words,
    /// `key = value` with `[sections]`: php.ini, my.cnf, supervisord, systemd, postgresql.conf.
    Keys,
    /// `type control module arguments`: PAM.
    Pam,
    /// Five fields of time, in system tables a user, and a command.
    Cron,
    /// One path or glob a line: ld.so.conf, ld.so.preload.
    Paths,
    /// `database: service service`: nsswitch.conf.
    Services,
}

/// Whether a file is configuration that is read here.
pub(super) fn is_configuration(path: &[u8]) -> bool {
    grammar(path).is_some()
}

fn grammar(path: &[u8]) -> Option<Grammar> {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let within = |directory: &[u8]| {
        let below = path.strip_prefix(directory);
        below.is_some_and(|rest| {
            rest.first() == Some(&b'/') && memchr::memchr(b'/', rest.get(1..).unwrap_or_default()).is_none()
        })
    };
    let below = |directory: &[u8]| path.starts_with(directory) && path.get(directory.len()) == Some(&b'/');
    let ends = |ending: &[u8]| name.ends_with(ending);
    match name {
        b"ld.so.conf" | b"ld.so.preload" => return Some(Grammar::Paths),
        b"nsswitch.conf" => return Some(Grammar::Services),
        b"crontab" => return Some(Grammar::Cron),
        b"nginx.conf"
        | b"httpd.conf"
        | b"apache2.conf"
        | b"redis.conf"
        | b"haproxy.cfg"
        | b"sshd_config"
        | b"ssh_config"
        | b"logrotate.conf"
        | b"php-fpm.conf.default"
        | b"pg_hba.conf"
        | b"squid.conf" => return Some(Grammar::Words),
        b"php.ini" | b"my.cnf" | b"supervisord.conf" | b"postgresql.conf" | b"php-fpm.conf"
        | b"mariadb.cnf" | b"mongod.conf" => return Some(Grammar::Keys),
        _ => {}
    }
    if within(b"etc/pam.d") || within(b"usr/lib/pam.d") {
        return Some(Grammar::Pam);
    }
    if within(b"etc/cron.d") || within(b"etc/crontabs") || within(b"var/spool/cron/crontabs") {
        return Some(Grammar::Cron);
    }
    if within(b"etc/ld.so.conf.d") || (within(b"etc") && name.starts_with(b"ld-musl-") && ends(b".path")) {
        return Some(Grammar::Paths);
    }
    let is_unit =
        [b".service".as_slice(), b".socket", b".timer", b".mount", b".path"].iter().any(|end| ends(end));
    if is_unit && path.split(|byte| *byte == b'/').any(|part| part == b"systemd") {
        return Some(Grammar::Keys);
    }
    if below(b"etc/nginx")
        || below(b"etc/apache2")
        || below(b"etc/httpd")
        || within(b"etc/logrotate.d")
        || below(b"etc/ssh")
        || below(b"etc/haproxy")
        || below(b"etc/redis")
    {
        return Some(Grammar::Words);
    }
    let has_keys = [
        b"etc/php".as_slice(),
        b"usr/local/etc/php",
        b"usr/local/etc/php-fpm.d",
        b"etc/php-fpm.d",
        b"etc/php.d",
        b"etc/mysql",
        b"etc/my.cnf.d",
        b"etc/supervisor",
        b"etc/supervisord.d",
        b"etc/postgresql",
        b"etc/systemd",
    ];
    has_keys.iter().any(|directory| below(directory)).then_some(Grammar::Keys)
}

pub(super) fn read(path: &[u8], content: &[u8], found: &mut Collection) {
    let Some(grammar) = grammar(path) else { return };
    let has_user = path == b"etc/crontab" || path.starts_with(b"etc/cron.d/");
    let (mut joined, mut start) = (Vec::new(), None);
    for (at, line) in lines(content) {
        // A line that ends with a backslash goes on.
        if let Some(line) = line.strip_suffix(b"\\") {
            joined.extend_from_slice(line);
            joined.push(b' ');
            start = start.or(Some(at));
            continue;
        }
        joined.extend_from_slice(line);
        let (line, at) = (std::mem::take(&mut joined), start.take().unwrap_or(at));
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") || (line.starts_with(b";") && grammar == Grammar::Keys) {
            continue;
        }
        let mut directive = Directive { content, at, found };
        match grammar {
            Grammar::Words => directive.words(line),
            Grammar::Keys => directive.key(line),
            Grammar::Pam => directive.pam(line),
            Grammar::Cron => directive.cron(line, has_user),
            Grammar::Paths => directive.path(line),
            Grammar::Services => directive.services(line),
        }
    }
}

/// A line, and where what it names goes to.
struct Directive<'a, 'b> {
    content: &'a [u8],
    at: usize,
    found: &'b mut Collection,
}

impl Directive<'_, '_> {
    fn add(&mut self, target: &[u8], by: &'static str) {
        self.found.add(self.content, self.at, ReferenceKind::Directive, target, by);
    }

    /// Values that are paths; those of directives that take paths beside a base too.
    fn words(&mut self, line: &[u8]) {
        // Several directives on a line, and blocks that begin or end on it.
        let mut words = Words { rest: line };
        let mut directive: Option<Vec<u8>> = None;
        while let Some((word, ends)) = words.next() {
            if !word.is_empty() {
                match &directive {
                    // `/var/log/x.log {`: logrotate begins with the paths themselves.
                    None if word.starts_with(b"/") => {
                        self.add(&word, "");
                    }
                    None => directive = Some(word.to_ascii_lowercase()),
                    Some(name) => self.value(name, &word),
                }
            }
            if ends {
                directive = None;
            }
        }
    }

    fn value(&mut self, name: &[u8], word: &[u8]) {
        let value = word.rsplit(|byte| *byte == b'=').next().unwrap_or_default();
        let by = DIRECTIVES.iter().find(|known| known.as_bytes() == name);
        let value = value.strip_prefix(b"unix:").unwrap_or(value);
        match by {
            Some(by) => self.add(value, by),
            None if is_file(value) => self.add(value, ""),
            None => {}
        }
    }

    /// `key = value`, a list of paths, or a command with its arguments.
    fn key(&mut self, line: &[u8]) {
        let equals = line.iter().position(|byte| *byte == b'=' || *byte == b':');
        // postgresql.conf allows a blank instead.
        let Some(end) = equals.or_else(|| line.iter().position(u8::is_ascii_whitespace)) else { return };
        let (key, value) = line.split_at(end);
        let key = key.trim_ascii().to_ascii_lowercase();
        if key.starts_with(b"[") || key.starts_with(b"!") {
            // `!includedir /etc/mysql/conf.d/` of MySQL.
            return value
                .split(u8::is_ascii_whitespace)
                .filter(|word| is_file(word))
                .for_each(|word| self.add(word, "!include"));
        }
        let by = KEYS.iter().find(|known| known.as_bytes() == key.as_slice()).copied();
        let mut words = Words { rest: value.get(1..).unwrap_or_default() };
        let mut is_first = true;
        while let Some((word, _)) = words.next() {
            if word.starts_with(b"#") || word.starts_with(b";") {
                return;
            }
            // systemd: prefixes of a command say how it is run.
            let prefixes = word.iter().take_while(|byte| b"@-:+!|".contains(byte)).count();
            let bare = word.get(prefixes..).unwrap_or_default();
            for part in bare.split(|byte| *byte == b':' || *byte == b',') {
                if is_file(part) || (is_first && !part.is_empty() && by.is_some()) {
                    self.add(part, by.unwrap_or_default());
                }
            }
            is_first &= word.is_empty();
        }
    }

    /// `auth required pam_unix.so`, `@include common-auth`, `auth [success=1] pam_x.so`.
    fn pam(&mut self, line: &[u8]) {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let line = line.strip_prefix(b"-").unwrap_or(line);
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let Some(first) = words.next() else { return };
        if first == b"@include" {
            return words.take(1).for_each(|name| self.add(name, "@include"));
        }
        let mut includes = false;
        for word in words {
            if word.ends_with(b".so") {
                self.add(word, "module");
            } else if std::mem::take(&mut includes) {
                self.add(word, "include");
            } else if matches!(word, b"include" | b"substack") {
                includes = true;
            } else {
                let value = word.rsplit(|byte| *byte == b'=').next().unwrap_or_default();
                if is_file(value) {
                    self.add(value, "argument");
                }
            }
        }
    }

    fn cron(&mut self, line: &[u8], has_user: bool) {
        if line.first().is_some_and(u8::is_ascii_alphabetic) {
            return;
        }
        let fields = if line.starts_with(b"@") { 1 } else { 5 } + usize::from(has_user);
        let mut rest = line;
        for _ in 0..fields {
            rest = rest.trim_ascii_start();
            let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default();
        }
        let mut commands = Collection::default();
        super::shell::read(rest.trim_ascii_start(), &mut commands);
        self.found.absorb(self.content, self.at, commands, "cron");
    }

    /// A path; musl separates several by colons too.
    fn path(&mut self, line: &[u8]) {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        if let Some(pattern) = line.strip_prefix(b"include ").or_else(|| line.strip_prefix(b"include\t")) {
            return self.add(pattern.trim_ascii(), "include");
        }
        let separate = |byte: &u8| b" \t:,".contains(byte);
        line.split(separate).filter(|part| !part.is_empty()).for_each(|part| self.add(part, ""));
    }

    /// `hosts: files dns`: the services, each a library `libnss_NAME.so.2`.
    fn services(&mut self, line: &[u8]) {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
        let (database, services) = line.split_at(colon);
        let by = DATABASES.iter().find(|known| known.as_bytes() == database.trim_ascii());
        let mut in_action = false;
        for word in services.get(1..).unwrap_or_default().split(u8::is_ascii_whitespace) {
            in_action |= word.starts_with(b"[");
            if !in_action {
                self.add(word, by.copied().unwrap_or_default());
            }
            in_action &= !word.ends_with(b"]");
        }
    }
}

const DATABASES: &[&str] = &[
    "aliases",
    "ethers",
    "group",
    "gshadow",
    "hosts",
    "initgroups",
    "netgroup",
    "networks",
    "passwd",
    "protocols",
    "publickey",
    "rpc",
    "services",
    "shadow",
    "sudoers",
];

/// Directives whose values are files even where they are not absolute: then they begin at a base
/// that the server has.
const DIRECTIVES: &[&str] = &[
    // nginx
    "include",
    "root",
    "alias",
    "index",
    "load_module",
    "access_log",
    "error_log",
    "pid",
    "ssl_certificate",
    "ssl_certificate_key",
    "ssl_dhparam",
    "ssl_trusted_certificate",
    "ssl_client_certificate",
    "auth_basic_user_file",
    "error_page",
    "try_files",
    "client_body_temp_path",
    "proxy_temp_path",
    "fastcgi_temp_path",
    // Apache
    "includeoptional",
    "documentroot",
    "serverroot",
    "loadmodule",
    "loadfile",
    "errorlog",
    "customlog",
    "pidfile",
    "directoryindex",
    "sslcertificatefile",
    "sslcertificatekeyfile",
    "sslcertificatechainfile",
    "sslcacertificatefile",
    "typesconfig",
    "mimemagicfile",
    "scriptalias",
    "authuserfile",
    "accessfilename",
    // redis
    "dir",
    "dbfilename",
    "appenddirname",
    "appendfilename",
    "logfile",
    "unixsocket",
    "aclfile",
    "loadmodule",
    "tls-cert-file",
    "tls-key-file",
    "tls-ca-cert-file",
    "tls-ca-cert-dir",
    // haproxy
    "chroot",
    "stats",
    "ca-base",
    "crt-base",
    "errorfile",
    "lua-load",
    // ssh
    "hostkey",
    "authorizedkeysfile",
    "subsystem",
    "banner",
    "trustedusercakeys",
    "authorizedkeyscommand",
    "xauthlocation",
    "identityfile",
    "globalknownhostsfile",
];

/// Keys of files with `key = value`.
const KEYS: &[&str] = &[
    // systemd
    "execstart",
    "execstartpre",
    "execstartpost",
    "execreload",
    "execstop",
    "execstoppost",
    "execcondition",
    "environmentfile",
    "workingdirectory",
    "rootdirectory",
    "pidfile",
    "wants",
    "requires",
    "after",
    "before",
    "also",
    "alias",
    "bindsto",
    "partof",
    "unit",
    "what",
    "where",
    // supervisord
    "command",
    "files",
    "directory",
    "stdout_logfile",
    "stderr_logfile",
    "logfile",
    "serverurl",
    "file",
    // php
    "extension",
    "zend_extension",
    "extension_dir",
    "include_path",
    "auto_prepend_file",
    "auto_append_file",
    "error_log",
    "session.save_path",
    "curl.cainfo",
    "openssl.cafile",
    "include",
    "slowlog",
    "access.log",
    "pid",
    "listen",
    "chroot",
    "chdir",
    // mysql
    "datadir",
    "basedir",
    "tmpdir",
    "socket",
    "log_error",
    "log-error",
    "pid-file",
    "plugin_dir",
    "plugin_load",
    "plugin_load_add",
    "lc_messages_dir",
    "lc-messages-dir",
    "character-sets-dir",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "secure_file_priv",
    "secure-file-priv",
    // postgres
    "data_directory",
    "hba_file",
    "ident_file",
    "external_pid_file",
    "shared_preload_libraries",
    "session_preload_libraries",
    "local_preload_libraries",
    "dynamic_library_path",
    "ssl_cert_file",
    "ssl_key_file",
    "ssl_ca_file",
    "unix_socket_directories",
    "log_directory",
    "include_dir",
    "include_if_exists",
    "archive_command",
    "stats_temp_directory",
];

/// Whether a value is an absolute path or a glob of files of the image.
fn is_file(value: &[u8]) -> bool {
    let kind = kind_of_path(value);
    value.len() > 1
        && value.starts_with(b"/")
        && ![b"/dev/".as_slice(), b"/proc/", b"/sys/"].iter().any(|other| value.starts_with(other))
        && value.iter().all(|byte| *byte > b' ' && !b"\"'<>|\\`;(){}^".contains(byte))
        && (kind == ReferenceKind::Path || value.iter().filter(|byte| **byte == b'/').count() > 1)
}

/// Words of a line: quotes removed; a comment, a semicolon and a brace end a directive.
struct Words<'a> {
    rest: &'a [u8],
}

impl Words<'_> {
    /// The next word, and whether the directive ends behind it.
    fn next(&mut self) -> Option<(Vec<u8>, bool)> {
        self.rest = self.rest.trim_ascii_start();
        let first = *self.rest.first()?;
        if first == b'#' {
            return None;
        }
        let mut word = Vec::new();
        while let Some((byte, rest)) = self.rest.split_first() {
            match byte {
                b';' | b'{' | b'}' => {
                    self.rest = rest;
                    return Some((word, true));
                }
                b'"' | b'\'' => {
                    let length = memchr::memchr(*byte, rest).unwrap_or(rest.len());
                    word.extend_from_slice(rest.get(..length).unwrap_or_default());
                    self.rest = rest.get(length + 1..).unwrap_or_default();
                }
                byte if byte.is_ascii_whitespace() => break,
                // `<Directory /var/www>`
                b'<' | b'>' => self.rest = rest,
                _ => {
                    word.push(*byte);
                    self.rest = rest;
                }
            }
        }
        Some((word, false))
    }
}
