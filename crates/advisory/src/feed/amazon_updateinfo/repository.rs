//! From the list of mirrors of a repository to its updates: `mirror.list`, `repomd.xml`,
//! `updateinfo.xml.gz`. Amazon Linux 2 has a catalogue of further repositories besides.

use serde::Deserialize;

use crate::feed::{Answer, Digest, FeedRequest, FollowUp, Kept};
use crate::xml::{Token, XmlReader};

/// Part, and the address of its list of mirrors. The one of Amazon Linux 1, whose support ended
/// with 2023, is served without encryption only; who wants it asks for it.
const MIRROR_LISTS: [(&str, &str); 5] = [
    ("1", "http://repo.us-west-2.amazonaws.com/2018.03/updates/x86_64/mirror.list"),
    ("2", "https://cdn.amazonlinux.com/2/core/latest/x86_64/mirror.list"),
    ("2022", "https://cdn.amazonlinux.com/al2022/core/mirrors/latest/x86_64/mirror.list"),
    ("2023", "https://cdn.amazonlinux.com/al2023/core/mirrors/latest/x86_64/mirror.list"),
    ("2023", "https://cdn.amazonlinux.com/al2023/kernel-livepatch/mirrors/latest/x86_64/mirror.list"),
];
const ONLY_IF_ASKED: &str = "1";

/// The catalogue of Amazon Linux 2's further repositories ("extras"), by topic.
const EXTRAS_CATALOG: &str = "https://cdn.amazonlinux.com/2/extras-catalog.json";
const CATALOG: &str = "extras-catalog.json";
const EXTRAS: &str = "2/extras/";

const MIRRORS: &str = "mirror.list";
const INDEX: &str = "repomd.xml";
const UPDATES: &str = "updateinfo.xml.gz";

/// Lists of mirrors have one line, indexes some kilobytes, the catalogue some hundred.
const MAX_LIST: u64 = 1 << 20;
const MAX_INDEX: u64 = 4 << 20;
const MAX_CATALOG: u64 = 16 << 20;
/// The largest real file of updates has some megabytes.
const MAX_UPDATES: u64 = 512 << 20;
/// Topics of the catalogue. There are some sixty.
const MAX_TOPICS: usize = 1000;

#[derive(Deserialize)]
struct Catalog {
    topics: Vec<Topic>,
}

#[derive(Deserialize)]
struct Topic {
    n: String,
}

/// What to ask for first, for the releases asked for.
pub(super) fn requests(parts: &[String]) -> Vec<FeedRequest> {
    let wanted = |release: &str| {
        if parts.is_empty() { release != ONLY_IF_ASKED } else { parts.iter().any(|part| part == release) }
    };
    let mut requests = Vec::new();
    for (release, url) in MIRROR_LISTS.iter().filter(|(release, _)| wanted(release)) {
        let folder = if url.contains("/kernel-livepatch/") { "kernel-livepatch/" } else { "" };
        requests.push(FeedRequest::new(*url, format!("{release}/{folder}{MIRRORS}")).at_most(MAX_LIST));
        if *release == "2" {
            requests
                .push(FeedRequest::new(EXTRAS_CATALOG, format!("{release}/{CATALOG}")).at_most(MAX_CATALOG));
        }
    }
    requests
}

/// What the answers lead to.
pub(super) fn follow(round: &[Answer], kept: &dyn Kept) -> FollowUp {
    let mut next = FollowUp::default();
    for answer in round.iter().filter(|answer| answer.is_there()) {
        let path = &answer.request.path;
        let Some((folder, name)) = path.rsplit_once('/') else { continue };
        let fail = |why: &str| vec![(format!("{folder}/{UPDATES}"), why.to_owned())];
        match name {
            MIRRORS => {
                let text = kept.text(path, MAX_LIST).unwrap_or_default();
                match repository_index(folder, &text) {
                    Some(index) => next.fetch.push(index),
                    None => next.failed.extend(fail("its list of mirrors names none")),
                }
            }
            INDEX => {
                let text = kept.text(path, MAX_INDEX).unwrap_or_default();
                match updateinfo(folder, &answer.request.url, text.as_bytes()) {
                    Ok(Some(updates))
                        if updates.stamp.is_some() && kept.stamp(&updates.path) == updates.stamp => {}
                    Ok(Some(updates)) => next.fetch.push(updates),
                    // Most of the further repositories never had a security update.
                    Ok(None) if folder.starts_with(EXTRAS) => {}
                    Ok(None) => next.failed.extend(fail("its repository lists no updates")),
                    Err(why) => next.failed.extend(fail(&why)),
                }
            }
            CATALOG => match topics(&kept.text(path, MAX_CATALOG).unwrap_or_default()) {
                Ok(topics) => next.fetch.extend(topics.iter().map(|topic| {
                    let url = format!("https://cdn.amazonlinux.com/2/extras/{topic}/latest/x86_64/{MIRRORS}");
                    FeedRequest::new(url, format!("{EXTRAS}{topic}/{MIRRORS}")).at_most(MAX_LIST).optional()
                })),
                Err(why) => next.failed.push((path.clone(), why)),
            },
            _ => {}
        }
    }
    next
}

/// The topics of the catalogue. A name becomes part of an address and of a path, so only plain
/// ones pass.
fn topics(catalog: &str) -> Result<Vec<String>, String> {
    let catalog: Catalog = serde_json::from_str(catalog)
        .map_err(|error| format!("it is no catalogue of further repositories ({error})"))?;
    let is_plain = |name: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+');
        (1..=100).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(allowed)
    };
    let mut topics: Vec<String> = catalog.topics.into_iter().map(|topic| topic.n).collect();
    topics.retain(|name| is_plain(name));
    topics.truncate(MAX_TOPICS);
    topics.sort();
    topics.dedup();
    Ok(topics)
}

