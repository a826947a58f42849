//! One line of counts at the end of `cargo test`, which prints one for each test binary.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// How many tests there were.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Counts {
    /// Adds up a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        for part in result.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(Ok(number)), Some(what)) = (words.next().map(str::parse::<u64>), words.next()) else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

/// Runs the tests, passing on what they say, and ends with the sum.
pub fn run(title: &str, command: &mut Command) -> Result<()> {
    eprintln!("\n== {title}");
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("{title}: cannot start {command:?}"))?;
    let mut counts = Counts::default();
    if let Some(said) = child.stdout.take() {
        for line in BufReader::new(said).lines() {
            let line = line?;
            counts.add(&line);
            println!("{line}");
        }
    }
    let status = child.wait()?;
    let Counts { passed, failed, ignored } = counts;
    println!("{} tests run: {passed} passed, {failed} failed, {ignored} ignored", passed + failed);
    if !status.success() {
        bail!("{title} failed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_several_binaries_are_added_up() {
        let mut counts = Counts::default();
        counts.add("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s");
        counts.add("running 3 tests");
        counts.add("test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s");
        assert_eq!(counts, Counts { passed: 5, failed: 1, ignored: 1 });
    }
}
