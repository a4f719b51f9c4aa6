//! What the contract test cannot know of Parameter Store: its rule and its link.

use portal_testing::{check, json, place};

use super::*;

#[test]
fn name_that_belongs_to_aws_is_refused_at_its_path() {
    let ours = json!({"path": "SSM-sales", "parameter": "key", "kind": "string"});
    let problems = check::<Parameter>(ours).unwrap_err();
    assert_eq!(problems.to_string(), "/path: names that begin with aws or ssm belong to AWS");
}

#[test]
fn key_counts_for_secure_texts_alone() {
    let of = |kind| {
        let fields = json!({"path": "sales", "parameter": "key", "kind": kind, "kms_key": "k"});
        check::<Parameter>(fields).unwrap().kms_key
    };
    assert_eq!((of("string"), of("secure_string")), (None, Some("k".to_owned())));
}

#[test]
fn link_leads_to_the_encoded_name() {
    let parameter = Parameter { parameter: "db/pass word?".into(), ..Parameter::example() };
    let link = parameter.asset_url(&NoValues {}, &place(AwsAccount::example("prd"))).unwrap();
    assert_eq!(
        link,
        "https://eu-west-1.console.aws.amazon.com/systems-manager/parameters/%2Fsales%2Fdb%2Fpass%20word%3F/description?region=eu-west-1"
    );
}
