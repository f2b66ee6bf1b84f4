//! Observations as RFC 4180 rows. The first eight columns are fixed; what is new goes to the end.
//!
//! | column | content |
//! |---|---|
//! | kind | what the subject is: `file`, `setting`, `instruction`, `package`, `image`; `no-data` for a rule that could not see everything |
//! | layer | digest of the layer that brought it |
//! | secret | for a secret, the rule that recognised it |
//! | hidden | `true` where a later layer removed the file |
//! | base | `true` where the layer is one of the base image, `false` where not, empty where nobody knows |
//!
//! A rule without data has a row of the kind `no-data`, without a severity, whose detail says why.

use std::io::{self, Write};

use plimsoll_model::About;

use super::LintList;
use crate::buffer::Buffer;
use crate::csv::row;

/// The columns, in their order.
pub const HEADER: [&str; 13] = [
    "rule",
    "severity",
    "kind",
    "subject",
    "line",
    "detail",
    "layer",
    "secret",
    "package",
    "bytes",
    "hidden",
    "base",
    "instruction",
];

pub(super) fn write(list: &LintList<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Buffer::new(out);
    row(&mut out.bytes, &HEADER);
    for each in list.observations() {
        let text = |text: Option<String>| text.unwrap_or_default();
        let kind = match each.about {
            About::File(_) => "file",
            About::Setting(_) => "setting",
            About::Instruction(_) => "instruction",
            About::Package(_) => "package",
            About::Image => "image",
        };
        let subject = match &each.about {
            About::Instruction(position) => position.to_string(),
            other => other.to_string(),
        };
        row(
            &mut out.bytes,
            &[
                each.rule,
                each.severity.word(),
                kind,
                &subject,
                &text(each.line.map(|line| line.to_string())),
                &each.detail,
                &text(list.layer(each).map(|(_, layer)| layer.digest.to_string())),
                each.secret.as_deref().unwrap_or_default(),
                each.package.as_deref().unwrap_or_default(),
                &text(each.bytes.map(|bytes| bytes.to_string())),
                if each.is_hidden { "true" } else { "false" },
                &text(each.is_base.map(|base| base.to_string())),
                each.instruction.as_deref().unwrap_or_default(),
            ],
        );
        out.end_row()?;
    }
    for outcome in list.lint.without_data() {
        let mut fields = [""; HEADER.len()];
        (fields[0], fields[2]) = (outcome.rule.id, "no-data");
        fields[5] = outcome.no_data.as_deref().unwrap_or_default();
        row(&mut out.bytes, &fields);
        out.end_row()?;
    }
    out.finish()
}
