//! Sessions of people who have signed in: on every server, for as long as they should, and no longer.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use portal_engine::Registry;
use portal_engine::db::Database;
use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{
    Browser, CLIENT_SECRET, Client, Fault, IdentityProvider, PUBLIC, Process, Ran, SESSION_KEY,
    SigningIn, TestServer, access_by, apply_access, command_on, execute, refusal_sentence,
    texts_of,
};
use serde_json::{Value, json};

const PORTAL: &str = env!("CARGO_BIN_EXE_test-portal");

fn portal(database: &TestDatabase, arguments: &[&str]) -> Command {
    let mut portal = command_on(PORTAL, database);
    portal.args(arguments);
    portal
}

/// Waits until a browser is answered with a status: a second is promised, and a busy machine may take
/// longer.
fn soon(what: &str, browser: &mut Browser, path: &str, status: u16) {
    let started = Instant::now();
    while browser.get(path).status != status {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{what} takes longer than ten seconds"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

fn second_server(pool: &Database) -> TestServer {
    TestServer::over(pool.clone(), Registry::load().unwrap().clone())
}

#[test]
fn session_is_known_to_every_server_and_ends_on_all_of_them() {
    each_database(|database| {
        let portal = SigningIn::on(database);
        let second = second_server(&portal.pool);
        let mut first = portal.in_groups("ada@example.com", &["ops"]);
        let mut other = first.at(&second);
        assert_eq!(other.get("/operator/tokens").status, 200);
        assert_eq!(first.get("/operator/tokens").status, 200);
        first.post("/sign-out", &[]);
        soon("ending it", &mut other, "/operator/tokens", 303);
        // The same by oneself elsewhere, and by an operator.
        let mut phone = portal.in_groups("ada@example.com", &["ops"]).at(&second);
        let mut desk = portal.in_groups("ada@example.com", &["ops"]);
        assert_eq!(phone.get("/account").text.matches("Groups as of\"").count(), 2);
        let ended = desk.post("/account/sessions/end", &[("session", "others")]);
        assert_eq!(ended.status, 303, "{}", ended.text);
        soon("ending the others", &mut phone, "/account", 303);
        assert_eq!(desk.get("/account").status, 200);
        let mut eve = portal.in_groups("eve@example.com", &[]).at(&second);
        assert_eq!(eve.get("/").status, 200);
        let listed = desk.get("/operator/sessions");
        assert!(listed.text.contains("eve@example.com"), "{}", listed.text);
        desk.post("/operator/sessions/end", &[("person", "EVE@example.com")]);
        soon("ending a person's", &mut eve, "/", 303);
        assert_eq!(eve.get("/operator/sessions").status, 303);
    });
}

#[test]
fn nobody_ends_sessions_of_others() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    let mut ada = portal.in_groups("ada@example.com", &["ops"]);
    let page = ada.get("/account").text;
    let mut eve = portal.in_groups("eve@example.com", &[]);
    let listed = ada.get("/operator/sessions").text;
    let ids = |text: &str| -> Vec<String> {
        let found = text.split("name=\"session\" value=\"").skip(1);
        found.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    assert!(page.contains("Sign out"));
    let all = ids(&listed);
    assert_eq!(all.len(), 2, "{listed}");
    // Eve's own is the one that was used last.
    let (eves, adas) = (&all[0], &all[1]);
    let refused = eve.post("/operator/sessions/end", &[("session", adas)]);
    assert_eq!(refused.status, 403);
    assert_eq!(eve.post("/account/sessions/end", &[("session", adas)]).status, 303);
    assert_eq!(ada.get("/account").status, 200);
    assert_eq!(eve.post("/account/sessions/end", &[("session", eves)]).status, 303);
    assert_eq!(eve.get("/account").status, 303);
    for nonsense in ["", "x", "\0", "others"] {
        assert_eq!(ada.post("/account/sessions/end", &[("session", nonsense)]).status, 303);
        let answer = ada.post("/operator/sessions/end", &[("person", nonsense)]);
        assert_eq!(answer.status, 303, "{nonsense:?}: {}", answer.text);
    }
    assert_eq!(ada.get("/account").status, 200);
}

#[test]
fn sign_in_is_a_new_session_and_the_browsers_last() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    let mut browser = portal.in_groups("ada@example.com", &[]);
    let before = browser.clone();
    assert_eq!(browser.sign_in("/").status, 303);
    assert_ne!(browser.cookies(), before.cookies());
    assert_eq!(before.client().get("/api/v2/users/current").status, 401);
    assert_eq!(browser.client().get("/api/v2/users/current").status, 200);
    // One that somebody thought up is nobody's.
    let name = &before.cookies()[0].0;
    for made_up in
        ["a".repeat(64), "x".to_owned(), String::new(), "é".to_owned(), "a".repeat(9_000)]
    {
        let cookie = format!("{name}={made_up}");
        let answer = portal.server.with(&[("cookie", &cookie)]).get("/api/v2/users/current");
        assert_eq!(answer.status, 401, "{made_up}: {}", answer.text);
    }
}

#[test]
fn what_is_shown_to_a_session_is_kept_by_no_cache() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    let mut ada = portal.in_groups("ada@example.com", &[]);
    for (path, status) in [
        ("/", 200),
        ("/account", 200),
        ("/operator/sessions", 403),
        ("/data_products/no-id", 422),
        ("/data_products/01890000-0000-7000-8000-000000000000", 404),
        ("/api/v2/users/current", 200),
        ("/api/v2/data_products/no-id", 422),
        ("/api/v2/data_products/01890000-0000-7000-8000-000000000000", 404),
    ] {
        let answer = ada.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[test]
fn group_that_somebody_has_left_counts_no_longer_after_recheck() {
    each_database(|database| {
        let portal = SigningIn::with(database, &json!({"recheck": "2s"}));
        let second = second_server(&portal.pool);
        let mut ada = portal.in_groups("ada@example.com", &["ops"]);
        let mut other = ada.at(&second);
        assert_eq!(ada.get("/operator/tokens").status, 200);
        assert_eq!(other.get("/operator/tokens").status, 200);
        let left = Instant::now();
        portal.provider.person(
            json!({"sub": "ada@example.com", "email": "ada@example.com", "groups": ["staff"]}),
        );
        soon("leaving a group", &mut ada, "/operator/tokens", 403);
        soon("leaving a group", &mut other, "/operator/tokens", 403);
        assert!(left.elapsed() < Duration::from_secs(8), "{:?}", left.elapsed());
        // It goes on: each refresh token was used once, whoever asked.
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(5) {
            assert_eq!(ada.get("/account").status, 200);
            assert_eq!(other.get("/account").status, 200);
            thread::sleep(Duration::from_millis(50));
        }
        assert!(ada.get("/account").text.contains("staff"));
        // Who has left the company is out.
        portal.provider.refuse_refresh(true);
        soon("leaving the company", &mut ada, "/account", 303);
        soon("leaving the company", &mut other, "/account", 303);
    });
}

#[test]
fn session_ends_when_the_provider_speaks_of_somebody_else() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::with(&database, &json!({"recheck": "1s"}));
    for fault in [Fault::OtherSubjectAtRefresh, Fault::OtherSubjectAtUserinfo] {
        let mut ada = portal.in_groups("ada@example.com", &["ops"]);
        portal.provider.fault(Some(fault));
        thread::sleep(Duration::from_millis(1_100));
        assert_eq!(ada.get("/operator/tokens").status, 303, "{fault:?}");
        portal.provider.fault(None);
        assert_eq!(ada.get("/operator/tokens").status, 303, "{fault:?}");
    }
}

#[test]
fn many_requests_at_once_ask_the_provider_once() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::with(&database, &json!({"recheck": "2s"}));
    let browser = portal.in_groups("ada@example.com", &["ops"]);
    let asked = portal.provider.requests("/token");
    thread::sleep(Duration::from_millis(2_100));
    thread::scope(|scope| {
        for _ in 0..16 {
            let client = browser.client();
            scope.spawn(move || assert_eq!(client.get("/api/v2/users/current").status, 200));
        }
    });
    assert_eq!(portal.provider.requests("/token"), asked + 1);
}

