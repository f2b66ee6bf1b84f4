//! Which functions of a file's symbols tell something.

use super::Calls;
use crate::executable::Symbol;

/// Functions of the C library that exist in a form that checks sizes too, `__NAME_chk`: those of
/// glibc 2.41. In order.
const FORTIFIABLE: &[&str] = &[
    "asprintf",
    "confstr",
    "dprintf",
    "explicit_bzero",
    "fdelt",
    "fgets",
    "fgets_unlocked",
    "fgetws",
    "fgetws_unlocked",
    "fprintf",
    "fread",
    "fread_unlocked",
    "fwprintf",
    "getcwd",
    "getdomainname",
    "getgroups",
    "gethostname",
    "getlogin_r",
    "gets",
    "getwd",
    "inet_ntop",
    "inet_pton",
    "longjmp",
    "mbsnrtowcs",
    "mbsrtowcs",
    "mbstowcs",
    "memcpy",
    "memmove",
    "mempcpy",
    "memset",
    "obstack_printf",
    "obstack_vprintf",
    "poll",
    "ppoll",
    "pread",
    "pread64",
    "printf",
    "ptsname_r",
    "read",
    "readlink",
    "readlinkat",
    "realpath",
    "recv",
    "recvfrom",
    "snprintf",
    "sprintf",
    "stpcpy",
    "stpncpy",
    "strcat",
    "strcpy",
    "strlcat",
    "strlcpy",
    "strncat",
    "strncpy",
    "swprintf",
    "syslog",
    "ttyname_r",
    "vasprintf",
    "vdprintf",
    "vfprintf",
    "vfwprintf",
    "vprintf",
    "vsnprintf",
    "vsprintf",
    "vswprintf",
    "vsyslog",
    "vwprintf",
    "wcpcpy",
    "wcpncpy",
    "wcrtomb",
    "wcscat",
    "wcscpy",
    "wcslcat",
    "wcslcpy",
    "wcsncat",
    "wcsncpy",
    "wcsnrtombs",
    "wcsrtombs",
    "wcstombs",
    "wctomb",
    "wmemcpy",
    "wmemmove",
    "wmempcpy",
    "wmemset",
    "wprintf",
];

/// Functions that decide about further files. In order.
const CALLS: &[(&str, Calls)] = &[
    ("__libc_dlopen_mode", Calls::LOAD_LIBRARY),
    ("bindtextdomain", Calls::MESSAGES),
    ("ctime", Calls::TIME_ZONES),
    ("ctime_r", Calls::TIME_ZONES),
    ("dcgettext", Calls::MESSAGES),
    ("dcngettext", Calls::MESSAGES),
    ("dgettext", Calls::MESSAGES),
    ("dlmopen", Calls::LOAD_LIBRARY),
    ("dlopen", Calls::LOAD_LIBRARY),
    ("execl", Calls::PROGRAMS),
    ("execle", Calls::PROGRAMS),
    ("execlp", Calls::PROGRAMS),
    ("execv", Calls::PROGRAMS),
    ("execve", Calls::PROGRAMS),
    ("execvp", Calls::PROGRAMS),
    ("execvpe", Calls::PROGRAMS),
    ("fexecve", Calls::PROGRAMS),
    ("getaddrinfo", Calls::HOSTS),
    ("getgrent", Calls::USERS),
    ("getgrgid", Calls::USERS),
    ("getgrgid_r", Calls::USERS),
    ("getgrnam", Calls::USERS),
    ("getgrnam_r", Calls::USERS),
    ("getgrouplist", Calls::USERS),
    ("gethostbyaddr", Calls::HOSTS),
    ("gethostbyaddr_r", Calls::HOSTS),
    ("gethostbyname", Calls::HOSTS),
    ("gethostbyname2", Calls::HOSTS),
    ("gethostbyname2_r", Calls::HOSTS),
    ("gethostbyname_r", Calls::HOSTS),
    ("getnameinfo", Calls::HOSTS),
    ("getprotobyname", Calls::SERVICES),
    ("getprotobyname_r", Calls::SERVICES),
    ("getprotobynumber", Calls::SERVICES),
    ("getpwent", Calls::USERS),
    ("getpwnam", Calls::USERS),
    ("getpwnam_r", Calls::USERS),
    ("getpwuid", Calls::USERS),
    ("getpwuid_r", Calls::USERS),
    ("getservbyname", Calls::SERVICES),
    ("getservbyname_r", Calls::SERVICES),
    ("getservbyport", Calls::SERVICES),
    ("getservbyport_r", Calls::SERVICES),
    ("getspnam", Calls::USERS),
    ("getspnam_r", Calls::USERS),
    ("gettext", Calls::MESSAGES),
    ("iconv_open", Calls::CHARACTER_SETS),
    ("initgroups", Calls::USERS),
    ("localtime", Calls::TIME_ZONES),
    ("localtime64", Calls::TIME_ZONES),
    ("localtime_r", Calls::TIME_ZONES),
    ("mktime", Calls::TIME_ZONES),
    ("newlocale", Calls::LOCALES),
    ("pam_start", Calls::PAM),
    ("popen", Calls::SHELLS),
    ("posix_spawn", Calls::PROGRAMS),
    ("posix_spawnp", Calls::PROGRAMS),
    ("pthread_cancel", Calls::THREAD_ENDS),
    ("pthread_exit", Calls::THREAD_ENDS),
    ("setlocale", Calls::LOCALES),
    ("strftime", Calls::TIME_ZONES),
    ("system", Calls::SHELLS),
    ("tzset", Calls::TIME_ZONES),
    ("wordexp", Calls::SHELLS),
];

fn undefined<'a>(symbols: &'a [Symbol<'_>]) -> impl Iterator<Item = &'a [u8]> {
    symbols.iter().filter(|symbol| symbol.is_undefined).map(|symbol| symbol.name)
}

/// Which calls there are.
pub(super) fn calls(symbols: &[Symbol<'_>]) -> Calls {
    undefined(symbols).fold(Calls::default(), |all, name| {
        match CALLS.binary_search_by(|(known, _)| known.as_bytes().cmp(name)) {
            Ok(place) => Calls(all.0 | CALLS.get(place).map_or(0, |(_, call)| call.0)),
            Err(_) => all,
        }
    })
}

/// Whether the function is there that ends a program whose stack was overwritten.
pub(super) fn has_canary(symbols: &[Symbol<'_>]) -> bool {
    let known: [&[u8]; 4] =
        [b"__stack_chk_fail", b"__stack_chk_fail_local", b"__stack_chk_guard", b"__intel_security_cookie"];
    symbols.iter().any(|symbol| known.contains(&symbol.name))
}

/// How many functions are used in the checking form, and how many in the other.
pub(super) fn fortified(symbols: &[Symbol<'_>]) -> (u16, u16) {
    let is_fortifiable =
        |name: &[u8]| FORTIFIABLE.binary_search_by(|known| known.as_bytes().cmp(name)).is_ok();
    undefined(symbols).fold((0_u16, 0_u16), |(checked, unchecked), name| {
        let inner = name.strip_prefix(b"__").and_then(|name| name.strip_suffix(b"_chk"));
        match inner {
            Some(inner) if is_fortifiable(inner) => (checked.saturating_add(1), unchecked),
            None if is_fortifiable(name) => (checked, unchecked.saturating_add(1)),
            _ => (checked, unchecked),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_order_so_that_names_are_found() {
        assert!(FORTIFIABLE.is_sorted());
        assert!(CALLS.is_sorted_by_key(|(name, _)| name.as_bytes()));
    }
}
