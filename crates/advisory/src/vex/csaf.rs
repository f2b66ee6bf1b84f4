//! CSAF 2.0 as VEX: the status of each product of its tree, for each flaw.

use std::collections::{BTreeMap, HashMap};

use plimsoll_model::Problem;

use super::{ProductIdentifier, VexDocument, VexFormat, VexProduct, VexStatement, VexStatus, filled};
use crate::csaf::{Chain, Document, Identification, Products, Vulnerability};
use crate::statement::utc;

/// Reads a document.
pub(super) fn read(bytes: &[u8]) -> Result<VexDocument, serde_json::Error> {
    let document: Document = serde_json::from_slice(bytes)?;
    let products = Products::new(&document.product_tree);
    let id = document.head.tracking.id.clone();
    let mut read =
        VexDocument { format: VexFormat::Csaf, id: id.clone(), statements: Vec::new(), problems: Vec::new() };
    let head = &document.head;
    let mut refuse = |reason: String| read.problems.push(Problem::new("vex-statement-unusable", &id, reason));
    if head.tracking.status == "draft" {
        refuse("The document is a draft and is not applied.".to_owned());
        return Ok(read);
    }
    if !head.csaf_version.starts_with("2.") {
        refuse(format!("CSAF `{}` is not known; what is understood is applied.", head.csaf_version));
    }
    for vulnerability in &document.vulnerabilities {
        let ids: Vec<String> = vulnerability
            .cve
            .iter()
            .cloned()
            .chain(vulnerability.ids.iter().map(|id| id.text.clone()))
            .filter(|id| !id.is_empty())
            .collect();
        if ids.is_empty() {
            refuse("A flaw without an id is left out.".to_owned());
            continue;
        }
        let (statements, unknown) = statements(vulnerability, &ids, &products, &document);
        if let Some(first) = unknown.first() {
            refuse(format!(
                "{} products of {}, the first being `{first}`, are not in the product tree or have no name \
                 that could be matched; nothing is applied to them.",
                unknown.len(),
                ids.first().map_or("", String::as_str)
            ));
        }
        read.statements.extend(statements);
    }
    Ok(read)
}

/// Status, justification, impact and action.
type Said<'a> = (VexStatus, Option<&'a str>, Option<&'a str>, Option<&'a str>);

/// Statements of one flaw, products of one status and reason together; and products that are not
/// known.
fn statements<'a>(
    vulnerability: &'a Vulnerability,
    ids: &[String],
    products: &Products<'a>,
    document: &Document,
) -> (Vec<VexStatement>, Vec<&'a str>) {
    let status = &vulnerability.product_status;
    let lists: [(VexStatus, &[&Vec<String>]); 4] = [
        (VexStatus::NotAffected, &[&status.known_not_affected]),
        (VexStatus::Affected, &[&status.known_affected, &status.first_affected, &status.last_affected]),
        (VexStatus::Fixed, &[&status.fixed, &status.first_fixed]),
        (VexStatus::UnderInvestigation, &[&status.under_investigation]),
    ];
    let flags = by_product(vulnerability.flags.iter().map(|flag| (&flag.label, &flag.product_ids)));
    let impacts = by_product(
        vulnerability
            .threats
            .iter()
            .filter(|threat| threat.category == "impact")
            .map(|threat| (&threat.details, &threat.product_ids)),
    );
    let actions = by_product(
        vulnerability.remediations.iter().map(|remediation| (&remediation.details, &remediation.product_ids)),
    );
    let mut unknown = Vec::new();
    let mut grouped: BTreeMap<Said<'_>, Vec<VexProduct>> = BTreeMap::new();
    for (status, lists) in lists {
        for id in lists.iter().flat_map(|list| list.iter()) {
            let Some(product) = products.chain(id).as_ref().and_then(product) else {
                unknown.push(id.as_str());
                continue;
            };
            let of = |texts: &HashMap<&str, &'a str>| texts.get(id.as_str()).copied();
            // An impact is a severity where a product is affected, and a reason where it is not.
            let impact = if status == VexStatus::NotAffected { of(&impacts) } else { None };
            let key = (status, of(&flags).filter(|_| status == VexStatus::NotAffected), impact, of(&actions));
            grouped.entry(key).or_default().push(product);
        }
    }
    let head = &document.head;
    let statements = grouped
        .into_iter()
        .map(|((status, justification, impact, action), products)| VexStatement {
            vulnerabilities: ids.to_vec(),
            products,
            status,
            justification: filled(justification.map(str::to_owned)),
            impact: filled(impact.map(str::to_owned)),
            action: filled(action.map(str::to_owned)),
            author: filled(Some(head.publisher.name.clone())),
            timestamp: utc(&head.tracking.current_release_date),
            document: head.tracking.id.clone(),
        })
        .collect();
    (statements, unknown)
}

/// The first text that is said of each product.
fn by_product<'a>(said: impl Iterator<Item = (&'a String, &'a Vec<String>)>) -> HashMap<&'a str, &'a str> {
    let mut texts = HashMap::new();
    for (text, ids) in said {
        for id in ids {
            texts.entry(id.as_str()).or_insert(text.as_str());
        }
    }
    texts
}

/// A component in a product, or a product alone.
fn product(chain: &Chain<'_>) -> Option<VexProduct> {
    let mut named: Vec<Vec<ProductIdentifier>> =
        chain.links.iter().map(|(_, helper)| helper.map(names).unwrap_or_default()).collect();
    if let [only] = named.as_mut_slice() {
        let identifiers = std::mem::take(only);
        return (!identifiers.is_empty()).then_some(VexProduct { identifiers, subcomponents: Vec::new() });
    }
    let mut named = named.into_iter();
    let component = named.next()?;
    let identifiers: Vec<ProductIdentifier> = named.flatten().collect();
    (!component.is_empty() && !identifiers.is_empty())
        .then_some(VexProduct { identifiers, subcomponents: vec![component] })
}

fn names(helper: &Identification) -> Vec<ProductIdentifier> {
    let mut names: Vec<ProductIdentifier> =
        helper.purl.iter().chain(&helper.cpe).flat_map(|text| ProductIdentifier::of(text)).collect();
    for hash in helper.hashes.iter().flat_map(|hashes| &hashes.file_hashes) {
        let digest = format!("{}:{}", hash.algorithm.replace('-', ""), hash.value);
        names.extend(digest.parse().map(ProductIdentifier::ImageDigest));
    }
    names
}
