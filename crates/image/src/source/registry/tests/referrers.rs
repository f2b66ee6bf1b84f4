//! What is attached to an image, page by page.

use super::*;

/// An artefact attached to a manifest, and its descriptor in a list.
fn artifact(subject: &Digest, kind: &str) -> (String, String) {
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","artifactType":"{kind}","config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{}","size":2}},"layers":[{{"mediaType":"{kind}","digest":"{}","size":1}}],"subject":{{"digest":"{subject}","size":1}},"annotations":{{"a":"own"}}}}"#,
        OCI.1,
        sha256(b"{}"),
        sha256(b"x"),
    );
    let descriptor = format!(
        r#"{{"mediaType":"{}","digest":"{}","size":{},"artifactType":"{kind}","annotations":{{"a":"list","b":"list"}}}}"#,
        OCI.1,
        sha256(text.as_bytes()),
        text.len()
    );
    (text, descriptor)
}

fn page(descriptors: &[&str]) -> String {
    format!(r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}}"#, INDEX.1, descriptors.join(","))
}

/// What is found attached to an image: type, place and digest's beginning, or the problem.
fn attached_to(
    subject: &Digest,
    play: impl FnMut(&Request) -> Result<Response, TransportError> + Send + 'static,
) -> (Vec<String>, Vec<String>, Stage) {
    let stage = stage("r.example/a:1", None, play);
    let mut image = Image::default();
    image.identity.manifest_digest = Some(subject.clone());
    let found = stage.registry.attached(&image).unwrap();
    let told = |each: &attached::AttachedArtifact| {
        format!("{} {:?} {:?}", each.artifact_type.as_deref().unwrap_or("-"), each.place, each.annotations)
    };
    let problems = found.problems.iter().map(|problem| problem.detail.clone()).collect();
    (found.artifacts.iter().map(told).collect(), problems, stage)
}

#[test]
fn referrers_are_listed_page_by_page_and_each_is_verified() {
    let subject = sha256(b"image");
    let (one, listed_one) = artifact(&subject, "text/one");
    let (two, listed_two) = artifact(&subject, "text/two");
    let (stranger, listed_stranger) = artifact(&sha256(b"other"), "text/stranger");
    let (_, lost) = artifact(&subject, "text/lost");
    let (altered, listed_altered) = artifact(&subject, "text/altered");
    let documents = [one, two, stranger];
    let altered_digest = sha256(altered.as_bytes()).to_string();
    let path = format!("/v2/a/referrers/{subject}");
    let (found, problems, stage) = attached_to(&subject, move |request| {
        let url = request.url.as_str();
        let asked = request.url.path();
        if asked == path && request.url.query().is_none() {
            let link = ("Link", "</v2/a/referrers/next?n=2>; rel=\"next\"");
            return answer(200, &[INDEX, link], &page(&[&listed_one, &listed_stranger, &lost]));
        }
        if url.ends_with("/v2/a/referrers/next?n=2") {
            return answer(200, &[INDEX], &page(&[&listed_two, &listed_one, &listed_altered]));
        }
        let known = documents.iter().find(|text| asked.ends_with(&sha256(text.as_bytes()).to_string()));
        match known {
            Some(text) => answer(200, &[OCI], text),
            None if asked.ends_with(&altered_digest) => answer(200, &[OCI], MANIFEST),
            None => answer(404, &[], ""),
        }
    });
    let annotations = r#"{"a": "own", "b": "list"}"#;
    assert_eq!(
        found,
        [format!("text/one Referrers {annotations}"), format!("text/two Referrers {annotations}")]
    );
    assert_eq!(problems.len(), 3, "{problems:?}");
    let told = problems.join(" ");
    for expect in ["does not say so itself", "is not there", "does not have the digest"] {
        assert!(told.contains(expect) || told.contains("hashes to"), "{expect}: {told}");
    }
    // Once for each page, once for each artefact, and cosign's three tags.
    assert_eq!(stage.seen().len(), 2 + 5 + 3, "{:?}", stage.seen());
}

