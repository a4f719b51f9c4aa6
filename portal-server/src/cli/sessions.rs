//! `sessions list` and `end`: who is signed in.

use chrono::Utc;
use clap::Subcommand;
use portal_core::{Error, Result};
use portal_engine::store::sessions::{LISTED_MAX, Living, Session, end_sessions_of, list_sessions};
use portal_engine::store::stored_access;
use serde_json::json;

use super::database::DatabaseArgs;
use super::print::{print_json, print_line, print_table, tell};
use crate::registry;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List who is signed in, those first who were there last
    List {
        /// Address of one person
        #[arg(long, value_name = "ADDRESS")]
        person: Option<String>,
        #[command(flatten)]
        database: DatabaseArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End all sessions of a person: every server refuses them within a second
    End {
        /// Address of the person
        person: String,
        #[command(flatten)]
        database: DatabaseArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &Command) -> Result<()> {
    let registry = registry::enabled()?;
    match command {
        Command::List { person, database, json } => {
            let connection = &mut database.connect_to_migrated(&registry)?;
            let access = stored_access(connection)?;
            let sessions = match access.and_then(|access| access.oidc) {
                Some(oidc) => {
                    let living = Living::by(&oidc, Utc::now().naive_utc());
                    list_sessions(connection, &living, person.as_deref())?
                }
                None => {
                    tell("note: nobody signs in here, because nothing says [access.oidc]");
                    Vec::new()
                }
            };
            if sessions.len() as i64 >= LISTED_MAX {
                tell(&format!("note: the {LISTED_MAX} that were used last are listed"));
            }
            if *json {
                return print_json(&sessions);
            }
            let rows: Vec<Vec<String>> = sessions.iter().map(row).collect();
            print_table(&["PERSON", "BEGAN", "LAST USED", "GROUPS AS OF", "BROWSER"], &rows)
        }
        Command::End { person, database, json } => {
            let connection = &mut database.connect_to_migrated(&registry)?;
            let ended = end_sessions_of(connection, person, None)?;
            if ended == 0 {
                return Err(Error::NotFound(format!("{person:?} has no sessions")));
            }
            match json {
                true => print_json(&json!({"person": person, "ended": ended})),
                false => print_line(&format!("ended {ended} session(s) of {person}")),
            }
        }
    }
}

fn row(session: &Session) -> Vec<String> {
    let time = |time: chrono::NaiveDateTime| time.format("%Y-%m-%d %H:%M").to_string();
    vec![
        session.person.clone(),
        time(session.created_at),
        time(session.seen_at),
        time(session.checked_at),
        session.browser.clone(),
    ]
}
