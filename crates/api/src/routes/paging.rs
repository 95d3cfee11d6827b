//! Pages of lists.

use serde::Deserialize;
use service::users::Range;
use service::{Error, FieldError, Page, Paging};
use utoipa::IntoParams;

const PER_PAGE_MAX: u64 = 100;

/// As far as a database counts.
const COUNT_MAX: u64 = i64::MAX as u64;

/// Which page of a list.
#[allow(dead_code, reason = "for lists that have nothing else to choose; the others name these two among theirs")]
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Which page, from 1.
    #[param(minimum = 1, default = 1)]
    pub(crate) page: Option<u64>,
    /// How many on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub(crate) per_page: Option<u64>,
}

impl PageQuery {
    pub(crate) fn paging(page: Option<u64>, per_page: Option<u64>) -> Result<Paging, Error> {
        let paging = Paging { page: page.unwrap_or(1), per_page: per_page.unwrap_or(20) };
        let mut wrong = Vec::new();
        let mut refuse = |field: &str, message: &str| {
            let place = vec!["query".to_owned(), field.to_owned()];
            wrong.push(FieldError { place, kind: "out_of_range", message: message.to_owned() });
        };
        if paging.page == 0 || paging.page > COUNT_MAX {
            refuse("page", "pages count from 1 to 2^63-1");
        }
        if paging.per_page == 0 || paging.per_page > PER_PAGE_MAX {
            refuse("per_page", "a page has 1 to 100 entries");
        }
        if wrong.is_empty() { Ok(paging) } else { Err(Error::Invalid(wrong)) }
    }
}

const LIMIT_MAX: u64 = 1000;

/// Which part of a list that comes as a bare array.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RangeQuery {
    /// How many to pass over.
    #[param(minimum = 0, default = 0, example = 0)]
    skip: Option<u64>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100, example = 100)]
    limit: Option<u64>,
    /// For admins: deleted ones too.
    #[param(example = false)]
    pub(crate) include_deleted: Option<bool>,
}

impl RangeQuery {
    pub(crate) fn range(&self) -> Result<Range, Error> {
        let range = Range { skip: self.skip.unwrap_or(0), limit: self.limit.unwrap_or(100) };
        if range.skip > COUNT_MAX {
            let place = vec!["query".to_owned(), "skip".to_owned()];
            let message = "at most 2^63-1 entries are passed over".to_owned();
            return Err(Error::Invalid(vec![FieldError { place, kind: "out_of_range", message }]));
        }
        if range.limit == 0 || range.limit > LIMIT_MAX {
            let place = vec!["query".to_owned(), "limit".to_owned()];
            let message = format!("a list has 1 to {LIMIT_MAX} entries at once");
            return Err(Error::Invalid(vec![FieldError { place, kind: "out_of_range", message }]));
        }
        Ok(range)
    }
}

/// The numbers beside a page of a list: total, page, per_page, pages.
pub(crate) fn numbers<T>(page: &Page<T>) -> (u64, u64, u64, u64) {
    (page.total, page.paging.page, page.paging.per_page, page.pages())
}
