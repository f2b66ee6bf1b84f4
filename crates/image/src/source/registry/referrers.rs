//! What a registry lists as attached to a manifest (distribution specification 1.1, "Listing
//! Referrers").

use plimsoll_model::Digest;

use super::failure::RegistryError;
use super::session::Question;
use super::tags::next_page;
use super::{Attic, Registry, Root, SourceError};
use crate::limits::{MAX_ATTACHED, MAX_DOCUMENT, MAX_REFERRER_PAGES};
use crate::manifest::{Descriptor, Document, INDEX_TYPES};
use crate::transport::{Headers, Method};

impl Attic for Registry {
    /// The whole list, page by page. It is asked for without a filter: signatures, attestations
    /// and bills of materials are of types of their own, and a filter takes one.
    fn referrers(&self, subject: &Digest) -> Result<Option<Vec<Descriptor>>, SourceError> {
        let asked = self.asked(&format!("the list of what is attached to {}", subject.short()));
        let mut url = self.url("referrers", &subject.to_string())?;
        let mut listed = Vec::new();
        for _ in 0..MAX_REFERRER_PAGES {
            let mut headers = Headers::default();
            headers.add("Accept", INDEX_TYPES[0]);
            let question = Question { method: Method::Get, url: url.clone(), headers, asked: asked.clone() };
            let (headers, bytes) = match self.session.fetch(&question, MAX_DOCUMENT) {
                Ok(answer) => answer,
                // What registries say to a path that they do not know; the specification has 404.
                Err(
                    RegistryError::Missing { .. }
                    | RegistryError::Status { status: 400 | 405 | 406 | 501, .. },
                ) if listed.is_empty() => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let kind = headers.get("content-type").unwrap_or_default();
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            let page = Document::parse(&bytes, INDEX_TYPES[0]);
            let (true, Ok(Document::Index(page))) = (INDEX_TYPES.contains(&kind.as_str()), page) else {
                // A page for people, as some proxies answer to everything: there is no such list.
                return if listed.is_empty() {
                    Ok(None)
                } else {
                    let why = "a page of the list is none".to_owned();
                    Err(RegistryError::Ambiguous { asked, why }.into())
                };
            };
            listed.extend(page.manifests);
            let next = next_page(&url, &headers).map_err(|(to, why)| RegistryError::Redirect {
                asked: asked.clone(),
                to,
                why,
            })?;
            match next {
                // One more than is looked at tells that there are more.
                Some(next) if listed.len() <= MAX_ATTACHED && next != url => url = next,
                _ => break,
            }
        }
        Ok(Some(listed))
    }

    fn tagged(&self, tag: &str) -> Result<Option<Root>, SourceError> {
        match self.manifest(tag, None) {
            Ok(root) => Ok(Some(root)),
            Err(RegistryError::Missing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
