//! `cairn demo`: a hub and two posts on this machine, each a process of its own with its own folder, keys and ports,
//! enrolled the way real ones are, with invented records.
//!
//! First start: make the hub and its people, run it, let it invite; make the posts, run them, let them join; import.
//! Later starts: run the three again. The children end with this process, however it ends: each watches its standard
//! input.

mod child;
mod note;
mod picture;
mod region;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use cairn_casebook::{Actor, Casebook, InitRequest, NewPerson, ReplicaRole, Unlock};
use cairn_record::Kind;

use crate::attachments::AttachmentRequest;
use crate::cli::{Common, DemoOptions};
use crate::config::Config;
use crate::failure::{Failure, While as _};
use crate::init;
use crate::print;
use crate::request::{Request, Response};
use crate::system::{SystemEntropy, now_ms, platform_data_dir};
use child::Child;
use note::Note;
use region::{AGENCY, COUNTRY, DemoPerson, PEOPLE, SITES, Site};

/// How long the posts' invitations are good: long enough for a slow machine's first start.
const INVITATION_MS: u64 = 30 * 60_000;

/// Carries out the command.
pub fn demo(common: &Common, options: DemoOptions) -> Result<ExitCode, Failure> {
    let dir =
        options.dir.or_else(|| common.data.clone()).unwrap_or_else(|| platform_data_dir().with_file_name("cairn-demo"));
    let dir = std::path::absolute(&dir).while_doing(|| format!("find {}", dir.display()))?;
    let note = match Note::find(&dir, options.reset)? {
        Some(note) => note,
        None => first_start(&dir)?,
    };
    let region = Region { dir, port: options.port };
    let children = if note.ready { region.start_again(&note)? } else { region.start_first(&note)? };
    note.ready_at(options.port).save(&region.dir)?;
    region.print(common.json, &note)?;
    child::watch(children)
}

fn first_start(dir: &Path) -> Result<Note, Failure> {
    eprintln!("Making a hub and two posts in {} …", dir.display());
    Note::new(dir)
}

/// Where the demonstration lives.
struct Region {
    dir: PathBuf,
    port: u16,
}

impl Region {
    fn data(&self, site: &Site) -> PathBuf {
        self.dir.join(site.folder)
    }

    fn unlock(&self, site: &Site) -> Unlock {
        Unlock::KeyFile(self.dir.join("keys").join(site.folder))
    }

    fn port(&self, site: &Site) -> u16 {
        self.port + site.port_offset
    }

    fn config(&self, site: &Site) -> Config {
        let own = std::net::SocketAddr::from(([127, 0, 0, 1], self.port(site)));
        Config { discovery: false, ..Config::new(own, own) }
    }

    fn hub_address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Makes everything and leaves it running.
    fn start_first(&self, note: &Note) -> Result<Vec<Child>, Failure> {
        let keys = self.dir.join("keys");
        std::fs::create_dir_all(&keys).while_doing(|| format!("make {}", keys.display()))?;
        let mut children = Vec::new();
        for site in &SITES {
            self.make(site, note)?;
            children.push(Child::start(&self.dir, site.folder)?);
        }
        if let [hub, posts @ ..] = children.as_mut_slice() {
            for post in posts {
                let addresses = vec![self.hub_address()];
                let invited =
                    hub.ask(&Request::Invite { addresses, valid_ms: INVITATION_MS, role: ReplicaRole::Post })?;
                if let Response::Invitation(invitation) = invited {
                    post.ask(&Request::Join { code: invitation.code, addresses: invitation.addresses })?;
                }
            }
        }
        for (site, child) in SITES.iter().zip(&mut children) {
            self.import(site, child)?;
            self.attach_pictures(site, child)?;
        }
        Ok(children)
    }