/// The request for a repository's index, from its list of mirrors: the first that is an address.
#[must_use]
pub(super) fn repository_index(folder: &str, mirror_list: &str) -> Option<FeedRequest> {
    let mirror = mirror_list.lines().map(str::trim).find(|line| line.starts_with("http"))?;
    let mirror = mirror.replace("$basearch", "x86_64");
    let url = format!("{}/repodata/{INDEX}", mirror.trim_end_matches('/'));
    Some(FeedRequest::new(url, format!("{folder}/{INDEX}")).at_most(MAX_INDEX))
}

/// The request for the updates of a repository, with the size and the digest that its index
/// states, from the index and its address; `None` where the index lists no updates.
///
/// # Errors
/// What is wrong with the index, as the end of a sentence.
pub(super) fn updateinfo(folder: &str, index_url: &str, index: &[u8]) -> Result<Option<FeedRequest>, String> {
    let base = index_url.strip_suffix("repodata/repomd.xml").ok_or("its index has an odd address")?;
    let mut xml = XmlReader::new(index);
    let mut is_wanted = false;
    let (mut location, mut digest, mut size) = (None, None, None);
    let mut field: Option<(String, String)> = None;
    loop {
        match xml.next() {
            Ok(Token::Open(tag)) if tag.name() == "data" => {
                is_wanted = tag.attribute("type").is_some_and(|kind| kind == "updateinfo");
            }
            Ok(Token::Open(tag)) if is_wanted => match tag.name().as_str() {
                "location" => location = tag.attribute("href"),
                "checksum" => field = Some((tag.attribute("type").unwrap_or_default(), String::new())),
                "size" => field = Some(("size".to_owned(), String::new())),
                _ => {}
            },
            Ok(Token::Text(text)) => {
                if let Some((_, value)) = &mut field {
                    value.push_str(&text);
                }
            }
            Ok(Token::Close { name, .. }) => {
                match field.take() {
                    Some((kind, value)) if kind == "size" => size = value.trim().parse().ok(),
                    Some((kind, value)) => digest = Digest::parse(&kind, &value),
                    None => {}
                }
                if name == "data" && is_wanted {
                    break;
                }
            }
            Ok(Token::Open(_)) => {}
            Ok(Token::End) => break,
            Err(error) => return Err(format!("its repository's index cannot be read: {error}")),
        }
    }
    let Some(location) = location else { return Ok(None) };
    if location.starts_with('/') || location.contains("..") || location.contains(':') {
        return Err("its repository's index leads to another place".to_owned());
    }
    let mut request = FeedRequest::new(format!("{base}{location}"), format!("{folder}/{UPDATES}"));
    request.stamp = match &digest {
        Some(Digest::Sha256(digits)) => Some(format!("sha256:{digits}")),
        Some(Digest::Sha512(digits)) => Some(format!("sha512:{digits}")),
        None => None,
    };
    (request.digest, request.size) = (digest, size);
    Ok(Some(request.at_most(MAX_UPDATES)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_leads_to_the_updates_with_their_digest() {
        let digest = "ab".repeat(32);
        let index = format!(
            "<repomd><data type=\"primary\"><location href=\"repodata/p.gz\"/></data>\
             <data type=\"updateinfo\"><checksum type=\"sha256\">{digest}</checksum>\
             <open-checksum type=\"sha256\">00</open-checksum><location href=\"repodata/u.xml.gz\"/>\
             <size>123</size><open-size>456</open-size></data></repomd>"
        );
        let url = "https://a.example/x/repodata/repomd.xml";
        let request = updateinfo("2", url, index.as_bytes()).unwrap().unwrap();
        assert_eq!(request.url, "https://a.example/x/repodata/u.xml.gz");
        assert_eq!(request.path, "2/updateinfo.xml.gz");
        assert_eq!((request.size, request.digest), (Some(123), Some(Digest::Sha256(digest))));
        assert_eq!(updateinfo("2", url, b"<repomd/>"), Ok(None));
    }

    #[test]
    fn an_index_that_leads_elsewhere_or_breaks_off_is_refused() {
        for index in [
            "<repomd><data type=\"updateinfo\"><location href=\"https://evil/x\"/></data></repomd>",
            "<repomd><data type=\"updateinfo\"><location href=\"../../x\"/></data></repomd>",
            "<repomd><data",
        ] {
            assert!(updateinfo("2", "https://a/x/repodata/repomd.xml", index.as_bytes()).is_err(), "{index}");
        }
    }

    #[test]
    fn the_first_mirror_that_is_an_address_is_taken() {
        let list = "# mirrors\nhttps://cdn.example/2/core/2.0/$basearch/abc\n";
        let request = repository_index("2", list).unwrap();
        assert_eq!(request.url, "https://cdn.example/2/core/2.0/x86_64/abc/repodata/repomd.xml");
        assert_eq!(repository_index("2", "nothing"), None);
    }

    #[test]
    fn topics_that_would_lead_out_of_their_folder_are_left_out() {
        let found = topics(r#"{"topics": [{"n": "docker"}, {"n": "../x"}, {"n": "php8.2", "inst": []}]}"#);
        assert_eq!(found, Ok(vec!["docker".to_owned(), "php8.2".to_owned()]));
        assert!(topics("[]").is_err());
    }
}
