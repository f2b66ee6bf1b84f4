//! The overview as JSON. A fact that is not known is `null`.

use std::io::{self, Write};

use plimsoll_model::{Attachments, Base, Distribution, ImageConfig, ImageIdentity, Problem};
use serde::Serialize;

use super::Overview;
use super::summary::Summary;

#[derive(Serialize)]
struct Page<'a> {
    schema: &'static str,
    image: &'a ImageIdentity,
    problems: &'a [Problem],
    base_image: Option<&'a Base>,
    attachments: Option<&'a Attachments>,
    distribution: Option<&'a Distribution>,
    config: Option<&'a ImageConfig>,
    #[serde(flatten)]
    summary: Summary<'a>,
}

pub(super) fn write(overview: &Overview<'_>, out: &mut dyn Write) -> io::Result<()> {
    let analysis = overview.analysis;
    let page = Page {
        schema: "plimsoll/inspect/1",
        image: &analysis.identity,
        problems: &analysis.problems,
        base_image: analysis.base.as_ref(),
        attachments: analysis.attachments.as_ref(),
        distribution: analysis.distribution.as_ref(),
        config: analysis.config.as_ref(),
        summary: Summary::of(analysis),
    };
    let mut bytes = serde_json::to_vec_pretty(&page)?;
    bytes.push(b'\n');
    out.write_all(&bytes)
}
