//! `cairn run`: holds the store, serves the pages, exchanges records and answers the command line until it is told to end.

use std::future::Future;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cairn_casebook::{Casebook, Entropy as _};
use cairn_web_ui::{AppState, Settings};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::answer::answer_questions;
use crate::cli::{Common, RunOptions};
use crate::config::{Config, data_dir};
use crate::control;
use crate::execute::Desk;
use crate::failure::{Failure, While as _};
use crate::heap;
use crate::links::Links;
use crate::print;
use crate::reach::{self, Held};
use crate::screen_sticks::ScreenSticks;
use crate::system::{SystemEntropy, now_ms};

/// How often the casebook looks after itself.
const TICK: Duration = Duration::from_secs(2);
/// How long open requests may take to end once the process was told to.
const FAREWELL: Duration = Duration::from_secs(10);

/// Carries out the command.
pub fn run(common: &Common, options: RunOptions) -> Result<ExitCode, Failure> {
    log_to_stderr();
    heap::keep_little();
    let data = data_dir(common);
    let mut config = Config::load(&data)?;
    config.http = options.http.unwrap_or(config.http);
    config.listen = options.listen.unwrap_or(config.listen);
    let _held = Held::wait(&data)?;
    let casebook = Arc::new(reach::open(common, &data, &config)?);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().while_doing(|| "start the runtime".into())?;
    let served = runtime.block_on(serve(&data, casebook.clone(), config, options.until_stdin_ends));
    runtime.shutdown_timeout(FAREWELL);
    casebook.close()?;
    served.map(|()| ExitCode::SUCCESS)
}

async fn serve(data: &Path, casebook: Arc<Casebook>, config: Config, until_stdin_ends: bool) -> Result<(), Failure> {
    let told = told_to_end()?;
    let (end, ended) = watch::channel(false);
    let pages = TcpListener::bind(config.http).await.while_doing(|| format!("serve pages on {}", config.http))?;
    let links = Links::running(&casebook, &config)?;
    let counter = control::Counter::open(data)?;
    let setup_code = casebook.nobody().then(setup_code);
    announce(&config, setup_code.as_deref())?;

    let desk = Desk { casebook: casebook.clone(), config: Arc::new(config.clone()), links: links.clone() };
    let answering = tokio::spawn(counter.answer(desk));
    let ticking = tokio::spawn(look_after(casebook.clone(), ended.clone()));
    let replying = tokio::spawn(answer_questions(casebook.clone(), ended.clone()));
    let state = app_state(casebook, &config, &links, setup_code);
    let serving = tokio::spawn(cairn_web_ui::serve(pages, state, config.host_list(), until(ended)));

    tokio::select! {
        () = told => tracing::info!("told to end"),
        () = stdin_ends(), if until_stdin_ends => tracing::info!("the parent process is gone"),
    }
    end.send_replace(true);
    answering.abort();
    if tokio::time::timeout(FAREWELL, async { (serving.await, ticking.await, replying.await) }).await.is_err() {
        tracing::warn!("some requests were still open and were dropped; what was acknowledged is kept");
    }
    links.stop().await;
    Ok(())
}

fn app_state(casebook: Arc<Casebook>, config: &Config, links: &Links, setup_code: Option<String>) -> AppState {
    let settings = Settings { tls_in_front: config.tls_in_front, addresses: config.reachable_at(), setup_code };
    let reach = links.reach(casebook.clone(), config.reachable_at());
    let sticks = Arc::new(ScreenSticks(casebook.clone()));
    AppState::new(casebook, Arc::new(now_ms), Arc::new(SystemEntropy), reach, sticks, settings)
}

/// The one line that says where the pages are, and for a first visit how to prove to be at this machine.
fn announce(config: &Config, setup_code: Option<&str>) -> Result<(), Failure> {
    let mut said = format!("Cairn serves its pages at http://{}", config.http);
    if let Some(code) = setup_code {
        said += &format!("\nNobody can sign in yet; the first visitor is asked for this code: {code}");
    }
    print::out(&said)
}

/// Eight digits in two groups.
fn setup_code() -> String {
    let mut random = [0; 8];
    SystemEntropy.fill(&mut random);
    let number = u64::from_be_bytes(random) % 100_000_000;
    format!("{:04}-{:04}", number / 10_000, number % 10_000)
}

/// Lets the casebook look after itself; it is idle when nothing was written, not even to the audit, since the last time.
async fn look_after(casebook: Arc<Casebook>, mut ended: watch::Receiver<bool>) {
    let busy = Arc::new(AtomicBool::new(true));
    let written = busy.clone();
    casebook.on_change(Box::new(move |_| written.store(true, Ordering::Relaxed)));
    while tokio::time::timeout(TICK, ended.wait_for(|ended| *ended)).await.is_err() {
        let (book, idle) = (casebook.clone(), !busy.swap(false, Ordering::Relaxed));
        match tokio::task::spawn_blocking(move || book.tick(idle, now_ms())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!("looking after the store failed: {error}"),
            Err(fault) => tracing::error!("looking after the store stopped: {fault}"),
        }
    }
}

async fn until(mut ended: watch::Receiver<bool>) {
    // A sender that is gone has ended, too.
    drop(ended.wait_for(|ended| *ended).await);
}

/// Becomes ready when the process is asked to end: SIGTERM, or SIGINT from the keyboard.
pub fn told_to_end() -> Result<impl Future<Output = ()>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let doing = || "listen for signals".to_owned();
    let mut terminate = signal(SignalKind::terminate()).while_doing(doing)?;
    let mut interrupt = signal(SignalKind::interrupt()).while_doing(doing)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Becomes ready when standard input ends. A thread of its own waits, which does not hold up the end of the process.
async fn stdin_ends() {
    let (gone, seen) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).unwrap_or_default();
        gone.send(()).unwrap_or_default();
    });
    seen.await.unwrap_or_default();
}

/// What happens goes to standard error; `CAIRN_LOG` says how much (`warn`, `info`, `debug`, or by module).
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("CAIRN_LOG").unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}
