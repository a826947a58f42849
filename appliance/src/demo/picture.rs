//! Pictures for the demonstration, drawn by code: the rear of a car with its plate. Nobody and nothing real is on them.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 420;
/// Width, height and gap of a letter in points, and how large a point is.
const LETTER: (u32, u32, u32, u32) = (5, 7, 1, 8);

/// A PNG of a car with this plate.
pub fn car_with_plate(plate: &str, paint: [u8; 3]) -> Result<Vec<u8>, image::ImageError> {
    let mut picture = RgbImage::from_fn(WIDTH, HEIGHT, ground);
    body(&mut picture, paint);
    let (wide, high, gap, point) = LETTER;
    let letters = plate.chars().count() as u32;
    let text = (letters * (wide + gap)).saturating_sub(gap) * point;
    let (left, top) = (WIDTH.saturating_sub(text) / 2, 262);
    fill(&mut picture, (left - 22, top - 16, text + 44, high * point + 32), [24, 24, 24]);
    fill(&mut picture, (left - 16, top - 10, text + 32, high * point + 20), [242, 206, 58]);
    for (nth, letter) in (0..).zip(plate.chars()) {
        draw(&mut picture, letter, left + nth * (wide + gap) * point, top);
    }
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, ImageFormat::Png)?;
    Ok(out.into_inner())
}

/// Sky above, asphalt with some grain below.
fn ground(x: u32, y: u32) -> Rgb<u8> {
    let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503).wrapping_mul(x | 1)) >> 28;
    if y < 120 {
        let light = (150 + y / 2) as u8;
        Rgb([light, light.saturating_add(12), light.saturating_add(28)])
    } else {
        let dark = (58 + grain + (y - 120) / 14) as u8;
        Rgb([dark, dark, dark.saturating_add(4)])
    }
}

fn body(picture: &mut RgbImage, paint: [u8; 3]) {
    let darker = paint.map(|shade| shade / 2);
    for y in 70..190 {
        let slope = (190 - y) / 2;
        fill(picture, (120 + slope, y, 400 - 2 * slope, 1), darker);
    }
    fill(picture, (180, 92, 280, 84), [36, 44, 52]);
    fill(picture, (84, 186, 472, 168), paint);
    fill(picture, (84, 330, 472, 30), darker);
    for left in [96, 484] {
        fill(picture, (left, 204, 60, 34), [168, 22, 26]);
        fill(picture, (left, 238, 60, 12), [232, 142, 30]);
    }
    for left in [110, 454] {
        fill(picture, (left, 358, 76, 44), [18, 18, 18]);
    }
}

fn fill(picture: &mut RgbImage, (left, top, width, height): (u32, u32, u32, u32), colour: [u8; 3]) {
    for y in top..(top + height).min(HEIGHT) {
        for x in left..(left + width).min(WIDTH) {
            picture.put_pixel(x, y, Rgb(colour));
        }
    }
}

fn draw(picture: &mut RgbImage, letter: char, left: u32, top: u32) {
    let (wide, _, _, point) = LETTER;
    for (row, bits) in (0..).zip(shape(letter)) {
        for column in (0..wide).filter(|column| bits >> (wide - 1 - column) & 1 == 1) {
            fill(picture, (left + column * point, top + row * point, point, point), [20, 20, 20]);
        }
    }
}

/// The rows of a letter, five points each, the leftmost in the highest bit.
fn shape(letter: char) -> [u8; 7] {
    match letter {
        '0' | 'O' => [14, 17, 17, 17, 17, 17, 14],
        '1' | 'I' => [4, 12, 4, 4, 4, 4, 14],
        '2' => [14, 17, 1, 6, 8, 16, 31],
        '3' => [14, 17, 1, 6, 1, 17, 14],
        '4' => [2, 6, 10, 18, 31, 2, 2],
        '5' => [31, 16, 30, 1, 1, 17, 14],
        '6' => [14, 16, 16, 30, 17, 17, 14],
        '7' => [31, 1, 2, 4, 8, 8, 8],
        '8' => [14, 17, 17, 14, 17, 17, 14],
        '9' => [14, 17, 17, 15, 1, 1, 14],
        'A' => [14, 17, 17, 31, 17, 17, 17],
        'B' => [30, 17, 17, 30, 17, 17, 30],
        'C' => [14, 17, 16, 16, 16, 17, 14],
        'D' => [30, 17, 17, 17, 17, 17, 30],
        'E' => [31, 16, 16, 30, 16, 16, 31],
        'F' => [31, 16, 16, 30, 16, 16, 16],
        'G' => [14, 17, 16, 23, 17, 17, 14],
        'H' => [17, 17, 17, 31, 17, 17, 17],
        'J' => [7, 2, 2, 2, 2, 18, 12],
        'K' => [17, 18, 20, 24, 20, 18, 17],
        'L' => [16, 16, 16, 16, 16, 16, 31],
        'M' => [17, 27, 21, 21, 17, 17, 17],
        'N' => [17, 25, 21, 19, 17, 17, 17],
        'P' => [30, 17, 17, 30, 16, 16, 16],
        'Q' => [14, 17, 17, 17, 21, 18, 13],
        'R' => [30, 17, 17, 30, 20, 18, 17],
        'S' => [15, 16, 16, 14, 1, 1, 30],
        'T' => [31, 4, 4, 4, 4, 4, 4],
        'U' => [17, 17, 17, 17, 17, 17, 14],
        'V' => [17, 17, 17, 17, 17, 10, 4],
        'W' => [17, 17, 17, 21, 21, 27, 17],
        'X' => [17, 17, 10, 4, 10, 17, 17],
        'Y' => [17, 17, 10, 4, 4, 4, 4],
        'Z' => [31, 1, 2, 4, 8, 16, 31],
        _ => [0; 7],
    }
}
