//! OpenVEX (<https://github.com/openvex/spec>, 0.2.0; and 0.0.1, whose products are plain texts).

use std::collections::BTreeMap;

use plimsoll_model::Problem;
use serde::Deserialize;
use serde_json::Value;

use super::{ProductIdentifier, VexDocument, VexFormat, VexProduct, VexStatement, VexStatus, filled};
use crate::statement::utc;

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "@id", default)]
    id: String,
    author: Option<String>,
    timestamp: Option<String>,
    last_updated: Option<String>,
    #[serde(default)]
    statements: Vec<Value>,
}

#[derive(Deserialize)]
struct Statement {
    vulnerability: Vulnerability,
    #[serde(default)]
    products: Vec<Product>,
    /// 0.0.1: components of all the products.
    #[serde(default)]
    subcomponents: Vec<Product>,
    status: String,
    status_notes: Option<String>,
    justification: Option<String>,
    impact_statement: Option<String>,
    action_statement: Option<String>,
    timestamp: Option<String>,
    last_updated: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vulnerability {
    Name(String),
    Full {
        #[serde(rename = "@id")]
        id: Option<String>,
        name: Option<String>,
        #[serde(default)]
        aliases: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Product {
    Id(String),
    Full(Component),
}

#[derive(Deserialize)]
struct Component {
    #[serde(rename = "@id")]
    id: Option<String>,
    #[serde(default)]
    identifiers: BTreeMap<String, String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    #[serde(default)]
    subcomponents: Vec<Self>,
}

impl Component {
    fn names(&self) -> Vec<ProductIdentifier> {
        let mut names: Vec<ProductIdentifier> = self
            .id
            .iter()
            .chain(self.identifiers.values())
            .flat_map(|text| ProductIdentifier::of(text))
            .collect();
        for (algorithm, value) in &self.hashes {
            let digest = format!("{}:{value}", algorithm.replace('-', ""));
            names.extend(digest.parse().map(ProductIdentifier::ImageDigest));
        }
        names
    }
}

impl Product {
    fn names(&self) -> Vec<ProductIdentifier> {
        match self {
            Self::Id(text) => ProductIdentifier::of(text),
            Self::Full(component) => component.names(),
        }
    }

    fn read(&self, of_all: &[Self]) -> VexProduct {
        let own: &[Component] = match self {
            Self::Id(_) => &[],
            Self::Full(component) => &component.subcomponents,
        };
        let subcomponents = own.iter().map(Component::names).chain(of_all.iter().map(Self::names)).collect();
        VexProduct { identifiers: self.names(), subcomponents }
    }
}

/// Reads a document.
pub(super) fn read(bytes: &[u8]) -> Result<VexDocument, serde_json::Error> {
    let document: Document = serde_json::from_slice(bytes)?;
    let mut statements = Vec::new();
    let mut problems = Vec::new();
    for (position, statement) in document.statements.iter().enumerate() {
        match read_statement(statement, &document) {
            Ok(statement) => statements.push(statement),
            Err(reason) => problems.push(Problem::new(
                "vex-statement-unusable",
                &document.id,
                format!("Statement {} is not applied: {reason}.", position + 1),
            )),
        }
    }
    Ok(VexDocument { format: VexFormat::OpenVex, id: document.id, statements, problems })
}

fn read_statement(statement: &Value, document: &Document) -> Result<VexStatement, String> {
    let statement = Statement::deserialize(statement).map_err(|error| error.to_string())?;
    let vulnerabilities = match statement.vulnerability {
        Vulnerability::Name(name) => vec![name],
        Vulnerability::Full { id, name, aliases } => {
            let mut ids: Vec<String> = name.into_iter().chain(aliases).collect();
            // `@id` is the address of the flaw's page; only without a name is it all there is.
            if ids.is_empty() {
                ids.extend(id);
            }
            ids
        }
    };
    if vulnerabilities.iter().all(|id| id.trim().is_empty()) {
        return Err("it names no flaw".to_owned());
    }
    let status = match statement.status.as_str() {
        "not_affected" => VexStatus::NotAffected,
        "affected" => VexStatus::Affected,
        "fixed" => VexStatus::Fixed,
        "under_investigation" => VexStatus::UnderInvestigation,
        other => return Err(format!("`{other}` is no status of OpenVEX")),
    };
    let justification = filled(statement.justification);
    let impact = filled(statement.impact_statement).or_else(|| filled(statement.status_notes));
    if status == VexStatus::NotAffected && justification.is_none() && impact.is_none() {
        return Err("`not_affected` needs a justification or an impact statement".to_owned());
    }
    let products: Vec<VexProduct> =
        statement.products.iter().map(|product| product.read(&statement.subcomponents)).collect();
    if products.iter().all(|product| product.identifiers.is_empty()) {
        return Err("it names no product".to_owned());
    }
    let timestamp = statement
        .last_updated
        .or(statement.timestamp)
        .or_else(|| document.last_updated.clone())
        .or_else(|| document.timestamp.clone());
    Ok(VexStatement {
        vulnerabilities,
        products,
        status,
        justification,
        impact,
        action: filled(statement.action_statement),
        author: filled(document.author.clone()),
        timestamp: timestamp.as_deref().and_then(utc),
        document: document.id.clone(),
    })
}
