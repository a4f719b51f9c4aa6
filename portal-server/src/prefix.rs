//! The path that the portal is found under. Whatever leads from one page to another begins with it.

use std::fmt;
use std::str::FromStr;

/// Nothing, for a portal that has a host for itself, or a path such as `/portal`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Prefix(String);

impl Prefix {
    /// The address of a path of the portal, such as `/data_products`.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The path of the portal that an address leads to; `None` when it leads elsewhere.
    pub(crate) fn strip<'a>(&self, address: &'a str) -> Option<&'a str> {
        let path = address.strip_prefix(&self.0)?;
        (path.is_empty() || path.starts_with('/')).then_some(path)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |rule: &str| {
            Err(format!("the prefix {text:?} {rule}: write a path such as /portal, or nothing"))
        };
        if text.is_empty() {
            return Ok(Prefix::default());
        }
        let Some(rest) = text.strip_prefix('/') else { return wrong("does not begin with /") };
        if text.ends_with('/') {
            return wrong("ends with /");
        }
        for segment in rest.split('/') {
            if segment.is_empty() {
                return wrong("has nothing between two /");
            }
            // Browsers resolve these before they ask.
            if [".", ".."].contains(&segment) {
                return wrong("has the segment . or ..");
            }
            // The unreserved characters of RFC 3986, which stand for themselves everywhere: in
            // addresses, in HTML, and in the patterns of routes.
            let mut letters = segment.chars();
            let other = letters.find(|one| !one.is_ascii_alphanumeric() && !"-._~".contains(*one));
            if let Some(other) = other {
                return wrong(&format!(
                    "has the character {other:?}, and only a-z, A-Z, 0-9, -, ., _ and ~ may be between its /"
                ));
            }
        }
        Ok(Prefix(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_is_nothing_or_a_path_without_a_trailing_slash() {
        for good in ["", "/portal", "/tools/data-products", "/~me/a.b_c", "/v2.0"] {
            assert_eq!(good.parse().map(|prefix: Prefix| prefix.0), Ok(good.to_owned()));
        }
        for (bad, rule) in [
            ("portal", "does not begin with /"),
            ("/", "ends with /"),
            ("/portal/", "ends with /"),
            ("//portal", "nothing between two /"),
            ("/a/../b", "the segment . or .."),
            ("/.", "the segment . or .."),
            ("/a b", "the character ' '"),
            ("/{name}", "the character '{'"),
            ("/a?b", "the character '?'"),
            ("/a%20b", "the character '%'"),
            ("/für", "the character 'ü'"),
            ("https://portal.example", "does not begin with /"),
        ] {
            let said = bad.parse::<Prefix>().unwrap_err();
            assert!(said.contains(rule) && said.contains(&format!("{bad:?}")), "{bad}: {said}");
        }
    }

    #[test]
    fn only_whole_segments_are_stripped() {
        let prefix: Prefix = "/portal".parse().unwrap();
        assert_eq!(prefix.strip("/portal/api/docs"), Some("/api/docs"));
        assert_eq!(prefix.strip("/portal"), Some(""));
        assert_eq!((prefix.strip("/portals/api"), prefix.strip("/api")), (None, None));
        assert_eq!(Prefix::default().strip("/api"), Some("/api"));
        assert_eq!(prefix.path("/operator"), "/portal/operator");
    }
}
