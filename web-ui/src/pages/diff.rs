//! What changed between two texts, word by word.

/// Words on either side that are compared one by one; longer texts are compared by their common beginning and end.
const WORDS_MAX: usize = 600;

/// A run of words that stayed, went or came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// In both.
    Kept(String),
    /// Only before.
    Gone(String),
    /// Only after.
    Come(String),
}

/// The runs that lead from one text to the other. Blanks belong to the word before them.
pub(super) fn words(before: &str, after: &str) -> Vec<Run> {
    let (before, after) = (split(before), split(after));
    let start = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let (rest_before, rest_after) = (&before[start..], &after[start..]);
    let end = rest_before.iter().rev().zip(rest_after.iter().rev()).take_while(|(one, other)| one == other).count();
    let (middle_before, middle_after) =
        (&rest_before[..rest_before.len() - end], &rest_after[..rest_after.len() - end]);
    let mut runs = Runs(Vec::new());
    before[..start].iter().for_each(|word| runs.keep(word));
    if middle_before.len().max(middle_after.len()) <= WORDS_MAX {
        runs.compare(middle_before, middle_after);
    } else {
        middle_before.iter().for_each(|word| runs.go(word));
        middle_after.iter().for_each(|word| runs.come(word));
    }
    before[before.len() - end..].iter().for_each(|word| runs.keep(word));
    runs.0
}

fn split(text: &str) -> Vec<&str> {
    text.split_inclusive(char::is_whitespace).collect()
}

struct Runs(Vec<Run>);

impl Runs {
    fn keep(&mut self, word: &str) {
        match self.0.last_mut() {
            Some(Run::Kept(text)) => text.push_str(word),
            _ => self.0.push(Run::Kept(word.into())),
        }
    }

    fn go(&mut self, word: &str) {
        match self.0.last_mut() {
            Some(Run::Gone(text)) => text.push_str(word),
            _ => self.0.push(Run::Gone(word.into())),
        }
    }

    fn come(&mut self, word: &str) {
        match self.0.last_mut() {
            Some(Run::Come(text)) => text.push_str(word),
            _ => self.0.push(Run::Come(word.into())),
        }
    }

    /// The longest common subsequence decides what stayed.
    fn compare(&mut self, before: &[&str], after: &[&str]) {
        let common = common_lengths(before, after);
        let width = after.len() + 1;
        let (mut at, mut to) = (0, 0);
        while at < before.len() && to < after.len() {
            if before[at] == after[to] {
                self.keep(before[at]);
                (at, to) = (at + 1, to + 1);
            } else if common[(at + 1) * width + to] >= common[at * width + to + 1] {
                self.go(before[at]);
                at += 1;
            } else {
                self.come(after[to]);
                to += 1;
            }
        }
        before[at..].iter().for_each(|word| self.go(word));
        after[to..].iter().for_each(|word| self.come(word));
    }
}

/// `[at * (after.len() + 1) + to]`: length of the longest common subsequence of what follows `at` and `to`.
fn common_lengths(before: &[&str], after: &[&str]) -> Vec<u16> {
    let width = after.len() + 1;
    let mut common = vec![0_u16; (before.len() + 1) * width];
    for at in (0..before.len()).rev() {
        for to in (0..after.len()).rev() {
            common[at * width + to] = if before[at] == after[to] {
                common[(at + 1) * width + to + 1] + 1
            } else {
                common[(at + 1) * width + to].max(common[at * width + to + 1])
            };
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> String {
        let tell = |run| match run {
            Run::Kept(text) => text,
            Run::Gone(text) => format!("[-{text}-]"),
            Run::Come(text) => format!("[+{text}+]"),
        };
        words(before, after).into_iter().map(tell).collect()
    }

    #[test]
    fn words_that_changed_are_told_and_the_rest_is_kept() {
        assert_eq!(told("seen at the north gate", "seen at the south gate"), "seen at the [-north -][+south +]gate");
        assert_eq!(told("grey van", "grey van with a ladder"), "grey [-van-][+van with a ladder+]");
        assert_eq!(told("", "new"), "[+new+]");
        assert_eq!(told("gone", ""), "[-gone-]");
        assert_eq!(told("same", "same"), "same");
    }

    #[test]
    fn what_is_kept_and_gone_gives_the_old_text_and_what_is_kept_and_come_the_new() {
        let before = "a b c d e f a b c ".repeat(20);
        let after = "b c x d f a z b c ".repeat(25);
        for (before, after) in [(&before, &after), (&"long ".repeat(2_000), &"longer ".repeat(2_000))] {
            let runs = words(before, after);
            let side = |gone: bool| -> String {
                let pick = |run: &Run| match run {
                    Run::Kept(text) => text.clone(),
                    Run::Gone(text) if gone => text.clone(),
                    Run::Come(text) if !gone => text.clone(),
                    _ => String::new(),
                };
                runs.iter().map(pick).collect()
            };
            assert_eq!(&side(true), before);
            assert_eq!(&side(false), after);
        }
    }
}
