//! OSV: the dump once, then what its list of times says has changed.

use crate::world::{World, zip};

const LIST: &str = "osv/PyPI/modified_id.csv";
const DUMP: &str = "osv/PyPI/all.zip";

fn record(id: &str, package: &str, modified: &str) -> String {
    format!(
        r#"{{"id":"{id}","modified":"{modified}","affected":[{{"package":{{"ecosystem":"PyPI","name":"{package}"}},"versions":["1.0"]}}]}}"#
    )
}

/// A dump of thirty records about `package-N`, and its list.
fn publish(world: &World) -> Vec<(String, String)> {
    let times: Vec<(String, String)> = (0..30)
        .map(|number| (format!("PYSEC-2026-{number}"), format!("2026-01-{:02}T00:00:00Z", number + 1)))
        .collect();
    let members: Vec<(String, String)> = times
        .iter()
        .map(|(id, time)| {
            let number = id.rsplit('-').next().unwrap();
            (format!("{id}.json"), record(id, &format!("package-{number}"), time))
        })
        .collect();
    world.server.put(DUMP, zip(&members));
    list(world, &times);
    times
}

fn list(world: &World, times: &[(String, String)]) {
    let lines: Vec<String> = times.iter().rev().map(|(id, time)| format!("{time},{id}")).collect();
    world.server.put(LIST, lines.join("\n"));
}

#[test]
fn only_changed_records_are_fetched_and_those_that_went_away_are_gone() {
    let world = World::new();
    let mut times = publish(&world);
    assert_eq!(world.update(&["osv/PyPI"]), [""; 0]);
    assert_eq!(world.server.asked(), [DUMP, LIST]);
    assert_eq!(world.feed("osv/PyPI").advisories, 30);

    // Nothing changed: one question.
    assert_eq!(world.update(&["osv/PyPI"]), [""; 0]);
    assert_eq!(world.server.asked(), [format!("{LIST} if changed")]);

    // One record speaks of another package now, one is new, one is gone.
    times[3].1 = "2026-03-01T00:00:00Z".to_owned();
    world.server.put("osv/PyPI/PYSEC-2026-3.json", record("PYSEC-2026-3", "other", &times[3].1));
    times.push(("PYSEC-2026-99".to_owned(), "2026-03-02T00:00:00Z".to_owned()));
    world.server.put("osv/PyPI/PYSEC-2026-99.json", record("PYSEC-2026-99", "new", "2026-03-02T00:00:00Z"));
    times.remove(7);
    list(&world, &times);
    assert_eq!(world.update(&["osv/PyPI"]), [""; 0]);
    assert_eq!(
        world.server.asked(),
        [
            "osv/PyPI/PYSEC-2026-3.json".to_owned(),
            "osv/PyPI/PYSEC-2026-99.json".to_owned(),
            format!("{LIST} if changed"),
        ]
    );
    assert_eq!(world.ids("pypi", "other"), ["PYSEC-2026-3"]);
    assert_eq!(world.ids("pypi", "package-3"), [""; 0], "the old state of a changed record");
    assert_eq!(world.ids("pypi", "new"), ["PYSEC-2026-99"]);
    assert_eq!(world.ids("pypi", "package-7"), [""; 0], "a record that went away");
    assert_eq!(world.feed("osv/PyPI").advisories, 30);
    assert_eq!(world.feed("osv/PyPI").newest.as_deref(), Some("2026-03-02T00:00:00Z"));

    // A record beside the dump changes, and one beside it goes away.
    times[3].1 = "2026-04-01T00:00:00Z".to_owned();
    world.server.put("osv/PyPI/PYSEC-2026-3.json", record("PYSEC-2026-3", "third", &times[3].1));
    times.pop();
    list(&world, &times);
    assert_eq!(world.update(&["osv/PyPI"]), [""; 0]);
    assert_eq!((world.ids("pypi", "third").len(), world.ids("pypi", "other").len()), (1, 0));
    assert!(!world.has("PYSEC-2026-99"));
    assert_eq!(world.feed("osv/PyPI").advisories, 29);
}

#[test]
fn when_many_changed_the_dump_is_fetched_and_takes_the_place_of_all() {
    let world = World::new();
    let mut times = publish(&world);
    world.update(&["osv/PyPI"]);
    times[3].1 = "2026-03-01T00:00:00Z".to_owned();
    world.server.put("osv/PyPI/PYSEC-2026-3.json", record("PYSEC-2026-3", "other", &times[3].1));
    times.remove(7);
    list(&world, &times);
    world.update(&["osv/PyPI"]);
    assert_eq!(
        world.files("feeds"),
        [
            "osv/PyPI/PYSEC-2026-3.json",
            "osv/PyPI/all.zip",
            "osv/PyPI/modified_id.csv",
            "osv/PyPI/withdrawn.txt"
        ]
    );
    let _ = world.server.asked();
    for (_, time) in &mut times {
        "2026-05-01T00:00:00Z".clone_into(time);
    }
    let members: Vec<(String, String)> =
        times.iter().map(|(id, time)| (format!("{id}.json"), record(id, "every", time))).collect();
    world.server.put(DUMP, zip(&members));
    list(&world, &times);
    assert_eq!(world.update(&["osv/PyPI"]), [""; 0]);
    assert_eq!(world.server.asked(), [format!("{DUMP} if changed"), format!("{LIST} if changed")]);
    assert_eq!(world.files("feeds"), ["osv/PyPI/all.zip", "osv/PyPI/modified_id.csv"]);
    assert_eq!(world.ids("pypi", "every").len(), 29);
}

#[test]
fn a_list_that_lacks_most_records_takes_none_away() {
    let world = World::new();
    let times = publish(&world);
    world.update(&["osv/PyPI"]);
    list(&world, &times[..2]);
    assert_eq!(world.update(&["osv/PyPI"]), [""; 0]);
    assert_eq!(world.feed("osv/PyPI").advisories, 30);
}

#[test]
fn a_record_that_cannot_be_had_leaves_the_old_one_in_use_and_is_told() {
    let world = World::new();
    let mut times = publish(&world);
    world.update(&["osv/PyPI"]);
    times[3].1 = "2026-03-01T00:00:00Z".to_owned();
    list(&world, &times);
    let told = world.update(&["osv/PyPI"]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("feed-not-fetched osv PyPI/PYSEC-2026-3.json: "), "{told:?}");
    assert_eq!(world.ids("pypi", "package-3"), ["PYSEC-2026-3"]);
    let because = world.feed("osv/PyPI").kept_because.unwrap();
    assert!(
        because.starts_with("PyPI/PYSEC-2026-3.json could not be fetched: the server does not have it"),
        "{because}"
    );
}
