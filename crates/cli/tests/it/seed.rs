//! The comparison that the project comes from: Oracle Linux 7 and 7-slim, 85 packages.

use std::collections::BTreeMap;

use crate::places::{csv, images, run, shared, skip};

#[test]
fn oracle_linux_7_and_its_slim_variant_differ_in_the_85_packages_of_2017() {
    let (Some(shared), Some(images)) = (shared(), images()) else {
        return skip("no shared facts or built images");
    };
    let text = std::fs::read_to_string(shared.join("data/seed-85.tsv")).expect("the seed's rows");
    let seed: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('\t')).collect();
    assert_eq!(seed.len(), 85);
    let cache = tempfile::tempdir().expect("a directory");
    for form in ["", "-ndb", "-sqlite"] {
        let image = |tag: &str| format!("oci:{}/oraclelinux@{tag}{form}/oci", images.display());
        let (full, slim) = (image("7"), image("7-slim"));
        let rows = csv(&run(cache.path(), &["diff", &full, &slim, "--format", "csv"]));
        let text = |field: &[u8]| String::from_utf8(field.to_vec()).expect("text");
        let without_epoch =
            |version: String| version.split_once(':').map_or(version.clone(), |(_, rest)| rest.to_owned());
        let mut found = BTreeMap::new();
        for row in &rows {
            assert_eq!(row[0], b"package");
            assert_eq!(row[1], b"removed");
            assert_eq!(row[2], b"rpm");
            assert_eq!(row[5], b"");
            found.insert(text(&row[3]), without_epoch(text(&row[4])));
        }
        let found: BTreeMap<&str, &str> = found.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(found, seed, "{form}");
        let table = String::from_utf8(run(cache.path(), &["diff", &full, &slim])).expect("text");
        let shown: BTreeMap<&str, &str> = table
            .lines()
            .filter_map(|line| {
                let mut cells = line.split('│').map(str::trim);
                let (name, version) = (cells.next()?, cells.next()?);
                (cells.next()? == "Not Installed").then_some((name, version))
            })
            .collect();
        assert_eq!(shown, seed, "the table, {form}");
        assert!(table.contains("85 removed, 0 added, 0 upgraded, 0 downgraded"), "{table}");
    }
}
