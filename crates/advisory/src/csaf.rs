//! The Common Security Advisory Framework (CSAF 2.0, <https://docs.oasis-open.org/csaf/csaf/v2.0/>):
//! documents about flaws in a tree of products. Read here for [`feed::redhat_vex`] and [`vex`].
//!
//! [`feed::redhat_vex`]: crate::feed::redhat_vex
//! [`vex`]: crate::vex

use std::collections::HashMap;

use serde::Deserialize;

/// Most products and relationships of one product id; real ones have a component, a module and a
/// product.
const MAX_STEPS: usize = 32;

/// A document, as far as it is used.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Document {
    #[serde(default, rename = "document")]
    pub(crate) head: Head,
    #[serde(default)]
    pub(crate) product_tree: Branch,
    #[serde(default)]
    pub(crate) vulnerabilities: Vec<Vulnerability>,
}

/// What the document says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Head {
    pub(crate) category: String,
    pub(crate) csaf_version: String,
    pub(crate) title: String,
    pub(crate) aggregate_severity: Option<Text>,
    pub(crate) references: Vec<Link>,
    pub(crate) tracking: Tracking,
    pub(crate) publisher: Publisher,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Text {
    pub(crate) text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Link {
    pub(crate) category: String,
    pub(crate) url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Tracking {
    pub(crate) id: String,
    pub(crate) current_release_date: String,
    pub(crate) initial_release_date: String,
    /// `draft`, `interim` or `final`.
    pub(crate) status: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Publisher {
    pub(crate) name: String,
}

/// A branch of the product tree, and its root, which alone has relationships.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Branch {
    branches: Vec<Self>,
    product: Option<Product>,
    full_product_names: Vec<Product>,
    relationships: Vec<Relationship>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Product {
    product_id: String,
    product_identification_helper: Identification,
}

/// How a product is called elsewhere.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Identification {
    pub(crate) cpe: Option<String>,
    pub(crate) purl: Option<String>,
    pub(crate) hashes: Vec<FileHashes>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FileHashes {
    pub(crate) file_hashes: Vec<FileHash>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FileHash {
    pub(crate) algorithm: String,
    pub(crate) value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Relationship {
    full_product_name: Product,
    product_reference: String,
    relates_to_product_reference: String,
}

/// What it says about one flaw.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Vulnerability {
    pub(crate) cve: Option<String>,
    pub(crate) ids: Vec<OtherId>,
    pub(crate) title: Option<String>,
    pub(crate) release_date: Option<String>,
    pub(crate) product_status: ProductStatus,
    pub(crate) remediations: Vec<Remediation>,
    pub(crate) threats: Vec<Threat>,
    pub(crate) scores: Vec<Score>,
    pub(crate) flags: Vec<Flag>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OtherId {
    pub(crate) text: String,
}

/// Ids of products by what becomes of the flaw in them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ProductStatus {
    pub(crate) fixed: Vec<String>,
    pub(crate) first_fixed: Vec<String>,
    pub(crate) known_affected: Vec<String>,
    pub(crate) first_affected: Vec<String>,
    pub(crate) last_affected: Vec<String>,
    pub(crate) known_not_affected: Vec<String>,
    pub(crate) under_investigation: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Remediation {
    /// `vendor_fix`, `none_available`, `no_fix_planned`, `workaround`, `mitigation`.
    pub(crate) category: String,
    pub(crate) details: String,
    pub(crate) url: Option<String>,
    pub(crate) product_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Threat {
    /// `impact`, `exploit_status`, `target_set`.
    pub(crate) category: String,
    pub(crate) details: String,
    pub(crate) product_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Score {
    pub(crate) cvss_v2: Option<Vector>,
    pub(crate) cvss_v3: Option<Vector>,
    pub(crate) cvss_v4: Option<Vector>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Vector {
    #[serde(rename = "vectorString")]
    pub(crate) vector: String,
}

/// Why products are not affected, by VEX's own words.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Flag {
    pub(crate) label: String,
    pub(crate) product_ids: Vec<String>,
}

/// The product tree, ready to be asked.
#[derive(Debug)]
pub(crate) struct Products<'a> {
    named: HashMap<&'a str, &'a Identification>,
    parts: HashMap<&'a str, (&'a str, &'a str)>,
}

/// A product id taken apart: it itself, then the component, then what that is part of, inwards
/// to outwards.
#[derive(Debug, Default)]
pub(crate) struct Chain<'a> {
    /// Ids with what identifies each, the innermost component first.
    pub(crate) links: Vec<(&'a str, Option<&'a Identification>)>,
}

impl<'a> Products<'a> {
    /// Reads a tree.
    pub(crate) fn new(tree: &'a Branch) -> Self {
        let mut named = HashMap::new();
        let mut open = vec![tree];
        while let Some(branch) = open.pop() {
            for product in branch.product.iter().chain(&branch.full_product_names) {
                named.insert(product.product_id.as_str(), &product.product_identification_helper);
            }
            open.extend(&branch.branches);
        }
        let mut parts = HashMap::with_capacity(tree.relationships.len());
        for relationship in &tree.relationships {
            let product = &relationship.full_product_name;
            parts.insert(
                product.product_id.as_str(),
                (relationship.product_reference.as_str(), relationship.relates_to_product_reference.as_str()),
            );
            let helper = &product.product_identification_helper;
            if helper.cpe.is_some() || helper.purl.is_some() {
                named.insert(product.product_id.as_str(), helper);
            }
        }
        Self { named, parts }
    }

    /// Takes a product id apart; `None` when the tree does not know it.
    pub(crate) fn chain(&self, id: &'a str) -> Option<Chain<'a>> {
        let mut chain = Chain::default();
        let mut steps = MAX_STEPS;
        self.follow(id, &mut chain, &mut steps);
        let known = self.parts.contains_key(id) || self.named.contains_key(id);
        known.then_some(chain)
    }

    fn follow(&self, id: &'a str, into: &mut Chain<'a>, steps: &mut usize) {
        if *steps == 0 {
            return;
        }
        *steps -= 1;
        if let Some((component, whole)) = self.parts.get(id) {
            self.follow(component, into, steps);
            self.follow(whole, into, steps);
        }
        // What a relationship makes says less of itself than its parts do, so it comes last.
        if !self.parts.contains_key(id) || self.named.contains_key(id) {
            into.links.push((id, self.named.get(id).copied()));
        }
    }
}

impl<'a> Chain<'a> {
    /// The package URLs along it, the component's own first.
    pub(crate) fn purls(&self) -> impl Iterator<Item = &'a str> {
        self.links.iter().filter_map(|(_, helper)| helper.and_then(|helper| helper.purl.as_deref()))
    }

    /// The first CPE along it, which is that of the product that ships the component.
    pub(crate) fn cpe(&self) -> Option<&'a str> {
        self.links.iter().find_map(|(_, helper)| helper.and_then(|helper| helper.cpe.as_deref()))
    }
}
