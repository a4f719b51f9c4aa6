//! Signing in at the identity provider and out again: what is led where, and what wrong answers get.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use portal_engine::Registry;
use portal_server::Builder;
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{
    Answer, Browser, Fault, IdentityProvider, PUBLIC, Proxy, SigningIn, TestServer, access_by,
    apply_access,
};
use serde_json::{Value, json};

#[test]
fn page_leads_to_the_provider_and_back_to_itself() {
    each_database(|database| {
        let portal = SigningIn::on(database);
        portal.provider.person(json!({"sub": "1", "email": "Ada@example.com", "groups": ["ops"]}));
        let mut browser = Browser::new(&portal.server);
        let page = "/data_products?page=2&q=%20%26%C3%BC";
        let refused = browser.get(page);
        assert_eq!(refused.status, 303);
        let to = refused.header("location").unwrap().to_owned();
        assert_eq!(to, "/sign-in?to=%2Fdata%5Fproducts%3Fpage%3D2%26q%3D%2520%2526%25C3%25BC");
        let answer = browser.sign_in(to.split_once("to=").unwrap().1);
        assert_eq!(answer.status, 303, "{}", answer.text);
        assert_eq!(answer.header("location"), Some(page));
        // Only the session is left, and only for this address.
        let [(name, value)] = browser.cookies() else { panic!("{:?}", browser.cookies()) };
        let (name, value) = (name.clone(), value.clone());
        assert_eq!((name.as_str(), value.len()), ("__Host-portal-session", 64));
        let shown = browser.get("/operator");
        assert_eq!(shown.status, 200, "{}", shown.text);
        assert!(shown.text.contains("ada@example.com") && shown.text.contains("Sign out"));
        assert_eq!(shown.header("cache-control"), Some("no-store"));
        let current = browser.client().get("/api/v2/users/current").ok();
        assert_eq!(current["roles"], json!(["viewer", "creator", "operator"]));
        // Out again, here and there.
        let out = browser.post("/sign-out", &[]);
        assert_eq!(out.status, 200);
        assert!(
            out.text.contains(&format!("{}/end-session", portal.provider.issuer())),
            "{}",
            out.text
        );
        assert!(browser.cookies().is_empty());
        assert_eq!(browser.get("/signed-out").status, 200);
        assert_eq!(browser.get("/operator").status, 303);
        let old = portal.server.with(&[("cookie", &format!("{name}={value}"))]);
        assert_eq!(old.get("/api/v2/data_products").status, 401);
    });
}

/// Whoever has signed in, and was not asked anything wrong.
fn ada() -> Value {
    json!({"sub": "1", "email": "ada@example.com", "email_verified": true, "groups": ["ops"]})
}

/// Checks that an answer says why, offers to try again, and begins no session.
fn assert_failed(browser: &Browser, answer: &Answer, status: u16, why: &str) {
    assert_eq!(answer.status, status, "{why}: {}", answer.text);
    assert!(answer.text.contains(why), "{why}: {}", answer.text);
    assert!(answer.text.contains("/sign-in?to="), "{why}: {}", answer.text);
    let has_session = browser.cookies().iter().any(|(name, _)| name.contains("session"));
    assert!(!has_session, "{why}: {:?}", browser.cookies());
}

