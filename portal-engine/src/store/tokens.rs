//! Tokens: what programs show to be known. Their secrets are not here, only hashes of them.

use std::sync::Arc;

use chrono::{NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use portal_core::{Error, Id, Problem, ProblemKind, Problems, Result};
use serde::Serialize;
use serde_json::json;

use super::check_name;
use crate::access::{SecretHash, TokenHolder, TokenRole, TokenSecret, stored_hash};
use crate::db::{Connection, ConnectionExt, MultiBackend};
use crate::schema::nul_problems;
use crate::tables::{configuration_revision, data_products, tokens};

/// How often the last use of a token is written at the most.
pub const KEEP_USES_EVERY: TimeDelta = TimeDelta::seconds(60);

/// A token as it can be shown: without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its id.
    #[serde(skip)]
    pub id: Id,
    /// Its name, unique in the portal.
    pub name: String,
    /// What the program that has it may do.
    pub role: TokenRole,
    /// The namespace of the data product that it is a member of.
    pub data_product: Option<String>,
    /// When it was created, UTC.
    pub created_at: NaiveDateTime,
    /// Who created it; `None` when nobody was told apart, as on the command line.
    pub created_by: Option<String>,
    /// When it ends, UTC; `None` when it does not.
    pub expires_at: Option<NaiveDateTime>,
    /// When it was last used, UTC, give or take a minute.
    pub last_used_at: Option<NaiveDateTime>,
}

/// What creating a token takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its name: what people call the program that has it.
    pub name: String,
    /// What the program may do.
    pub role: TokenRole,
    /// The namespace of the data product that it is a member of: named for [`TokenRole::Member`], and
    /// for no other role.
    pub data_product: Option<String>,
    /// When it ends, UTC.
    pub expires_at: Option<NaiveDateTime>,
    /// Who creates it.
    pub created_by: Option<String>,
}

/// What a server knows of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownToken {
    /// The hash of its secret.
    pub hash: SecretHash,
    /// The program that has it.
    pub holder: Arc<TokenHolder>,
    /// When it ends, UTC.
    pub expires_at: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens, check_for_backend(MultiBackend))]
struct TokenRow {
    id: Id,
    name: String,
    role: TokenRole,
    created_at: NaiveDateTime,
    created_by: Option<String>,
    expires_at: Option<NaiveDateTime>,
    last_used_at: Option<NaiveDateTime>,
}

/// Creates a token, and returns its secret, which nobody can find out later.
///
/// # Errors
///
/// [`Error::Invalid`] for a name that is no name or taken, a data product that is missing, unknown or
/// not asked for, and an end that has passed, all of them at once.
pub fn create_token(connection: &mut Connection, new: &NewToken) -> Result<TokenSecret> {
    connection.write(|connection| {
        let mut problems = Problems::new();
        let name = new.name.trim();
        problems.extend_under(
            "",
            nul_problems(&json!({"name": name, "data_product": new.data_product})),
        );
        // No database can look for such a text.
        problems.clone().into_result()?;
        if let Err(problem) = check_name("name of the token", name) {
            problems.push(Problem { at: "/name".to_owned(), ..problem });
        }
        let taken =
            tokens::table.filter(tokens::name.eq(name)).count().get_result::<i64>(connection)?;
        if taken > 0 {
            problems.push(taken_name(name));
        }
        let product = data_product_of(connection, new, &mut problems)?;
        let now = Utc::now().naive_utc();
        if new.expires_at.is_some_and(|end| end <= now) {
            let message = "the token would have ended already";
            problems.push(Problem::new(ProblemKind::ValueError, "/expires", message));
        }
        problems.into_result()?;
        let secret = TokenSecret::new()?;
        diesel::insert_into(tokens::table)
            .values((
                tokens::id.eq(Id::new()),
                tokens::name.eq(name),
                tokens::hash.eq(secret.hash()),
                tokens::role.eq(new.role),
                tokens::data_product_id.eq(product),
                tokens::created_at.eq(now),
                tokens::created_by.eq(&new.created_by),
                tokens::expires_at.eq(new.expires_at),
            ))
            .execute(connection)
            .map_err(|error| match error {
                // Somebody else was faster with that name.
                DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                    Problems::from(taken_name(name)).into()
                }
                other => Error::from(other),
            })?;
        count_change(connection)?;
        Ok(secret)
    })
}

fn taken_name(name: &str) -> Problem {
    Problem::new(ProblemKind::ValueError, "/name", format!("there is a token {name:?} already"))
        .hint("revoke it first, or choose another name")
}

