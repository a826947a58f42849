//! Photographs and files through the real binary: attached with the link cut, at the hub when it is restored, at another
//! post as a thumbnail at once and whole when somebody asks; and a hub that is killed while a file comes.

use std::path::PathBuf;

use cairn_tests::wait::eventually;
use cairn_tests::{Region, Site};
use serde_json::{Value, json};

/// The first row of `northmark-crime.csv`.
const PLATE: &str = "OH3338L";
/// Content of a chunk.
const CHUNK: u64 = 32 * 1024;

/// A plate on a wet road, drawn; noisy enough to be large.
fn photograph(site: &Site) -> PathBuf {
    let mut noise = 7_u32;
    let picture = image::RgbImage::from_fn(640, 480, |x, y| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = (noise >> 27) as u8;
        let plate = (180..460).contains(&x) && (300..370).contains(&y);
        if plate { image::Rgb([230 - grain, 200 - grain, 40]) } else { image::Rgb([60 + grain, 70 + grain, 80]) }
    });
    let path = site.desk().join("plate.png");
    picture.save(&path).unwrap();
    path
}

fn record(site: &Site) -> String {
    site.json(&["check", PLATE])["hits"][0]["id"].as_str().unwrap().to_owned()
}

fn files(site: &Site, record: &str) -> Vec<Value> {
    site.ask(&["attachment", "list", record]).ok().and_then(|list| list.as_array().cloned()).unwrap_or_default()
}

#[track_caller]
fn wait_until_here(site: &Site, record: &str) {
    eventually("the file to be here", || {
        let files = files(site, record);
        (!files.is_empty() && files.iter().all(|file| file["whole"] == "here")).then_some(())
    });
}

#[test]
fn a_photograph_is_at_the_hub_when_the_link_is_back_and_elsewhere_when_somebody_wants_it() {
    let region = Region::new();
    let Region { hub, alpha, bravo } = &region;
    bravo.add_person("officer");
    alpha.json(&["links", "cut"]);
    alpha.import("northmark-crime");
    let [_hub, _alpha, running] = region.run();
    let (id, photo) = (record(alpha), photograph(alpha));
    let attached = alpha.json(&["attach", &id, photo.to_str().unwrap()]);
    assert_eq!((attached["name"].as_str(), attached["thumbnail"].as_bool()), (Some("plate.png"), Some(true)));
    assert!(attached["size"].as_u64().unwrap() > 8 * CHUNK, "{attached}");
    let page = alpha.write("page.html", "<script>alert(1)</script>");
    alpha.json(&["attach", &id, page.to_str().unwrap()]);
    alpha.json(&["links", "restore"]);

    wait_until_here(hub, &id);
    eventually("Alpha to say so", || (alpha.json(&["sync"])["words"] == "The hub has everything.").then_some(()));
    let there = eventually("Bravo to know of both", || Some(files(bravo, &id)).filter(|files| files.len() == 2));
    let photo_there = there.iter().find(|file| file["name"] == "plate.png").unwrap();
    let page_there = there.iter().find(|file| file["name"] == "page.html").unwrap();
    assert_eq!((photo_there["whole"].as_str(), photo_there["wanted"].as_bool()), (Some("not"), Some(false)));

    let officer = running.http.signed_in("officer");
    let at =
        |file: &Value, what: &str| format!("/api/v1/records/{id}/attachments/{}{what}", file["id"].as_str().unwrap());
    let small = officer.get(&at(photo_there, "/thumbnail")).unwrap();
    assert!(small.status == 200 && small.head.contains("image/jpeg"), "{}", small.head);
    let whole = officer.get(&at(photo_there, "")).unwrap();
    assert!(whole.status == 409 && whole.body.contains("fetch it first"), "{} {}", whole.status, whole.body);
    for file in [photo_there, page_there] {
        let wanted = officer.post(&at(file, "/fetch"), &json!({})).unwrap();
        assert_eq!(wanted.status, 200, "{}", wanted.body);
    }
    wait_until_here(bravo, &id);

    let whole = officer.get(&at(photo_there, "")).unwrap().head.to_ascii_lowercase();
    let download = officer.get(&at(page_there, "")).unwrap().head.to_ascii_lowercase();
    for head in [&whole, &download] {
        assert!(head.contains("default-src 'none'; sandbox") && head.contains("nosniff"), "{head}");
    }
    assert!(whole.contains("content-type: image/png") && whole.contains("inline;"), "{whole}");
    assert!(download.contains("application/octet-stream") && download.contains("attachment;"), "{download}");
    let saved = bravo.json(&[
        "attachment",
        "save",
        &id,
        photo_there["id"].as_str().unwrap(),
        "--out",
        bravo.desk().to_str().unwrap(),
    ]);
    assert_eq!(std::fs::read(saved["file"].as_str().unwrap()).unwrap(), std::fs::read(photo).unwrap());
}

#[test]
fn a_hub_that_is_killed_while_a_file_comes_gets_no_more_than_one_chunk_again() {
    const PARTS: u64 = 512;
    let region = Region::new();
    let Region { hub, alpha, .. } = &region;
    alpha.import("northmark-crime");
    let id = record(alpha);
    let mut noise = 1_u32;
    let mut next = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    };
    let content: Vec<u8> = (0..PARTS * CHUNK).map(|_| next()).collect();
    let dump = alpha.write_bytes("messages.bin", &content);
    alpha.json(&["attach", &id, dump.to_str().unwrap()]);
    let _alpha = alpha.run();
    let here = || files(hub, &id).first().map_or(0, |file| file["parts_here"].as_u64().unwrap());
    let mut kills = 0;
    for _ in 0..3 {
        let running = hub.run();
        let before = here();
        let now = eventually("some of the file to come", || Some(here()).filter(|now| *now > before));
        running.kill();
        kills += u64::from(now < PARTS);
    }
    assert!(kills > 0, "the file is large enough for a kill in the middle");
    let _hub = hub.run();
    wait_until_here(hub, &id);
    let sent = alpha.json(&["sync"])["peers"][0]["bytes_sent"].as_u64().unwrap();
    // Besides the chunks: the import, a handshake and a session for each life of the hub, and what QUIC adds.
    let most = PARTS * (CHUNK + 40) * 21 / 20 + kills * (CHUNK + 60_000) + 500_000;
    assert!(sent <= most, "{sent} bytes for {} of content and {kills} kills", PARTS * CHUNK);
    let file = files(hub, &id).remove(0);
    let out = hub.desk().to_str().unwrap().to_owned();
    let saved = hub.json(&["attachment", "save", &id, file["id"].as_str().unwrap(), "--out", &out]);
    assert_eq!(std::fs::read(saved["file"].as_str().unwrap()).unwrap(), content);
    assert_eq!(hub.json(&["doctor"])["well"], true);
}
