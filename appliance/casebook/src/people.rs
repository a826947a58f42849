//! Who can sign in at this machine.

use cairn_record::{Arg, Reason, reason};

use crate::local_note::{Account, LocalNote};
use crate::{Actor, AuditEvent, Casebook, CasebookError, NewPerson, Person, Right, Role, SignInError, Via, password};

/// Longest display name, in characters.
pub const DISPLAY_CHARS_MAX: usize = 64;
/// Most accounts on one machine.
pub const ACCOUNTS_MAX: usize = 2_000;

impl Casebook {
    /// Signs in. Throttled per name: after five failures the name waits, one second at first and doubling to a quarter
    /// of an hour. Success and failure are in the audit before the answer is given.
    pub fn sign_in(&self, user: &str, password: &str, via: Via, now_ms: u64) -> Result<Actor, SignInError> {
        let user = user.trim().to_lowercase();
        if let Some(seconds) = self.throttle().wait_s(&user, now_ms) {
            return Err(SignInError::Wait { seconds });
        }
        let account = self.memory().local.accounts.get(&user).cloned();
        let stored = account.as_ref().map(|account| account.password_hash.as_str());
        let fits = password::verify(password, stored);
        match account.filter(|account| fits && !account.disabled) {
            Some(account) => self.signed_in(&account, via, now_ms),
            None => self.sign_in_failed(&user, via, now_ms),
        }
    }

    fn signed_in(&self, account: &Account, via: Via, now_ms: u64) -> Result<Actor, SignInError> {
        let actor =
            Actor { user: account.user.clone(), display: account.display.clone(), role: Some(account.role), via };
        self.write_audit(&actor, AuditEvent::new("sign_in", via.key()), now_ms)
            .map_err(|error| SignInError::unaudited(&error))?;
        self.throttle().succeeded(&account.user);
        self.last_sign_in().insert(account.user.clone(), now_ms);
        Ok(actor)
    }

    fn sign_in_failed(&self, user: &str, via: Via, now_ms: u64) -> Result<Actor, SignInError> {
        self.throttle().failed(user, now_ms);
        let event = AuditEvent::new("sign_in_refused", via.key()).detail(user);
        self.write_machine_audit(event, now_ms).map_err(|error| SignInError::unaudited(&error))?;
        Err(SignInError::Wrong)
    }

    /// Notes a sign-out in the audit.
    pub fn sign_out(&self, actor: &Actor, now_ms: u64) -> Result<(), CasebookError> {
        self.write_audit(actor, AuditEvent::new("sign_out", actor.via.key()), now_ms)
    }

    /// Whether there is nobody yet (first run).
    pub fn nobody(&self) -> bool {
        self.memory().local.accounts.is_empty()
    }

    /// Everyone who can sign in here, by name. Right: ManagePeople.
    pub fn people(&self, actor: &Actor) -> Result<Vec<Person>, CasebookError> {
        actor.must(Right::ManagePeople)?;
        let seen = self.last_sign_in().clone();
        let person = |account: &Account| Person {
            user: account.user.clone(),
            display: account.display.clone(),
            role: account.role,
            disabled: account.disabled,
            last_sign_in_ms: seen.get(&account.user).copied(),
        };
        Ok(self.memory().local.accounts.values().map(person).collect())
    }

    /// Adds a person. Right: ManagePeople; at the first run, when there is nobody yet, anybody at the machine may add
    /// the first one, who must be an administrator.
    pub fn add_person(&self, actor: &Actor, person: &NewPerson, now_ms: u64) -> Result<(), CasebookError> {
        actor.must(Right::ManagePeople)?;
        let user = checked_user(&person.user)?;
        let display = checked_display(&person.display, &user)?;
        {
            let memory = self.memory();
            if memory.local.accounts.contains_key(&user) {
                return Err(CasebookError::BadRequest(reason!("user-taken", user = user)));
            }
            if memory.local.accounts.len() >= ACCOUNTS_MAX {
                return Err(CasebookError::BadRequest(reason!("too-many-people", most = ACCOUNTS_MAX)));
            }
        }
        let password_hash = self.hashed(&person.password)?;
        let account = Account { user: user.clone(), display, role: person.role, disabled: false, password_hash };
        let detail = reason!("audit-person-added", user = user, role = role_label(person.role));
        self.write_account(actor, account, detail, now_ms)
    }