/// The data product of a new token, if it has one.
fn data_product_of(
    connection: &mut Connection,
    new: &NewToken,
    problems: &mut Problems,
) -> Result<Option<Id>> {
    let mut refuse = |message: String, hint: &str| {
        let problem = Problem::new(ProblemKind::ValueError, "/data_product", message);
        problems.push(problem.hint(hint));
        Ok(None)
    };
    match (&new.data_product, new.role) {
        (None, TokenRole::Member) => refuse(
            "a member is one of a data product, and none is named".to_owned(),
            "name it by its namespace",
        ),
        (Some(_), TokenRole::Viewer | TokenRole::Operator) => refuse(
            format!("a token of the role {} is not for one data product", new.role.as_str()),
            "leave the data product out, or choose the role member",
        ),
        (None, _) => Ok(None),
        (Some(namespace), TokenRole::Member) => {
            let found = data_products::table.filter(data_products::namespace.eq(namespace));
            let id = found.select(data_products::id).get_result(connection).optional()?;
            match id {
                Some(id) => Ok(Some(id)),
                None => refuse(
                    format!("no data product has the namespace {namespace:?}"),
                    "write the namespace as the page of the data product shows it",
                ),
            }
        }
    }
}

/// All tokens, by name.
///
/// # Errors
///
/// What the database says.
pub fn list_tokens(connection: &mut Connection) -> Result<Vec<Token>> {
    let rows: Vec<(TokenRow, Option<String>)> = tokens::table
        .left_join(data_products::table)
        .order(tokens::name)
        .select((TokenRow::as_select(), data_products::namespace.nullable()))
        .load(connection)?;
    Ok(rows
        .into_iter()
        .map(|(row, data_product)| {
            let TokenRow { id, name, role, created_at, created_by, expires_at, last_used_at } = row;
            Token { id, name, role, data_product, created_at, created_by, expires_at, last_used_at }
        })
        .collect())
}

/// Ends a token: it is as if it had never been.
///
/// # Errors
///
/// [`Error::NotFound`] when no token has that name.
pub fn revoke_token(connection: &mut Connection, name: &str) -> Result<()> {
    connection.write(|connection| {
        let own = tokens::table.filter(tokens::name.eq(name));
        // No database can look for a text with a NUL character, so none is called that.
        if name.contains('\0') || diesel::delete(own).execute(connection)? == 0 {
            return Err(Error::NotFound(format!("no token is called {name:?}")));
        }
        count_change(connection)
    })
}

/// What a server has to know of all tokens, those that have ended included.
///
/// # Errors
///
/// What the database says.
pub fn known_tokens(connection: &mut Connection) -> Result<Vec<KnownToken>> {
    type Columns =
        (Id, String, String, TokenRole, Option<Id>, Option<String>, Option<NaiveDateTime>);
    let rows: Vec<Columns> = tokens::table
        .select((
            tokens::id,
            tokens::hash,
            tokens::name,
            tokens::role,
            tokens::data_product_id,
            tokens::created_by,
            tokens::expires_at,
        ))
        .load(connection)?;
    let known = rows.into_iter().map(|columns| {
        let (id, hash, name, role, data_product, created_by, expires_at) = columns;
        let hash = stored_hash(&hash).ok_or_else(|| {
            Error::internal(format!("the stored hash of the token {name:?} is none"))
        })?;
        let holder = Arc::new(TokenHolder { id, name, role, data_product, created_by });
        Ok(KnownToken { hash, holder, expires_at })
    });
    known.collect()
}

/// Keeps when tokens were last used, where that is a minute later than what is stored. One that has been
/// revoked in the meantime stays so. The uses come in the order of ids, so that servers that do this at
/// once do not wait for each other.
///
/// # Errors
///
/// What the database says.
pub fn keep_uses(connection: &mut Connection, uses: &[(Id, NaiveDateTime)]) -> Result<()> {
    connection.write(|connection| {
        for (id, used) in uses {
            let own = tokens::table.filter(tokens::id.eq(id));
            let minute_before = *used - KEEP_USES_EVERY;
            let older = tokens::last_used_at.is_null().or(tokens::last_used_at.le(minute_before));
            diesel::update(own.filter(older))
                .set(tokens::last_used_at.eq(used))
                .execute(connection)?;
        }
        Ok(())
    })
}

/// Whether a token of an operator exists that has not ended.
///
/// # Errors
///
/// What the database says.
pub(crate) fn has_operator(connection: &mut Connection) -> Result<bool> {
    let ends: Vec<Option<NaiveDateTime>> = tokens::table
        .filter(tokens::role.eq(TokenRole::Operator))
        .select(tokens::expires_at)
        .load(connection)?;
    let now = Utc::now().naive_utc();
    Ok(ends.iter().any(|end| end.is_none_or(|end| end > now)))
}

/// Tells every server that tokens have changed.
fn count_change(connection: &mut Connection) -> Result<()> {
    diesel::update(configuration_revision::table)
        .set(configuration_revision::tokens.eq(configuration_revision::tokens + 1))
        .execute(connection)?;
    Ok(())
}