#[test]
fn callback_that_nobody_asked_for_begins_no_session() {
    each_database(|database| {
        let portal = SigningIn::on(database);
        portal.provider.person(ada());
        // Without a cookie, as somebody else's browser would come.
        let mut browser = Browser::new(&portal.server);
        let callback = browser.callback("/");
        let mut other = Browser::new(&portal.server);
        let answer = other.get(&callback);
        assert_failed(&other, &answer, 400, "has not begun to sign in");
        // With the state of another attempt.
        let mut other = Browser::new(&portal.server);
        other.callback("/");
        let answer = other.get(&callback);
        assert_failed(&other, &answer, 400, "is not for what this browser has asked last");
        // Twice: the provider takes no code twice, whatever the browser still has.
        let mut twice = browser.clone();
        assert_eq!(browser.get(&callback).status, 303);
        let answer = twice.get(&callback);
        assert_failed(&twice, &answer, 400, "was used already");
        // Whoever has signed in is led on.
        let answer = browser.get(&callback);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
        // Cut, with a wrong code, and with everything twice.
        for (from, to, why) in [
            ("code=", "nothing=", "holds no code"),
            ("code=", "code=x", "was used already"),
            ("state=", "state=x", "is not for what this browser has asked last"),
            ("?", "?state=x&amp;", "has <code>state</code> more than once"),
            ("?", "?iss=x&amp;", "has <code>iss</code> more than once"),
        ] {
            let mut browser = Browser::new(&portal.server);
            let callback = browser.callback("/").replacen(from, &to.replace("&amp;", "&"), 1);
            let answer = browser.get(&callback);
            assert_failed(&browser, &answer, 400, why);
        }
        for path in ["/sign-in/callback", "/sign-in/callback?%ff=%ff&&=", "/sign-in?to=%ff"] {
            let answer = Browser::new(&portal.server).get(path);
            assert!([303, 400].contains(&answer.status), "{path}: {}", answer.text);
        }
    });
}

#[test]
fn answers_of_the_provider_that_are_not_good_begin_no_session() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    portal.provider.person(ada());
    for (fault, status, why) in [
        (Fault::WrongNonce, 400, "Invalid nonce"),
        (Fault::NoNonce, 400, "Invalid nonce"),
        (Fault::OtherAudience, 400, "Invalid audiences"),
        (Fault::OtherIssuer, 400, "Invalid issuer"),
        (Fault::Expired, 400, "Expired"),
        (Fault::SignedWithSecret, 400, "Disallowed signature algorithm"),
        (Fault::Unsigned, 400, "No signature found"),
        (Fault::SignedWithOtherKey, 400, "Signature verification failed"),
        (Fault::NoIdToken, 400, "no ID token"),
        (Fault::WrongIssuerInCallback, 400, "another identity provider"),
        (Fault::TokenFails, 503, "identity provider"),
        (Fault::TokenHtml, 503, "identity provider"),
        (Fault::OtherSubjectAtUserinfo, 400, "does not tell who you are"),
    ] {
        let said = format!("{fault:?}");
        portal.provider.fault(Some(fault));
        let mut browser = Browser::new(&portal.server);
        let callback = browser.callback("/operator");
        let answer = browser.get(&callback);
        assert!(answer.text.contains("/sign-in?to=%2Foperator"), "{said}: {}", answer.text);
        assert_failed(&browser, &answer, status, why);
        portal.provider.fault(None);
    }
    portal.provider.refuse_sign_in(Some("access_denied"));
    let mut browser = Browser::new(&portal.server);
    let answer = browser.sign_in("/");
    assert_failed(&browser, &answer, 400, "access_denied");
    portal.provider.refuse_sign_in(None);
    for (claims, why) in [
        (json!({"sub": "1"}), "does not say <code>email</code>"),
        (json!({"sub": "1", "email": "ada"}), "names nobody"),
        (json!({"sub": "1", "email": "a@b", "email_verified": false}), "not verified"),
    ] {
        portal.provider.person(claims);
        let mut browser = Browser::new(&portal.server);
        let answer = browser.sign_in("/");
        assert_failed(&browser, &answer, 400, why);
    }
    portal.provider.person(ada());
    assert_eq!(Browser::new(&portal.server).sign_in("/").status, 303);
}

#[test]
fn whoever_brings_many_wrong_codes_waits_and_costs_the_provider_no_more() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::with(&database, &json!({"failures_per_minute": 3}));
    portal.provider.person(ada());
    let mut forged = Browser::new(&portal.server);
    let callback = forged.callback("/").replacen("code=", "code=x", 1);
    let asked = portal.provider.requests("/token");
    let answers = (0..10).map(|_| forged.clone().get(&callback).status);
    assert_eq!(answers.collect::<Vec<_>>(), [400, 400, 400, 429, 429, 429, 429, 429, 429, 429]);
    assert_eq!(portal.provider.requests("/token"), asked + 3);
    // What was forged at the door costs nothing, and is not counted.
    let refused = Browser::new(&portal.server).get("/sign-in/callback?state=a&code=x");
    assert_eq!(refused.status, 400);
}

