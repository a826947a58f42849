//! Trains the dictionary of parcels: on the nine invented exports that ship as demonstrations and on invented work at a
//! post, never on real records, which it would leak. The names are those of the exports, not of the generator that the
//! figures are measured with.

use std::path::Path;

use cairn_casebook::Actor;
use cairn_ledger::LogId;
use cairn_sync_link::errand::Held;
use cairn_sync_protocol::parcel::{Known, Prepared, columns_of};
use cairn_tests::random::Random;

use crate::pair::{BEGIN_MS, Pair};
use crate::work::Work;

/// Longest dictionary in bytes.
const BYTES_MAX: usize = 16 * 1024;
const EXPORTS: [&str; 9] = [
    "northmark-command",
    "northmark-crime",
    "northmark-custody",
    "sierra-norte-command",
    "sierra-norte-crime",
    "sierra-norte-custody",
    "vardara-command",
    "vardara-crime",
    "vardara-custody",
];

/// Writes a dictionary to `path`; the same from the same exports and seed.
pub fn train(path: &Path, seed: u64) {
    let pair = Pair::joined(seed);
    pair.connect().settle();
    let exports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../appliance/demo-data");
    let mut words = Vec::new();
    for name in EXPORTS {
        let bytes = std::fs::read(exports.join(format!("{name}.csv"))).unwrap();
        let mapping = pair.post.mapping(name).unwrap();
        pair.post
            .import(&Actor::terminal(), name, &bytes, &mapping, false, &mut |_, _| true, BEGIN_MS + 1_000)
            .unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let named = text.split(|letter: char| !letter.is_alphabetic()).filter(|word| {
            word.chars().count() > 3
                && word.starts_with(char::is_uppercase)
                && word.chars().skip(1).all(char::is_lowercase)
        });
        words.extend(named.map(str::to_owned));
    }
    words.sort();
    words.dedup();
    let mut work = Work::with_words(seed, words);
    for _ in 0..60 {
        work.create(&pair.post, 12);
        work.edit(&pair.post, 30);
    }
    let samples = samples(&pair, &mut Random::new(seed));
    let bytes: usize = samples.iter().map(Vec::len).sum();
    let dictionary = zstd::dict::from_samples(&samples, BYTES_MAX).unwrap();
    std::fs::write(path, &dictionary).unwrap();
    println!(
        "{} bytes of dictionary from {} parcels of {bytes} bytes: {}",
        dictionary.len(),
        samples.len(),
        path.display()
    );
}

/// Parcels of many sizes of everything the post wrote.
fn samples(pair: &Pair, random: &mut Random) -> Vec<Vec<u8>> {
    let held = Held(pair.post.as_ref());
    let mut samples = Vec::new();
    // The registry has keys as age files in it, which are different each time.
    let spaces = pair.post.shared_spaces(pair.hub.identity().replica).into_iter().filter(|shared| !shared.registry);
    for shared in spaces {
        for (key, (last, _)) in pair.post.frontier(shared.space).0 {
            let log = LogId { space: shared.space, key };
            let mut from = 1;
            while from <= last {
                let bytes = 64 << random.below(9);
                let parcel = pair.post.read_parcel(&log, from, bytes as usize).unwrap().unwrap();
                from = parcel.seal.number + 1;
                let first = parcel.first;
                let prepared = Prepared::new(Box::new(parcel));
                let known = Known::of(&held, &prepared, |place| place.log != log || place.number < first);
                samples.push(columns_of(&prepared, &known));
            }
        }
    }
    samples
}