    /// Sets a password: one's own with the old one, or anybody's with ManagePeople.
    pub fn set_password(
        &self,
        actor: &Actor,
        user: &str,
        old: Option<&str>,
        new: &str,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let own = actor.user == user && actor.role.is_some();
        if !own {
            actor.must(Right::ManagePeople)?;
        }
        let mut account = self.account(user)?;
        if own {
            self.check_old_password(&account, old.unwrap_or_default(), now_ms)?;
        }
        account.password_hash = self.hashed(new)?;
        self.write_account(actor, account, reason!("audit-password", user = user), now_ms)
    }

    fn check_old_password(&self, account: &Account, old: &str, now_ms: u64) -> Result<(), CasebookError> {
        if let Some(seconds) = self.throttle().wait_s(&account.user, now_ms) {
            return Err(CasebookError::NotNow(reason!("wait-seconds", seconds = seconds)));
        }
        if password::verify(old, Some(&account.password_hash)) {
            return Ok(());
        }
        self.throttle().failed(&account.user, now_ms);
        Err(CasebookError::BadRequest(reason!("old-password-wrong")))
    }

    /// Changes the role or switches sign-in off or on. Right: ManagePeople. The last administrator who can sign in
    /// stays one.
    pub fn change_person(
        &self,
        actor: &Actor,
        user: &str,
        role: Role,
        disabled: bool,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        actor.must(Right::ManagePeople)?;
        let mut account = self.account(user)?;
        let stays_administrator = role == Role::Administrator && !disabled;
        let others = self
            .memory()
            .local
            .accounts
            .values()
            .any(|other| other.user != account.user && other.role == Role::Administrator && !other.disabled);
        if account.role == Role::Administrator && !stays_administrator && !others {
            return Err(CasebookError::BadRequest(reason!("last-administrator")));
        }
        account.role = role;
        account.disabled = disabled;
        let role = role_label(role);
        let detail = if disabled {
            reason!("audit-person-off", user = user, role = role)
        } else {
            reason!("audit-person-on", user = user, role = role)
        };
        self.write_account(actor, account, detail, now_ms)
    }

    /// The actor as the accounts now stand: sessions ask at each request, so that a changed role or a switched-off
    /// account counts at once. `None`: signed out.
    pub fn refresh_actor(&self, actor: &Actor) -> Option<Actor> {
        if actor.role.is_none() {
            return Some(actor.clone());
        }
        let memory = self.memory();
        let account = memory.local.accounts.get(&actor.user).filter(|account| !account.disabled)?;
        Some(Actor { display: account.display.clone(), role: Some(account.role), ..actor.clone() })
    }

    fn account(&self, user: &str) -> Result<Account, CasebookError> {
        let known = self.memory().local.accounts.get(user).cloned();
        known.ok_or_else(|| CasebookError::BadRequest(reason!("user-unknown", user = user)))
    }

    fn hashed(&self, password: &str) -> Result<String, CasebookError> {
        if password.chars().count() < password::CHARS_MIN {
            return Err(CasebookError::BadRequest(reason!("password-short", least = password::CHARS_MIN)));
        }
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        password::hash(password, &salt)
            .ok_or_else(|| CasebookError::BadRequest(reason!("password-long", most = password::BYTES_MAX)))
    }

    fn write_account(&self, actor: &Actor, account: Account, detail: Reason, now_ms: u64) -> Result<(), CasebookError> {
        let event = AuditEvent::new("people", actor.via.key()).say(detail);
        self.write_note(actor, LocalNote::Account(account), event, now_ms)
    }
}

/// The label of a role.
fn role_label(role: Role) -> Arg {
    Arg::Label { label: format!("role-{}", role.key()), english: role.key().into() }
}

fn checked_user(user: &str) -> Result<String, CasebookError> {
    let user = user.trim().to_lowercase();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    if (2..=32).contains(&user.len()) && user.chars().all(allowed) && user != Actor::terminal().user {
        return Ok(user);
    }
    Err(CasebookError::BadRequest(reason!("user-name-form")))
}

fn checked_display(display: &str, user: &str) -> Result<String, CasebookError> {
    let display = display.trim();
    if display.chars().count() > DISPLAY_CHARS_MAX || display.chars().any(char::is_control) {
        return Err(CasebookError::BadRequest(reason!("display-name-form", most = DISPLAY_CHARS_MAX)));
    }
    Ok(if display.is_empty() { user.into() } else { display.into() })
}
