//! Accounts: register, log in, read and change one's own.

use garde::Validate;
use store::{Role, Store, User, users as rows};

use crate::config::{Config, Secret};
use crate::error::{FieldError, Stranger, refusal};
use crate::passwords::{self, Hasher};
use crate::{Actor, App, Error, Result};

/// An account and its roles.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account.
    pub user: User,
    /// Its live roles, by name.
    pub roles: Vec<Role>,
}

/// What a successful login gives.
#[derive(Clone, Debug)]
pub struct Login {
    /// The access token.
    pub access_token: String,
    /// How long it is valid, seconds.
    pub expires_in_s: i64,
}

#[derive(Validate)]
struct Address<'a> {
    #[garde(email, length(bytes, max = 320))]
    email: &'a str,
}

fn check_email(email: &str) -> Option<FieldError> {
    let address = Address { email: email.trim() };
    address.validate().err().map(|_| FieldError::body("email", "value_error", "this is not an e-mail address"))
}

fn check_all(errors: impl IntoIterator<Item = Option<FieldError>>) -> Result<()> {
    let errors: Vec<FieldError> = errors.into_iter().flatten().collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// Makes an account with the role `user`.
///
/// # Errors
/// `Invalid` for a bad address or password, `Conflict` when the address is taken, `Forbidden` when registering is closed.
pub async fn register(app: &App, email: &str, password: Secret) -> Result<Account> {
    if !app.config.registration_open {
        return Err(Error::Forbidden(refusal(
            "registration_closed",
            "This server does not take new accounts.",
            "Ask its operator for one.",
        )));
    }
    create(&app.store, &app.hasher, email, password, false).await
}

/// Makes an account for the operator at the machine, on the database the settings name; the way to the first admin.
///
/// # Errors
/// As for [`register`].
pub async fn create_at_machine(config: &Config, email: &str, password: Secret, admin: bool) -> Result<Account> {
    let store = crate::open_store(config).await.map_err(Error::internal)?;
    store.migrate_up(None).await?;
    let made = create(&store, &Hasher::new(config.bcrypt_cost), email, password, admin).await;
    store.close().await?;
    made
}

async fn create(store: &Store, hasher: &Hasher, email: &str, password: Secret, admin: bool) -> Result<Account> {
    check_all([check_email(email), passwords::check(&password, "password").err()])?;
    let hash = hasher.hash(password).await?;
    let tx = store.begin().await?;
    let user = rows::insert(tx.rows(), email, &hash).await.map_err(taken)?;
    let names: &[&str] = if admin { &["user", "admin"] } else { &["user"] };
    for name in names {
        let role = store::roles::by_name(tx.rows(), name).await?;
        rows::assign_role(tx.rows(), user.id, role.id).await?;
    }
    let roles = rows::roles_of(tx.rows(), user.id).await?;
    tx.commit().await?;
    tracing::info!(user.id = %user.id, admin, "account made");
    Ok(Account { user, roles })
}

fn taken(error: store::Error) -> Error {
    match error {
        store::Error::Conflict(_) => Error::Conflict(refusal(
            "email_taken",
            "An account with this e-mail address exists.",
            "Log in, or register with another address.",
        )),
        other => other.into(),
    }
}

/// Checks address and password and gives a token.
///
/// # Errors
/// `Unauthenticated(BadLogin)`, the same and after the same time whether the address or the password is wrong.
pub async fn log_in(app: &App, email: &str, password: Secret) -> Result<Login> {
    let user = rows::find_by_email(app.store.rows(), email).await?;
    let hash = user.as_ref().map(|user| user.hashed_password.clone());
    // What is longer than any password can be is not worth the work of hashing a part of it.
    let possible = password.expose().len() <= *passwords::PASSWORD_BYTES.end() && !password.expose().contains('\0');
    let password = if possible { password } else { Secret::new("-") };
    let right = app.hasher.verify(password, hash).await? && possible;
    let Some(user) = user.filter(|_| right) else {
        return Err(Error::Unauthenticated(Stranger::BadLogin));
    };
    let roles = rows::roles_of(app.store.rows(), user.id).await?.into_iter().map(|role| role.name).collect();
    let expires_in_s = i64::from(app.config.access_token_expire_minutes) * 60;
    Ok(Login { access_token: app.keys.sign(&user, roles, expires_in_s)?, expires_in_s })
}

/// Who a token belongs to, with the roles of this moment.
///
/// # Errors
/// `Unauthenticated(BadToken)` for a damaged, expired or revoked token.
pub async fn authenticate(app: &App, token: &str) -> Result<Actor> {
    let claims = app.keys.check(token)?;
    let user = match rows::get(app.store.rows(), claims.sub).await {
        Ok(user) if user.token_version == claims.ver => user,
        Ok(_) | Err(store::Error::NotFound(_)) => return Err(Error::Unauthenticated(Stranger::BadToken)),
        Err(other) => return Err(other.into()),
    };
    let roles = rows::roles_of(app.store.rows(), user.id).await?.into_iter().map(|role| role.name).collect();
    Ok(Actor { user_id: user.id, roles })
}

/// One's own account.
pub async fn me(app: &App, actor: &Actor) -> Result<Account> {
    let user = rows::get(app.store.rows(), actor.user_id).await?;
    let roles = rows::roles_of(app.store.rows(), user.id).await?;
    Ok(Account { user, roles })
}

/// What of one's own account is to be changed.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The new address.
    pub email: Option<String>,
    /// The new password; needs the current one.
    pub password: Option<Secret>,
    /// The current password.
    pub current_password: Option<Secret>,
}

