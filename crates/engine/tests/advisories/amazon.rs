//! Amazon Linux: mirrors, index, updates, and the further repositories of Amazon Linux 2.

use plimsoll_testing::image_files::{digest, gzip};

use crate::world::World;

fn updates(id: &str, package: &str) -> Vec<u8> {
    gzip(
        format!(
            "<?xml version=\"1.0\"?><updates><update type=\"security\"><id>{id}</id><title>t</title>\
             <issued date=\"2026-01-02 03:04\"/><severity>medium</severity>\
             <references><reference href=\"https://x\" id=\"CVE-2026-1\" type=\"cve\"/></references>\
             <pkglist><collection><package arch=\"x86_64\" epoch=\"0\" name=\"{package}\" release=\"1.amzn2\" \
             version=\"2.0\"><filename>f</filename></package></collection></pkglist></update></updates>"
        )
        .as_bytes(),
    )
}

fn publish(world: &World, folder: &str, updates: &[u8]) {
    let sum = digest(updates);
    let sum = sum.strip_prefix("sha256:").unwrap();
    let at = |name: &str| format!("amazon-updateinfo/{folder}/{name}");
    world.server.put(&at("mirror.list"), "https://cdn.amazonlinux.com/x/\n");
    world.server.put(
        &at("repomd.xml"),
        format!(
            "<repomd><data type=\"updateinfo\"><checksum type=\"sha256\">{sum}</checksum>\
             <location href=\"repodata/u.gz\"/><size>{}</size></data></repomd>",
            updates.len()
        ),
    );
    world.server.put(&at("updateinfo.xml.gz"), updates);
}

fn speaks_of(world: &World, name: &str) -> Vec<Option<String>> {
    let binary = plimsoll_model::NameKind::Binary;
    let rows = world.database().statements("rpm", Some("amzn"), name, binary).unwrap();
    rows.rows().unwrap().iter().map(|row| row.repository.map(str::to_owned)).collect()
}

#[test]
fn updates_are_found_by_way_of_mirrors_and_index_in_every_repository() {
    let world = World::new();
    publish(&world, "2", &updates("ALAS2-2026-1", "curl"));
    publish(&world, "2/extras/docker", &updates("ALAS2DOCKER-2026-1", "docker"));
    world.server.put(
        "amazon-updateinfo/2/extras-catalog.json",
        r#"{"topics":[{"n":"docker"},{"n":"never"},{"n":"gone"}]}"#,
    );
    // A repository without updates, and one that is not there any more.
    world.server.put("amazon-updateinfo/2/extras/never/mirror.list", "https://cdn.amazonlinux.com/n\n");
    world.server.put("amazon-updateinfo/2/extras/never/repomd.xml", "<repomd/>");
    assert_eq!(world.update(&["amazon-updateinfo/2"]), [""; 0]);
    assert_eq!(speaks_of(&world, "curl"), [None]);
    assert_eq!(speaks_of(&world, "docker"), [Some("amzn2extra-docker".to_owned())]);

    // The index states the digest of what is here: nothing is fetched.
    let _ = world.server.asked();
    assert_eq!(world.update(&["amazon-updateinfo/2"]), [""; 0]);
    assert!(world.server.asked().iter().all(|path| !path.contains("updateinfo.xml")));

    publish(&world, "2", &updates("ALAS2-2026-2", "wget"));
    assert_eq!(world.update(&["amazon-updateinfo/2"]), [""; 0]);
    assert_eq!((speaks_of(&world, "curl").len(), speaks_of(&world, "wget").len()), (0, 1));
}

#[test]
fn updates_that_do_not_fit_the_index_are_not_used() {
    let world = World::new();
    publish(&world, "2023", &updates("ALAS2023-2026-1", "curl"));
    publish(&world, "2023/kernel-livepatch", &updates("ALAS2023LIVEPATCH-2026-1", "kernel-livepatch-6.1"));
    assert_eq!(world.update(&["amazon-updateinfo/2023"]), [""; 0]);
    let index = "<repomd><data type=\"updateinfo\"><checksum type=\"sha256\">".to_owned()
        + &"0".repeat(64)
        + "</checksum><location href=\"repodata/u.gz\"/></data></repomd>";
    world.server.put("amazon-updateinfo/2023/repomd.xml", index);
    world.server.put("amazon-updateinfo/2023/updateinfo.xml.gz", updates("ALAS2023-2026-2", "evil"));
    let told = world.update(&["amazon-updateinfo/2023"]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("its digest is not the one that its publisher states"), "{told:?}");
    assert_eq!((speaks_of(&world, "curl").len(), speaks_of(&world, "evil").len()), (1, 0));
    assert!(world.feed("amazon-updateinfo/2023").failed_at.is_some());
}