#[test]
fn a_registry_without_the_list_is_asked_for_the_tag_that_stands_for_it() {
    for (status, kind, body) in
        [(404, OCI, ""), (400, OCI, ""), (200, ("Content-Type", "text/html"), "<html>")]
    {
        let subject = sha256(b"image");
        let (one, listed) = artifact(&subject, "text/one");
        let tag = format!("/v2/a/manifests/sha256-{}", subject.hex());
        let signature = format!("{tag}.sig");
        let (two, _) = artifact(&sha256(b"unsaid"), "text/signature");
        let (found, problems, _) = attached_to(&subject, move |request| {
            let asked = request.url.path();
            if asked.contains("/referrers/") {
                return answer(status, &[kind], body);
            }
            if asked == tag {
                return answer(200, &[INDEX], &page(&[&listed]));
            }
            if asked == signature {
                return answer(200, &[OCI], &two);
            }
            if asked.ends_with(&sha256(one.as_bytes()).to_string()) {
                return answer(200, &[OCI], &one);
            }
            answer(404, &[], "")
        });
        assert_eq!(problems, [""; 0]);
        let places: Vec<_> = found.iter().map(|each| each.split(" {").next().unwrap()).collect();
        assert_eq!(places, ["text/one ReferrersTag", "text/signature CosignTag"], "{status}");
    }
}

#[test]
fn a_list_without_end_is_cut_and_told() {
    let subject = sha256(b"image");
    let (one, _) = artifact(&subject, "text/one");
    let mut count = 0_u32;
    let (found, problems, stage) = attached_to(&subject.clone(), move |request| {
        if request.url.path().contains("/referrers/") {
            count += 1;
            let next = format!("</v2/a/referrers/x?n={count}>; rel=next");
            let listed: Vec<String> =
                (0..100).map(|each| artifact(&subject, &format!("text/{count}-{each}")).1).collect();
            let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
            let mut response = answer(200, &[INDEX], &page(&listed))?;
            response.headers.add("Link", next);
            return Ok(response);
        }
        match request.url.path().contains("sha256-") {
            true => answer(404, &[], ""),
            false => answer(200, &[OCI], &one),
        }
    });
    assert_eq!(found.len(), 0, "every answer is of another digest");
    assert!(stage.seen().len() < 400, "{}", stage.seen().len());
    assert!(!problems.is_empty());
}

/// Answers the list of referrers with pages of nothing, each naming the next.
fn empty_pages(next: impl Fn(u32) -> String + Send + 'static) -> (Vec<String>, Vec<String>, Stage) {
    let mut count = 0_u32;
    attached_to(&sha256(b"image"), move |request| {
        if request.url.path().contains("/referrers/") {
            count += 1;
            let mut response = answer(200, &[INDEX], &page(&[]))?;
            response.headers.add("Link", format!("<{}>; rel=next", next(count)));
            return Ok(response);
        }
        answer(404, &[], "")
    })
}

#[test]
fn a_list_that_goes_on_beyond_the_pages_that_are_asked_for_is_told() {
    let (_, problems, stage) = empty_pages(|count| format!("/v2/a/referrers/x?n={count}"));
    assert_eq!(problems, ["the list goes on for more pages than any real one; what follows is left out"]);
    let pages = stage.seen().iter().filter(|seen| seen.contains("/referrers/")).count();
    assert_eq!(pages, crate::limits::MAX_REFERRER_PAGES);
    let (_, problems, _) = empty_pages(|_| "/v2/a/referrers/x?n=1".to_owned());
    assert_eq!(problems, ["a page of the list names itself as the next one; what follows is left out"]);
}

#[test]
fn a_registry_that_fails_at_the_list_has_its_tags_looked_at() {
    let subject = sha256(b"image");
    let signature = format!("/v2/a/manifests/sha256-{}.sig", subject.hex());
    let (own, _) = artifact(&sha256(b"unsaid"), "text/signature");
    let (found, problems, _) = attached_to(&subject, move |request| {
        let asked = request.url.path();
        match asked {
            _ if asked.contains("/referrers/") => answer(403, &[], ""),
            _ if asked == signature => answer(200, &[OCI], &own),
            _ => answer(404, &[], ""),
        }
    });
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("text/signature CosignTag"), "{found:?}");
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn the_next_page_of_a_list_is_not_asked_of_another_registry() {
    let subject = sha256(b"image");
    let link = ("Link", "<https://evil.example/v2/a/referrers/x>; rel=\"next\"");
    let (found, problems, stage) = attached_to(&subject, move |request| {
        if request.url.path().contains("/referrers/") {
            return answer(200, &[INDEX, link], &page(&[]));
        }
        answer(404, &[], "")
    });
    assert_eq!(found, [""; 0]);
    assert!(problems[0].contains("must come from the same registry"), "{problems:?}");
    assert!(stage.seen().iter().all(|seen| !seen.contains("evil")));
}
