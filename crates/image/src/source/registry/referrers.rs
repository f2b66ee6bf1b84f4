//! What a registry lists as attached to a manifest (distribution specification 1.1, "Listing
//! Referrers").

use plimsoll_model::Digest;

use super::failure::RegistryError;
use super::session::Question;
use super::tags::next_page;
use super::{Attic, Listing, Registry, Root, SourceError};
use crate::limits::{MAX_ATTACHED, MAX_DOCUMENT, MAX_REFERRER_PAGES};
use crate::manifest::{Document, INDEX_TYPES};
use crate::transport::{Headers, Method};

impl Attic for Registry {
    /// The whole list, page by page. It is asked for without a filter: signatures, attestations
    /// and bills of materials are of types of their own, and a filter takes one.
    fn referrers(&self, subject: &Digest) -> Result<Option<Listing>, SourceError> {
        let asked = self.asked(&format!("the list of what is attached to {}", subject.short()));
        let mut url = self.url("referrers", &subject.to_string())?;
        let mut listed = Vec::new();
        let mut cut = None;
        for page in 1.. {
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
            let parsed = Document::parse(&bytes, INDEX_TYPES[0]);
            let (true, Ok(Document::Index(index))) = (INDEX_TYPES.contains(&kind.as_str()), parsed) else {
                // A page for people, as some proxies answer to everything: there is no such list.
                return if listed.is_empty() {
                    Ok(None)
                } else {
                    let why = "a page of the list is none".to_owned();
                    Err(RegistryError::Ambiguous { asked, why }.into())
                };
            };
            listed.extend(index.manifests);
            let next = next_page(&url, &headers).map_err(|(to, why)| RegistryError::Redirect {
                asked: asked.clone(),
                to,
                why,
            })?;
            match next {
                None => break,
                Some(next) if next == url => {
                    cut = Some("a page of the list names itself as the next one; what follows is left out");
                }
                // Entries beyond those that are looked at are told by their number.
                Some(_) if listed.len() > MAX_ATTACHED => break,
                Some(_) if page >= MAX_REFERRER_PAGES => {
                    cut = Some("the list goes on for more pages than any real one; what follows is left out");
                }
                Some(next) => {
                    url = next;
                    continue;
                }
            }
            break;
        }
        Ok(Some(Listing { entries: listed, cut }))
    }

    fn tagged(&self, tag: &str) -> Result<Option<Root>, SourceError> {
        match self.manifest(tag, None) {
            Ok(root) => Ok(Some(root)),
            Err(RegistryError::Missing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
