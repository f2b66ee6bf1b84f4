//! Which package a product id of Red Hat's documents means.

use plimsoll_model::Purl;

use super::platform::{self, Platform};
use crate::csaf::Chain;
use crate::statement::without_zero_epoch;

/// A package, in a version or in all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Component {
    /// Name of the package.
    pub(super) name: String,
    /// Whether that is the source package's.
    pub(super) is_source: bool,
    /// `[epoch:]version-release`.
    pub(super) version: Option<String>,
    /// Architecture, in rpm's words; `None` for all.
    pub(super) architecture: Option<String>,
    /// `name:stream`.
    pub(super) module: Option<String>,
}

/// The package and where it is shipped; `None` for what is no rpm package of a product.
pub(super) fn of(chain: &Chain<'_>) -> Option<(Component, Platform)> {
    let platform = platform::of(chain.cpe()?)?;
    let purls: Vec<Purl> = chain.purls().filter_map(|purl| purl.parse().ok()).collect();
    let module = purls.iter().find(|purl| purl.kind == "rpmmod").and_then(module_of);
    if let Some(purl) = purls.iter().find(|purl| purl.kind == "rpm") {
        return Some((from_purl(purl, module), platform));
    }
    // Until 2024 what had no version had no package URL either, only the name of the source.
    let (id, helper) = chain.links.first()?;
    let bare = helper.is_none_or(|helper| helper.purl.is_none() && helper.cpe.is_none());
    if !bare || !platform.is_rhel || chain.links.len() < 2 {
        return None;
    }
    from_name(id, module).map(|component| (component, platform))
}

fn from_purl(purl: &Purl, module: Option<String>) -> Component {
    let version = purl.version.as_ref().map(|version| match purl.qualifier("epoch") {
        Some(epoch) if epoch != "0" => format!("{epoch}:{version}"),
        _ => without_zero_epoch(version).to_owned(),
    });
    let architecture = purl.qualifier("arch").map(str::to_owned);
    let is_source = matches!(architecture.as_deref(), Some("src" | "nosrc"));
    Component {
        name: purl.name.clone(),
        is_source,
        version,
        architecture: architecture.filter(|_| !is_source),
        module: purl.qualifier("rpmmod").and_then(module_label).or(module),
    }
}

/// `pkg:rpmmod/redhat/nodejs@18:8090020240101:a75119d5`, in newer documents `…/nodejs:18@…`.
fn module_of(purl: &Purl) -> Option<String> {
    if purl.name.contains(':') {
        return module_label(&purl.name);
    }
    let stream = purl.version.as_deref()?.split(':').next().filter(|stream| !stream.is_empty())?;
    Some(format!("{}:{stream}", purl.name))
}

/// The first two parts of `name:stream[:version[:context]]`.
fn module_label(text: &str) -> Option<String> {
    let mut parts = text.split(':');
    let (name, stream) = (parts.next()?, parts.next()?);
    (!name.is_empty() && !stream.is_empty()).then(|| format!("{name}:{stream}"))
}

/// `kernel`, `ruby:2.5/ruby`, `curl-0:7.61.1-22.el8_6.12.x86_64`; not `rhel8/httpd-24` (a
/// container image) nor `io.quarkus/quarkus-vertx-http` (a Java archive).
fn from_name(id: &str, module: Option<String>) -> Option<Component> {
    let (module, id) = match id.split_once('/') {
        Some((label, name)) => (Some(module_label(label)?), name),
        None => (module, id),
    };
    if id.is_empty() || id.contains(['/', ' ']) {
        return None;
    }
    if let Some((head, architecture)) = id.rsplit_once('.')
        && let Some((head, release)) = head.rsplit_once('-')
        && let Some((name, epoch_version)) = head.rsplit_once('-')
        && let Some((epoch, _)) = epoch_version.split_once(':')
        && epoch.parse::<u32>().is_ok()
    {
        let is_source = matches!(architecture, "src" | "nosrc");
        let version = format!("{epoch_version}-{release}");
        return Some(Component {
            name: name.to_owned(),
            is_source,
            version: Some(without_zero_epoch(&version).to_owned()),
            architecture: Some(architecture.to_owned()).filter(|_| !is_source),
            module,
        });
    }
    (!id.contains(':')).then(|| Component {
        name: id.to_owned(),
        is_source: true,
        version: None,
        architecture: None,
        module,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(component: &Component) -> String {
        let Component { name, is_source, version, architecture, module } = component;
        format!(
            "{}{name} {} {} {}",
            if *is_source { "source " } else { "" },
            version.as_deref().unwrap_or("*"),
            architecture.as_deref().unwrap_or("*"),
            module.as_deref().unwrap_or("-")
        )
    }

    fn check_purl(purl: &str, expect: &str) {
        assert_eq!(said(&from_purl(&purl.parse().unwrap(), None)), expect, "{purl}");
    }

    #[test]
    fn a_package_url_tells_all() {
        check_purl("pkg:rpm/redhat/curl@7.76.1-14.el9_0.9?arch=x86_64", "curl 7.76.1-14.el9_0.9 x86_64 -");
        check_purl("pkg:rpm/redhat/bind@9.16-1.el9?arch=src&epoch=32", "source bind 32:9.16-1.el9 * -");
        check_purl(
            "pkg:rpm/redhat/npm@10.2-1?arch=noarch&rpmmod=nodejs:18:8090020240101:a75119d5",
            "npm 10.2-1 noarch nodejs:18",
        );
        check_purl("pkg:rpm/redhat/libcurl", "libcurl * * -");
    }

    fn check_name(id: &str, expect: Option<&str>) {
        assert_eq!(from_name(id, None).as_ref().map(said).as_deref(), expect, "{id}");
    }

    #[test]
    fn a_name_alone_is_a_source_package() {
        check_name("kernel", Some("source kernel * * -"));
        check_name("ruby:2.5/ruby", Some("source ruby * * ruby:2.5"));
        check_name("curl-0:7.61.1-22.el8_6.12.x86_64", Some("curl 7.61.1-22.el8_6.12 x86_64 -"));
        check_name("bind-32:9.11-1.el8.src", Some("source bind 32:9.11-1.el8 * -"));
    }

    #[test]
    fn images_and_archives_are_no_packages() {
        check_name("rhel8/httpd-24", None);
        check_name("io.quarkus/quarkus-vertx-http", None);
        check_name("org.apache:thing", None);
        check_name("", None);
    }

    #[test]
    fn module_labels_end_at_the_stream() {
        for (purl, expect) in [
            ("pkg:rpmmod/redhat/nodejs@18:8090020240101:a75119d5", "nodejs:18"),
            ("pkg:rpmmod/redhat/nodejs%3A18@8090020240101:a75119d5", "nodejs:18"),
        ] {
            assert_eq!(module_of(&purl.parse().unwrap()).as_deref(), Some(expect), "{purl}");
        }
    }
}
