//! The command line as a person types it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// An offline-first record store for agencies with little network.
#[derive(Parser)]
#[command(name = "cairn", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Args, Clone, Default)]
pub struct Common {
    /// Folder of this installation [default: $CAIRN_DATA, else the platform's place for data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Answer in JSON, errors too
    #[arg(long, global = true)]
    pub json: bool,
    /// File whose first line is the passphrase [or $CAIRN_PASSPHRASE_FILE, else it is asked for]
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "key_file")]
    pub passphrase_file: Option<PathBuf>,
    /// Key file in place of a passphrase; `init` makes it and remembers where it is
    #[arg(long, global = true, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Start a hub and two posts on this machine, with sample records
    Demo(DemoOptions),
    /// Make a new installation
    Init(InitOptions),
    /// Serve the pages and exchange records until stopped
    Run(RunOptions),
    #[command(flatten)]
    Ask(Question),
}

/// Commands that ask something of an installation, running or not.
#[derive(Subcommand)]
pub enum Question {
    /// What this installation is, and what is where
    Status,
    /// People who can sign in here
    #[command(subcommand)]
    User(UserCommand),
    /// Bring a post into the agency of a hub
    #[command(subcommand)]
    Enrol(EnrolCommand),
    /// Import an export of another system
    Import(ImportOptions),
    /// Imports that were made here, newest first
    Imports,
    /// Take an import back as a whole
    Undo {
        /// The batch, as `import` and `imports` say it
        batch: String,
    },
    /// Check a plate, a name, a telephone or document number, or an MRZ
    Check {
        /// What to check
        #[arg(required = true)]
        text: Vec<String>,
    },
    /// Ask another site about a plate, a name, a number or an MRZ
    Ask(AskOptions),
    /// Questions asked from here, newest first, or one with its answers
    Questions(QuestionsOptions),
    /// Search records by words
    Search(SearchOptions),
    /// Show a record with its history
    Show {
        /// The record's id
        id: String,
    },
    /// What is where; with `--now`, exchange records first
    Sync(SyncOptions),
    /// Cut the links of this machine on purpose, restore them, or say when they are used
    #[command(subcommand)]
    Links(LinksCommand),
    /// Carry records by hand where there is no link
    #[command(subcommand)]
    Stick(StickCommand),
    /// Attach a file to a record
    Attach {
        /// The record's id
        id: String,
        /// The file, at most 32 MB
        file: PathBuf,
    },
    /// Files that belong to records
    #[command(subcommand)]
    Attachment(AttachmentCommand),
    /// The audit
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Look for damage; with `--rebuild`, grow every view again from the logs
    Doctor {
        /// Drop every view and rebuild it from the logs
        #[arg(long)]
        rebuild: bool,
    },
}

#[derive(Args)]
pub struct DemoOptions {
    /// Folder of the demonstration [default: beside the default data folder]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// First port: the hub's; the posts take the next two
    #[arg(long, default_value_t = 8470, value_parser = clap::value_parser!(u16).range(1..=65533))]
    pub port: u16,
    /// Start again from nothing
    #[arg(long)]
    pub reset: bool,
}

#[derive(Args)]
pub struct InitOptions {
    /// Name of the agency, e.g. "Northmark Police"
    #[arg(long)]
    pub agency: String,
    /// Name of this site, e.g. "Post Delta"
    #[arg(long)]
    pub site: String,
    /// Country, three letters (ISO 3166-1 alpha-3)
    #[arg(long)]
    pub country: String,
    /// What this installation is
    #[arg(long, value_enum)]
    pub role: SiteRole,
    /// Address for other Cairns (UDP)
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8471")]
    pub listen: SocketAddr,
    /// Address for browsers
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8470")]
    pub http: SocketAddr,
    /// Name or address that browsers may call this machine by, besides the one it listens on; may be repeated
    #[arg(long = "host", value_name = "HOST[:PORT]")]
    pub hosts: Vec<String>,
    /// Where posts reach this hub, when it is not the address it listens on; may be repeated
    #[arg(long = "address", value_name = "HOST:PORT")]
    pub addresses: Vec<String>,
    /// Do not look for other Cairns on the local network
    #[arg(long)]
    pub no_discovery: bool,
    /// TLS ends in front of the pages: cookies never travel without it
    #[arg(long)]
    pub tls_in_front: bool,
}

