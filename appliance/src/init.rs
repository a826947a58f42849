//! `cairn init`: makes a new installation in an empty folder.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use cairn_casebook::{Casebook, InitRequest, Unlock};

use crate::cli::{Common, InitOptions, SiteRole};
use crate::config::{Config, data_dir};
use crate::failure::{Failure, While as _};
use crate::print;
use crate::secrets;
use crate::system::{SystemEntropy, now_ms};

/// Carries out the command.
pub fn init(common: &Common, options: InitOptions) -> Result<ExitCode, Failure> {
    let data = data_dir(common);
    let unlock = secrets::new_unlock(common)?;
    let request = InitRequest {
        agency: options.agency,
        site: options.site,
        country: options.country.to_ascii_uppercase(),
        hub: options.role == SiteRole::Hub,
        demo: false,
    };
    let config = Config {
        hosts: options.hosts,
        addresses: options.addresses,
        discovery: !options.no_discovery,
        tls_in_front: options.tls_in_front,
        ..Config::new(options.http, options.listen)
    };
    let casebook = make(&data, &request, &unlock, config)?;
    casebook.close()?;
    print::initialised(common.json, &data, &casebook.identity())?;
    Ok(ExitCode::SUCCESS)
}

/// Makes the installation and writes down where its key file is.
pub fn make(data: &Path, request: &InitRequest, unlock: &Unlock, config: Config) -> Result<Casebook, Failure> {
    let casebook = Casebook::init(data, request, unlock, Arc::new(SystemEntropy), now_ms())?;
    close_to_others(data)?;
    let key_file = match unlock {
        Unlock::KeyFile(file) => Some(remembered(data, file)?),
        Unlock::Passphrase(_) => None,
    };
    Config { key_file, ..config }.save(data)?;
    Ok(casebook)
}

/// Only the account that owns the folder may look into it.
fn close_to_others(data: &Path) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o700))
            .while_doing(|| format!("close {} to other accounts", data.display()))?;
    }
    Ok(())
}

/// The key file's path as the settings keep it: relative when it lies in the data folder, so that the folder may move.
fn remembered(data: &Path, file: &Path) -> Result<PathBuf, Failure> {
    let doing = || format!("find {}", file.display());
    let file = std::path::absolute(file).while_doing(doing)?;
    let data = std::path::absolute(data).while_doing(doing)?;
    Ok(file.strip_prefix(&data).map_or(file.clone(), Path::to_path_buf))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_in_the_folder_moves_with_it() {
        assert_eq!(remembered(Path::new("/data"), Path::new("/data/key")).unwrap(), Path::new("key"));
        assert_eq!(remembered(Path::new("/data"), Path::new("/stick/key")).unwrap(), Path::new("/stick/key"));
    }
}
