//! Roles.

use sea_orm::entity::prelude::*;

use crate::entities::roles;
use crate::{Error, Result, Role};

/// The live role of this name.
///
/// # Errors
/// `Error::NotFound`.
pub async fn by_name(rows: &impl ConnectionTrait, name: &str) -> Result<Role> {
    let query = roles::Entity::find().filter(roles::Column::Name.eq(name)).filter(roles::Column::DeletedAt.is_null());
    query.one(rows).await?.ok_or(Error::NotFound("role"))
}
