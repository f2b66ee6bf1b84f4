//! The tags of a repository, page by page.

use serde::Deserialize;
use url::Url;

use super::Registry;
use super::failure::RegistryError;
use super::hosts::same_origin;
use super::session::Question;
use crate::limits::MAX_DOCUMENT;
use crate::transport::{Headers, Method};

/// Pages of one listing. At a hundred tags per page, the least that is met, it is more than the
/// 133,000 tags of the largest package known to us.
const MAX_PAGES: usize = 2_000;

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Registry {
    /// The tags of the repository, at most `most`, in the registry's order, which is no order of
    /// age.
    ///
    /// # Errors
    /// [`RegistryError`] where they cannot be had.
    pub fn tags(&self, most: usize) -> Result<Vec<String>, RegistryError> {
        let asked = self.asked("the list of tags");
        let first = self.url("tags", "list")?;
        let mut url = first.clone();
        let mut tags = Vec::new();
        for _ in 0..MAX_PAGES {
            let question = Question {
                method: Method::Get,
                url: url.clone(),
                headers: Headers::default(),
                asked: asked.clone(),
            };
            let (headers, bytes) = self.session.fetch(&question, MAX_DOCUMENT)?;
            let page: Page = serde_json::from_slice(&bytes).map_err(|error| RegistryError::Ambiguous {
                asked: asked.clone(),
                why: format!("it is no list: {error}"),
            })?;
            tags.extend(page.tags.unwrap_or_default());
            // The link decides, not the number of tags: pages may be shorter than asked for.
            match next_page(&url, &headers).map_err(|(to, why)| RegistryError::Redirect {
                asked: asked.clone(),
                to,
                why,
            })? {
                Some(next) if tags.len() < most && next != url => url = next,
                _ => break,
            }
        }
        tags.truncate(most);
        Ok(tags)
    }
}

/// Where `Link: <…>; rel="next"` (RFC 8288) leads: only ever to the same origin, since the next
/// page is asked for with the same token.
pub(super) fn next_page(at: &Url, headers: &Headers) -> Result<Option<Url>, (String, String)> {
    for value in headers.all("link") {
        for link in value.split(',') {
            let Some((target, parameters)) =
                link.trim().strip_prefix('<').and_then(|rest| rest.split_once('>'))
            else {
                continue;
            };
            let is_next = parameters.split(';').any(|parameter| {
                let (name, relation) = parameter.split_once('=').unwrap_or_default();
                name.trim().eq_ignore_ascii_case("rel")
                    && relation.trim().trim_matches('"').eq_ignore_ascii_case("next")
            });
            if !is_next {
                continue;
            }
            let shown = super::failure::harmless(target.split('?').next().unwrap_or_default(), 200);
            let next =
                at.join(target).map_err(|error| (shown.clone(), format!("it is no address: {error}")))?;
            if !same_origin(at, &next) || !next.username().is_empty() {
                return Err((shown, "the next page of a list must come from the same registry".to_owned()));
            }
            return Ok(Some(next));
        }
    }
    Ok(None)
}
