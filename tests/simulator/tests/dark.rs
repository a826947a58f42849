//! A post that was closed for 400 days: it is opened, and goes on where it was. Nothing is set up anew, nothing is lost, and
//! what ran out meanwhile – an invitation, a stick – is refused by name while the sync goes through. And a hub whose disk
//! is full when a stick comes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, and says where")]

use std::sync::Arc;

use cairn_casebook::{Actor, Casebook, SaveRequest, StickOrder, StickPlan, StickReport, Whole};
use cairn_ledger::SpaceId;
use cairn_record::{Kind, RecordDraft, RecordId, Value, schema};
use cairn_simulator::clock::DAY_MS;
use cairn_simulator::people::supervisor;
use cairn_simulator::truth;
use cairn_simulator::world::World;
use cairn_sync_link::{StickError, read_stick, write_stick};

const DARK_DAYS: u64 = 400;
const HUB: usize = 0;
const POST: usize = 1;
const OTHER: usize = 2;

/// A hub and two posts that have joined and are in step. The seed only says which machines they are.
fn region() -> World {
    let seed = (0..).find(|seed| World::new(*seed, Arc::default(), false).plan.machines == 3).unwrap();
    let mut world = World::found(seed, Arc::default(), false).unwrap();
    world.plan.traitor = None;
    world.forget_plans();
    for machine in [POST, OTHER] {
        if !world.machines[machine].joined {
            world.join(machine);
        }
        world.meet_hub(machine);
    }
    assert!(world.machines.iter().all(|machine| machine.joined));
    world
}

fn book(world: &World, machine: usize) -> Arc<Casebook> {
    world.machines[machine].book.clone().unwrap()
}

fn save(world: &mut World, machine: usize, surname: &str) -> RecordId {
    let field = schema(Kind::Person).by_key("surname").unwrap().no;
    let draft = RecordDraft {
        id: None,
        kind: Kind::Person,
        fields: [(field, vec![Value::from(surname)])].into_iter().collect(),
    };
    truth::of(&world.truth).take_fresh();
    let now_ms = world.clock(machine);
    let saved = book(world, machine).save_record(&supervisor(), &SaveRequest { draft, version: None }, now_ms).unwrap();
    world.promised(machine, Some(saved.id));
    saved.id
}

/// A plan of a stick from one machine to another, good for 30 days.
fn plan(world: &World, (from, to): (usize, usize), everything: bool) -> StickPlan {
    let to = world.machines[to].name.clone();
    let order = StickOrder { to, everything, valid_ms: 30 * DAY_MS, files_bytes_max: 1_000_000 };
    book(world, from).plan_stick(&Actor::terminal(), &order, world.clock(from)).unwrap()
}

fn write(world: &World, from: usize, plan: &StickPlan) -> Vec<u8> {
    let (writer, now_ms) = (book(world, from), world.clock(from));
    let (file, written) = write_stick(&writer, plan, Vec::new(), &mut |_| ()).unwrap();
    writer.note_stick_written(&Actor::terminal(), plan, written.id, written.sums(file.len() as u64), now_ms).unwrap();
    file
}

/// A stick of the hub with everything for a post.
fn stick(world: &World) -> Vec<u8> {
    write(world, HUB, &plan(world, (HUB, POST), true))
}

fn read(world: &World, file: &[u8]) -> Result<StickReport, StickError> {
    read_at(world, POST, file)
}

fn read_at(world: &World, machine: usize, file: &[u8]) -> Result<StickReport, StickError> {
    let now_ms = world.clock(machine);
    read_stick(&book(world, machine), &Actor::terminal(), (file, file.len() as u64), &|| now_ms, &mut |_| ())
}

fn words(world: &World, machine: usize) -> String {
    book(world, machine).sync_status(&supervisor(), world.clock(machine)).unwrap().words
}

fn incarnations(world: &World) -> usize {
    let hub = book(world, HUB);
    let post = world.machines[POST].replica;
    let of_post = |space: SpaceId| {
        hub.frontier(space)
            .0
            .into_keys()
            .filter(|key| key.replica == post)
            .map(|key| key.incarnation)
            .collect::<Vec<_>>()
    };
    let mut all: Vec<_> = hub.shared_spaces(post).iter().flat_map(|shared| of_post(shared.space)).collect();
    all.sort();
    all.dedup();
    all.len()
}