/// Hub or post.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SiteRole {
    Hub,
    Post,
}

#[derive(Args)]
pub struct RunOptions {
    /// Address for other Cairns, this time only
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Address for browsers, this time only
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub http: Option<SocketAddr>,
    /// Stop when standard input ends: for a parent process that must not leave this one behind
    #[arg(long, hide = true)]
    pub until_stdin_ends: bool,
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a person
    Add {
        /// Sign-in name: 2 to 32 of a-z, 0-9, dot, hyphen
        name: String,
        /// What they may do
        #[arg(long, value_parser = ["officer", "analyst", "supervisor", "administrator", "auditor"])]
        role: String,
        /// Name that others see [default: the sign-in name]
        #[arg(long)]
        display: Option<String>,
        /// File whose first line is the password [or $CAIRN_PASSWORD_FILE, else it is asked for]
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Set a person's password
    Passwd {
        /// Sign-in name
        name: String,
        /// File whose first line is the password [or $CAIRN_PASSWORD_FILE, else it is asked for]
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// List the people
    List,
}

#[derive(Subcommand)]
pub enum EnrolCommand {
    /// Hub: make a code and a file that admit one post, one more hub or one relay, once
    Invite {
        /// Write the invitation here [default: invitation.json]
        #[arg(long, value_name = "FILE", default_value = "invitation.json")]
        out: PathBuf,
        /// How long it is good
        #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=10080))]
        valid: u64,
        /// Where the post can reach this hub; may be repeated [default: the address it listens on]
        #[arg(long = "address", value_name = "HOST:PORT")]
        addresses: Vec<String>,
        /// For one more hub of the agency, which posts find when this one is gone
        #[arg(long)]
        hub: bool,
        /// For a relay: it carries sealed records between posts and hub and can read none of them
        #[arg(long, conflicts_with = "hub")]
        relay: bool,
    },
    /// Post, relay, or one more hub that nobody has joined yet: join a hub
    Join {
        /// The invitation file
        #[arg(long, value_name = "FILE", required_unless_present = "code", conflicts_with_all = ["code", "hub"])]
        file: Option<PathBuf>,
        /// The code, as read over the telephone, or the whole line of a QR code (cairn-join:…)
        #[arg(long)]
        code: Option<String>,
        /// Where the hub is [default: the address in the line, else it is looked for on the local network]
        #[arg(long, value_name = "HOST:PORT", requires = "code")]
        hub: Option<String>,
    },
}

#[derive(Args)]
pub struct ImportOptions {
    /// The file
    pub file: PathBuf,
    /// Name of the mapping, e.g. northmark-crime
    #[arg(long, value_name = "NAME")]
    pub mapping: String,
    /// Say what the import would do, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct AskOptions {
    /// What to ask about
    #[arg(required = true)]
    pub text: Vec<String>,
    /// Why; whoever is asked sees it, and it is in the audit on both sides
    #[arg(long)]
    pub reason: String,
    /// Whom: the name of a site, or the beginning of its key [default: the hub]
    #[arg(long, value_name = "SITE")]
    pub to: Option<String>,
    /// Wait so long for the answer
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub wait: Option<u64>,
}

#[derive(Args)]
pub struct QuestionsOptions {
    /// Show this question with its answers
    #[arg(conflicts_with_all = ["site", "asked_here"])]
    pub id: Option<String>,
    /// Questions of everybody at this site
    #[arg(long, conflicts_with = "asked_here")]
    pub site: bool,
    /// What other sites asked this one, and what they were told
    #[arg(long)]
    pub asked_here: bool,
}

#[derive(Args)]
pub struct SearchOptions {
    /// Words
    #[arg(required = true)]
    pub text: Vec<String>,
    /// Only this kind; may be repeated
    #[arg(long = "kind", value_name = "KIND")]
    pub kinds: Vec<String>,
    /// Show at most this many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub limit: u16,
    /// Leave out this many first
    #[arg(long, default_value_t = 0)]
    pub offset: usize,
}

#[derive(Args)]
pub struct SyncOptions {
    /// Exchange records now, and wait until it is done or has failed
    #[arg(long, conflicts_with = "watch")]
    pub now: bool,
    /// Show each change until stopped
    #[arg(long)]
    pub watch: bool,
    /// Try every step on the way to a site, and say what is in the way: `hub`, the name of a site, or the beginning of its key
    #[arg(long, value_name = "SITE", num_args = 0..=1, conflicts_with_all = ["now", "watch"])]
    pub why: Option<Option<String>>,
}

#[derive(Subcommand)]
pub enum StickCommand {
    /// Write what a site is not proved to hold, sealed so that only that site can open it
    Write {
        /// For whom: `hub`, the name of a site, or the beginning of its key
        #[arg(long, value_name = "SITE")]
        to: String,
        /// The file, or the folder to write it to [default: this folder]
        #[arg(long, value_name = "FILE", default_value = ".")]
        out: PathBuf,
        /// Everything, for a new post or one that was restored
        #[arg(long)]
        everything: bool,
        /// How long it is good
        #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=400))]
        valid: u64,
        /// Most MB of photographs and other files on it; 0 for records only. What does not fit goes on the next one
        #[arg(long, value_name = "MB", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(..=4_194_304))]
        files_max: u64,
    },
    /// Read a stick; reading one again after an interruption goes on where it was
    Read {
        /// The file
        file: PathBuf,
    },
    /// Sticks written and read here, newest first
    List,
}

#[derive(Subcommand)]
pub enum AttachmentCommand {
    /// The files of a record, and how much of each is on this machine
    List {
        /// The record's id
        id: String,
    },
    /// Write a file that is wholly on this machine to the disk
    Save {
        /// The record's id
        id: String,
        /// The file's id, as `attachment list` says it
        file: String,
        /// The file, or the folder to write it to [default: this folder]
        #[arg(long, value_name = "FILE", default_value = ".")]
        out: PathBuf,
    },
    /// Fetch a file to this machine as soon as a link allows
    Fetch {
        /// The record's id
        id: String,
        /// The file's id
        file: String,
    },
    /// Take a file from view; nothing is deleted
    Hide {
        /// The record's id
        id: String,
        /// The file's id
        file: String,
    },
    /// Show a file again that was taken from view
    Show {
        /// The record's id
        id: String,
        /// The file's id
        file: String,
    },
    /// Fetch every file of every record, as a hub does, or only what somebody wants
    FetchAll {
        /// `on` or `off`
        #[arg(value_parser = ["on", "off"])]
        switch: String,
    },
}

#[derive(Subcommand)]
pub enum LinksCommand {
    /// Cut them
    Cut,
    /// Restore them
    Restore,
    /// When they are used, and for how many bytes a day
    Rules,
    /// Say when they are used
    Set {
        /// Only for this site: `hub`, the name of a site, or the beginning of its key [default: every site without a rule of its own]
        #[arg(long, value_name = "SITE")]
        of: Option<String>,
        /// At any time, only in the hours of --hours, or only when somebody says `sync --now`. Urgent entries always go at once
        #[arg(long, value_parser = ["always", "windows", "metered"])]
        when: String,
        /// The hours, such as 22:00-05:00,12:30-13:00
        #[arg(long, value_name = "HOURS", default_value = "", required_if_eq("when", "windows"))]
        hours: String,
        /// Bytes a day, both ways together, in megabytes [default: no limit]
        #[arg(long, value_name = "MB")]
        megabytes: Option<f64>,
        /// Minutes by which the time of the rules is ahead of UTC [default: as before]
        #[arg(long, value_name = "MINUTES", allow_negative_numbers = true, conflicts_with = "of")]
        offset: Option<i32>,
    },
    /// Use the general rule for a site again
    Unset {
        /// The site
        #[arg(long, value_name = "SITE")]
        of: String,
    },
}

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Verify chains, seals and bodies of the audit logs
    Verify,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