#[test]
fn session_goes_on_without_the_provider_for_as_long_as_grace() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::with(&database, &json!({"recheck": "1s", "grace": "4s"}));
    let mut ada = portal.in_groups("ada@example.com", &["ops"]);
    portal.provider.stop();
    thread::sleep(Duration::from_millis(1_500));
    assert_eq!(ada.get("/operator/tokens").status, 200);
    thread::sleep(Duration::from_millis(4_000));
    let refused = ada.get("/operator/tokens");
    assert_eq!(refused.status, 303, "{}", refused.text);
    assert_eq!(ada.client().get("/api/v2/users/current").status, 401);
    portal.provider.resume();
    soon("coming back", &mut ada, "/operator/tokens", 200);
}

#[test]
fn without_a_key_people_pass_by_the_provider_again() {
    let database = TestDatabase::sqlite();
    let more = json!({"session_key": null, "recheck": "1s", "grace": "30s"});
    let portal = SigningIn::with(&database, &more);
    let mut ada = portal.in_groups("ada@example.com", &["ops"]);
    assert_eq!(ada.get("/account").status, 200);
    thread::sleep(Duration::from_millis(1_100));
    let again = ada.get("/account");
    assert_eq!(again.header("location"), Some("/sign-in?to=%2Faccount"), "{}", again.text);
    assert_eq!(ada.sign_in("/account").status, 303);
    // While it is down they go on.
    portal.provider.stop();
    thread::sleep(Duration::from_millis(2_100));
    assert_eq!(ada.get("/account").status, 200);
}

