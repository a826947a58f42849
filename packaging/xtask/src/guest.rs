//! A small virtual machine with a stock Debian kernel: one program runs in it, and its exit status comes out.
//!
//! Nothing of this machine is seen inside but what is packed into the initial file system: busybox, `ip` and `tc` with their
//! libraries, a few modules of the kernel, `cairn` and the program. The processor is emulated by QEMU in software (TCG), which
//! works everywhere and is slow. So that it is the link and not this slowness that is measured, time in the guest is that of
//! its own processor ([`TIME`]): what runs beside it on this machine makes it last longer outside and changes nothing inside.
//! Stories stretch their limits about the processor by [`SLOWNESS`], and none of those about the link.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::{root, run, tools};

/// Debian's package that names its current kernel for virtual machines.
const KERNEL: &str = "linux-image-cloud-amd64";
/// Modules, each after those that it needs.
const MODULES: [&str; 7] = ["llc", "stp", "bridge", "veth", "tun", "sch_netem", "sch_tbf"];
/// One instruction takes a billionth of a second, and nobody waits for a time at which nothing happens.
const TIME: [&str; 4] = ["-icount", "shift=0,sleep=off", "-rtc", "clock=vm"];
/// The processor is at most so many times slower than outside.
const SLOWNESS: &str = "5";
/// A guest that has not ended by then is ended.
const HOURS_MAX: &str = "3h";
/// Half of it is the disk, in MiB. With less a large import comes under what a machine keeps free for records.
const MEMORY: &str = "2048";
/// What of the environment is handed on.
const HANDED_ON: [&str; 2] = ["CAIRN_LINKS", "CAIRN_LINK"];

/// What to run.
#[derive(Args)]
pub struct Options {
    /// The program and what it is told
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<String>,
}

/// Gets what a guest is made of: the programs, and the kernel with its modules, which is unpacked and not installed.
pub fn prepare() -> Result<()> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("the guest is an x86-64 machine with the programs of this one, so this one has to be x86-64 with Linux");
    }
    tools::guest()?;
    if vmlinuz().is_ok() {
        return Ok(());
    }
    let folder = folder().join("kernel");
    fs::create_dir_all(&folder)?;
    let package = kernel_package()?;
    run("download a kernel", Command::new("apt-get").args(["download", "--quiet", &package]).current_dir(&folder))?;
    let archive = only(&folder, |name| name.ends_with(".deb"))?;
    run("unpack the kernel", Command::new("dpkg-deb").arg("--extract").arg(archive).arg(&folder))
}

/// Runs a program in the guest; fails as it does.
pub fn guest(options: &Options) -> Result<()> {
    let initial = pack(&options.command)?;
    let status = folder().join("status");
    fs::write(&status, "")?;
    let mut qemu = Command::new("timeout");
    qemu.args(["--foreground", HOURS_MAX, "qemu-system-x86_64"]);
    qemu.args(["-machine", "q35,accel=tcg", "-cpu", "max", "-m", MEMORY, "-nodefaults", "-no-reboot"]);
    qemu.args(TIME);
    qemu.args(["-display", "none", "-nic", "none", "-serial", "stdio"]);
    qemu.arg("-serial").arg(format!("file:{}", status.display()));
    qemu.arg("-kernel").arg(vmlinuz()?).arg("-initrd").arg(initial);
    qemu.args(["-append", "console=ttyS0 quiet panic=-1"]).stdin(std::process::Stdio::null());
    let ended = qemu.status().context("qemu cannot be started")?;
    match fs::read_to_string(&status)?.trim() {
        "0" => Ok(()),
        "" if ended.code() == Some(124) => bail!("the guest had not ended after {HOURS_MAX} and was ended"),
        "" => bail!("the guest ended ({ended}) before its program did: look at what it said last"),
        code => bail!("the program in the guest ended with {code}"),
    }
}

/// What is kept of the guest between runs.
fn folder() -> PathBuf {
    root().join("target/guest")
}

fn vmlinuz() -> Result<PathBuf> {
    only(&folder().join("kernel/boot"), |name| name.starts_with("vmlinuz-"))
}

