//! Who is asking.

use uuid::Uuid;

/// A caller whose token was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub user_id: Uuid,
    /// The names of its live roles.
    pub roles: Vec<String>,
    /// The session of its token; none where there was no token.
    pub session_id: Option<Uuid>,
}

impl Actor {
    /// Admins see all and act on all.
    pub fn is_admin(&self) -> bool {
        self.has_role(crate::policy::ADMIN)
    }

    /// Whether the account has a role of this name.
    pub fn has_role(&self, name: &str) -> bool {
        self.roles.iter().any(|role| role == name)
    }
}
