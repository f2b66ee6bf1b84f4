//! CVSS version 2: the base equation of its guide (section 3.2.1).

/// The base score of `AV:N/AC:L/Au:N/C:P/I:P/A:P`, perhaps in parentheses and with temporal and
/// environmental metrics after it. `None` where it is malformed or not complete.
pub(super) fn base_score(vector: &str) -> Option<f64> {
    let vector = vector.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(vector);
    let mut values: [Option<f64>; 6] = [None; 6];
    let mut others: Vec<&str> = Vec::new();
    for metric in vector.split('/') {
        let (name, value) = metric.split_once(':')?;
        let (place, weight) = match (name, value) {
            ("AV", "L") => (0, 0.395),
            ("AV", "A") => (0, 0.646),
            ("AV", "N") => (0, 1.0),
            ("AC", "H") => (1, 0.35),
            ("AC", "M") => (1, 0.61),
            ("AC", "L") => (1, 0.71),
            ("Au", "M") => (2, 0.45),
            ("Au", "S") => (2, 0.56),
            ("Au", "N") => (2, 0.704),
            ("C", _) => (3, impact(value)?),
            ("I", _) => (4, impact(value)?),
            ("A", _) => (5, impact(value)?),
            _ if is_other(name, value) && !others.contains(&name) => {
                others.push(name);
                continue;
            }
            _ => return None,
        };
        let slot = values.get_mut(place)?;
        if slot.replace(weight).is_some() {
            return None;
        }
    }
    let [
        Some(vector),
        Some(complexity),
        Some(authentication),
        Some(secrecy),
        Some(integrity),
        Some(availability),
    ] = values
    else {
        return None;
    };
    let impact = 10.41 * (1.0 - (1.0 - secrecy) * (1.0 - integrity) * (1.0 - availability));
    let exploitability = 20.0 * vector * complexity * authentication;
    let factor = if impact == 0.0 { 0.0 } else { 1.176 };
    let score = ((0.6 * impact) + (0.4 * exploitability) - 1.5) * factor;
    Some((score * 10.0).round() / 10.0)
}

fn impact(value: &str) -> Option<f64> {
    match value {
        "N" => Some(0.0),
        "P" => Some(0.275),
        "C" => Some(0.660),
        _ => None,
    }
}

/// Whether it is a temporal or environmental metric with a value of its own.
fn is_other(name: &str, value: &str) -> bool {
    let values: &[&str] = match name {
        "E" => &["U", "POC", "F", "H", "ND"],
        "RL" => &["OF", "TF", "W", "U", "ND"],
        "RC" => &["UC", "UR", "C", "ND"],
        "CDP" => &["N", "L", "LM", "MH", "H", "ND"],
        "TD" => &["N", "L", "M", "H", "ND"],
        "CR" | "IR" | "AR" => &["L", "M", "H", "ND"],
        _ => return false,
    };
    values.contains(&value)
}