/// Changes one's own address or password; a new password ends all older tokens.
///
/// # Errors
/// `Invalid`, `Conflict` when the address is taken, `Rule` when the current password is missing or wrong.
pub async fn change_me(app: &App, actor: &Actor, change: Change) -> Result<Account> {
    check_all([
        change.email.as_deref().and_then(check_email),
        change.password.as_ref().and_then(|password| passwords::check(password, "password").err()),
    ])?;
    let hash = match change.password {
        Some(password) => {
            let current = change.current_password.unwrap_or_default();
            must_know_password(app, actor, current).await?;
            Some(app.hasher.hash(password).await?)
        }
        None => None,
    };
    let tx = app.store.begin().await?;
    let mut user = rows::lock(tx.rows(), actor.user_id).await?;
    if let Some(email) = change.email {
        user = rows::set_email(tx.rows(), user, &email).await.map_err(taken)?;
    }
    if let Some(hash) = hash {
        user = rows::set_password(tx.rows(), user, &hash).await?;
    }
    let roles = rows::roles_of(tx.rows(), user.id).await?;
    tx.commit().await?;
    Ok(Account { user, roles })
}

/// Changes one's own password, which ends all older tokens.
///
/// # Errors
/// `Invalid` for a bad new password, `Rule` when the current one is wrong.
pub async fn change_password(app: &App, actor: &Actor, current: Secret, new: Secret) -> Result<()> {
    check_all([passwords::check(&new, "new_password").err()])?;
    must_know_password(app, actor, current).await?;
    let hash = app.hasher.hash(new).await?;
    let tx = app.store.begin().await?;
    let user = rows::lock(tx.rows(), actor.user_id).await?;
    rows::set_password(tx.rows(), user, &hash).await?;
    Ok(tx.commit().await?)
}

async fn must_know_password(app: &App, actor: &Actor, current: Secret) -> Result<()> {
    let user = rows::get(app.store.rows(), actor.user_id).await?;
    if app.hasher.verify(current, Some(user.hashed_password)).await? {
        return Ok(());
    }
    Err(Error::Rule(refusal(
        "wrong_password",
        "The current password is not right.",
        "Send the password you log in with as current_password.",
    )))
}
