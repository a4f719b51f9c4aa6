//! Bearer tokens of the identity provider: what good ones may, and what each wrong one gets.

use std::thread;
use std::time::Duration;

use portal_testing::{TestDatabase, each_database};
use portal_tests::harness::{AUDIENCE, Answer, CLIENT_ID, Signing, SigningIn};
use serde_json::{Value, json};

const PATH: &str = "/api/v2/users/current";
const KEYS: &str = "/keys";

fn ask(portal: &SigningIn, token: &str) -> Answer {
    portal.server.with_token(token).get(PATH)
}

/// Seconds since 1970.
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

/// Claims that are good but for these members; null leaves one out.
fn claims(portal: &SigningIn, changes: &Value) -> Value {
    let mut claims = portal.provider.claims(AUDIENCE);
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn assert_refused(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 401, "{why}: {}", answer.text);
    let challenge = answer.header("www-authenticate").unwrap();
    assert_eq!(challenge, "Bearer realm=\"portal\", error=\"invalid_token\"", "{why}");
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(why), "{why}: {detail}");
    assert!(detail.len() < 250 && !detail.contains('\n') && !detail.contains("eyJ"), "{detail}");
}

#[test]
fn token_of_the_provider_is_a_person() {
    each_database(|database| {
        let portal = SigningIn::on(database);
        portal.provider.person(json!({"sub": "1", "email": "Ada@example.com", "groups": ["ops"]}));
        let current = ask(&portal, &portal.provider.token(&claims(&portal, &json!({})))).ok();
        assert_eq!(current["email"], "ada@example.com");
        assert_eq!(current["roles"], json!(["viewer", "creator", "operator"]));
        // The audience among others, and clocks that differ by less than a minute.
        for good in [
            json!({"aud": ["other", AUDIENCE]}),
            json!({"exp": now() - 50}),
            json!({"nbf": now() + 50}),
            json!({"nbf": null, "iat": null}),
        ] {
            let answer = ask(&portal, &portal.provider.token(&claims(&portal, &good)));
            assert_eq!(answer.status, 200, "{good}: {}", answer.text);
        }
        // Whoever wrote something with one is told.
        let writer = portal.server.with_token(&portal.provider.token(&claims(&portal, &json!({}))));
        assert_eq!(writer.create_product("orders").len(), 36);
        portal.provider.use_es256();
        // A key that is not known is fetched where none was fetched for half a minute.
        let unknown = ask(&portal, &portal.provider.token(&claims(&portal, &json!({}))));
        assert_refused(&unknown, "a key that the identity provider does not name");
    });
}