#[test]
fn session_ends_when_nobody_uses_it_and_when_it_is_old() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::with(&database, &json!({"idle": "2s", "lasts": "5s"}));
    let (mut used, mut left) = (portal.in_groups("a@b", &[]), portal.in_groups("c@d", &[]));
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(3) {
        assert_eq!(used.get("/account").status, 200);
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(left.get("/account").status, 303);
    thread::sleep(Duration::from_millis(2_100));
    assert_eq!(used.get("/account").status, 303);
}

#[test]
fn session_of_another_provider_is_nobodys() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    let mut ada = portal.in_groups("ada@example.com", &["ops"]);
    let other = IdentityProvider::start();
    let access = access_by(&other, PUBLIC, portal.folder.path(), &json!({}));
    apply_access(&mut portal.pool.get().unwrap(), Some(access));
    soon("another provider", &mut ada, "/account", 303);
    // Nor does it come back with the first one.
    let before = access_by(&portal.provider, PUBLIC, portal.folder.path(), &json!({}));
    apply_access(&mut portal.pool.get().unwrap(), Some(before));
    let started = Instant::now();
    while !portal
        .server
        .get("/sign-in")
        .header("location")
        .is_some_and(|to| to.starts_with(&portal.provider.issuer()))
    {
        assert!(started.elapsed() < Duration::from_secs(10), "the settings are not read");
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(ada.get("/account").status, 303);
}

/// Lets the provider be asked again at once, as if half a minute had passed.
fn end_rest(portal: &SigningIn) {
    let connection = &mut portal.pool.get().unwrap();
    execute(connection, "UPDATE sessions SET retry_at = NULL");
    execute(connection, "UPDATE configuration_revision SET sessions = sessions + 1");
}

#[test]
fn refresh_token_is_kept_whatever_fails_after_it_came() {
    each_database(|database| {
        let portal = SigningIn::with(database, &json!({"recheck": "1s", "grace": "1h"}));
        let asked = || portal.provider.requests("/token");
        let mut ada = portal.in_groups("ada@example.com", &["ops"]);
        portal.provider.fault(Some(Fault::UserinfoFails));
        thread::sleep(Duration::from_millis(1_100));
        let before = asked();
        assert_eq!(ada.get("/operator/tokens").status, 200);
        assert_eq!(asked(), before + 1);
        // It rests, on every server.
        let second = second_server(&portal.pool);
        let mut other = ada.at(&second);
        assert_eq!((ada.get("/account").status, other.get("/account").status), (200, 200));
        assert_eq!(asked(), before + 1);
        portal.provider.fault(None);
        end_rest(&portal);
        let started = Instant::now();
        while asked() == before + 1 {
            assert_eq!(ada.get("/operator/tokens").status, 200);
            assert!(started.elapsed() < Duration::from_secs(10), "nobody is asked");
        }
        assert_eq!(ada.get("/operator/tokens").status, 200);
        assert_eq!(asked(), before + 2);
        // One that is good for several times is kept as well.
        portal.provider.fault(Some(Fault::NoRefreshToken));
        for _ in 0..2 {
            thread::sleep(Duration::from_millis(1_100));
            assert_eq!(ada.get("/operator/tokens").status, 200);
        }
        assert_eq!(asked(), before + 4);
    });
}

#[test]
fn provider_that_hangs_is_waited_for_once() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::with(&database, &json!({"recheck": "1s", "grace": "1h"}));
    let mut ada = portal.in_groups("ada@example.com", &["ops"]);
    let mut eve = portal.in_groups("eve@example.com", &[]);
    portal.provider.fault(Some(Fault::TokenHangs));
    thread::sleep(Duration::from_millis(1_100));
    let asked = portal.provider.requests("/token");
    assert_eq!(ada.get("/operator/tokens").status, 200);
    assert_eq!(eve.get("/account").status, 200);
    assert_eq!(portal.provider.requests("/token"), asked + 1);
    portal.provider.stop();
}

/// A portal as a process, with people who sign in at a provider.
struct Company {
    provider: IdentityProvider,
    /// What holds the secrets.
    _folder: tempfile::TempDir,
}

impl Company {
    fn on(database: &TestDatabase, more: &Value) -> Self {
        let (provider, folder) = (IdentityProvider::start(), tempfile::tempdir().unwrap());
        Ran::ok(&mut portal(database, &["migrations", "run"]));
        let access = access_by(&provider, PUBLIC, folder.path(), more);
        apply_access(&mut database.connect(), Some(access));
        Company { provider, _folder: folder }
    }

