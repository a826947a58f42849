//! Thumbnails of the pictures that people attach here. What another machine sent is never decoded.
//!
//! Only JPEG and PNG, told by their first bytes, at most [`PIXELS_MAX`] pixels, one at a time: a picture that would need
//! more memory simply has no thumbnail.

use std::io::Cursor;
use std::sync::{Mutex, PoisonError};

use cairn_ledger::attachment::THUMBNAIL_BYTES_MAX;
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::PngDecoder;
use image::{DynamicImage, ImageDecoder, Limits};

/// Most pixels of a picture that is decoded: twice those of an ordinary telephone's.
const PIXELS_MAX: u64 = 25_000_000;
/// Most bytes that decoding may ask for.
const DECODING_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Longest edge and quality, best first: the first that fits is taken.
const SIZES: [(u32, u8); 6] = [(192, 70), (160, 65), (160, 45), (128, 40), (96, 35), (64, 25)];

/// The beginning of a JPEG file.
pub const JPEG: &[u8] = &[0xff, 0xd8, 0xff];
/// The beginning of a PNG file.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A JPEG of at most [`THUMBNAIL_BYTES_MAX`] bytes; empty when the content is no picture that can be read.
pub fn thumbnail(content: &[u8]) -> Vec<u8> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let picture = if content.starts_with(JPEG) {
        JpegDecoder::new(Cursor::new(content)).ok().and_then(decode)
    } else if content.starts_with(PNG) {
        PngDecoder::new(Cursor::new(content)).ok().and_then(decode)
    } else {
        None
    };
    picture.and_then(|picture| SIZES.iter().find_map(|size| shrunk(&picture, *size))).unwrap_or_default()
}

fn decode(mut decoder: impl ImageDecoder) -> Option<DynamicImage> {
    let (width, height) = decoder.dimensions();
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODING_BYTES_MAX);
    if u64::from(width) * u64::from(height) > PIXELS_MAX || decoder.set_limits(limits).is_err() {
        return None;
    }
    let turned = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).ok()?;
    if let Some(turned) = turned {
        picture.apply_orientation(turned);
    }
    // One step down now, so that the sizes below are quick.
    let (edge, _) = SIZES[0];
    let small = if picture.width().max(picture.height()) > edge { picture.thumbnail(edge, edge) } else { picture };
    Some(flattened(&small))
}

/// Without transparency, on white: as it would look on paper.
fn flattened(picture: &DynamicImage) -> DynamicImage {
    let mut flat = picture.to_rgba8();
    for pixel in flat.pixels_mut() {
        let alpha = u16::from(pixel.0[3]);
        for shade in &mut pixel.0[..3] {
            *shade = ((u16::from(*shade) * alpha + 255 * (255 - alpha)) / 255) as u8;
        }
    }
    DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(flat).to_rgb8())
}

fn shrunk(picture: &DynamicImage, (edge, quality): (u32, u8)) -> Option<Vec<u8>> {
    let small = picture.width().max(picture.height()) <= edge;
    let picture = if small { picture.clone() } else { picture.thumbnail(edge, edge) };
    let mut out = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut out, quality)).ok()?;
    (out.len() <= THUMBNAIL_BYTES_MAX).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, RgbImage, RgbaImage};

    fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        picture.into().write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn pictures_become_small_and_nothing_else_does() {
        let noisy =
            RgbImage::from_fn(900, 600, |x, y| image::Rgb([(x * 7 + y * 13) as u8, (x ^ y) as u8, (x * y) as u8]));
        for content in [encoded(noisy.clone(), ImageFormat::Jpeg), encoded(noisy, ImageFormat::Png)] {
            let small = thumbnail(&content);
            assert!(small.starts_with(JPEG) && small.len() <= THUMBNAIL_BYTES_MAX, "{} bytes", small.len());
        }
        let clear = encoded(RgbaImage::from_pixel(20, 10, image::Rgba([0, 0, 0, 0])), ImageFormat::Png);
        let small = image::load_from_memory(&thumbnail(&clear)).unwrap().to_rgb8();
        assert_eq!((small.dimensions(), small.get_pixel(3, 3).0), ((20, 10), [255, 255, 255]));
        assert!(thumbnail(b"%PDF-1.7").is_empty() && thumbnail(JPEG).is_empty() && thumbnail(PNG).is_empty());
    }

    #[test]
    fn a_picture_that_would_fill_the_memory_is_not_decoded() {
        let mut bomb = encoded(RgbImage::new(8, 8), ImageFormat::Png);
        // Width and height stand after the signature, the length and the type of the first block.
        bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        let checksum = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert_eq!(PngDecoder::new(Cursor::new(&bomb)).unwrap().dimensions(), (60_000, 60_000));
        assert!(thumbnail(&bomb).is_empty());
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1)))
        })
    }
}
