//! The programs that are known. A new one is a new entry here, its package in
//! `crates/catalog/tests/programs/fetch.sh`, and its samples, cut by
//! `UPDATE=1 cargo test -p plimsoll-catalog --lib samples`.
//!
//! A sign is a text that no other program has: the line that the program prints for
//! `--version`, the name that it gives itself in a protocol. Names of files are never looked at.

use super::sign::Shape::{Java, Lettered, LetteredThree, Numbers, Perl, Portable, Three, WithBuildId};
use super::sign::{Program, Sign};

/// Versions of SQLCipher, whose files have that of their SQLite too. SQLite's own of these numbers
/// are of 2007.
const SQLCIPHER: &[&str] = &["3.4.0", "3.4.1", "3.4.2"];

/// Every program, in the order of names.
pub(super) const ALL: &[Program] = &[
    Program { name: "bash", copies: false, signs: &[Sign::after("@(#)Bash version ", Numbers).then(&["("])] },
    Program { name: "bun", copies: false, signs: &[Sign::after("Bun v", Numbers).then(&[" (Linux "])] },
    Program { name: "busybox", copies: false, signs: &[Sign::after("BusyBox v", Numbers)] },
    Program {
        name: "bzip2",
        copies: false,
        signs: &[Sign::in_library("libbz2", Numbers).then(&[", 13-Jul-2019\0", ", 6-Sept-2010\0"])],
    },
    Program {
        name: "cabal-install",
        copies: false,
        signs: &[Sign::after("cabal-install-", Numbers).then(&["-"]).with(&["cabal-install version "])],
    },
    Program {
        name: "chromium",
        copies: false,
        signs: &[Sign::after("Chrome/", Numbers).then(&["\0"]).with(&[
            "chrome-extension://",
            "chrome://gpu",
            "devtools://devtools",
        ])],
    },
    Program {
        name: "curl",
        copies: false,
        signs: &[
            Sign::after("libcurl/", Lettered).then(&["\0"]),
            Sign::after("curl/", Lettered).then(&["\0"]).with(&["%s.curlrc"]),
        ],
    },
    Program {
        name: "dart",
        copies: false,
        signs: &[Sign::alone(Numbers, &["dart:isolate"]).then(&[" (stable) ("])],
    },
    Program { name: "deno", copies: false, signs: &[Sign::after("Deno/", Numbers).then(&["Deno/"])] },
    Program { name: "dropbear", copies: false, signs: &[Sign::after("SSH-2.0-dropbear_", Numbers)] },
    Program { name: "exim", copies: false, signs: &[Sign::alone(Numbers, &[]).then(&["\0<<eximversion>>"])] },
    Program { name: "expat", copies: false, signs: &[Sign::after("expat_", Numbers).then(&["\0"])] },
    Program { name: "ffmpeg", copies: false, signs: &[Sign::after("FFmpeg version ", Numbers)] },
    Program {
        name: "firefox",
        copies: false,
        // The id under which its extensions know it.
        signs: &[Sign::alone(Lettered, &["ec8030f7-c20a-464f-9b0e-13a3a9e97384"]).except(&["1.9.4"])],
    },
    Program { name: "gawk", copies: false, signs: &[Sign::after("GNU Awk ", Numbers)] },
    Program {
        name: "gcc",
        copies: false,
        signs: &[Sign::alone(Three, &["gcc version %s %s\n", "Thread model: %s\n"]).except(&["2.1.0"])],
    },
    Program {
        name: "ghc",
        copies: false,
        // The compiler, and what has all of it inside; a library of its own has the version alone.
        signs: &[
            Sign::in_library("libHSghc-boot", Three).behind("ghc-boot-").then(&[]),
            Sign::after("ghc-boot-", Three).with(&["The Glorious Glasgow Haskell Compilation System"]),
        ],
    },
    Program {
        name: "git",
        copies: false,
        signs: &[Sign::after("git/", Lettered).then(&["\0GIT_USER_AGENT\0"])],
    },
    Program {
        name: "glibc",
        copies: false,
        signs: &[Sign::after(") stable release version ", Numbers).then(&[".\n"]).with(&["GNU C Library ("])],
    },
    Program { name: "gnutls", copies: false, signs: &[Sign::after("Enabled GnuTLS ", Numbers)] },
    Program {
        name: "gzip",
        copies: false,
        signs: &[Sign::alone(Numbers, &["Report bugs to <bug-gzip@gnu.org>."]).beginning("1.")],
    },
    Program {
        name: "haproxy",
        copies: false,
        signs: &[
            Sign::alone(Lettered, &["HAProxy version %s %s - https://haproxy.org/\n"])
                .then(&[", released 20"]),
            Sign::alone(Lettered, &["HA-Proxy version %s %s - https://haproxy.org/\n"])
                .then(&[", released 20"]),
        ],
    },
    Program { name: "heimdal", copies: false, signs: &[Sign::after("Heimdal ", Numbers).then(&["\0"])] },
    Program {
        name: "httpd",
        copies: false,
        signs: &[Sign::after("Apache/", Three).then(&["\0", " ("]).with(&["Server built:   %s\n"])],
    },
    Program { name: "jq", copies: false, signs: &[Sign::alone(Lettered, &["jq: error (at %s): %s\n"])] },
    Program {
        name: "julia",
        copies: false,
        signs: &[Sign::alone(Lettered, &["julia version %s\n"]).beginning("1.")],
    },
    Program { name: "krb5", copies: false, signs: &[Sign::after("KRB5_BRAND: krb5-", Numbers)] },
    Program {
        name: "libarchive",
        copies: false,
        signs: &[Sign::after("libarchive ", Lettered).then(&["\0"])],
    },
    Program {
        name: "libgcrypt",
        copies: false,
        signs: &[Sign::in_library("libgcrypt", Three).beginning("1.")],
    },
    Program {
        name: "libjpeg-turbo",
        copies: false,
        signs: &[Sign::after("libjpeg-turbo version ", Numbers).then(&[" (build "])],
    },
    Program {
        name: "libpng",
        copies: false,
        signs: &[Sign::after(" libpng version ", Lettered).then(&[" - ", "\n"])],
    },
    Program { name: "libsodium", copies: false, signs: &[Sign::in_library("libsodium", Numbers)] },
    Program { name: "libssh", copies: false, signs: &[Sign::after("SSH-2.0-libssh_", Numbers)] },
    Program { name: "libssh2", copies: false, signs: &[Sign::after("SSH-2.0-libssh2_", Numbers)] },
    Program {
        name: "lighttpd",
        copies: false,
        signs: &[Sign::after("lighttpd/", Numbers).then(&[" (", "\0"])],
    },
    Program { name: "lua", copies: false, signs: &[Sign::after("$LuaVersion: Lua ", Numbers)] },
    Program {
        name: "mariadb",
        copies: false,
        signs: &[Sign::alone(Three, &[]).then(&["-MariaDB\0"]).except(&["2.7.4"])],
    },
    Program { name: "mbedtls", copies: false, signs: &[Sign::after("bed TLS ", Numbers).then(&["\0"])] },
    Program {
        name: "memcached",
        copies: false,
        signs: &[Sign::after("memcached ", Three).then(&["\0", "\n"])],
    },
    Program {
        name: "mosquitto",
        copies: false,
        signs: &[Sign::alone(Three, &["mosquitto version %s starting"])],
    },
    Program { name: "musl", copies: false, signs: &[Sign::alone(Three, &["musl libc ("]).beginning("1.")] },
    Program {
        name: "mysql",
        copies: false,
        signs: &[Sign::after("MySQL ", Three)
            .then(&["\0"])
            .with(&["%s  Ver %s for %s on %s (%s)\n"])
            .except(&["5.7.9"])],
    },
    Program { name: "nginx", copies: false, signs: &[Sign::after("nginx version: nginx/", Numbers)] },
    Program { name: "node", copies: false, signs: &[Sign::after("node.js/v", Lettered)] },
    Program {
        name: "openjdk",
        copies: false,
        signs: &[Sign::after(" JRE (", Java).with(&["OpenJDK 64-Bit Server VM ("])],
    },
    Program {
        name: "openldap",
        copies: false,
        signs: &[
            Sign::after("$OpenLDAP: slapd ", Numbers),
            Sign::after("$OpenLDAP: ldapsearch ", Numbers),
            Sign::after("$OpenLDAP: ldapmodify ", Numbers),
            Sign::after("$OpenLDAP: ldapdelete ", Numbers),
            Sign::after("$OpenLDAP: ldapmodrdn ", Numbers),
            Sign::after("$OpenLDAP: ldapcompare ", Numbers),
            Sign::after("$OpenLDAP: ldappasswd ", Numbers),
            Sign::after("$OpenLDAP: ldapwhoami ", Numbers),
            Sign::after("$OpenLDAP: ldapexop ", Numbers),
            Sign::after("$OpenLDAP: ldapurl ", Numbers),
        ],
    },
    Program { name: "openssh", copies: false, signs: &[Sign::after("OpenSSH_", Portable)] },
    Program {
        name: "openssl",
        copies: false,
        signs: &[
            Sign::after("OpenSSL ", LetteredThree).then(&[" ", "+quic "]).with(&["crypto/evp/evp_enc.c"]),
            Sign::after("OpenSSL ", LetteredThree).then(&[" ", "+quic "]).with(&["apps/openssl.c"]),
        ],
    },
    Program { name: "pcre2", copies: false, signs: &[Sign::in_library("libpcre2", Numbers).then(&[" 20"])] },
    Program { name: "perl", copies: false, signs: &[Sign::after("This is perl ", Perl)] },
    Program { name: "php", copies: false, signs: &[Sign::after("X-Powered-By: PHP/", Lettered)] },
    Program { name: "postfix", copies: false, signs: &[Sign::after("mail_version=", Numbers)] },
    Program { name: "postgresql", copies: false, signs: &[Sign::after(" (PostgreSQL) ", Lettered)] },
    Program { name: "proftpd", copies: false, signs: &[Sign::after("ProFTPD Version ", Lettered)] },
    Program { name: "pypy", copies: false, signs: &[Sign::after("[PyPy ", Numbers).then(&[" with "])] },
    Program {
        name: "python",
        copies: false,
        signs: &[Sign::alone(Lettered, &["<prefix>/lib/pythonX.X"]).beginning("3.").except(&["3.2.0"])],
    },
    Program {
        name: "qt",
        copies: false,
        signs: &[
            Sign::in_library("libQt5Core", Three).beginning("5."),
            Sign::in_library("libQt6Core", Three).beginning("6."),
        ],
    },
    Program {
        name: "redis",
        copies: false,
        signs: &[Sign::alone(WithBuildId, &["Redis version=%s, bits=%d"])],
    },
    Program {
        name: "rsync",
        copies: false,
        signs: &[Sign::alone(Three, &["rsyncd-munged"]).beginning("3.")],
    },
    Program {
        name: "ruby",
        copies: false,
        signs: &[Sign::after("ruby ", Numbers).then(&["p", "dev", "preview", "rc"]).with(&["RUBY_VERSION"])],
    },
    Program {
        name: "sqlcipher",
        copies: false,
        // It has the version of its SQLite besides.
        signs: &[
            Sign::alone(Three, &["cipher_provider_version"]).beginning("4."),
            Sign::alone(Three, &["cipher_provider_version"]).beginning("3.4."),
        ],
    },
    Program {
        name: "sqlite",
        copies: false,
        signs: &[Sign::alone(
            Three,
            &["SQLite format 3", "CREATE TABLE x(type text,name text,tbl_name text"],
        )
        .beginning("3.")
        .except(SQLCIPHER)],
    },
    Program { name: "squid", copies: false, signs: &[Sign::after("squid/", Numbers)] },
    Program {
        name: "stack",
        copies: false,
        signs: &[Sign::after("stack-", Numbers).then(&["-"]).with(&["Stack.Types.Version"])],
    },
    Program {
        name: "sudo",
        copies: false,
        signs: &[Sign::alone(Lettered, &["Sudo version %s\n"]).except(&["1.4.1"])],
    },
    Program { name: "tcl", copies: false, signs: &[Sign::in_library("libtcl8", Three).beginning("8.")] },
    Program { name: "unbound", copies: false, signs: &[Sign::after("unbound ", Numbers).then(&["\0"])] },
    Program {
        name: "util-linux",
        copies: false,
        signs: &[Sign::after("util-linux ", Numbers).then(&["\0"])],
    },
    Program {
        name: "valkey",
        copies: false,
        signs: &[Sign::alone(WithBuildId, &["Valkey version=%s, bits=%d"])],
    },
    Program {
        name: "varnish",
        copies: false,
        signs: &[Sign::after("varnish-", Numbers).then(&[" revision "])],
    },
    Program {
        name: "xz",
        copies: false,
        signs: &[Sign::after("(XZ Utils) ", Lettered), Sign::in_library("liblzma", Lettered)],
    },
    Program {
        name: "zlib",
        copies: true,
        signs: &[
            Sign::after(" deflate ", Numbers).then(&[" Copyright 19"]),
            Sign::after(" inflate ", Numbers).then(&[" Copyright 19"]),
        ],
    },
    Program {
        name: "zstd",
        copies: false,
        signs: &[
            Sign::alone(Numbers, &["Zstandard CLI"]).behind("v"),
            Sign::alone(Numbers, &["zstd command line interface"]).behind("v"),
            Sign::in_library("libzstd", Numbers),
        ],
    },
];
