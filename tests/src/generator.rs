//! Invented people, vehicles and offences, the same from the same seed, as an export in the shape of `northmark-crime`.
//!
//! Names are put together from syllables and plates from all letters, so that nobody in them exists and the values are
//! as varied as real ones: a store that was measured with three surnames would be measured wrong.

use crate::random::Random;

/// Header of the export.
pub const HEADER: &str = "Crime No,Recorded,Offence,Role,Surname,Forename,DOB,Address,VRM,Make/Model,Colour,MO\n";

const ONSETS: [&str; 24] = [
    "Ash", "Bar", "Black", "Brad", "Carl", "Craw", "Dun", "Fair", "Glen", "Had", "Hart", "Hol", "Kirk", "Lang", "Mar",
    "Nor", "Oak", "Pen", "Rad", "Sel", "Thorn", "Under", "Wal", "Whit",
];
const ENDINGS: [&str; 20] = [
    "bridge", "bury", "by", "combe", "cote", "croft", "dale", "den", "field", "ford", "ham", "hurst", "ley", "low",
    "more", "stead", "thorpe", "ton", "well", "wick",
];
const FORENAMES: [&str; 40] = [
    "Ada", "Alban", "Amos", "Beryl", "Cecil", "Clara", "Conrad", "Cora", "Dora", "Edgar", "Edith", "Elsa", "Emil",
    "Enid", "Ernest", "Esme", "Felix", "Flora", "Fred", "Greta", "Hazel", "Hugo", "Ida", "Iris", "Ivor", "Jonas",
    "Leo", "Lena", "Mabel", "Magnus", "Maud", "Miles", "Nora", "Olive", "Oscar", "Rhoda", "Rufus", "Silas", "Thea",
    "Viola",
];
const STREETS: [&str; 16] = [
    "Canal Wharf",
    "Station Road",
    "High Street",
    "Harbour View",
    "Mill Lane",
    "Quarry Hill",
    "Tannery Row",
    "Bridge End",
    "Chapel Rise",
    "Orchard Close",
    "Foundry Street",
    "Market Place",
    "Weir Side",
    "Beacon Way",
    "Granary Yard",
    "Ferry Road",
];
const OFFENCES: [&str; 6] = [
    "theft of motor vehicle",
    "money laundering",
    "handling stolen goods",
    "firearms possession",
    "burglary dwelling",
    "fraud by false representation",
];
const MAKES: [&str; 8] = [
    "Opel Astra",
    "Ford Transit",
    "Renault Megane",
    "Audi A4",
    "Volkswagen Golf",
    "Peugeot 308",
    "Zastava Yugo",
    "Mercedes-Benz Sprinter",
];
const COLOURS: [&str; 7] = ["black", "white", "silver", "blue", "red", "green", "grey"];
const ROLES: [&str; 3] = ["suspect", "witness", "victim"];
const LETTERS: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXYZ";

/// How many different surnames there are.
pub const SURNAMES: u64 = (ONSETS.len() * ENDINGS.len()) as u64;
/// How many different forenames there are.
pub const FORENAME_COUNT: u64 = FORENAMES.len() as u64;

/// Writes rows of an export.
pub struct Generator {
    random: Random,
    row: u64,
}

impl Generator {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), row: 0 }
    }

    /// An export with this many rows; the next one goes on counting.
    pub fn export(&mut self, rows: u64) -> String {
        let mut text = HEADER.to_owned();
        (0..rows).for_each(|_| text += &self.line());
        text
    }

    fn line(&mut self) -> String {
        self.row += 1;
        let random = &mut self.random;
        let offence = random.one_of(&OFFENCES);
        let recorded = date(random, 2024, 2);
        let (role, surname, forename) = (random.one_of(&ROLES), surname(random), forename(random));
        let born = date(random, 1950, 55);
        let address = format!("{} {}", 1 + random.below(180), random.one_of(&STREETS));
        let (plate, make, colour) = (plate(random), random.one_of(&MAKES), random.one_of(&COLOURS));
        let row = self.row;
        format!(
            "GEN{row:07},{recorded},{offence},{role},{surname},{forename},{born},{address},{plate},{make},{colour},{offence}.\n"
        )
    }
}

/// A surname out of [`SURNAMES`].
pub fn surname(random: &mut Random) -> String {
    format!("{}{}", random.one_of(&ONSETS), random.one_of(&ENDINGS))
}

/// A forename out of [`FORENAME_COUNT`].
pub fn forename(random: &mut Random) -> &'static str {
    FORENAMES[random.below(FORENAME_COUNT) as usize]
}

/// A plate: two letters, two digits, three letters.
pub fn plate(random: &mut Random) -> String {
    let letter = |random: &mut Random| char::from(*random.one_of(LETTERS));
    let (a, b, digits) = (letter(random), letter(random), random.below(100));
    format!("{a}{b}{digits:02}{}{}{}", letter(random), letter(random), letter(random))
}

fn date(random: &mut Random, first_year: u64, years: u64) -> String {
    let (day, month) = (1 + random.below(28), 1 + random.below(12));
    format!("{day:02}/{month:02}/{}", first_year + random.below(years))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_writes_the_same_export() {
        assert_eq!(Generator::new(3).export(50), Generator::new(3).export(50));
        assert_ne!(Generator::new(3).export(50), Generator::new(4).export(50));
    }

    #[test]
    fn every_row_has_every_column() {
        let text = Generator::new(3).export(200);
        assert!(text.lines().all(|line| line.split(',').count() == 12));
    }
}