#[test]
fn a_post_that_was_dark_for_four_hundred_days_goes_on_where_it_was() {
    let mut world = region();
    let unsent = save(&mut world, POST, "Tanbury");
    let (old_stick, now_ms) = (stick(&world), world.now_ms);
    let invitation = book(&world, HUB).invite(&Actor::terminal(), &["10.0.0.1:4440".into()], DAY_MS, now_ms).unwrap();
    world.halt(POST);

    let mut meanwhile = Vec::new();
    for day in 1..=DARK_DAYS {
        world.run_until(now_ms + day * DAY_MS, |_| false);
        if day % 20 == 0 {
            meanwhile.push(save(&mut world, if day % 40 == 0 { HUB } else { OTHER }, &format!("Oakes {day}")));
            world.meet_hub(OTHER);
        }
        if day % 150 == 0 {
            world.halt(HUB);
            world.boot(HUB);
        }
    }

    world.boot(POST);
    let said = words(&world, POST);
    assert!(said.contains("1 entry waits for the hub") && said.contains("last compared 400 days ago"), "{said}");
    let offline = save(&mut world, POST, "Pell");
    let now_ms = world.clock(POST);
    assert_eq!(read(&world, &old_stick).unwrap_err().name(), "stick-expired");
    let (request, post) =
        (book(&world, POST).join_request(&Actor::terminal(), &invitation.code), &world.machines[POST]);
    let late = request.and_then(|request| book(&world, HUB).accept_join(post.replica, &request, now_ms));
    assert!(late.is_err(), "an invitation of 400 days ago lets nobody in");

    world.meet_hub(POST);
    let said = words(&world, POST);
    assert_eq!(said, "The hub has everything from here. Last compared just now; no link now.");
    for machine in [HUB, POST, OTHER] {
        world.meet_hub(machine.max(1));
        let held = book(&world, machine);
        for record in meanwhile.iter().chain([&unsent, &offline]) {
            let page = held.record(&supervisor(), *record, world.clock(machine));
            assert!(page.is_ok(), "{record} is not at {}", world.machines[machine].name);
        }
    }
    assert_eq!(incarnations(&world), 1, "it goes on under the name that it had");
    assert!(book(&world, POST).sync_status(&supervisor(), now_ms).unwrap().notices.is_empty());

    // What was written for it meanwhile by stick fits, too.
    assert_eq!(read(&world, &stick(&world)).unwrap().number, 2);
    truth::of(&world.truth).take_fresh();
    world.heal();
    let broken = std::mem::take(&mut truth::of(&world.truth).broken);
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn a_hub_with_a_full_disk_keeps_the_records_of_a_stick_and_reads_it_again_for_its_files() {
    let mut world = region();
    let record = save(&mut world, POST, "Tanbury");
    let now_ms = world.clock(POST);
    book(&world, POST).attach(&supervisor(), record, "plate.bin", &[7; 70_000], now_ms).unwrap();
    truth::of(&world.truth).take_fresh();
    let file = write(&world, POST, &plan(&world, (POST, HUB), false));

    world.machines[HUB].disk.blobs.set_low_space(true);
    let full = read_at(&world, HUB, &file).unwrap();
    assert!(full.entries > 0 && (full.files, full.files_left, full.files_missing) == (0, 1, 1), "{full:?}");
    assert!(full.set_aside[0].contains("all records of the stick were kept"), "{full:?}");
    let page = || book(&world, HUB).record(&supervisor(), record, world.clock(HUB)).unwrap();
    assert_eq!(page().attachments[0].parts_here, 0);
    assert_eq!(plan(&world, (HUB, POST), false).receipts, [], "a receipt would say that the file is there");

    world.machines[HUB].disk.blobs.set_low_space(false);
    let again = read_at(&world, HUB, &file).unwrap();
    assert_eq!((again.entries, again.files, again.files_left, again.files_missing), (0, 1, 0, 0));
    assert_eq!(page().attachments[0].whole, Whole::Here);
    assert_eq!(plan(&world, (HUB, POST), false).receipts.len(), 1);
    assert_eq!(read_at(&world, HUB, &file).unwrap_err().name(), "stick-replayed");
    let lines = book(&world, HUB).sticks(&Actor::terminal(), now_ms).unwrap();
    assert_eq!((lines.len(), lines[0].entries, lines[0].files), (1, full.entries, 1), "one stick was read");
}
