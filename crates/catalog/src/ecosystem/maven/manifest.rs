//! `META-INF/MANIFEST.MF`: what an archive says of itself, after the JAR file specification.

/// The main section of a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    attributes: Vec<(String, String)>,
}

impl Manifest {
    /// Reads the main section, which ends at the first empty line. A line that begins with a
    /// space goes on with the one before it, even in the middle of a character.
    pub(super) fn parse(content: &[u8]) -> Self {
        let content = content.strip_prefix(b"\xef\xbb\xbf".as_slice()).unwrap_or(content);
        let mut lines: Vec<Vec<u8>> = Vec::new();
        for line in lines_of(content) {
            if line.is_empty() {
                if lines.is_empty() {
                    continue;
                }
                break;
            }
            match (line.strip_prefix(b" "), lines.last_mut()) {
                (Some(more), Some(last)) => last.extend_from_slice(more),
                _ => lines.push(line.to_vec()),
            }
        }
        let attribute = |line: Vec<u8>| {
            let line = String::from_utf8_lossy(&line).into_owned();
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        };
        Self { attributes: lines.into_iter().filter_map(attribute).collect() }
    }

    /// The value of an attribute, whose name may be spelled in any case; never an empty one, nor
    /// one with a property that was never filled in.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(each, _)| each.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty() && !value.contains("${"))
    }

    /// OSGi's symbolic name, without directives.
    pub(super) fn symbolic_name(&self) -> Option<&str> {
        let name = self.get("Bundle-SymbolicName")?;
        Some(name.split_once(';').map_or(name, |(name, _)| name).trim())
    }
}

/// Lines that end with CR LF, LF or CR.
fn lines_of(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(content);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            rest = None;
            return Some(text);
        };
        let (line, after) = text.split_at(end);
        let ending = if after.starts_with(b"\r\n") { 2 } else { 1 };
        rest = after.get(ending..);
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &[u8], name: &str, expect: Option<&str>) {
        assert_eq!(Manifest::parse(content).get(name), expect, "{}", String::from_utf8_lossy(content));
    }

    #[test]
    fn an_attribute_goes_on_over_lines() {
        let text = b"Manifest-Version: 1.0\r\nImplementation-Title: a-very-lo\r\n ng-name\r\n\r\nName: x\r\nImplementation-Version: 2\r\n";
        check(text, "Implementation-Title", Some("a-very-long-name"));
        check(text, "implementation-title", Some("a-very-long-name"));
        check(text, "Implementation-Version", None);
        check(b"A: 1\rB: 2\r", "B", Some("2"));
        check(b"A: gr\xc3\n \xbcn\nB: ${project.version}\n", "A", Some("gr\u{fc}n"));
        check(b"B: ${project.version}\n", "B", None);
        check(b"\xef\xbb\xbfA: 1", "A", Some("1"));
    }

    #[test]
    fn a_symbolic_name_has_no_directives() {
        let manifest = Manifest::parse(b"Bundle-SymbolicName: org.example.hull; singleton:=true\n");
        assert_eq!(manifest.symbolic_name(), Some("org.example.hull"));
    }
}