/// The package of the current kernel, which the package [`KERNEL`] depends on.
fn kernel_package() -> Result<String> {
    let output = Command::new("apt-cache").args(["depends", "--important", KERNEL]).output();
    let said =
        output.context("the kernel of the guest comes from Debian's packages, and there is no apt-cache")?.stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    let found = said.split_whitespace().find(|word| word.starts_with("linux-image-") && *word != KERNEL);
    found
        .map(str::to_owned)
        .with_context(|| format!("no package {KERNEL} here: this needs the packages of Debian (apt-get update?)"))
}

/// The one file of a folder with such a name.
fn only(folder: &Path, fits: impl Fn(&str) -> bool) -> Result<PathBuf> {
    let names = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut found = names
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| fits(&name.to_string_lossy())));
    found.next().with_context(|| format!("{} does not have what was looked for", folder.display()))
}

/// Packs the initial file system.
fn pack(command: &[String]) -> Result<PathBuf> {
    let tree = folder().join("tree");
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    for name in ["bin", "modules", "proc", "sys", "dev", "tmp", "run", "etc"] {
        fs::create_dir_all(tree.join(name))?;
    }
    let cairn = PathBuf::from(std::env::var_os("CAIRN_BIN").context("CAIRN_BIN names the cairn to take along")?);
    let programs = [("cairn", cairn), ("story", PathBuf::from(&command[0]))];
    let system = ["busybox", "ip", "tc"].map(|name| (name, tools::find(name).unwrap_or_default()));
    for (name, path) in programs.into_iter().chain(system) {
        copy(&path, &tree.join("bin").join(name))?;
        libraries(&path)?.iter().try_for_each(|library| copy(library, &tree.join(library.strip_prefix("/")?)))?;
    }
    for module in MODULES {
        copy(&module_file(module)?, &tree.join(format!("modules/{module}.ko")))?;
    }
    fs::write(tree.join("etc/passwd"), "root:x:0:0::/:/bin/sh\n")?;
    fs::write(tree.join("init"), init(&command[1..]))?;
    fs::set_permissions(tree.join("init"), fs::Permissions::from_mode(0o755))?;
    let initial = folder().join("initial.cpio");
    let mut cpio = Command::new("sh");
    cpio.args(["-c", "busybox find . | busybox cpio -o -H newc > ../initial.cpio"]).current_dir(&tree);
    run("pack the guest", &mut cpio)?;
    Ok(initial)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a file without a folder")?)?;
    fs::copy(from, to).with_context(|| format!("{} cannot be taken into the guest", from.display()))?;
    Ok(())
}

/// The libraries that a program is linked against, and its loader; none for one that needs none.
fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let said = Command::new("ldd").arg(program).output()?.stdout;
    let said = String::from_utf8_lossy(&said).into_owned();
    Ok(said.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect())
}

fn module_file(name: &str) -> Result<PathBuf> {
    let modules = folder().join("kernel/lib/modules");
    let found = Command::new("find").arg(&modules).args(["-name", &format!("{name}.ko")]).output()?.stdout;
    let found = String::from_utf8_lossy(&found).into_owned();
    found
        .lines()
        .next()
        .map(PathBuf::from)
        .with_context(|| format!("the kernel in {} has no {name}.ko", modules.display()))
}

/// The first process of the guest.
fn init(arguments: &[String]) -> String {
    let quoted: Vec<_> = arguments.iter().map(|argument| format!("'{}'", argument.replace('\'', "'\\''"))).collect();
    let handed_on: Vec<_> =
        HANDED_ON.iter().filter_map(|name| Some(format!("{name}={}", std::env::var(name).ok()?))).collect();
    format!(
        "#!/bin/busybox sh\n\
         /bin/busybox --install -s /bin\n\
         export PATH=/bin HOME=/ CAIRN_BIN=/bin/cairn CAIRN_LINK=netem CAIRN_SLOWNESS={SLOWNESS} {}\n\
         mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev\n\
         mount -t tmpfs tmp /tmp; mount -t tmpfs run /run\n\
         for module in {}; do insmod /modules/$module.ko; done\n\
         ip link set lo up\n\
         story {}\n\
         echo $? > /dev/ttyS1\n\
         poweroff -f\n",
        handed_on.join(" "),
        MODULES.join(" "),
        quoted.join(" "),
    )
}
