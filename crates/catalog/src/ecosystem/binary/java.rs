//! The file `release` in the home of a Java, which its build writes.

use serde::{Deserialize, Serialize};

/// What every Java is called.
pub(super) const NAME: &str = "openjdk";

/// What is kept of the file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Release {
    runtime: Option<String>,
    java: String,
}

impl Release {
    /// `None` where the file is another's.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let value = |wanted: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(wanted)?.strip_prefix('='));
            line.map(|value| value.trim().trim_matches('"').to_owned()).filter(|value| !value.is_empty())
        };
        Some(Self { runtime: value("JAVA_RUNTIME_VERSION"), java: value("JAVA_VERSION")? })
    }

    /// `17.0.9+9`: the version with its build where the file tells it, as `java -version` does.
    pub(super) fn version(&self) -> String {
        let runtime = self.runtime.as_deref().unwrap_or_default();
        let Some(rest) = runtime.strip_prefix(self.java.as_str()) else { return self.java.clone() };
        let (early, rest) = rest.strip_prefix("-ea").map_or(("", rest), |rest| ("-ea", rest));
        let build: String =
            rest.strip_prefix('+').unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
        let plus = if build.is_empty() { "" } else { "+" };
        format!("{}{early}{plus}{build}", self.java)
    }
}