#[test]
fn wrong_tokens_get_one_sentence_and_cost_no_question() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    let provider = &portal.provider;
    provider.person(json!({"sub": "1", "email": "ada@example.com", "groups": ["ops"]}));
    let good = provider.token(&claims(&portal, &json!({})));
    assert_eq!(ask(&portal, &good).status, 200);
    let asked = provider.requests(KEYS);
    for (wrong, why) in [
        (json!({"exp": now() - 70}), "has expired"),
        (json!({"exp": null}), "lacks exp, iss or aud"),
        (json!({"exp": "soon"}), "lacks exp, iss or aud"),
        (json!({"nbf": now() + 70}), "not valid yet"),
        (json!({"iss": "https://evil.example"}), "another issuer"),
        (json!({"iss": null}), "lacks exp, iss or aud"),
        (json!({"aud": "other"}), "another audience"),
        (json!({"aud": CLIENT_ID}), "another audience"),
        (json!({"aud": []}), "another audience"),
        (json!({"aud": null}), "lacks exp, iss or aud"),
        (json!({"email": null}), "does not say `email`"),
        (json!({"email": 7}), "is no text"),
        (json!({"email_verified": false}), "not verified"),
    ] {
        assert_refused(&ask(&portal, &provider.token(&claims(&portal, &wrong))), why);
    }
    let sound = claims(&portal, &json!({}));
    let header = provider.header();
    let with = |changes: &[(&str, Value)], signing: &Signing| {
        let mut header = header.clone();
        for (name, value) in changes {
            header[*name] = value.clone();
        }
        provider.token_with(&header, &sound, signing)
    };
    let key = "a key that the identity provider does not name";
    let way = "is not taken";
    assert_refused(&ask(&portal, &with(&[], &Signing::Other)), "signature of the token is wrong");
    assert_refused(&ask(&portal, &with(&[("kid", json!("other"))], &Signing::Other)), key);
    assert_refused(&ask(&portal, &with(&[("alg", json!("none"))], &Signing::Nothing)), "no JWT");
    assert_refused(&ask(&portal, &with(&[("alg", json!("ES256"))], &Signing::Current)), key);
    for form in provider.public_key_forms() {
        for algorithm in ["HS256", "HS384", "HS512"] {
            let token = with(&[("alg", json!(algorithm))], &Signing::Secret(form.clone()));
            assert_refused(&ask(&portal, &token), way);
        }
    }
    for cut in [
        &good[..good.len() - 10],
        &good[..good.len() / 2],
        "eyJ",
        "a.b.c",
        "..",
        "x",
        &format!("{good}x"),
    ] {
        assert_eq!(ask(&portal, cut).status, 401, "{cut}");
    }
    let long = provider.token(&claims(&portal, &json!({"x": "x".repeat(40_000)})));
    assert_refused(&ask(&portal, &long), "too long");
    assert_eq!(provider.requests(KEYS), asked, "the provider was asked for wrong tokens");
    assert_eq!(ask(&portal, &good).status, 200);
    // Beside a token in the header, a session does not count.
    let mut browser = portal.in_groups("ada@example.com", &["ops"]);
    assert_eq!(browser.get("/operator").status, 200);
    let both = browser.client();
    let answer = both.send("GET", PATH, &[("authorization", "Bearer x.y.z")]);
    assert_eq!(answer.status, 401, "{}", answer.text);
}

#[test]
fn token_of_a_key_that_was_taken_back_is_refused() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    let ada = json!({"sub": "1", "email": "ada@example.com"});
    portal.provider.person(ada.clone());
    let token = portal.provider.token(&claims(&portal, &json!({})));
    assert_eq!(ask(&portal, &token).status, 200);
    portal.provider.rotate_keys();
    assert_eq!(ask(&portal, &token).status, 200, "the keys are known for a while");
    // Whoever signs in makes the portal ask again.
    thread::sleep(Duration::from_millis(2_100));
    portal.person(ada);
    assert_refused(&ask(&portal, &token), "a key that the identity provider does not name");
}

#[test]
fn none_are_taken_where_no_audience_is_said() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::with(&database, &json!({"audience": null}));
    let token = portal.provider.token(&portal.provider.claims(AUDIENCE));
    assert_refused(&ask(&portal, &token), "[access.oidc] says no `audience`");
    let token = portal.provider.token(&portal.provider.claims(CLIENT_ID));
    assert_refused(&ask(&portal, &token), "[access.oidc] says no `audience`");
}

#[test]
fn provider_that_is_down_keeps_known_keys_good() {
    let database = TestDatabase::sqlite();
    let portal = SigningIn::on(&database);
    portal.provider.person(json!({"sub": "1", "email": "ada@example.com"}));
    portal.provider.stop();
    // Nothing is known of it yet: a good token cannot be told from a wrong one.
    let token = portal.provider.token(&claims(&portal, &json!({})));
    let answer = ask(&portal, &token);
    assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("provider_unreachable")));
    assert_refused(&ask(&portal, "x.y.z"), "no JWT");
    portal.provider.resume();
    // It is not asked again at once.
    thread::sleep(Duration::from_millis(2_100));
    assert_eq!(portal.person(json!({"sub": "1", "email": "ada@example.com"})).get("/").status, 200);
    portal.provider.stop();
    for number in 0..3 {
        let token = portal.provider.token(&claims(&portal, &json!({"jti": number})));
        assert_eq!(ask(&portal, &token).status, 200);
    }
}