#[test]
fn provider_may_say_everything_in_its_own_way() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    let is_operator = |browser: &mut Browser| browser.get("/operator/tokens").status == 200;
    // New keys, of another sort as well.
    for rotate in [IdentityProvider::rotate_keys, IdentityProvider::use_es256] {
        assert!(is_operator(&mut portal.person(ada())));
        rotate(&portal.provider);
        assert!(is_operator(&mut portal.person(ada())));
    }
    // Only when asked for it.
    portal.provider.fault(Some(Fault::ClaimsOnlyAtUserinfo));
    assert!(is_operator(&mut portal.person(ada())));
    portal.provider.fault(Some(Fault::NoIssuerInCallback));
    assert!(is_operator(&mut portal.person(ada())));
    portal.provider.fault(Some(Fault::NoEndSession));
    // What is known of the provider is asked for again soon.
    thread::sleep(Duration::from_millis(2_100));
    let out = portal.person(ada()).post("/sign-out", &[]);
    assert!(
        out.text.contains("is nobody here") && !out.text.contains("end-session"),
        "{}",
        out.text
    );
    portal.provider.fault(None);
    // More groups than fit: the person is known, and told.
    let many = json!({"sub": "2", "email": "eve@example.com", "_claim_names": {"groups": "src1"}});
    let mut browser = portal.person(many);
    let page = browser.get("/");
    assert!(page.text.contains("has left out your groups"), "{}", page.text);
    let refused = browser.get("/operator/tokens");
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("because there are too many"), "{}", refused.text);
}

#[test]
fn nobody_is_led_elsewhere() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    portal.provider.person(ada());
    for to in
        ["https://evil.example", "//evil.example", "/%5Cevil.example", "%2F%2Fevil.example", ""]
    {
        let answer = Browser::new(&portal.server).sign_in(to);
        assert_eq!(answer.header("location"), Some("/"), "{to}");
    }
    // Only pages to look at lead to sign in: what is sent, and what programs ask for, does not.
    let nobody = &portal.server;
    assert_eq!(nobody.get("/api/v2/data_products").status, 401);
    assert_eq!(nobody.get("/operator").status, 401);
    let part = nobody.send("GET", "/", &[("accept", "text/html"), ("hx-request", "true")]);
    assert_eq!(part.status, 401);
    let form = nobody.form("/data_products/new", &[("name", "Orders")]);
    assert_eq!(form.status, 401);
    assert!(form.text.contains("Sign in in another window"), "{}", form.text);
    // The host of the public address is one of the portal's own; no other one is.
    for (host, status) in [("portal.example", 303), ("evil.example", 421)] {
        let page = nobody.send("GET", "/", &[("accept", "text/html"), ("host", host)]);
        assert_eq!(page.status, status, "{host}");
    }
}

#[test]
fn provider_that_is_down_ends_nothing_and_is_used_again_when_it_is_back() {
    each_database(|database| {
        let portal = SigningIn::on(database);
        let mut signed_in = portal.person(ada());
        portal.provider.stop();
        let started = Instant::now();
        let failed = loop {
            let answer = Browser::new(&portal.server).get("/sign-in?to=/operator");
            if answer.status != 303 {
                break answer;
            }
            assert!(started.elapsed().as_secs() < 10, "nobody notices");
            thread::sleep(Duration::from_millis(100));
        };
        let why = format!("identity provider at {} cannot be reached", portal.provider.issuer());
        assert_failed(&Browser::new(&portal.server), &failed, 503, &why);
        assert_eq!(signed_in.get("/operator").status, 200);
        assert_eq!(portal.server.get("/readyz").ok()["status"], "ready");
        portal.provider.resume();
        let started = Instant::now();
        while Browser::new(&portal.server).get("/sign-in").status != 303 {
            assert!(started.elapsed().as_secs() < 10, "it is not used again");
            thread::sleep(Duration::from_millis(100));
        }
        assert_eq!(portal.person(ada()).get("/operator").status, 200);
    });
}

