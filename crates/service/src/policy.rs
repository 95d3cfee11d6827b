//! Who may do what: one table of role x action x ownership, which every verb asks, and what the role `premium` buys.
//!
//! Conventions: an account's roles add up, so the farthest reach of them counts. Roles that an operator makes are names
//! for people and give nothing here. A thing beyond the caller's reach does not exist for them, so that ids cannot be
//! probed; only what no role of theirs may do at all is refused with a reason.

use uuid::Uuid;

use crate::error::refusal;
use crate::{Actor, App, Config, Error, Result};

/// The role that every new account gets.
pub const USER: &str = "user";
/// The role that buys larger limits, see [`Privileges`].
pub const PREMIUM: &str = "premium";
/// The role that sees all and acts on all.
pub const ADMIN: &str = "admin";

/// How far a role reaches with an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Not at all.
    No,
    /// To what is theirs.
    Own,
    /// To everybody's.
    All,
}

use Reach::{All, No, Own};

/// One row: what an action is, and how far each role reaches with it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The action.
    pub action: Action,
    /// The action in words.
    pub words: &'static str,
    /// An account without any of the roles below.
    pub account: Reach,
    /// The role `user`.
    pub user: Reach,
    /// The role `premium`.
    pub premium: Reach,
    /// The role `admin`.
    pub admin: Reach,
}

/// Makes the list of actions and the table of their rules from the same lines, so that neither can miss one.
macro_rules! table {
    ($($action:ident, $words:literal: $account:ident $user:ident $premium:ident $admin:ident;)*) => {
        /// Everything that is to be allowed or refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each line of the table below has its words")]
        pub enum Action { $($action,)* }

        /// The rules, one for each action, in the order of [`Action`].
        pub const RULES: &[Rule] = &[$(Rule {
            action: Action::$action, words: $words,
            account: $account, user: $user, premium: $premium, admin: $admin,
        },)*];
    };
}

table! {
    // action, in words:                                            account user premium admin
    ReadUser,       "read an account":                                Own   Own   Own   All;
    ChangeUser,     "change an account's address or password":        Own   Own   Own   All;
    DeleteUser,     "close an account":                               Own   Own   Own   All;
    ListUsers,      "list, count and find accounts":                  No    No    No    All;
    RestoreUser,    "reopen a closed account":                        No    No    No    All;
    RemoveUser,     "remove an account with all it has":              No    No    No    All;
    ListRoles,      "list and read roles":                            No    All   All   All;
    ReadUserRoles,  "read which roles an account has":                Own   Own   Own   All;
    ManageRoles,    "make, change and delete roles":                  No    No    No    All;
    AssignRoles,    "give and take roles, see who has them":          No    No    No    All;
    UploadVideo,    "upload a recording":                             No    Own   Own   All;
    ReadVideo,      "list, read and download recordings":             No    Own   Own   All;
    ChangeVideo,    "rename, tag and describe a recording":           No    Own   Own   All;
    ShareVideo,     "share a recording, end the sharing":             No    Own   Own   All;
    DeleteVideo,    "delete and restore a recording":                 No    Own   Own   All;
    ProcessVideo,   "have a recording worked on":                     No    Own   Own   All;
    ManageStorage,  "see and clean up everybody's storage":           No    No    No    All;
    ReadJob,        "list, read and follow jobs":                     No    Own   Own   All;
    ChangeJob,      "cancel and retry a job":                         No    Own   Own   All;
    ManageJobs,     "see the whole queue, clean it up":               No    No    No    All;
    ReadAudio,      "read and download sound and what was heard":     No    Own   Own   All;
    ManageAudio,    "see and clean up everybody's sound":             No    No    No    All;
    MakeNotation,   "make a notation":                                No    Own   Own   All;
    ReadNotation,   "list, read and export notations":                No    Own   Own   All;
    ChangeNotation, "edit a notation, take edits back":               No    Own   Own   All;
    DeleteNotation, "delete a notation":                              No    Own   Own   All;
    ManageNotations, "see and clean up everybody's notations":        No    No    No    All;
    ManageKits,     "keep drum kits of one's own":                    No    Own   Own   All;
    ListModels,     "list and read models":                           No    All   All   All;
    ManageModels,   "register and activate models":                   No    No    No    All;
    ManageWebhooks, "keep webhooks of one's own":                     No    Own   Own   All;
    ReadMetrics,    "read the server's own figures":                  No    No    No    All;
}

impl Rule {
    /// The rule of an action.
    pub fn of(action: Action) -> &'static Self {
        &RULES[action as usize]
    }

    /// How far somebody with these roles reaches.
    pub fn reach(&self, roles: &[String]) -> Reach {
        let of_role = |name: &String| match name.as_str() {
            USER => self.user,
            PREMIUM => self.premium,
            ADMIN => self.admin,
            _ => No,
        };
        roles.iter().map(of_role).fold(self.account, Reach::max)
    }
}

impl Actor {
    /// How far this caller reaches: lists show their own things, or everybody's.
    pub fn reach(&self, action: Action) -> Reach {
        Rule::of(action).reach(&self.roles)
    }

    /// Refuses callers whose roles do not allow the action at all; for what belongs to nobody yet, and for lists.
    ///
    /// # Errors
    /// `Error::Forbidden`.
    pub fn may(&self, action: Action) -> Result<()> {
        if self.reach(action) > No {
            return Ok(());
        }
        let rule = Rule::of(action);
        Err(Error::Forbidden(if rule.user > No {
            refusal(
                "role_missing",
                format!("Your roles do not allow to {}.", rule.words),
                "Ask an admin of this server for the role user.",
            )
        } else {
            refusal("admin_only", format!("Only an admin may {}.", rule.words), "Ask an admin of this server.")
        }))
    }

