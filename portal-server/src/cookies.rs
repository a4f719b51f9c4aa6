//! The cookies of people who sign in: their names, and where browsers send them. Both follow from the
//! public address alone.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use portal_engine::access::PublicUrl;

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The secret of a session. It lasts as long as the browser runs; the session ends by itself.
    Session,
    /// Signing in, from leaving for the provider until coming back.
    SigningIn,
}

/// How long somebody may take to sign in at the provider.
const SIGNING_IN: Duration = Duration::minutes(10);

impl Purpose {
    /// With https, browsers take a cookie of that name from this host alone (`__Host-`), or at least by
    /// https alone (`__Secure-`), where it is for a part of a host (RFC 6265bis, section 4.1.3).
    fn name(self, public: &PublicUrl) -> String {
        let prefix = match (public.is_https, public.path.is_empty()) {
            (true, true) => "__Host-",
            (true, false) => "__Secure-",
            (false, _) => "",
        };
        let name = match self {
            Purpose::Session => "portal-session",
            Purpose::SigningIn => "portal-signing-in",
        };
        format!("{prefix}{name}")
    }
}

/// What a request brings; `None` without one.
pub(crate) fn shown(request: &HttpRequest, public: &PublicUrl, purpose: Purpose) -> Option<String> {
    // As it was sent: nothing in it is percent-encoded for the sake of the cookie.
    Some(request.cookie_raw(&purpose.name(public))?.value().to_owned())
}

/// The cookie for a browser to keep.
pub(crate) fn kept(public: &PublicUrl, purpose: Purpose, value: String) -> Cookie<'static> {
    let mut cookie = Cookie::new(purpose.name(public), value);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_secure(public.is_https);
    cookie.set_path(if public.path.is_empty() { "/".to_owned() } else { public.path.clone() });
    if purpose == Purpose::SigningIn {
        cookie.set_max_age(SIGNING_IN);
    }
    cookie
}

/// The same for a browser to forget.
pub(crate) fn forgotten(public: &PublicUrl, purpose: Purpose) -> Cookie<'static> {
    let mut cookie = kept(public, purpose, String::new());
    cookie.make_removal();
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookie_is_for_the_public_address_alone() {
        for (url, text) in [
            (
                "https://portal.example",
                "__Host-portal-session=x; HttpOnly; SameSite=Lax; Secure; Path=/",
            ),
            (
                "https://tools.example/portal",
                "__Secure-portal-session=x; HttpOnly; SameSite=Lax; Secure; Path=/portal",
            ),
            ("http://127.0.0.1:8080", "portal-session=x; HttpOnly; SameSite=Lax; Path=/"),
        ] {
            let public = PublicUrl::read(url).unwrap();
            assert_eq!(kept(&public, Purpose::Session, "x".to_owned()).to_string(), text);
            let gone = forgotten(&public, Purpose::SigningIn).to_string();
            assert!(gone.contains("portal-signing-in=;") && gone.contains("Max-Age=0"), "{gone}");
        }
    }
}
