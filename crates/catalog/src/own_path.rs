//! Which strings of a program or a source are paths of an image's own files.

/// Directories at the root that hold an image's own files; others are the kernel's or a process's.
const ROOTS: &[&[u8]] = &[
    b"app", b"bin", b"boot", b"data", b"etc", b"home", b"lib", b"lib32", b"lib64", b"libexec", b"nix",
    b"opt", b"root", b"run", b"sbin", b"srv", b"usr", b"var",
];

/// Whether a string is the absolute path of something in an image, also with places to fill in
/// (`/etc/%s.conf`).
pub(crate) fn is_own_path(string: &[u8]) -> bool {
    let Some(rest) = string.strip_prefix(b"/") else { return false };
    let mut names = rest.split(|byte| *byte == b'/');
    names.next().is_some_and(|first| ROOTS.contains(&first))
        && names.next().is_some_and(|second| !second.is_empty())
        && string.iter().all(|byte| (b'!'..=b'~').contains(byte) && !b"\"'<>|\\`;".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::is_own_path;

    #[test]
    fn paths_are_told_from_other_strings() {
        for path in ["/etc/ssl/openssl.cnf", "/usr/share/nginx", "/etc/%s.conf", "/var/run/*.pid"] {
            assert!(is_own_path(path.as_bytes()), "{path}");
        }
        for other in [
            "/",
            "/etc",
            "/etc/",
            "/dev/null",
            "/proc/self/exe",
            "//etc/a",
            "/etc/a b",
            "/usr/<name>",
            "etc/a",
        ] {
            assert!(!is_own_path(other.as_bytes()), "{other}");
        }
    }
}