    /// Runs what an earlier start made; the posts are told where the hub is when the ports have changed.
    fn start_again(&self, note: &Note) -> Result<Vec<Child>, Failure> {
        for site in &SITES {
            let data = self.data(site);
            let before = Config::load(&data)?;
            Config { key_file: before.key_file, ..self.config(site) }.save(&data)?;
            if note.port != self.port && site.port_offset > 0 {
                let casebook = Casebook::open(&data, &self.unlock(site), Arc::new(SystemEntropy), now_ms())?;
                casebook.add_address(&Actor::terminal(), None, &self.hub_address(), now_ms())?;
                casebook.close()?;
            }
        }
        let mut children: Vec<Child> =
            SITES.iter().map(|site| Child::start(&self.dir, site.folder)).collect::<Result<_, _>>()?;
        for child in &mut children {
            child.ask(&Request::Status)?;
        }
        Ok(children)
    }

    fn make(&self, site: &Site, note: &Note) -> Result<(), Failure> {
        let request = InitRequest {
            agency: AGENCY.into(),
            site: site.name.into(),
            country: COUNTRY.into(),
            hub: site.port_offset == 0,
            demo: true,
        };
        let casebook = init::make(&self.data(site), &request, &self.unlock(site), self.config(site))?;
        for person in &PEOPLE {
            let person = NewPerson {
                user: person.user.into(),
                display: person.display_at(site),
                role: person.role,
                password: note.password.clone(),
            };
            casebook.add_person(&Actor::terminal(), &person, now_ms())?;
        }
        Ok(casebook.close()?)
    }

    fn import(&self, site: &Site, child: &mut Child) -> Result<(), Failure> {
        let folder = self.dir.join("samples");
        std::fs::create_dir_all(&folder).while_doing(|| format!("make {}", folder.display()))?;
        for (mapping, content) in site.samples {
            let file = folder.join(format!("{mapping}.csv"));
            std::fs::write(&file, content).while_doing(|| format!("write {}", file.display()))?;
            child.ask(&Request::Import { file, mapping: (*mapping).into(), dry_run: false })?;
        }
        Ok(())
    }

    /// Draws a car for each of the site's plates and attaches it to the vehicle.
    fn attach_pictures(&self, site: &Site, child: &mut Child) -> Result<(), Failure> {
        let folder = self.dir.join("samples");
        for (plate, paint) in site.pictures {
            let Response::Check(answer) = child.ask(&Request::Check { text: (*plate).into() })? else { continue };
            let Some(hit) = answer.hits.iter().find(|hit| hit.record.kind == Kind::Vehicle) else { continue };
            let drawn = picture::car_with_plate(plate, *paint);
            let bytes = drawn.map_err(|error| Failure::setup(format!("a sample picture cannot be drawn: {error}")))?;
            let file = folder.join(format!("{plate}.png"));
            std::fs::write(&file, bytes).while_doing(|| format!("write {}", file.display()))?;
            child.ask(&Request::Attachments(AttachmentRequest::Attach { record: hit.record.id, file }))?;
        }
        Ok(())
    }

    fn print(&self, json: bool, note: &Note) -> Result<(), Failure> {
        if json {
            return print::out(&self.as_json(note).to_string());
        }
        let site = |site: &Site| format!("  {:<14} http://127.0.0.1:{}\n", site.name, self.port(site));
        let person = |person: &DemoPerson| format!("  {:<14} password {}\n", person.user, note.password);
        print::out(&format!(
            "\n{AGENCY}: a demonstration with invented records. It works without a network.\n\n{}\nSign in at any of them \
             as\n{}\nEverything is kept in {}. Ctrl-C ends it; start it again to go on, or with --reset from nothing.",
            SITES.iter().map(site).collect::<String>(),
            PEOPLE.iter().map(person).collect::<String>(),
            self.dir.display()
        ))
    }

    fn as_json(&self, note: &Note) -> serde_json::Value {
        let site = |site: &Site| {
            serde_json::json!({
                "site": site.name,
                "role": if site.port_offset == 0 { "hub" } else { "post" },
                "url": format!("http://127.0.0.1:{}", self.port(site)),
                "data": self.data(site),
            })
        };
        let person = |person: &region::DemoPerson| serde_json::json!({ "user": person.user, "role": person.role, "password": note.password });
        serde_json::json!({
            "agency": AGENCY,
            "dir": self.dir,
            "sites": SITES.iter().map(site).collect::<Vec<_>>(),
            "people": PEOPLE.iter().map(person).collect::<Vec<_>>(),
        })
    }
}
