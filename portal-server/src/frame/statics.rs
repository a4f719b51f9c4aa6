//! Style, scripts and the portal's own icon: part of the binary, under addresses that change with
//! their content, so that browsers keep them for as long as they like.

use std::io::Write;
use std::sync::LazyLock;

use actix_web::http::header::{self, AcceptEncoding, Encoding, Header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// A year, which is as long as a cache may keep anything.
pub(crate) const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A file that pages load.
#[derive(Debug)]
pub(crate) struct File {
    name: &'static str,
    /// Name with a digest of the content.
    versioned: String,
    address: String,
    content_type: &'static str,
    plain: Bytes,
    zipped: Option<Bytes>,
}

static FILES: LazyLock<[File; 5]> = LazyLock::new(|| {
    let script = "text/javascript; charset=utf-8";
    [
        File::new(
            "portal.css",
            "text/css; charset=utf-8",
            include_bytes!("../../assets/pages/portal.css"),
        ),
        File::new("portal.js", script, include_bytes!("../../assets/pages/portal.js")),
        File::new("reference.js", script, include_bytes!("../../assets/pages/reference.js")),
        File::new("htmx.js", script, include_bytes!("../../assets/htmx/htmx.min.js")),
        File::new("portal.svg", "image/svg+xml", include_bytes!("../../assets/pages/portal.svg")),
    ]
});

impl File {
    fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let digest: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let versioned = format!("{digest}-{name}");
        File {
            name,
            address: format!("/static/{versioned}"),
            versioned,
            content_type,
            plain: Bytes::from_static(bytes),
            zipped: zip(bytes).map(Bytes::from),
        }
    }

    /// Answers a request; `keep` says how long a cache may.
    pub(crate) fn respond(&self, request: &HttpRequest, keep: &'static str) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response
            .insert_header((header::CONTENT_TYPE, self.content_type))
            .insert_header((header::CACHE_CONTROL, keep))
            .insert_header((header::VARY, "accept-encoding"));
        match &self.zipped {
            Some(zipped) if takes_gzip(request) => {
                response.insert_header((header::CONTENT_ENCODING, "gzip")).body(zipped.clone())
            }
            _ => response.body(self.plain.clone()),
        }
    }
}

/// The bytes compressed as well as can be: it happens once.
fn zip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// Where a file is found.
pub(crate) fn address(name: &str) -> &'static str {
    named(name).map_or("", |file| &file.address)
}

/// Whether a path is that of a file which pages load, the same for everybody.
pub(crate) fn is_file(path: &str) -> bool {
    FILES.iter().any(|file| file.address == path)
}

/// The file with that name.
pub(crate) fn named(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

/// The file with that name, which holds a digest of its content.
pub(crate) fn versioned(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.versioned == name)
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let offered = [Encoding::gzip(), Encoding::identity()];
    AcceptEncoding::parse(request)
        .ok()
        .and_then(|accepted| accepted.negotiate(offered.iter()))
        .is_some_and(|chosen| chosen == Encoding::gzip())
}
