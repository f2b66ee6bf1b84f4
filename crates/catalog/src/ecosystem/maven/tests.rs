//! Archives made by the test, and what is found in them.

use super::Archives;
use super::sample::{jar, library, properties};
use crate::ecosystem::dpkg::sample_image::{Read, Sample, read, soon};

use Sample::{Bytes, File, Link, Removed};

fn check_layers(layers: &[&[Sample<'_>]], expect: &[&str]) -> Read {
    let read = read(&[&Archives], layers);
    let packages = read.joined.packages.iter();
    let rows: Vec<String> = packages
        .map(|each| format!("{} {} {}", each.name, each.version, each.place.as_ref().unwrap()))
        .collect();
    assert_eq!(rows, expect);
    read
}

fn check(files: &[Sample<'_>], expect: &[&str]) -> Read {
    check_layers(&[files], expect)
}

fn manifest(lines: &str) -> Vec<u8> {
    let lines = lines.lines().map(|line| format!("{}\r\n", line.trim())).collect::<String>();
    jar(&[("META-INF/MANIFEST.MF", format!("Manifest-Version: 1.0\r\n{lines}\r\n").as_bytes())])
}

fn codes(read: &Read) -> Vec<&str> {
    read.problems.iter().chain(&read.joined.problems).map(|problem| problem.code.as_str()).collect()
}

#[test]
fn an_archive_is_what_its_pom_says_and_needs_no_manifest() {
    let read = check(
        &[Bytes("app/hull.jar", &library("org.example", "hull", "1.2"))],
        &["org.example:hull 1.2 /app/hull.jar"],
    );
    assert_eq!(read.joined.packages[0].purl.as_ref().unwrap().to_string(), "pkg:maven/org.example/hull@1.2");
    assert_eq!(read.paths_of("org.example:hull"), ["/app/hull.jar"]);
    assert_eq!(codes(&read), [""; 0]);
}

#[test]
fn archives_lie_in_archives_stored_and_compressed() {
    let library = library("org.example", "hull", "1.2");
    let war = jar(&[("=WEB-INF/lib/hull-1.2.jar", &library), ("WEB-INF/lib/again.jar", &library)]);
    let ear = jar(&[("web.war", &war), ("=lib/hull.JAR", &library)]);
    check(
        &[Bytes("srv/shop-3.0.ear", &ear), Bytes("srv/hull-1.2.jar", &library)],
        &[
            "org.example:hull 1.2 /srv/hull-1.2.jar",
            "org.example:hull 1.2 /srv/shop-3.0.ear:lib/hull.JAR",
            "org.example:hull 1.2 /srv/shop-3.0.ear:web.war:WEB-INF/lib/again.jar",
            "org.example:hull 1.2 /srv/shop-3.0.ear:web.war:WEB-INF/lib/hull-1.2.jar",
            "shop 3.0 /srv/shop-3.0.ear",
        ],
    );
}

#[test]
fn what_was_packed_into_an_archive_is_found_and_only_its_own_owns_it() {
    let [own, one, two] =
        [("org.example", "hull", "1.2"), ("com.other", "keel", "3"), ("com.other", "keel", "4")]
            .map(|(group, artifact, version)| properties(group, artifact, version));
    let shaded = jar(&[(&one.0, &one.1), (&own.0, &own.1), (&format!("WEB-INF/classes/{}", two.0), &two.1)]);
    let read = check(
        &[Bytes("app/hull-1.2-shaded.jar", &shaded)],
        &[
            // Two files of one name: the last counts.
            "com.other:keel 4 /app/hull-1.2-shaded.jar",
            "org.example:hull 1.2 /app/hull-1.2-shaded.jar",
        ],
    );
    assert_eq!(read.paths_of("org.example:hull"), ["/app/hull-1.2-shaded.jar"]);
    assert_eq!(read.paths_of("com.other:keel"), [""; 0]);
}

#[test]
fn a_project_says_what_the_properties_do_not() {
    let pom = b"<project><parent><groupId>org.example</groupId><version>2.1</version></parent>\
        <artifactId>hull</artifactId><url>https://example.org</url><licenses><license>\
        <name>The Apache Software License, Version 2.0</name></license></licenses></project>";
    let archive = jar(&[("META-INF/maven/org.example/hull/pom.xml", pom)]);
    let read = check(&[Bytes("hull.jar", &archive)], &["org.example:hull 2.1 /hull.jar"]);
    let package = &read.joined.packages[0];
    assert_eq!(package.licenses, ["Apache-2.0"]);
    assert_eq!(package.url.as_deref(), Some("https://example.org"));

    let archive = jar(&[
        ("META-INF/maven/org.example/hull/pom.xml", pom),
        (
            "META-INF/maven/org.example/hull/pom.properties",
            b"version=${project.version}\ngroupId=${project.groupId}\n",
        ),
    ]);
    check(&[Bytes("hull.jar", &archive)], &["org.example:hull 2.1 /hull.jar"]);
}

#[test]
fn a_version_that_was_never_filled_in_is_none() {
    let (name, content) = properties("org.example", "hull", "${revision}");
    let read = check(&[Bytes("hull.jar", &jar(&[(&name, &content)]))], &[]);
    assert_eq!(codes(&read), ["java-version-unknown", "java-archive-unidentified"]);
    assert!(read.problems[0].detail.contains("org.example:hull"));
}

#[test]
fn without_a_pom_an_archive_is_what_its_name_and_manifest_say() {
    let check = |name: &str, lines: &str, expect: &str| {
        let path = format!("lib/{name}");
        let expect = format!("{expect} /lib/{name}");
        check(&[Bytes(&path, &manifest(lines))], &[&expect]);
    };
    check("hull-1.2.jar", "", "hull 1.2");
    check("hull.jar", "Implementation-Version: 1.2", "hull 1.2");
    check("hull.jar", "Bundle-Version: 1.2.0.qualifier", "hull 1.2.0.qualifier");
    check("hull-31.1-jre.jar", "Bundle-Version: 31.1.0.jre", "hull 31.1-jre");
    check("hull-9.4.jar", "Implementation-Version: 9.4-SNAPSHOT", "hull 9.4-SNAPSHOT");
    check(
        "ship3-hull-3.x.jar",
        "Implementation-Title: ship-hull\nImplementation-Version: 4.3",
        "ship-hull 4.3",
    );
    check("app.jar", "Implementation-Title: Our Application\nImplementation-Version: 1.2", "app 1.2");
    // What was packed into it wrote over the manifest.
    check("all-3.0.jar", "Implementation-Title: Apache Commons Exec\nImplementation-Version: 1.3", "all 3.0");
    check("hull.jar", "Implementation-Version: 1.2 (build 7)\nBundle-Version: 1.2.0", "hull 1.2.0");
}

#[test]
fn a_group_is_taken_where_two_statements_agree_and_never_made_up() {
    let check = |name: &str, lines: &str, expect: &str| {
        let path = format!("lib/{name}");
        let expect = format!("{expect} /lib/{name}");
        let read = check(&[Bytes(&path, &manifest(lines))], &[&expect]);
        assert_eq!(read.joined.packages[0].purl.is_some(), expect.contains(':'));
    };
    let both = |vendor: &str, name: &str| {
        format!("Implementation-Vendor-Id: {vendor}\nBundle-SymbolicName: {name};singleton:=true")
    };
    check("hull-1.2.jar", &both("org.example", "org.example.hull"), "org.example:hull 1.2");
    check("ship-hull-1.2.jar", &both("org.ship", "org.ship.hull"), "org.ship:ship-hull 1.2");
    check(
        "guava-31.1-jre.jar",
        &both("com.google.guava", "com.google.guava"),
        "com.google.guava:guava 31.1-jre",
    );
    check("guava-31.1-jre.jar", "Bundle-SymbolicName: com.google.guava", "guava 31.1-jre");
    check("log4j-core-2.19.0.jar", &both("org.apache", "org.apache.logging.log4j.core"), "log4j-core 2.19.0");
    check("hull-1.2.jar", "Automatic-Module-Name: org.example.hull", "hull 1.2");
    let plugin = "Group-Id: org.jenkins-ci.plugins\nShort-Name: git\nPlugin-Version: 5.2.0 (private-1)";
    check("git.jpi", plugin, "org.jenkins-ci.plugins:git 5.2.0");
    check("git.hpi", plugin, "org.jenkins-ci.plugins:git 5.2.0");
}

#[test]
fn a_manifest_that_is_not_about_a_packed_artifact_is_about_the_archive() {
    let (name, content) = properties("cglib", "cglib", "3.2.12");
    let archive = |lines: &str| jar(&[("META-INF/MANIFEST.MF", lines.as_bytes()), (&name, &content)]);
    check(
        &[Bytes("guice.jar", &archive("Bundle-Name: guice\nBundle-Version: 4.2.3\n"))],
        &["cglib:cglib 3.2.12 /guice.jar", "guice 4.2.3 /guice.jar"],
    );
    // The same artifact under another file name.
    let lines = "Implementation-Title: Code Generation\nImplementation-Version: 3.2.12\n";
    check(&[Bytes("codegen.jar", &archive(lines))], &["cglib:cglib 3.2.12 /codegen.jar"]);
    check(&[Bytes("codegen-3.2.12.jar", &archive(""))], &["cglib:cglib 3.2.12 /codegen-3.2.12.jar"]);
    check(
        &[Bytes("codegen-1.0.jar", &archive(""))],
        &["cglib:cglib 3.2.12 /codegen-1.0.jar", "codegen 1.0 /codegen-1.0.jar"],
    );
}

#[test]
fn a_repository_gives_what_lies_in_it_its_group() {
    let plain = manifest("");
    check(
        &[Bytes("root/.m2/repository/org/example/hull/1.2/hull-1.2.jar", &plain)],
        &["org.example:hull 1.2 /root/.m2/repository/org/example/hull/1.2/hull-1.2.jar"],
    );
    let link = |group: &str| {
        (format!("usr/share/maven-repo/{group}/hull/1.2/hull-1.2.jar"), "../../../../java/hull-1.2.jar")
    };
    let (one, other) = (link("example"), link("another"));
    check(
        &[Bytes("usr/share/java/hull-1.2.jar", &plain), Link(&one.0, one.1)],
        &["example:hull 1.2 /usr/share/java/hull-1.2.jar"],
    );
    // Two groups are none.
    check(
        &[Bytes("usr/share/java/hull-1.2.jar", &plain), Link(&one.0, one.1), Link(&other.0, other.1)],
        &["hull 1.2 /usr/share/java/hull-1.2.jar"],
    );
}

#[test]
fn what_a_repository_calls_like_something_packed_into_it_is_there_once() {
    let (name, content) = properties("org.example", "hull", "1.2");
    let (other, more) = properties("org.example", "keel", "3");
    let shaded = jar(&[(&name, &content), (&other, &more)]);
    let link = "usr/share/maven-repo/org/example/hull/1.2/hull-1.2-all.jar";
    let read = check(
        &[
            Bytes("usr/share/java/hull-full-1.2.jar", &shaded),
            Link(link, "../../../../../java/hull-full-1.2.jar"),
        ],
        &[
            "org.example:hull 1.2 /usr/share/java/hull-full-1.2.jar",
            "org.example:keel 3 /usr/share/java/hull-full-1.2.jar",
        ],
    );
    assert_eq!(read.paths_of("org.example:hull"), ["/usr/share/java/hull-full-1.2.jar"]);
}

#[test]
fn an_unpacked_archive_is_what_its_files_say() {
    let pom = "<project><licenses><license><name>MIT</name></license></licenses></project>";
    let (name, content) = properties("org.example", "shop", "3.0");
    let text = String::from_utf8(content).unwrap();
    let path = format!("srv/ROOT/{name}");
    let read = check(
        &[
            File(&path, &text),
            File(&path.replace(".properties", ".xml"), pom),
            File("srv/source/pom.xml", "<project><groupId>a</groupId><version>1</version></project>"),
        ],
        &["org.example:shop 3.0 /srv/ROOT"],
    );
    assert_eq!(read.joined.packages[0].licenses, ["MIT"]);
    check(&[File(&name, &text)], &["org.example:shop 3.0 /"]);
}

#[test]
fn archives_that_say_nothing_are_counted_in_one_problem() {
    let empty = jar(&[("Main.class", b"x")]);
    let read = check(
        &[
            Bytes("a.jar", &empty),
            Bytes("b.war", &jar(&[("=WEB-INF/lib/c.jar", &empty)])),
            // Neither is an artifact, and the third need not be Java's at all.
            Bytes("d-1.0-sources.jar", &empty),
            Bytes(
                "rt.jar",
                &manifest("Implementation-Title: Java Runtime Environment\nImplementation-Version: 17"),
            ),
            Bytes("e.par", &empty),
        ],
        &[],
    );
    assert_eq!(codes(&read), ["java-archive-unidentified"]);
    let detail = &read.joined.problems[0].detail;
    assert!(
        detail.starts_with("3 archives of Java") && detail.contains("/b.war:WEB-INF/lib/c.jar"),
        "{detail}"
    );
}

#[test]
fn names_that_climb_stay_in_their_archive() {
    let library = library("org.example", "hull", "1.2");
    for (name, place) in [
        ("=../../../etc/hull.jar", "/opt/a-1.jar:\\x2e\\x2e/\\x2e\\x2e/\\x2e\\x2e/etc/hull.jar"),
        ("=/etc/hull.jar", "/opt/a-1.jar:etc/hull.jar"),
        ("=x/./../\0/hull.jar", "/opt/a-1.jar:x/\\x2e\\x2e/?/hull.jar"),
    ] {
        let row = format!("org.example:hull 1.2 {place}");
        check(&[Bytes("opt/a-1.jar", &jar(&[(name, &library)]))], &["a 1 /opt/a-1.jar", &row]);
    }
}

#[test]
fn only_what_the_last_layer_shows_is_installed() {
    let (old, new) = (library("org.example", "hull", "1.2"), library("org.example", "hull", "1.3"));
    let read = check_layers(
        &[
            &[Bytes("hull.jar", &old), Bytes("gone.jar", &old)],
            &[Bytes("hull.jar", &new), Removed("gone.jar")],
        ],
        &["org.example:hull 1.3 /hull.jar"],
    );
    assert_eq!(read.joined.packages[0].layer, Some(1));
}

/// One archive that states itself in four ways, and holds another version of itself.
#[test]
fn an_artifact_that_is_stated_over_and_over_is_there_once() {
    let (name, content) = properties("com.example", "databind", "2.12.3");
    let pom = b"<project><groupId>com.example</groupId><artifactId>databind</artifactId><version>2.12.3</version></project>";
    let manifest =
        b"Manifest-Version: 1.0\nImplementation-Title: databind\nImplementation-Version: 2.12.3\n\n";
    let again = format!("BOOT-INF/classes/{name}");
    let archive = jar(&[
        ("META-INF/MANIFEST.MF", manifest),
        (&name, &content),
        (&again, &content),
        ("META-INF/maven/com.example/databind/pom.xml", pom),
    ]);
    check(
        &[Bytes("a/databind-2.12.3.jar", &archive), Bytes("b/databind-2.12.3.jar", &archive)],
        &[
            "com.example:databind 2.12.3 /a/databind-2.12.3.jar",
            "com.example:databind 2.12.3 /b/databind-2.12.3.jar",
        ],
    );
}

#[test]
fn licences_of_any_number_are_told_in_one_go() {
    let many = (0..60_000).map(|number| format!("L{number}")).collect::<Vec<_>>().join(",");
    let archive = manifest(&format!("Bundle-License: {many}"));
    let read = soon(|| check(&[Bytes("hull-1.2.jar", &archive)], &["hull 1.2 /hull-1.2.jar"]));
    assert_eq!(read.joined.packages[0].licenses.len(), 60_000);
}
