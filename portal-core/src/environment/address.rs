//! Filling addresses: a template over values, each of them percent-encoded.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Link, LinkError};
use crate::template::{Fields, Purpose, Template, Values, text};

/// Names that a link's template may use besides the platform's values.
pub const PLACE_NAMES: [&str; 2] = ["namespace", "environment"];

/// Fills a link's template with percent-encoded values; `missing` says why one is absent.
pub fn fill(template: &str, fields: &Fields, missing: impl Fn() -> LinkError) -> Link {
    let encoded: Fields = fields
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(encode(&text(value)))))
        .collect();
    let names: Vec<&str> = encoded.keys().map(String::as_str).collect();
    let template =
        Template::parse(Purpose::Address, template, "", &names).map_err(|_| missing())?;
    Ok(template.render(Values::new(&[&encoded])))
}

/// Unreserved characters of RFC 3986, which need no encoding anywhere in an address.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Percent-encodes text so that it is one path segment or one query value of an address,
/// whatever characters it holds.
pub fn encode(text: &str) -> String {
    Cow::from(utf8_percent_encode(text, UNRESERVED)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_leaves_no_separator_behind() {
        assert_eq!(encode("a/b?c=d&e#ü"), "a%2Fb%3Fc%3Dd%26e%23%C3%BC");
    }
}
