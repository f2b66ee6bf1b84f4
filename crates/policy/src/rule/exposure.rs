//! Ports and volumes that the image declares.

use plimsoll_model::{About, LintRule, SeverityLevel};

use super::{Answer, Rule};
use crate::facts::{Facts, graded};

/// Ports that should not be open.
#[derive(Debug, Clone, Copy)]
pub struct Ports;

/// Volumes over what the system is made of.
#[derive(Debug, Clone, Copy)]
pub struct Volumes;

const PORTS: LintRule = LintRule {
    id: "exposed-port",
    title: "Port of a remote login or a database exposed",
    severity: SeverityLevel::Low,
    why: "What is published with all exposed ports (docker run -P) is open to whoever reaches the host; these protocols let in whoever knows or guesses a password, some without one.",
    remedy: "Do not expose it, or see to it that it is published to those alone who need it.",
};

const VOLUMES: LintRule = LintRule {
    id: "volume-over-system",
    title: "Volume over a directory of the system",
    severity: SeverityLevel::Medium,
    why: "A volume outlives the image: what the system is made of stays old when the image is renewed, and what the container changes there stays.",
    remedy: "Declare volumes for data alone.",
};

/// Ports, what speaks there, and how bad it is.
const KNOWN: [(u16, &str, SeverityLevel); 22] = [
    (21, "FTP", SeverityLevel::Medium),
    (22, "SSH", SeverityLevel::Medium),
    (23, "Telnet", SeverityLevel::High),
    (512, "rexec", SeverityLevel::High),
    (513, "rlogin", SeverityLevel::High),
    (514, "rsh", SeverityLevel::High),
    (1433, "SQL Server", SeverityLevel::Low),
    (1521, "Oracle Database", SeverityLevel::Low),
    (2375, "Docker's API without TLS", SeverityLevel::Critical),
    (2379, "etcd", SeverityLevel::Medium),
    (3306, "MySQL", SeverityLevel::Low),
    (3389, "RDP", SeverityLevel::Medium),
    (5432, "PostgreSQL", SeverityLevel::Low),
    (5900, "VNC", SeverityLevel::Medium),
    (5984, "CouchDB", SeverityLevel::Low),
    (6379, "Redis", SeverityLevel::Medium),
    (7000, "Cassandra", SeverityLevel::Low),
    (9042, "Cassandra", SeverityLevel::Low),
    (9200, "Elasticsearch", SeverityLevel::Medium),
    (10250, "kubelet", SeverityLevel::High),
    (11211, "memcached", SeverityLevel::Medium),
    (27017, "MongoDB", SeverityLevel::Medium),
];

/// First and last port of `80/tcp`, `80` or `8000-8010/tcp`.
fn range(text: &str) -> Option<(u16, u16)> {
    let ports = text.split('/').next()?;
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    Some((first.parse().ok()?, last.parse().ok()?))
}

impl Rule for Ports {
    fn doc(&self) -> &'static LintRule {
        &PORTS
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.config().map(|config| {
            config
                .exposed_ports
                .iter()
                .filter_map(|port| Some((port, range(port)?)))
                .flat_map(|(port, (first, last))| {
                    let known = KNOWN.iter().filter(move |(number, ..)| (first..=last).contains(number));
                    known.map(move |(number, name, severity)| {
                        let about = About::Setting(format!("ExposedPorts[{port}]"));
                        graded(
                            Facts::observe(&PORTS, about, format!("{number} is the port of {name}")),
                            *severity,
                        )
                    })
                })
                .collect()
        }))
    }
}

/// What the system is made of, and what the host's runtime puts there.
const SYSTEM: [&str; 14] = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/run",
    "/sbin",
    "/sys",
    "/usr/bin",
    "/usr/lib",
    "/usr/sbin",
    "/var/run",
];

impl Rule for Volumes {
    fn doc(&self) -> &'static LintRule {
        &VOLUMES
    }

    fn check(&self, facts: &Facts<'_>) -> Answer {
        Answer::of(facts.config().map(|config| {
            let covers = |volume: &&String| {
                let path = volume.trim_end_matches('/');
                path.is_empty()
                    || path == "/usr"
                    || path == "/var"
                    || SYSTEM.contains(&path)
                    || path.ends_with("/docker.sock")
            };
            config
                .volumes
                .iter()
                .filter(covers)
                .map(|volume| {
                    let about = About::Setting(format!("Volumes[{volume}]"));
                    Facts::observe(&VOLUMES, about, format!("{volume} is the system's"))
                })
                .collect()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ports_come_alone_and_in_ranges() {
        assert_eq!(range("22/tcp"), Some((22, 22)));
        assert_eq!(range("22"), Some((22, 22)));
        assert_eq!(range("8000-8010/udp"), Some((8000, 8010)));
        assert_eq!(range("$PORT"), None);
    }
}
