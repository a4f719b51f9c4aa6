//! What a request says of its body before the body is read: its type, and that it is not packed.
//!
//! A packed body is refused whatever it holds: a few megabytes of gzip unpack to gigabytes, and a
//! limit on what arrives does not bound what comes of it.

use actix_web::http::header::{self, HeaderMap, HeaderName};

/// A kind of body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/json`, or a type whose name ends in `+json`.
    Json,
    /// What browsers send of a form.
    Form,
}

impl Media {
    /// What to send.
    const fn name(self) -> &'static str {
        match self {
            Media::Json => "application/json",
            Media::Form => "application/x-www-form-urlencoded",
        }
    }

    fn is(self, essence: &str) -> bool {
        essence.eq_ignore_ascii_case(self.name())
            || self == Media::Json && essence.to_ascii_lowercase().ends_with("+json")
    }

    /// Whether a request with these headers has such a body; else a sentence that says what to send
    /// instead.
    pub(crate) fn check(self, headers: &HeaderMap) -> Result<(), String> {
        if let Some(coding) = other_coding(headers) {
            return Err(format!(
                "the body has the Content-Encoding {coding:?}: send it as it is, without that header"
            ));
        }
        let name = self.name();
        let types: Vec<String> = texts(headers, &header::CONTENT_TYPE).collect();
        match types.as_slice() {
            [] => Err(format!("the body has no Content-Type: send it as {name}")),
            [one] if self.is(one.split(';').next().unwrap_or_default().trim()) => Ok(()),
            [one] => Err(format!("the body has the Content-Type {one:?}: send it as {name}")),
            _ => Err(format!("the body has several Content-Types: send it as {name}")),
        }
    }
}

/// A content coding that changes the body.
fn other_coding(headers: &HeaderMap) -> Option<String> {
    let sent: Vec<String> = texts(headers, &header::CONTENT_ENCODING).collect();
    let mut codings = sent.iter().flat_map(|one| one.split(',')).map(str::trim);
    let other = codings.find(|one| !one.is_empty() && !one.eq_ignore_ascii_case("identity"));
    other.map(str::to_owned)
}

fn texts(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    let values = headers.get_all(name);
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn check(media: Media, sent: &[(HeaderName, &'static str)]) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(name.clone(), HeaderValue::from_static(value));
        }
        media.check(&headers)
    }

    #[test]
    fn json_is_application_json_or_ends_in_plus_json() {
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json;charset=\"utf-8\"",
            "application/merge-patch+json",
        ] {
            assert_eq!(check(Media::Json, &[(header::CONTENT_TYPE, good)]), Ok(()), "{good}");
        }
        for bad in ["", "json", "text/plain", "text/plain; application/json", "application/jsonx"] {
            let said = check(Media::Json, &[(header::CONTENT_TYPE, bad)]).unwrap_err();
            assert!(said.ends_with("send it as application/json"), "{said}");
        }
        assert!(check(Media::Json, &[]).is_err());
        let twice = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CONTENT_TYPE, "application/json"),
        ];
        assert!(check(Media::Json, &twice).is_err());
    }

    #[test]
    fn only_identity_is_no_coding() {
        let with = |coding| {
            check(
                Media::Json,
                &[(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, coding)],
            )
        };
        for good in ["identity", "Identity", "", "identity, identity"] {
            assert_eq!(with(good), Ok(()), "{good}");
        }
        for bad in ["gzip", "identity, gzip", "br", "zstd", "x"] {
            assert!(with(bad).unwrap_err().contains("without that header"), "{bad}");
        }
    }
}
