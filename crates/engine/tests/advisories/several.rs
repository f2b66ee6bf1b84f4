//! Feeds of one file each, names of feeds, and what an update does not touch.

use crate::world::{KEV, World, kev};

const EPSS: &str = "epss/data.csv.gz";

fn scores(cve: &str) -> Vec<u8> {
    let text = format!(
        "#model_version:v1,score_date:2026-05-06T00:00:00+0000\ncve,epss,percentile\n{cve},0.5,0.9\n"
    );
    plimsoll_testing::image_files::gzip(text.as_bytes())
}

#[test]
fn a_second_update_asks_whether_anything_changed_and_fetches_nothing() {
    let world = World::new();
    world.server.put(KEV, kev(&["CVE-2024-1", "CVE-2024-2"]));
    assert_eq!(world.update(&["kev"]), [""; 0]);
    assert_eq!(world.server.asked(), [KEV]);
    assert_eq!(world.feed("kev").enrichments, 2);
    assert!(world.feed("kev").source.ends_with("/kev/"), "{}", world.feed("kev").source);

    assert_eq!(world.update(&["kev"]), [""; 0]);
    assert_eq!(world.server.asked(), [format!("{KEV} if changed")]);
    assert_eq!(world.feed("kev").enrichments, 2);

    world.server.put(KEV, kev(&["CVE-2024-3"]));
    assert_eq!(world.update(&["kev"]), [""; 0]);
    assert_eq!(world.database().known_exploited("CVE-2024-1").unwrap(), None);
    assert!(world.database().known_exploited("CVE-2024-3").unwrap().is_some());
}

#[test]
fn a_file_that_somebody_changed_is_fetched_anew() {
    let world = World::new();
    world.server.put(KEV, kev(&["CVE-2024-1"]));
    world.update(&["kev"]);
    let _ = world.server.asked();
    std::fs::write(world.place.path().join("feeds").join(KEV), "{").unwrap();
    assert_eq!(world.update(&["kev"]), [""; 0]);
    assert_eq!(world.server.asked(), [KEV]);
}

#[test]
fn an_update_of_one_feed_leaves_the_others_as_they_are() {
    let world = World::new();
    world.server.put(KEV, kev(&["CVE-2024-1"]));
    world.server.put(EPSS, scores("CVE-2024-2002"));
    // From a folder: nothing of it lies among the files that were fetched.
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in
        [("epss/data.csv.gz", scores("CVE-2024-2002")), (KEV, kev(&["CVE-2024-9"]).into_bytes())]
    {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    world.store.update_from(folder.path(), &plimsoll_engine::NoProgress).unwrap();
    world.update(&["kev"]);
    let database = world.database();
    assert!(database.exploit_probability("CVE-2024-2002").unwrap().is_some());
    assert!(database.known_exploited("CVE-2024-1").unwrap().is_some());
    assert_eq!(database.known_exploited("CVE-2024-9").unwrap(), None);
    // It was not asked for, which is no failure.
    assert_eq!(world.feed("epss").kept_because, None);
    assert_eq!(world.feed("epss").source, folder.path().display().to_string());
}

#[test]
fn an_unknown_feed_refuses_the_whole_update() {
    let world = World::new();
    world.server.put(KEV, kev(&["CVE-2024-1"]));
    let refused = world.store.update(&world.options(&["kev", "nosuch"]), &plimsoll_engine::NoProgress);
    let told = refused.unwrap_err().to_string();
    assert!(told.starts_with("there is no feed nosuch; there are osv, alpine-secdb, "), "{told}");
    assert!(told.ends_with("kev, epss, distro-info, endoflife"), "{told}");
    assert_eq!(world.server.asked(), [""; 0]);
}

#[test]
fn releases_of_alpine_are_those_that_its_page_lists() {
    let world = World::new();
    let page = "<html><a href=\"../\">../</a><a href=\"v3.2/\">v3.2/</a><a href=\"v3.99/\">v3.99/</a>\
                <a href=\"last-update\">last-update</a><a href=\"v../\">x</a></html>";
    world.server.put("alpine-secdb/index.html", page);
    let list = |release: &str| {
        format!(
            r#"{{"distroversion":"{release}","reponame":"main","packages":[{{"pkg":{{"name":"a","secfixes":{{"1-r0":["CVE-2024-1"]}}}}}}]}}"#
        )
    };
    world.server.put("alpine-secdb/v3.2/main.json", list("v3.2"));
    world.server.put("alpine-secdb/v3.99/main.json", list("v3.99"));
    world.server.put("alpine-secdb/v3.99/community.json", list("v3.99").replace("main", "community"));
    // The first releases had no community repository, and that is no failure.
    assert_eq!(world.update(&["alpine-secdb"]), [""; 0]);
    assert_eq!(
        world.server.asked(),
        [
            "alpine-secdb/index.html",
            "alpine-secdb/v3.2/community.json",
            "alpine-secdb/v3.2/main.json",
            "alpine-secdb/v3.99/community.json",
            "alpine-secdb/v3.99/main.json",
        ]
    );
    assert_eq!(world.feed("alpine-secdb/v3.99").advisories, 2);
}

#[test]
fn a_release_that_its_publisher_lacks_is_told_when_it_was_asked_for_by_name() {
    let world = World::new();
    world.server.put(KEV, kev(&["CVE-2024-1"]));
    let told = world.update(&["kev", "osv/Nosuch"]);
    assert_eq!(
        told,
        [
            "feed-not-fetched osv Nosuch: it could not be fetched: the publisher has nothing by that name; what was \
          there before stays in use"
        ]
    );
    assert!(world.feed("osv/Nosuch").kept_because.is_some());
}

#[test]
fn ends_of_life_are_found_by_release() {
    let world = World::new();
    world.server.put(
        "distro-info/debian.csv",
        "version,codename,series,created,release,eol,eol-lts,eol-elts\n\
         12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-06-10,2028-06-30,2033-06-30\n\
         ,Sid,sid,1993-08-16\n",
    );
    world.server.put(
        "distro-info/ubuntu.csv",
        "version,codename,series,created,release,eol,eol-server,eol-esm\n\
         22.04 LTS,Jammy Jellyfish,jammy,2021-10-14,2022-04-21,2027-06-01,2027-06-01,2032-04-09\n",
    );
    assert_eq!(world.update(&["distro-info"]), [""; 0]);
    let database = world.database();
    let dates = database.end_of_life("debian", "12").unwrap().unwrap();
    assert_eq!(dates.supported_until.as_deref(), Some("2026-06-10"));
    assert_eq!(dates.last_day(), Some(("2033-06-30", Some("ELTS"))));
    assert_eq!(
        (dates.is_over_on("2026-06-10T23:00:00Z"), dates.is_over_on("2026-06-11")),
        (Some(false), Some(true))
    );
    assert_eq!(database.end_of_life("ubuntu", "22.04").unwrap().unwrap().further[0].name, "ESM");
    assert_eq!(database.end_of_life("debian", "sid").unwrap(), None);
}
