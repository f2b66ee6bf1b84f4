//! Which texts are kept, and how much of each kind.

use crate::claim::{Claim, Pattern};

/// Accounts of a company's directory, dumped into a file, have some hundred kilobytes.
const ACCOUNTS: u64 = 256 << 10;
/// Configuration of servers, comments and all: the longest (postgresql.conf, squid.conf) have 30 to
/// 300 kilobytes.
const CONFIGURATION: u64 = 128 << 10;
/// Scripts that containers are entered through.
const SCRIPT: u64 = 64 << 10;
/// Licence texts; the GPL has 35 kilobytes.
const LICENCE: u64 = 64 << 10;
/// Metadata of packages, without the readme that some have in them.
const METADATA: u64 = 32 << 10;
/// The largest of them all.
pub(super) const LARGEST: u64 = ACCOUNTS;

const fn path(path: &'static str, limit: u64) -> Claim {
    Claim { pattern: Pattern::Path(path), limit }
}

const fn within(directory: &'static str, ending: &'static str, limit: u64) -> Claim {
    Claim { pattern: Pattern::In(directory, ending), limit }
}

const fn name(name: &'static str, limit: u64) -> Claim {
    Claim { pattern: Pattern::Name(name), limit }
}

pub(super) const CLAIMS: &[Claim] = &[
    path("etc/passwd", ACCOUNTS),
    path("etc/passwd-", ACCOUNTS),
    path("etc/group", ACCOUNTS),
    path("etc/group-", ACCOUNTS),
    path("etc/shadow", ACCOUNTS),
    path("etc/shadow-", ACCOUNTS),
    path("etc/gshadow", ACCOUNTS),
    path("etc/gshadow-", ACCOUNTS),
    path("etc/subuid", ACCOUNTS),
    path("etc/subgid", ACCOUNTS),
    path("etc/shells", CONFIGURATION),
    path("etc/login.defs", CONFIGURATION),
    path("etc/sudoers", CONFIGURATION),
    within("etc/sudoers.d", "", CONFIGURATION),
    within("etc/pam.d", "", CONFIGURATION),
    within("etc/security", ".conf", CONFIGURATION),
    path("etc/os-release", CONFIGURATION),
    path("usr/lib/os-release", CONFIGURATION),
    path("etc/nsswitch.conf", CONFIGURATION),
    path("etc/host.conf", CONFIGURATION),
    path("etc/hosts", CONFIGURATION),
    path("etc/gai.conf", CONFIGURATION),
    path("etc/profile", CONFIGURATION),
    path("etc/environment", CONFIGURATION),
    path("etc/ld.so.conf", CONFIGURATION),
    path("etc/ld.so.preload", CONFIGURATION),
    within("etc/ld.so.conf.d", "", CONFIGURATION),
    within("etc", ".path", CONFIGURATION),
    path("etc/ssl/openssl.cnf", CONFIGURATION),
    path("etc/pki/tls/openssl.cnf", CONFIGURATION),
    within("etc/crypto-policies", "config", CONFIGURATION),
    path("etc/ssh/sshd_config", CONFIGURATION),
    within("etc/ssh/sshd_config.d", "", CONFIGURATION),
    path("etc/ssh/ssh_config", CONFIGURATION),
    path("etc/crontab", CONFIGURATION),
    within("etc/cron.d", "", CONFIGURATION),
    within("var/spool/cron/crontabs", "", CONFIGURATION),
    path("etc/logrotate.conf", CONFIGURATION),
    within("etc/logrotate.d", "", CONFIGURATION),
    path("etc/apt/sources.list", CONFIGURATION),
    within("etc/apt/sources.list.d", "", CONFIGURATION),
    within("etc/apt/apt.conf.d", "", CONFIGURATION),
    within("etc/apt/preferences.d", "", CONFIGURATION),
    path("etc/apk/repositories", CONFIGURATION),
    path("etc/apk/world", CONFIGURATION),
    within("etc/yum.repos.d", ".repo", CONFIGURATION),
    path("etc/yum.conf", CONFIGURATION),
    path("etc/dnf/dnf.conf", CONFIGURATION),
    path("etc/pip.conf", CONFIGURATION),
    path("etc/npmrc", CONFIGURATION),
    name("nginx.conf", CONFIGURATION),
    within("etc/nginx/conf.d", "", CONFIGURATION),
    within("etc/nginx/sites-available", "", CONFIGURATION),
    within("etc/nginx/sites-enabled", "", CONFIGURATION),
    within("etc/apache2", ".conf", CONFIGURATION),
    within("etc/apache2/conf-available", "", CONFIGURATION),
    within("etc/apache2/sites-available", "", CONFIGURATION),
    within("etc/apache2/mods-available", "", CONFIGURATION),
    within("etc/httpd/conf", ".conf", CONFIGURATION),
    within("etc/httpd/conf.d", ".conf", CONFIGURATION),
    name("httpd.conf", CONFIGURATION),
    name("redis.conf", CONFIGURATION),
    name("postgresql.conf", CONFIGURATION),
    name("postgresql.conf.sample", CONFIGURATION),
    name("pg_hba.conf", CONFIGURATION),
    name("pg_hba.conf.sample", CONFIGURATION),
    name("my.cnf", CONFIGURATION),
    within("etc/mysql/conf.d", "", CONFIGURATION),
    within("etc/mysql/mysql.conf.d", "", CONFIGURATION),
    within("etc/mysql/mariadb.conf.d", "", CONFIGURATION),
    name("haproxy.cfg", CONFIGURATION),
    name("supervisord.conf", CONFIGURATION),
    within("etc/supervisor/conf.d", "", CONFIGURATION),
    name("php.ini", CONFIGURATION),
    name("php-fpm.conf", CONFIGURATION),
    name("mongod.conf", CONFIGURATION),
    name("server.xml", CONFIGURATION),
    name("docker-entrypoint.sh", SCRIPT),
    name("entrypoint.sh", SCRIPT),
    name("entrypoint", SCRIPT),
    name("healthcheck.sh", SCRIPT),
    within("docker-entrypoint.d", "", SCRIPT),
    within("", ".sh", SCRIPT),
    within("usr/local/bin", "", SCRIPT),
    name("LICENSE", LICENCE),
    name("LICENSE.txt", LICENCE),
    name("LICENSE.md", LICENCE),
    name("LICENCE", LICENCE),
    name("LICENCE.txt", LICENCE),
    name("COPYING", LICENCE),
    name("COPYING.LIB", LICENCE),
    name("COPYRIGHT", LICENCE),
    name("COPYING.LESSER", LICENCE),
    name("COPYING.txt", LICENCE),
    name("LICENSE-APACHE", LICENCE),
    name("LICENSE-MIT", LICENCE),
    name("LICENSE.rst", LICENCE),
    name("license", LICENCE),
    name("license.md", LICENCE),
    name("UNLICENSE", LICENCE),
    name("NOTICE", LICENCE),
    name("NOTICE.txt", LICENCE),
    within("usr/share/common-licenses", "", LICENCE),
    Claim { pattern: Pattern::Each("usr/share/doc", "copyright"), limit: LICENCE },
    name("package.json", METADATA),
    name("METADATA", METADATA),
    name("PKG-INFO", METADATA),
    name("entry_points.txt", METADATA),
    name("top_level.txt", METADATA),
    name("pyvenv.cfg", METADATA),
];

/// Whether a claimed file is of a kind that is kept: of programs in `/usr/local/bin`, scripts are.
pub(super) fn is_wanted(path: &[u8], content: &[u8]) -> bool {
    !path.starts_with(b"usr/local/bin/") || content.starts_with(b"#!")
}
