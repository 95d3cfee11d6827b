//! Accounts from the machine itself: whoever can read the data folder needs no token.

use store::{Store, users as rows};
use uuid::Uuid;

use super::{Account, all_with_roles, check_all, close_in, create, replace_password, restore_in, setup};
use crate::config::Secret;
use crate::passwords::{self, Hasher};
use crate::policy::{ADMIN, USER};
use crate::{Config, Error, OpenError, Result, roles};

/// The operator at the machine, with the database open.
#[derive(Debug)]
pub struct Operator {
    store: Store,
    hasher: Hasher,
}

impl Operator {
    /// Opens the database the settings name, making what is missing.
    ///
    /// # Errors
    /// With what could not be opened and why.
    pub async fn open(config: &Config) -> Result<Self, OpenError> {
        let store = crate::open_store(config).await?;
        store.migrate_up(None).await?;
        Ok(Self { store, hasher: Hasher::new(config.bcrypt_cost) })
    }

    /// Makes an account; the way to the first admin.
    ///
    /// # Errors
    /// `Invalid` for a bad address or password, `Conflict` when the address is taken.
    pub async fn create(&self, email: &str, password: Secret, admin: bool) -> Result<Account> {
        let roles: &[&str] = if admin { &[USER, ADMIN] } else { &[USER] };
        create(&self.store, &self.hasher, email, password, roles).await
    }

    /// Every account, oldest first.
    pub async fn list(&self, include_deleted: bool) -> Result<Vec<Account>> {
        let mut all = Vec::new();
        loop {
            let some = rows::list(self.store.rows(), all.len() as u64, 1000, include_deleted).await?;
            if some.is_empty() {
                return Ok(all);
            }
            all.extend(all_with_roles(self.store.rows(), some).await?);
        }
    }

    async fn find(&self, email: &str) -> Result<Uuid> {
        let found = rows::find_by_email(self.store.rows(), email).await?;
        found.map(|user| user.id).ok_or(Error::NotFound("user"))
    }

    /// Gives the account with this address a role.
    ///
    /// # Errors
    /// `NotFound` for the account or the role; `Conflict` when it has it.
    pub async fn give_role(&self, email: &str, role: &str) -> Result<()> {
        roles::give(&self.store, self.find(email).await?, roles::Which::Name(role)).await
    }

    /// Takes a role from the account with this address; losing a seeded one ends its tokens.
    ///
    /// # Errors
    /// `NotFound` for the account or the role, or when it has not got it; `Conflict` for the last admin.
    pub async fn take_role(&self, email: &str, role: &str) -> Result<()> {
        roles::take(&self.store, self.find(email).await?, roles::Which::Name(role)).await
    }

    /// Sets a new password, which ends all tokens of the account.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`.
    pub async fn set_password(&self, email: &str, password: Secret) -> Result<()> {
        check_all([passwords::check(&password, "password").err()])?;
        let id = self.find(email).await?;
        let hash = self.hasher.hash(password).await?;
        let tx = self.store.begin().await?;
        let user = rows::lock(tx.rows(), id).await?;
        replace_password(tx.rows(), user, &hash).await?;
        Ok(tx.commit().await?)
    }

    /// Closes the account with this address.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for the last admin.
    pub async fn close_account(&self, email: &str) -> Result<()> {
        close_in(&self.store, self.find(email).await?).await
    }

    /// Reopens the account that had this address and was closed last.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the address was taken meanwhile.
    pub async fn reopen_account(&self, email: &str) -> Result<()> {
        let closed = rows::find_closed_by_email(self.store.rows(), email).await?.ok_or(Error::NotFound("user"))?;
        restore_in(&self.store, closed.id).await.map(|_| ())
    }

    /// The secret part of a setup link; none when there is an admin.
    pub async fn setup_link(&self) -> Result<Option<Secret>> {
        setup::link_in(&self.store).await
    }

    /// Closes the database.
    pub async fn leave(self) -> Result<()> {
        Ok(self.store.close().await?)
    }
}