    /// Refuses callers whose roles do not allow the action on a thing of `owner`.
    ///
    /// # Errors
    /// `Error::NotFound(what)` where it is beyond their reach; `Error::Forbidden` as [`Actor::may`].
    pub fn may_on(&self, action: Action, owner: Uuid, what: &'static str) -> Result<()> {
        self.may(action)?;
        if self.user_id == owner || self.reach(action) == All { Ok(()) } else { Err(Error::NotFound(what)) }
    }
}

/// What somebody may use, by their roles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Privileges {
    /// All their files together, bytes.
    pub storage_bytes_max: u64,
    /// Length of one recording, seconds.
    pub audio_s_max: f64,
    /// Jobs waiting or running.
    pub jobs_max: u64,
    /// Jobs running at the same time; 0 for any number.
    pub running_max: u32,
    /// How far their jobs go ahead of others in the line, seconds.
    pub head_start_s: u32,
}

impl Privileges {
    /// Of somebody with these roles. What `premium` buys is never less than what everybody has.
    pub fn of(config: &Config, roles: &[String]) -> Self {
        let everybody = Self {
            storage_bytes_max: config.user_bytes_max(),
            audio_s_max: config.audio_s_max,
            jobs_max: config.user_jobs_max,
            running_max: config.user_running_max,
            head_start_s: 0,
        };
        if !roles.iter().any(|role| role == PREMIUM) {
            return everybody;
        }
        Self {
            storage_bytes_max: everybody.storage_bytes_max.max(config.premium_storage_gb.saturating_mul(1 << 30)),
            audio_s_max: everybody.audio_s_max.max(config.premium_audio_s_max),
            jobs_max: everybody.jobs_max.max(config.premium_jobs_max),
            running_max: match (everybody.running_max, config.premium_running_max) {
                (0, _) | (_, 0) => 0,
                (everybody, premium) => everybody.max(premium),
            },
            head_start_s: config.premium_head_start_s,
        }
    }

    /// Of an account that need not be the caller's, such as the owner of a recording.
    pub async fn of_user(app: &App, rows: &impl store::Rows, user_id: Uuid) -> Result<Self> {
        let roles = store::users::roles_of(rows, user_id).await?;
        let names: Vec<String> = roles.into_iter().map(|role| role.name).collect();
        Ok(Self::of(&app.config, &names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(roles: &[&str]) -> Actor {
        Actor {
            user_id: Uuid::now_v7(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            session_id: None,
        }
    }

    #[test]
    fn the_table() {
        let mut lines = format!("{:<52}{:<9}{:<6}{:<9}{}\n", "", "account", USER, PREMIUM, ADMIN);
        for rule in RULES {
            let word = |reach| match reach {
                No => "-",
                Own => "own",
                All => "all",
            };
            let [account, user, premium, admin] = [rule.account, rule.user, rule.premium, rule.admin].map(word);
            lines += &format!("{:<52}{account:<9}{user:<6}{premium:<9}{admin}\n", rule.words);
        }
        insta::assert_snapshot!(lines);
    }

    #[test]
    fn every_action_finds_its_own_rule_and_admins_reach_at_least_as_far_as_anybody() {
        for rule in RULES {
            assert_eq!(Rule::of(rule.action).words, rule.words);
            assert!(rule.account <= rule.user && rule.user <= rule.premium && rule.premium <= rule.admin);
            assert_eq!(rule.admin, All, "{}", rule.words);
        }
    }

    #[test]
    fn what_is_not_theirs_does_not_exist_for_users_and_is_open_to_admins() {
        let (mine, admin, nobody) = (actor(&[USER]), actor(&[USER, ADMIN]), actor(&["drum teacher"]));
        let other = Uuid::now_v7();
        assert!(mine.may_on(Action::ReadVideo, mine.user_id, "video").is_ok());
        assert!(matches!(mine.may_on(Action::ReadVideo, other, "video"), Err(Error::NotFound("video"))));
        assert!(admin.may_on(Action::ReadVideo, other, "video").is_ok());
        let code = |refused: Result<()>| match refused {
            Err(Error::Forbidden(refusal)) => refusal.code,
            other => panic!("{other:?}"),
        };
        assert_eq!(code(mine.may(Action::ListUsers)), "admin_only");
        assert_eq!(code(nobody.may_on(Action::ReadVideo, nobody.user_id, "video")), "role_missing");
        assert!(nobody.may_on(Action::ReadUser, nobody.user_id, "user").is_ok());
    }

    #[test]
    fn premium_buys_what_the_settings_say_and_never_less_than_everybody_has() {
        let mut config = Config::default();
        let (user, premium) = ([USER.to_owned()], [USER.to_owned(), PREMIUM.to_owned()]);
        let (less, more) = (Privileges::of(&config, &user), Privileges::of(&config, &premium));
        assert!(less.storage_bytes_max < more.storage_bytes_max && less.audio_s_max < more.audio_s_max);
        assert!(less.jobs_max < more.jobs_max && less.running_max < more.running_max);
        assert!(less.head_start_s < more.head_start_s);
        config.premium_jobs_max = 0;
        assert_eq!(Privileges::of(&config, &premium).jobs_max, less.jobs_max);
    }
}
