//! Passphrases and passwords: from a file, from a file that the environment names, or typed. Never from an argument,
//! which every process on the machine could read.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use cairn_casebook::Unlock;
use zeroize::Zeroizing;

use crate::cli::Common;
use crate::config::Config;
use crate::failure::{Failure, While as _};

/// Longest secret that is read from a file.
const SECRET_BYTES_MAX: u64 = 4096;

/// How the installation in `data` is opened: what the command line says, else what `config` remembers.
pub fn unlock(common: &Common, data: &Path, config: &Config) -> Result<Unlock, Failure> {
    if let Some(file) = &common.key_file {
        return Ok(Unlock::KeyFile(file.clone()));
    }
    match &config.key_file {
        Some(file) if common.passphrase_file.is_none() => Ok(Unlock::KeyFile(data.join(file))),
        _ => passphrase(common, false).map(Unlock::Passphrase),
    }
}

/// How a new installation is to be opened.
pub fn new_unlock(common: &Common) -> Result<Unlock, Failure> {
    match &common.key_file {
        Some(file) => Ok(Unlock::KeyFile(file.clone())),
        None => passphrase(common, true).map(Unlock::Passphrase),
    }
}

fn passphrase(common: &Common, new: bool) -> Result<Zeroizing<String>, Failure> {
    Source { what: "passphrase", file: common.passphrase_file.clone(), variable: "CAIRN_PASSPHRASE_FILE" }.secret(new)
}

/// The new password of a person.
pub fn new_password(file: Option<PathBuf>) -> Result<Zeroizing<String>, Failure> {
    Source { what: "password", file, variable: "CAIRN_PASSWORD_FILE" }.secret(true)
}

/// Where a secret may come from, in the order in which it is looked for.
struct Source {
    what: &'static str,
    file: Option<PathBuf>,
    variable: &'static str,
}

impl Source {
    fn secret(self, new: bool) -> Result<Zeroizing<String>, Failure> {
        let named =
            self.file.clone().or_else(|| std::env::var_os(self.variable).filter(|f| !f.is_empty()).map(Into::into));
        match named {
            Some(file) => first_line(&file, self.what),
            None if std::io::stdin().is_terminal() => self.typed(new),
            None => Err(Failure::setup(format!(
                "a {what} is needed and there is no terminal to ask on; put it in a file and name it with --{what}-file or {}",
                self.variable,
                what = self.what
            ))),
        }
    }

    fn typed(&self, new: bool) -> Result<Zeroizing<String>, Failure> {
        let read = |prompt: String| rpassword::prompt_password(prompt).map(Zeroizing::new);
        let secret =
            read(format!("{}{}: ", if new { "New " } else { "" }, self.what)).while_doing(|| self.reading())?;
        if new && *read(format!("{} again: ", self.what)).while_doing(|| self.reading())? != *secret {
            return Err(Failure::setup(format!("the two {}s differ; nothing was changed, try again", self.what)));
        }
        Ok(secret)
    }

    fn reading(&self) -> String {
        format!("read the {}", self.what)
    }
}

/// The first line of a file, without its line end.
fn first_line(file: &Path, what: &str) -> Result<Zeroizing<String>, Failure> {
    let doing = || format!("read the {what} from {}", file.display());
    if std::fs::metadata(file).while_doing(doing)?.len() > SECRET_BYTES_MAX {
        return Err(Failure::setup(format!("{} is too long for a {what}", file.display())));
    }
    let text = Zeroizing::new(std::fs::read_to_string(file).while_doing(doing)?);
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(Failure::setup(format!("the first line of {} is empty; it should be the {what}", file.display())));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_first_line_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "correct horse\r\nnot this\n").unwrap();
        assert_eq!(*first_line(&file, "password").unwrap(), "correct horse");
    }

    #[test]
    fn an_empty_first_line_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "\nlater\n").unwrap();
        assert!(first_line(&file, "password").is_err());
    }

    #[test]
    fn the_key_file_of_the_settings_is_found_in_the_data_folder() {
        let anywhere = "127.0.0.1:1".parse().unwrap();
        let config = Config { key_file: Some("key".into()), ..Config::new(anywhere, anywhere) };
        match unlock(&Common::default(), Path::new("/data"), &config).unwrap() {
            Unlock::KeyFile(file) => assert_eq!(file, Path::new("/data/key")),
            Unlock::Passphrase(_) => panic!("the key file was not used"),
        }
    }
}
