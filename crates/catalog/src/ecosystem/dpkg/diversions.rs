//! Diversions: files that dpkg keeps elsewhere than their packages say (dpkg-divert(1)).

use std::collections::HashMap;

/// The diversions of an image, by the path that is diverted.
#[derive(Debug, Default)]
pub(super) struct Diversions<'a> {
    by_path: HashMap<&'a [u8], (&'a [u8], &'a [u8])>,
}

impl<'a> Diversions<'a> {
    /// Reads the file `diversions`: of each diversion the path, where it lies instead, and the
    /// package whose own file keeps the path (`:` where an administrator diverted it).
    pub(super) fn parse(content: &'a [u8]) -> Self {
        let mut by_path = HashMap::new();
        let mut lines = content.split(|byte| *byte == b'\n');
        while let (Some(from), Some(to), Some(package)) = (lines.next(), lines.next(), lines.next()) {
            by_path.insert(from, (to, package));
        }
        Self { by_path }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// Where `package`'s file of this path lies.
    pub(super) fn place<'p>(&self, path: &'p [u8], package: &str) -> &'p [u8]
    where
        'a: 'p,
    {
        match self.by_path.get(path) {
            Some((to, by)) if *by != package.as_bytes() => to,
            _ => path,
        }
    }

    /// Whether the number of lines is one that whole diversions give.
    pub(super) fn is_whole(content: &[u8]) -> bool {
        content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count().is_multiple_of(3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, package: &str, expect: &str) {
        let diversions =
            Diversions::parse(b"/bin/sh\n/bin/sh.distrib\ndash\n/usr/bin/vi\n/usr/bin/vi.real\n:\n/lost\n");
        let place = diversions.place(path.as_bytes(), package);
        assert_eq!(String::from_utf8_lossy(place), expect);
    }

    #[test]
    fn a_diverted_file_lies_elsewhere_but_for_the_package_that_diverts() {
        check("/bin/sh", "bash", "/bin/sh.distrib");
        check("/bin/sh", "dash", "/bin/sh");
        check("/usr/bin/vi", "nvi", "/usr/bin/vi.real");
        check("/bin/ls", "coreutils", "/bin/ls");
        check("/lost", "a", "/lost");
    }
}