#[test]
fn portal_starts_while_the_provider_is_down() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    let mut signed_in = portal.person(ada());
    portal.provider.stop();
    let registry = Registry::load().unwrap();
    let second = TestServer::over(portal.pool.clone(), registry.clone());
    assert_eq!(signed_in.at(&second).get("/operator").status, 200);
    assert_eq!(Browser::new(&second).get("/sign-in").status, 503);
    portal.provider.resume();
    let started = Instant::now();
    while Browser::new(&second).get("/sign-in").status != 303 {
        assert!(started.elapsed().as_secs() < 10, "it is not used");
        thread::sleep(Duration::from_millis(100));
    }
    drop(second);
    assert_eq!(signed_in.get("/operator").status, 200);
}

/// What a new portal answers to somebody who wants to sign in.
fn begin_at(provider: &IdentityProvider, more: &Value) -> Answer {
    let (database, folder) = (TestDatabase::sqlite(), tempfile::tempdir().unwrap());
    let registry = Registry::load().unwrap();
    drop(TestServer::start(&database));
    let pool = database.migrated(registry);
    let access = access_by(provider, PUBLIC, folder.path(), more);
    apply_access(&mut pool.get().unwrap(), Some(access));
    Browser::new(&TestServer::over(pool, registry.clone())).get("/sign-in")
}

#[test]
fn provider_is_asked_by_the_way_that_the_file_names_and_no_other() {
    let provider = IdentityProvider::start_encrypted();
    let folder = tempfile::tempdir().unwrap();
    let authorities = |name: &str, provider: &IdentityProvider| {
        let path = folder.path().join(name);
        fs::write(&path, provider.certificate()).unwrap();
        path
    };
    let own = authorities("own.pem", &provider);
    let others = authorities("others.pem", &IdentityProvider::start_encrypted());
    let proxy = Proxy::outgoing();
    let by_proxy = format!("http://127.0.0.1:{}", proxy.port());
    for (more, why) in [(json!({}), "certificate"), (json!({"ca_file": others}), "certificate")] {
        let refused = begin_at(&provider, &more);
        assert_eq!(refused.status, 503, "{more}");
        assert!(refused.text.contains(why), "{}", refused.text);
    }
    assert_eq!(begin_at(&provider, &json!({"ca_file": own})).status, 303);
    assert_eq!(proxy.passed(), 0);
    assert_eq!(begin_at(&provider, &json!({"ca_file": own, "proxy": by_proxy})).status, 303);
    assert!(proxy.passed() > 0);
    proxy.cut();
    assert_eq!(begin_at(&provider, &json!({"ca_file": own, "proxy": by_proxy})).status, 503);
    for (fault, why) in [
        (Fault::RedirectsDiscovery, "answers 303"),
        (Fault::KeysWithoutTls, "refers to an address without https"),
        (Fault::PagesWithoutTls, "refers to an address without https"),
        (Fault::WrongIssuerInDiscovery, "calls itself something else"),
    ] {
        provider.fault(Some(fault));
        let refused = begin_at(&provider, &json!({"ca_file": own}));
        assert_eq!(refused.status, 503, "{fault:?}");
        assert!(refused.text.contains(why), "{fault:?}: {}", refused.text);
    }
    assert_eq!(provider.requests("/elsewhere"), 0);
}

#[test]
fn path_of_the_public_address_is_where_the_portal_is() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    let registry = Registry::load().unwrap();
    let start = |prefix: &str| {
        let portal = Builder::over(portal.pool.clone()).registry(registry.clone());
        portal.migrate(false).prefix(prefix).open()
    };
    assert!(start("").is_ok());
    let refused = start("/portal").unwrap_err().to_string();
    assert_eq!(
        refused,
        "`public_url` in [access] has no path, and this server serves the portal under the path /portal: both have to be the same"
    );
}
