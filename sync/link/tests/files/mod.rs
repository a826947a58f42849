//! Files that belong to records, over real QUIC.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use cairn_casebook::{AttachmentLine, Whole};
use cairn_ledger::blob::CHUNK_BYTES;

use super::*;

pub fn dump(parts: usize) -> Vec<u8> {
    (0..parts * CHUNK_BYTES - 9).map(|at| (at / 7 + at / CHUNK_BYTES * 31) as u8).collect()
}

pub fn attach(site: &Site, record: RecordId, content: &[u8]) {
    site.book.attach(&site.officer(), record, "messages.zip", content, clock()()).unwrap();
}

pub fn file(site: &Site, record: RecordId) -> Option<AttachmentLine> {
    site.book.attachments(&site.officer(), record, clock()()).ok()?.pop()
}

pub fn is_here(site: &Site, record: RecordId) -> bool {
    file(site, record).is_some_and(|file| file.whole == Whole::Here)
}

pub fn read(site: &Site, record: RecordId) -> Vec<u8> {
    let id = file(site, record).unwrap().id;
    let open = site.book.open_attachment(&site.officer(), record, id, clock()()).unwrap();
    let part = |number| site.book.attachment_part(record, id, &open, number).unwrap().to_vec();
    (0..open.parts()).flat_map(part).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_gets_every_file_and_a_post_what_it_asks_for() {
    let (hub, mut posts) = region(&["Quay Gate", "North Ferry"]).await;
    let record = posts[0].save_vehicle("KX51 VRT");
    attach(&posts[0], record, &dump(3));
    posts.iter_mut().for_each(|post| _ = post.start());
    until("the hub has the file", || is_here(&hub, record)).await;
    until("the post says so", || posts[0].book.sync_says().state() == "ok").await;
    until("the other post knows of it", || file(&posts[1], record).is_some()).await;
    assert_eq!(file(&posts[1], record).unwrap().whole, Whole::Not);
    let id = file(&posts[1], record).unwrap().id;
    posts[1].book.want_attachment(&posts[1].officer(), record, id, clock()()).unwrap();
    until("it is fetched", || is_here(&posts[1], record)).await;
    assert_eq!(read(&posts[1], record), dump(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sync_from_the_command_line_brings_the_files_too() {
    let (hub, posts) = region(&["Quay Gate"]).await;
    let record = posts[0].save_vehicle("KX51 VRT");
    attach(&posts[0], record, &dump(20));
    let outcomes = sync_once(posts[0].book.clone(), clock(), Duration::from_secs(60)).await.unwrap();
    assert_eq!(outcomes[0].outcome, Outcome::Equal);
    assert!(is_here(&hub, record));
    let before = std::time::Instant::now();
    sync_once(posts[0].book.clone(), clock(), Duration::from_secs(60)).await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(10), "there is nothing to wait for");
}

/// The link is cut again and again while a file moves: what is durable is not sent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_is_cut_goes_on_where_it_was() {
    const PARTS: usize = 120;
    let (hub, mut posts) = region(&["Quay Gate"]).await;
    let record = posts[0].save_vehicle("KX51 VRT");
    attach(&posts[0], record, &dump(PARTS));
    posts[0].start();
    let here = || file(&hub, record).map_or(0, |file| file.parts_here);
    let mut cuts = 0;
    while !is_here(&hub, record) {
        let before = here();
        until("some of it has come", || here() > before || is_here(&hub, record)).await;
        hub.book.set_cut(&Actor::terminal(), true, clock()()).unwrap();
        until("it is cut", || !posts[0].is_connected_to(&hub)).await;
        hub.book.set_cut(&Actor::terminal(), false, clock()()).unwrap();
        cuts += 1;
    }
    assert!(cuts > 2, "the file came between {cuts} cuts");
    assert_eq!(read(&hub, record), dump(PARTS));
    let status = posts[0].book.sync_status(&posts[0].officer(), clock()()).unwrap();
    let (sent, file) = (status.peers[0].bytes_sent as usize, PARTS * CHUNK_BYTES);
    // A handshake and a session cost some ten kilobytes, QUIC itself three per cent.
    let most = file + file / 20 + (cuts + 1) * (CHUNK_BYTES + 20_000);
    assert!(sent <= most, "{sent} bytes for a file of {file} and {cuts} cuts");
}
