//! `tokens create`, `list` and `revoke`: what programs show to be known.

use clap::{Args, Subcommand, ValueEnum};
use portal_core::{Error, Result};
use portal_engine::access::TokenRole;
use portal_engine::store::tokens::{NewToken, Token, create_token, list_tokens, revoke_token};
use serde_json::json;

use super::database::DatabaseArgs;
use super::print::{print_json, print_line, print_table, tell};
use crate::expiry::{EXPIRY_DEFAULT, end_of};
use crate::registry;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a token and print it: it cannot be shown again
    Create(Create),
    /// List the tokens, without their secrets
    List {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End a token: every server refuses it within a second
    Revoke {
        /// Name of the token
        name: String,
        #[command(flatten)]
        database: DatabaseArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Name of the token: what you call the program that will have it
    #[arg(long)]
    name: String,
    /// What the program may do
    #[arg(long)]
    role: RoleArg,
    /// The data product that a member works on, by its namespace
    #[arg(long, value_name = "NAMESPACE", required_if_eq("role", "member"))]
    data_product: Option<String>,
    /// How long it lasts, such as 90d or 12h, or `never`
    #[arg(long, value_name = "TIME", default_value = EXPIRY_DEFAULT)]
    expires: String,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleArg {
    /// Read everything
    Viewer,
    /// Work on one data product
    Member,
    /// Everything
    Operator,
}

impl From<RoleArg> for TokenRole {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Viewer => TokenRole::Viewer,
            RoleArg::Member => TokenRole::Member,
            RoleArg::Operator => TokenRole::Operator,
        }
    }
}

pub(super) fn run(command: &Command) -> Result<()> {
    let registry = registry::enabled()?;
    match command {
        Command::Create(create) => {
            let expires_at = end_of(&create.expires).map_err(Error::refused)?;
            let new = NewToken {
                name: create.name.clone(),
                role: create.role.into(),
                data_product: create.data_product.clone(),
                expires_at,
                created_by: None,
            };
            let mut connection = create.database.connect_to_migrated(&registry)?;
            let secret = create_token(&mut connection, &new)?;
            let end = expires_at.map(|end| end.format("%Y-%m-%dT%H:%M:%SZ").to_string());
            if create.json {
                return print_json(&json!({
                    "name": new.name.trim(),
                    "token": secret.reveal(),
                    "expires_at": end,
                }));
            }
            let until =
                end.map_or("it does not expire".to_owned(), |end| format!("it lasts until {end}"));
            tell(&format!("keep this token now, it is not shown again; {until}"));
            print_line(secret.reveal())
        }
        Command::List { database, json } => {
            let tokens = list_tokens(&mut database.connect_to_migrated(&registry)?)?;
            if *json {
                return print_json(&tokens);
            }
            let rows: Vec<Vec<String>> = tokens.iter().map(row).collect();
            print_table(
                &["NAME", "ROLE", "DATA PRODUCT", "CREATED BY", "EXPIRES", "LAST USED"],
                &rows,
            )
        }
        Command::Revoke { name, database, json } => {
            revoke_token(&mut database.connect_to_migrated(&registry)?, name)?;
            match json {
                true => print_json(&json!({"revoked": name})),
                false => print_line(&format!("revoked {name}")),
            }
        }
    }
}

fn row(token: &Token) -> Vec<String> {
    let time = |time: chrono::NaiveDateTime| time.format("%Y-%m-%d %H:%M").to_string();
    let now = chrono::Utc::now().naive_utc();
    let expires = match token.expires_at {
        None => "never".to_owned(),
        Some(end) if end <= now => format!("{}, has expired", time(end)),
        Some(end) => time(end),
    };
    vec![
        token.name.clone(),
        token.role.as_str().to_owned(),
        token.data_product.clone().unwrap_or_else(|| "-".to_owned()),
        token.created_by.clone().unwrap_or_else(|| "-".to_owned()),
        expires,
        token.last_used_at.map_or_else(|| "never".to_owned(), time),
    ]
}
