//! Maven's versions against Maven's own class.

use std::path::Path;
use std::process::Command;

use super::{Folder, check, made_up};

/// A program around Maven's own class, and where Debian has that.
const MAVEN: &str = "
import java.io.*;
import org.apache.maven.artifact.versioning.ComparableVersion;

public class Order {
  static boolean isNone(String version) {
    return version.isEmpty() || version.contains(\"${\");
  }

  public static void main(String[] arguments) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(System.in, \"UTF-8\"));
    var answers = new StringBuilder();
    for (String line; (line = lines.readLine()) != null; ) {
      String[] pair = line.split(\"\\t\", -1);
      int order = new ComparableVersion(pair[0]).compareTo(new ComparableVersion(pair[1]));
      // Maven orders any text; that these are no versions is a rule of ours.
      boolean none = isNone(pair[0]) || isNone(pair[1]);
      answers.append(none ? '?' : order < 0 ? '<' : order > 0 ? '>' : '=').append('\\n');
    }
    System.out.print(answers);
  }
}
";
const MAVEN_JAR: &str = "/usr/share/java/maven3-artifact.jar";

/// Versions of real artifacts, each with each.
const REAL: &str = "1.0 1.0.0 1.0-alpha-1 1.0-beta-2 1.0-rc1 1.0.CR1 1.0.0.Final 1.0.0.GA 1.0-SNAPSHOT \
2.0-beta9 2.0-rc2 2.3.1 2.12.4 2.17.1 2.19.0 31.1-jre 31.1-android 31.0.1-jre 25.0-jre r09 23.6-android \
4.3.30.RELEASE 5.0.0.M1 5.0.0.RC3 5.0.0.BUILD-SNAPSHOT 5.3.0 Hoxton.SR12 Greenwich.RELEASE 2.2.0.BUILD-20180101 \
9.4.12.v20180830 9.4.11.v20180605 9.4.12.RC2 9.4-SNAPSHOT 4.1.68.Final 4.1.100.Final 4.0.0.Alpha8 3.6.3.Final \
1.1.1.jre8 9.2.1.jre11-preview 42.2.5.jre7 20040616 20231013 20030203.000550 1.4.200 1.2.17-cloudera1 \
2.10.5.1 2.9.10.8 2.0.0-M24 2.0.0.AM2 1.8.0-beta4 3.141.59 1.19 2.0 0.1-SNAPSHOT 0.1~+svn49 1.2.3.1-redhat-00001 \
1.5.0-b01 2.3.3-b02 1.0.0-pre1 1.2.2.EE-sp1 1.2-sp1 1.2-sp2 3.2.1.jbossorg-2 7.0.0.pre5 1.7.R4 1.3.9-1 6.0.0-ea1";

#[test]
fn maven_versions_are_ordered_as_maven_orders_them() {
    if !Path::new(MAVEN_JAR).exists() {
        eprintln!("skipped: {MAVEN_JAR}, of Debian's libmaven3-core-java, is not there");
        return;
    }
    let folder = Folder(std::env::temp_dir().join(format!("plimsoll-maven-order-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::write(folder.0.join("Order.java"), MAVEN).unwrap();
    let starts = [
        "",
        "0",
        "1",
        "1.0",
        "1.0.0",
        "01",
        "1-1",
        "1.1",
        "2.0",
        "10",
        "a",
        "alpha",
        "final",
        "sp",
        "x1",
        "1x",
        "${v}",
        "999999999",
        "1000000000",
        "999999999999999999",
        "1000000000000000000",
        "00000000000000000000",
        "0000000000",
        "99999999999999999999999",
        "-1",
        ".1",
        "1.é",
        "1_2",
    ];
    let parts = [
        ".0",
        ".1",
        ".10",
        "-0",
        "-1",
        "-10",
        ".",
        "-",
        "..",
        "--",
        ".-",
        "-.",
        "a",
        "b",
        "m",
        "a1",
        "b2",
        "m3",
        ".a",
        ".a1",
        "-a",
        "-b1",
        "-m-1",
        "alpha",
        "-alpha",
        "-alpha-1",
        ".alpha1",
        "-beta",
        "-BETA.2",
        "-milestone",
        "-rc",
        "RC1",
        "-cr2",
        ".CR3",
        "-SNAPSHOT",
        ".snapshot",
        "-ga",
        ".GA",
        "-final",
        ".Final",
        "-RELEASE",
        ".RELEASE1",
        "sp",
        "-sp",
        "-sp1",
        ".sp.2",
        "-x",
        "x",
        ".x",
        "-x1",
        ".x1",
        "-jre",
        "+b",
        "_1",
        "-abc",
        "-\u{df}",
        "\u{ff5e}",
        "\u{1f600}",
        "-20240203.123456-7",
        "01",
        "-001",
        ".000000000000000000000",
        "-ga-1",
        "-1-ga",
        "-0-1",
        ".0.0",
        "-final-1",
        "-a-a1a",
    ];
    let mut pairs = made_up(&starts, &parts, 60_000);
    let real: Vec<&str> = REAL.split_whitespace().collect();
    for left in &real {
        pairs.extend(real.iter().map(|right| ((*left).to_owned(), (*right).to_owned())));
    }
    let mut command = Command::new("java");
    command.args(["-Dfile.encoding=UTF-8", "-cp", MAVEN_JAR, "Order.java"]).current_dir(&folder.0);
    check("maven", "Maven", &mut command, &pairs);
}
