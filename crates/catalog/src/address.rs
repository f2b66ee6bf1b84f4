//! Addresses as they may be kept: a name and password in one are nobody's business.

/// An address without the login in it.
#[must_use]
pub fn without_login(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expect: &str) {
        assert_eq!(without_login(address), expect);
    }

    #[test]
    fn an_address_loses_its_login_and_nothing_else() {
        check("https://me:secret@example.com/a@b", "https://example.com/a@b");
        check("https://a@b@example.com", "https://example.com");
        check("https://example.com/x", "https://example.com/x");
        check("git@example.com:x", "git@example.com:x");
    }
}
