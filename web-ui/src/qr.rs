//! Squares that a camera or a scanner reads (QR codes): as a drawing for pages and print, as blocks for a terminal.
//!
//! Always dark on light with the quiet edge that scanners need, whatever the colours around it are.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

use crate::words::Html;

/// Light modules around the square, as ISO/IEC 18004 asks for.
const QUIET: i32 = 4;
/// Longest text: more would make modules that a cheap camera cannot tell apart.
const TEXT_BYTES_MAX: usize = 600;

/// A square for a page; nothing if the text does not fit. `label` says to those who do not see it what it is.
pub(crate) fn svg(text: &str, label: &str) -> Option<Html> {
    let code = encode(text)?;
    let whole = code.size() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let begin = x;
            while code.get_module(x, y) {
                x += 1;
            }
            if x > begin {
                let _ = write!(path, "M{} {}h{}v1h-{}z", begin + QUIET, y + QUIET, x - begin, x - begin);
            }
            x += 1;
        }
    }
    let label = label.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    Some(Html(format!(
        "<svg class=\"qr\" role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {whole} {whole}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{whole}v{whole}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    )))
}

/// A square for a terminal with colours, two modules in each letter; nothing if the text does not fit.
pub fn blocks(text: &str) -> Option<String> {
    let code = encode(text)?;
    let mut out = String::new();
    for row in (-QUIET..code.size() + QUIET).step_by(2) {
        // Black on white, whatever the colours of the terminal are.
        out.push_str("\u{1b}[38;5;16;48;5;231m");
        for x in -QUIET..code.size() + QUIET {
            out.push(match (code.get_module(x, row), code.get_module(x, row + 1)) {
                (false, false) => ' ',
                (true, false) => '▀',
                (false, true) => '▄',
                (true, true) => '█',
            });
        }
        out.push_str("\u{1b}[0m\n");
    }
    Some(out)
}

fn encode(text: &str) -> Option<QrCode> {
    (text.len() <= TEXT_BYTES_MAX).then(|| QrCode::encode_text(text, QrCodeEcc::Medium).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "CAIRN-JOIN:0123456789ABCDEFGHJKMNPQ/10.0.4.2:7411";

    #[test]
    fn a_square_on_a_page_holds_all_its_dark_modules_and_nothing_that_a_strict_policy_refuses() {
        let (code, html) = (encode(LINE).unwrap(), svg(LINE, "scan \"it\" <here>").unwrap().0);
        let dark = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark = dark.filter(|(x, y)| code.get_module(*x, *y)).count();
        // A run of dark modules is drawn as `h<length>v1h-<length>z`.
        let drawn = html.split("v1h-").skip(1).filter_map(|run| run.split_once('z'));
        let drawn = drawn.map(|(length, _)| length.parse::<usize>());
        assert_eq!(drawn.map(Result::unwrap).sum::<usize>(), dark);
        assert!(!html.contains("style") && !html.contains("<here>") && html.contains("&quot;it&quot;"));
        assert_eq!(code.version().value(), 3, "letters, digits, colons and slashes alone stay small");
    }

    #[test]
    fn a_square_in_a_terminal_has_its_quiet_edge() {
        let (code, text) = (encode(LINE).unwrap(), blocks(LINE).unwrap());
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len() as i32, (code.size() + 2 * QUIET + 1) / 2);
        assert!(!rows[0].contains(['▀', '▄', '█']) && !rows[1].contains(['▀', '▄', '█']));
        assert!(svg(&"A".repeat(TEXT_BYTES_MAX + 1), "").is_none());
    }
}
