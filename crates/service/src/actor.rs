//! Who is asking.

use uuid::Uuid;

use crate::error::refusal;
use crate::{Error, Result};

/// A caller whose token was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub user_id: Uuid,
    /// The names of its live roles.
    pub roles: Vec<String>,
}

impl Actor {
    /// Admins see all and act on all.
    pub fn is_admin(&self) -> bool {
        self.has_role("admin")
    }

    /// Whether the account has a role of this name.
    pub fn has_role(&self, name: &str) -> bool {
        self.roles.iter().any(|role| role == name)
    }

    /// Whether a thing of `owner` exists for this caller; a stranger's does not, so that ids cannot be probed.
    ///
    /// # Errors
    /// `Error::NotFound(what)`.
    pub fn may_see(&self, owner: Uuid, what: &'static str) -> Result<()> {
        if self.user_id == owner || self.is_admin() { Ok(()) } else { Err(Error::NotFound(what)) }
    }

    /// Refuses everybody but admins.
    ///
    /// # Errors
    /// `Error::Forbidden`.
    pub fn must_be_admin(&self) -> Result<()> {
        if self.is_admin() {
            return Ok(());
        }
        Err(Error::Forbidden(refusal("admin_only", "Only an admin can do this.", "Ask an admin of this server.")))
    }
}