    fn sign_in(&self, server: &Client, address: &str) -> Browser {
        self.provider.person(json!({"sub": address, "email": address, "groups": ["ops"]}));
        let mut browser = Browser::new(server);
        let answer = browser.sign_in("/");
        assert_eq!(answer.status, 303, "{}", answer.text);
        browser
    }
}

#[test]
fn restart_ends_no_session() {
    each_database(|database| {
        let company = Company::on(database, &json!({"recheck": "1s"}));
        let serve = || Process::serve(&mut portal(database, &["serve"]));
        let servers = [serve(), serve()];
        let mut ada = company.sign_in(servers[0].client(), "ada@example.com");
        assert_eq!(ada.at(servers[1].client()).get("/operator/tokens").status, 200);
        servers.into_iter().for_each(|server| drop(server.kill()));
        let servers = [serve(), serve()];
        thread::sleep(Duration::from_millis(1_100));
        // The provider is asked with what was kept.
        ada = ada.at(servers[1].client());
        assert_eq!(ada.get("/operator/tokens").status, 200);
        let mut first = ada.at(servers[0].client());
        first.post("/sign-out", &[]);
        soon("ending it", &mut ada, "/operator/tokens", 303);
    });
}

#[test]
fn sessions_are_listed_and_ended_on_the_command_line() {
    each_database(|database| {
        let company = Company::on(database, &json!({}));
        let server = Process::serve(&mut portal(database, &["serve"]));
        let mut ada = company.sign_in(server.client(), "ada@example.com");
        company.sign_in(server.client(), "eve@example.com");
        let list = |rest: &[&str]| {
            Ran::of(portal(database, &["sessions", "list", "--json"]).args(rest)).json()
        };
        assert_eq!(list(&[]).as_array().unwrap().len(), 2);
        let own = list(&["--person", "Ada@example.com"]);
        assert_eq!(
            (&own[0]["person"], &own[0]["groups"]),
            (&json!("ada@example.com"), &json!(["ops"]))
        );
        let table = Ran::ok(&mut portal(database, &["sessions", "list"]));
        assert!(table.contains("eve@example.com") && table.contains("LAST USED"), "{table}");
        let ended = Ran::ok(&mut portal(database, &["sessions", "end", "ada@example.com"]));
        assert_eq!(ended, "ended 1 session(s) of ada@example.com\n");
        soon("ending it", &mut ada, "/account", 303);
        assert_eq!(
            refusal_sentence(&mut portal(database, &["sessions", "end", "ada@example.com"])),
            "\"ada@example.com\" has no sessions"
        );
    });
}

#[test]
fn nothing_that_lets_somebody_in_is_found_anywhere_else() {
    each_database(|database| {
        let company = Company::on(database, &json!({"recheck": "1s"}));
        let mut serve = portal(database, &["serve"]);
        let server = Process::serve(serve.env("RUST_LOG", "trace"));
        let mut texts = Vec::new();
        let mut secrets: Vec<String> = [CLIENT_SECRET, SESSION_KEY].map(str::to_owned).to_vec();
        let mut ada = company.sign_in(server.client(), "ada@example.com");
        let bearer = company.provider.token(&company.provider.claims("portal-api"));
        for fault in [None, Some(Fault::WrongNonce), Some(Fault::TokenHtml), Some(Fault::Expired)] {
            company.provider.fault(fault);
            texts.push(Browser::new(server.client()).sign_in("/").text);
        }
        company.provider.fault(None);
        thread::sleep(Duration::from_millis(1_100));
        for path in [
            "/account",
            "/operator/sessions",
            "/operator",
            "/operator/identity-provider",
            "/api/v2/users/current",
            "/nothing",
        ] {
            let answer = ada.get(path);
            texts.push(format!("{:?}{}", answer.headers, answer.text));
            let wrong = server.client().with_token(&format!("{bearer}x"));
            texts.push(wrong.get(path).text);
            texts.push(server.client().with_token(&bearer).get(path).text);
        }
        secrets.extend(ada.cookies().iter().map(|(_, value)| value.clone()));
        texts.push(Ran::ok(&mut portal(database, &["sessions", "list", "--json"])));
        texts.push(Ran::ok(&mut portal(database, &["config", "export"])));
        let mut connection = database.connect();
        let stored = "SELECT hash || ' ' || COALESCE(sealed, '') AS text FROM sessions";
        texts.extend(texts_of(&mut connection, stored));
        secrets.extend(company.provider.secrets());
        // Signing out shows the ID token to the provider, by way of the browser.
        ada.post("/sign-out", &[]);
        texts.push(server.kill());
        assert!(secrets.len() > 10, "{}", secrets.len());
        for secret in secrets.iter().filter(|secret| secret.len() > 8) {
            for text in &texts {
                assert!(!text.contains(secret.as_str()), "{secret} is in {text}");
            }
        }
    });
}
