//! `config check`, `plan`, `apply`, `export` and `schema`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use portal_core::{Error, Result};
use portal_engine::Registry;
use portal_engine::db::Connection;
use portal_engine::findings::{APPLY, Finding, Standing, findings};
use portal_engine::migrate;
use portal_engine::settings::{
    self, Absent, Agreed, CheckedFile, FileProblem, Settings, SettingsPlan,
};
use portal_engine::store::tokens::list_tokens;
use portal_engine::store::{Configuration, places};
use serde_json::json;

use super::agree;
use super::database::DatabaseArgs;
use super::print::{print_json, print_line, tell};
use crate::oidc::{Provider, Tried, try_provider};
use crate::operator_file::{Unfit, absent, read};
use crate::registry;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Report every mistake of a file, without a database
    Check {
        /// The operator's file
        #[arg(env = "PORTAL_CONFIG", value_name = "FILE")]
        file: PathBuf,
        /// Try the identity provider as well: discovery, keys and clock
        #[arg(long)]
        online: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what `apply` would change, and change nothing
    Plan(Target),
    /// Make the database match a file, and remove what the file omits
    Apply {
        #[command(flatten)]
        target: Target,
        /// Allow the removal of environments, and of the section [access], that the file omits
        #[arg(long)]
        allow_remove: bool,
        /// Allow a section [access] by which nobody can become operator
        #[arg(long)]
        allow_lockout: bool,
    },
    /// Print the configuration in the database, as a file
    Export {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Report what the configuration in the database lacks, with what would mend it; fails if anything does
    Problems {
        #[command(flatten)]
        database: DatabaseArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of the file for this binary's plugins
    Schema,
}

#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The operator's file
    #[arg(env = "PORTAL_CONFIG", value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(command: &Command) -> Result<()> {
    let registry = registry::enabled()?;
    match command {
        Command::Check { file, online, json } => check(&registry, file, *online, *json),
        Command::Plan(target) => {
            let (mut connection, checked) = open(&registry, target)?;
            let plan = settings::plan(&mut connection, &registry, &checked.settings)?;
            let removed = plan.removed_environments();
            if !removed.is_empty() {
                tell(&format!(
                    "note: `apply` needs --allow-remove to remove {}",
                    removed.join(", ")
                ));
            }
            if plan.removes_access() {
                tell("note: `apply` needs --allow-remove to remove the section access");
            }
            if plan.locks_out() {
                tell(
                    "note: `apply` needs --allow-lockout, or a token of an operator: nobody can become operator by this file",
                );
            }
            let configuration = Configuration::load(&mut connection, &registry)?;
            let settings = &checked.settings;
            let unused =
                settings::unused_entries(&mut connection, &registry, &configuration, settings)?;
            suggest(&checked.placed(&unused));
            print_plan(&plan, target.json)
        }
        Command::Apply { target, allow_remove, allow_lockout } => {
            let (mut connection, checked) = open(&registry, target)?;
            let agreed = Agreed { to_remove: *allow_remove, to_lock_out: *allow_lockout };
            let done = settings::apply(&mut connection, &registry, &checked.settings, agreed)
                .map_err(|error| {
                    let lock_out = "name some, create a token with `tokens create --role operator`, or add --allow-lockout";
                    agree(error, lock_out, "add --allow-remove to do so, or put them back")
                })?;
            if done.adds_access() {
                tell_of_tokens(&mut connection)?;
            }
            print_plan(&done, target.json)
        }
        Command::Export { database, json } => {
            let mut connection = database.connect_to_migrated(&registry)?;
            let settings = settings::export(&mut connection, &registry)?;
            if *json {
                return print_json(&settings);
            }
            let text = settings.to_toml().map_err(Error::internal)?;
            print_line(text.trim_end())
        }
        Command::Problems { database, json } => {
            let mut connection = database.connect_to_migrated(&registry)?;
            problems(&registry, &mut connection, *json)
        }
        Command::Schema => print_json(&settings::file_schema(&registry, &Absent::default())),
    }
}

/// Names the tokens that somebody made while everybody was the operator: they stay good.
fn tell_of_tokens(connection: &mut Connection) -> Result<()> {
    let tokens = list_tokens(connection)?;
    if !tokens.is_empty() {
        let names: Vec<&str> = tokens.iter().map(|token| token.name.as_str()).collect();
        tell(&format!(
            "note: these tokens exist already and stay good, see `tokens list`: {}",
            names.join(", ")
        ));
    }
    Ok(())
}

fn check(registry: &Registry, file: &Path, online: bool, json: bool) -> Result<()> {
    let checked = read(registry, file, &absent(registry));
    let tried = match &checked {
        Ok(checked) if online => Some(try_out(&checked.settings)),
        _ => None,
    };
    if json {
        return check_as_json(registry, checked, tried);
    }
    let checked = checked?;
    let (warnings, suggestions) = (&checked.warnings, checked.suggestions(registry));
    warn(warnings);
    suggest(&suggestions);
    print_line(&format!(
        "{}: no problems, {} warning(s), {} suggestion(s)",
        file.display(),
        warnings.len(),
        suggestions.len()
    ))?;
    for Tried { what, is_good, found } in tried.iter().flatten() {
        let state = if *is_good { "fine" } else { "broken" };
        print_line(&format!("identity provider: {what}: {state}: {found}"))?;
    }
    unless_broken(tried.as_deref())
}

/// Tries the identity provider out that a file names.
fn try_out(settings: &Settings) -> Vec<Tried> {
    let access = settings.access.as_ref();
    let named = access.and_then(|access| Some((access.oidc.clone()?, access.public_url().ok()??)));
    let Some((oidc, public)) = named else {
        let why = "the file names no identity provider to try: it has no section [access.oidc]";
        return vec![Tried::not_done(why)];
    };
    match Provider::new(oidc, public) {
        Ok(provider) => try_provider(&provider),
        Err(why) => vec![Tried::not_done(&why)],
    }
}

fn unless_broken(tried: Option<&[Tried]>) -> Result<()> {
    match tried.is_some_and(|tried| tried.iter().any(|one| !one.is_good)) {
        true => Err(Error::refused("the identity provider cannot be used as it is")),
        false => Ok(()),
    }
}

fn problems(registry: &Registry, connection: &mut Connection, json: bool) -> Result<()> {
    let configuration = Configuration::load(connection, registry)?;
    while places::refresh(connection, registry, &configuration)? {}
    let absent = migrate::absent(connection, registry)?;
    let standing = Standing::of(registry, &configuration);
    let findings = findings(connection, registry, &configuration, &standing, &absent)?;
    if json {
        print_json(&json!({"ok": findings.is_empty(), "problems": findings}))?;
    } else if findings.is_empty() {
        print_line("no problems")?;
    }
    for finding in findings.iter().filter(|_| !json) {
        print_finding(finding)?;
    }
    match findings.len() {
        0 => Ok(()),
        1 => Err(Error::refused("1 problem")),
        count => Err(Error::refused(format!("{count} problems"))),
    }
}

fn print_finding(finding: &Finding) -> Result<()> {
    let assets = match finding.assets {
        0 => String::new(),
        1 => " (1 technical asset)".to_owned(),
        count => format!(" ({count} technical assets)"),
    };
    print_line(&format!("{}{assets}", finding.message))?;
    match &finding.lines {
        None => print_line(&format!("    {}", finding.remedy))?,
        Some(lines) => {
            print_line(&format!("    {}:", finding.remedy))?;
            for line in lines.trim_end().lines() {
                print_line(format!("        {line}").trim_end())?;
            }
            print_line(&format!("    $ {APPLY}"))?;
        }
    }
    print_line("")
}

/// Problems as objects. A file that cannot be read is a problem without a place.
fn check_as_json(
    registry: &Registry,
    checked: Result<CheckedFile, Unfit>,
    tried: Option<Vec<Tried>>,
) -> Result<()> {
    let (problems, warnings, suggestions) = match &checked {
        Ok(checked) => (json!([]), checked.warnings.as_slice(), checked.suggestions(registry)),
        Err(Unfit::Problems(problems)) => (json!(problems), &[][..], Vec::new()),
        Err(Unfit::Unread(error)) => {
            (json!([{"type": error.code(), "message": error.to_string()}]), &[][..], Vec::new())
        }
    };
    let unless_broken = unless_broken(tried.as_deref());
    let mut said = json!({
        "ok": checked.is_ok() && unless_broken.is_ok(),
        "problems": problems,
        "warnings": warnings,
        "suggestions": suggestions,
    });
    if let Some(tried) = tried {
        said["identity_provider"] = json!(tried);
    }
    print_json(&said)?;
    checked.map(|_| ())?;
    unless_broken
}

fn suggest(suggestions: &[FileProblem]) {
    for suggestion in suggestions {
        tell(&format!("suggestion: {suggestion}"));
    }
}

fn warn(warnings: &[FileProblem]) {
    for warning in warnings {
        tell(&format!("warning: {warning}"));
    }
}

/// The migrated database and the checked file of a command.
fn open(registry: &Registry, target: &Target) -> Result<(Connection, CheckedFile)> {
    let mut connection = target.database.connect_to_migrated(registry)?;
    let mut absent = absent(registry);
    absent.add_stored(&mut connection)?;
    let checked = read(registry, &target.file, &absent)?;
    warn(&checked.warnings);
    Ok((connection, checked))
}

fn print_plan(plan: &SettingsPlan, json: bool) -> Result<()> {
    if json {
        return print_json(plan);
    }
    if plan.is_empty() {
        print_line("nothing to change")?;
    }
    for change in &plan.changes {
        print_line(&change.to_string())?;
    }
    for kept in &plan.kept {
        print_line(kept)?;
    }
    Ok(())
}
