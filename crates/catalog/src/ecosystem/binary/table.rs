//! The programs that are known. A new one is a new entry here, and its samples
//! (`crates/catalog/tests/fixtures/binary/README.md` says how they are cut).
//!
//! A sign is a text that no other program has: the line that the program prints for
//! `--version`, the name that it gives itself in a protocol. Names of files are never looked at.

use super::sign::Shape::{Java, Lettered, Numbers, Perl, Portable, Three, WithBuildId};
use super::sign::{Program, Sign};

/// Every program, in the order of names.
pub(super) const ALL: &[Program] = &[
    Program { name: "bash", signs: &[Sign::after("@(#)Bash version ", Numbers).then(&["("])] },
    Program { name: "bun", signs: &[Sign::after("Bun v", Numbers).then(&[" (Linux "])] },
    Program { name: "busybox", signs: &[Sign::after("BusyBox v", Numbers)] },
    Program {
        name: "bzip2",
        signs: &[Sign::in_library("libbz2", Numbers).then(&[", 13-Jul-2019\0", ", 6-Sept-2010\0"])],
    },
    Program {
        name: "curl",
        signs: &[
            Sign::after("libcurl/", Lettered).then(&["\0"]),
            Sign::after("curl/", Lettered).then(&["\0"]).with(&["%s.curlrc"]),
        ],
    },
    Program { name: "deno", signs: &[Sign::after("Deno/", Numbers).then(&["Deno/"])] },
    Program { name: "dropbear", signs: &[Sign::after("SSH-2.0-dropbear_", Numbers)] },
    Program { name: "exim", signs: &[Sign::alone(Numbers, &[]).then(&["\0<<eximversion>>"])] },
    Program { name: "expat", signs: &[Sign::after("expat_", Numbers).then(&["\0"])] },
    Program { name: "ffmpeg", signs: &[Sign::after("FFmpeg version ", Numbers)] },
    Program { name: "gawk", signs: &[Sign::after("GNU Awk ", Numbers)] },
    Program {
        name: "gcc",
        signs: &[Sign::alone(Three, &["gcc version %s %s\n", "Thread model: %s\n"]).except(&["2.1.0"])],
    },
    Program { name: "git", signs: &[Sign::after("git/", Lettered).then(&["\0GIT_USER_AGENT\0"])] },
    Program {
        name: "glibc",
        signs: &[Sign::after(") stable release version ", Numbers).then(&[".\n"]).with(&["GNU C Library ("])],
    },
    Program { name: "gnutls", signs: &[Sign::after("Enabled GnuTLS ", Numbers)] },
    Program {
        name: "haproxy",
        signs: &[
            Sign::alone(Lettered, &["HAProxy version %s %s - https://haproxy.org/\n"])
                .then(&[", released 20"]),
            Sign::alone(Lettered, &["HA-Proxy version %s %s - https://haproxy.org/\n"])
                .then(&[", released 20"]),
        ],
    },
    Program {
        name: "httpd",
        signs: &[Sign::after("Apache/", Three).then(&["\0", " ("]).with(&["Server built:   %s\n"])],
    },
    Program { name: "jq", signs: &[Sign::alone(Lettered, &["jq: error (at %s): %s\n"])] },
    Program { name: "libarchive", signs: &[Sign::after("libarchive ", Lettered).then(&["\0"])] },
    Program { name: "libgcrypt", signs: &[Sign::in_library("libgcrypt", Three).beginning("1.")] },
    Program {
        name: "libjpeg-turbo",
        signs: &[Sign::after("libjpeg-turbo version ", Numbers).then(&[" (build "])],
    },
    Program { name: "libpng", signs: &[Sign::after(" libpng version ", Lettered).then(&[" - ", "\n"])] },
    Program { name: "libsodium", signs: &[Sign::in_library("libsodium", Numbers)] },
    Program { name: "libssh", signs: &[Sign::after("SSH-2.0-libssh_", Numbers)] },
    Program { name: "libssh2", signs: &[Sign::after("SSH-2.0-libssh2_", Numbers)] },
    Program { name: "lighttpd", signs: &[Sign::after("lighttpd/", Numbers).then(&[" (", "\0"])] },
    Program { name: "lua", signs: &[Sign::after("$LuaVersion: Lua ", Numbers)] },
    Program { name: "mariadb", signs: &[Sign::alone(Three, &[]).then(&["-MariaDB\0"]).except(&["2.7.4"])] },
    Program { name: "mbedtls", signs: &[Sign::after("bed TLS ", Numbers).then(&["\0"])] },
    Program { name: "memcached", signs: &[Sign::after("memcached ", Three).then(&["\0", "\n"])] },
    Program { name: "mosquitto", signs: &[Sign::alone(Three, &["mosquitto version %s starting"])] },
    Program { name: "musl", signs: &[Sign::alone(Three, &["musl libc ("]).beginning("1.")] },
    Program {
        name: "mysql",
        signs: &[Sign::after("MySQL ", Three)
            .then(&["\0"])
            .with(&["%s  Ver %s for %s on %s (%s)\n"])
            .except(&["5.7.9"])],
    },
    Program { name: "nginx", signs: &[Sign::after("nginx version: nginx/", Numbers)] },
    Program { name: "node", signs: &[Sign::after("node.js/v", Lettered)] },
    Program { name: "openjdk", signs: &[Sign::after(" JRE (", Java).with(&["OpenJDK 64-Bit Server VM ("])] },
    Program { name: "openssh", signs: &[Sign::after("OpenSSH_", Portable)] },
    Program {
        name: "openssl",
        signs: &[
            Sign::after("OpenSSL ", Lettered).then(&[" "]).with(&["crypto/evp/evp_enc.c"]),
            Sign::after("OpenSSL ", Lettered).then(&[" "]).with(&["apps/openssl.c"]),
        ],
    },
    Program { name: "pcre2", signs: &[Sign::in_library("libpcre2", Numbers).then(&[" 20"])] },
    Program { name: "perl", signs: &[Sign::after("This is perl ", Perl)] },
    Program { name: "php", signs: &[Sign::after("X-Powered-By: PHP/", Lettered)] },
    Program { name: "postfix", signs: &[Sign::after("mail_version=", Numbers)] },
    Program { name: "postgresql", signs: &[Sign::after(" (PostgreSQL) ", Lettered)] },
    Program { name: "proftpd", signs: &[Sign::after("ProFTPD Version ", Lettered)] },
    Program {
        name: "python",
        signs: &[Sign::alone(Lettered, &["<prefix>/lib/pythonX.X"]).beginning("3.").except(&["3.2.0"])],
    },
    Program { name: "redis", signs: &[Sign::alone(WithBuildId, &["Redis version=%s, bits=%d"])] },
    Program { name: "rsync", signs: &[Sign::alone(Three, &["rsyncd-munged"]).beginning("3.")] },
    Program {
        name: "ruby",
        signs: &[Sign::after("ruby ", Numbers).then(&["p", "dev", "preview", "rc"]).with(&["RUBY_VERSION"])],
    },
    Program {
        name: "sqlite",
        signs: &[Sign::alone(
            Three,
            &["SQLite format 3", "CREATE TABLE x(type text,name text,tbl_name text"],
        )
        .beginning("3.")],
    },
    Program { name: "squid", signs: &[Sign::after("squid/", Numbers)] },
    Program { name: "sudo", signs: &[Sign::alone(Lettered, &["Sudo version %s\n"]).except(&["1.4.1"])] },
    Program { name: "tcl", signs: &[Sign::in_library("libtcl8", Three).beginning("8.")] },
    Program { name: "unbound", signs: &[Sign::after("unbound ", Numbers).then(&["\0"])] },
    Program { name: "valkey", signs: &[Sign::alone(WithBuildId, &["Valkey version=%s, bits=%d"])] },
    Program { name: "varnish", signs: &[Sign::after("varnish-", Numbers).then(&[" revision "])] },
    Program {
        name: "xz",
        signs: &[Sign::after("(XZ Utils) ", Lettered), Sign::in_library("liblzma", Lettered)],
    },
    Program {
        name: "zlib",
        signs: &[
            Sign::after(" deflate ", Numbers).then(&[" Copyright 19"]),
            Sign::after(" inflate ", Numbers).then(&[" Copyright 19"]),
        ],
    },
    Program {
        name: "zstd",
        signs: &[
            Sign::alone(Numbers, &["Zstandard CLI"]).behind("v"),
            Sign::alone(Numbers, &["zstd command line interface"]).behind("v"),
            Sign::in_library("libzstd", Numbers),
        ],
    },
];
