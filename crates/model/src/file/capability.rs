//! Reads the `security.capability` attribute as `getcap` prints it.
//!
//! Layout: Linux `include/uapi/linux/capability.h` (`vfs_cap_data`, `vfs_ns_cap_data`). Text
//! form: libcap's `cap_to_text`, for the one clause that file capabilities need.

const NAMES: [&str; 41] = [
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

const EFFECTIVE: u32 = 1;

/// The capability in words, such as `cap_net_bind_service=ep`; hex where the layout is unknown.
#[must_use]
pub fn describe_capability(value: &[u8]) -> String {
    read(value).unwrap_or_else(|| format!("0x{}", crate::digest::hex(value)))
}

fn read(value: &[u8]) -> Option<String> {
    let word = |index: usize| value.get(index * 4..index * 4 + 4)?.try_into().ok().map(u32::from_le_bytes);
    let magic = word(0)?;
    let wide = match (magic >> 24, value.len()) {
        (1, 12) => false,
        (2, 20) | (3, 24) => true,
        _ => return None,
    };
    let pair = |low: usize, high: usize| -> Option<u64> {
        let upper = if wide { u64::from(word(high)?) << 32 } else { 0 };
        Some(u64::from(word(low)?) | upper)
    };
    let (permitted, inheritable) = (pair(1, 3)?, pair(2, 4)?);
    let effective = if magic & EFFECTIVE != 0 { permitted | inheritable } else { 0 };
    let mut clauses: Vec<(String, Vec<String>)> = Vec::new();
    for bit in 0..64 {
        let mask = 1_u64 << bit;
        let mut flags = String::new();
        for (set, letter) in [(effective, 'e'), (inheritable, 'i'), (permitted, 'p')] {
            if set & mask != 0 {
                flags.push(letter);
            }
        }
        if flags.is_empty() {
            continue;
        }
        let name = NAMES.get(bit).map_or_else(|| bit.to_string(), |name| format!("cap_{name}"));
        match clauses.iter_mut().find(|(same, _)| *same == flags) {
            Some((_, names)) => names.push(name),
            None => clauses.push((flags, vec![name])),
        }
    }
    if clauses.is_empty() {
        return Some("=".to_owned());
    }
    let text: Vec<String> =
        clauses.iter().map(|(flags, names)| format!("{}={flags}", names.join(","))).collect();
    Some(text.join(" "))
}

#[cfg(test)]
mod tests {
    use super::describe_capability;

    #[test]
    fn a_capability_reads_as_getcap_prints_it() {
        let net_raw = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(describe_capability(&net_raw), "cap_net_raw=ep");
        let mut two = net_raw;
        two[5] = 0x24;
        assert_eq!(describe_capability(&two), "cap_net_bind_service,cap_net_raw=ep");
        assert_eq!(describe_capability(b"xy"), "0x7879");
    }
}
