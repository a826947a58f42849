//! One night: the posts write while nobody is connected, then all call the hub at once.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cairn_ledger::{Lane, LogId};
use cairn_sync_link::SyncTask;
use cairn_tests::process::Process;
use cairn_tests::random::Random;

use crate::post::{Gate, Post, Temper};
use crate::{night, region, thin};

/// A post that has not finished by then is starved.
const PATIENCE: Duration = Duration::from_secs(1_800);
const GLANCE: Duration = Duration::from_millis(50);
/// While the night's work moves, an urgent entry is written this often, each time at another post.
const URGENT_EVERY: Duration = Duration::from_secs(2);
/// What a closed round leaves its last urgent entry to arrive.
const URGENT_GRACE: Duration = Duration::from_secs(60);

/// What was seen.
pub struct Seen {
    /// Entries about records that the posts brought.
    pub entries: u64,
    /// Until each ordinary post held what the ordinary ones brought and the hub held what it brought, ascending, seconds.
    pub done_s: Vec<f64>,
    /// Until the hub held what an ordinary post brought, ascending, seconds.
    pub given_s: Vec<f64>,
    /// Until an urgent entry was at another ordinary post, ascending, seconds.
    pub urgent_s: Vec<f64>,
    /// Bytes of UDP payload at the ordinary posts, both ways.
    pub bytes: u64,
    /// Peak of the hub's resident memory, MB.
    pub peak_mb: f64,
    /// Seconds of the hub's processor time.
    pub cpu_s: f64,
    /// Most threads of the hub.
    pub threads: u64,
}

/// Everybody meets the hub once with nothing to bring, so that both remember what they agreed.
pub async fn evening(posts: Vec<Post>, address: SocketAddr) -> Vec<Post> {
    let posts = prepared(posts, address, &Arc::default(), |_| Temper::Ordinary).await;
    let tasks = call(&posts);
    until("all posts and the hub are equal", || posts.iter().all(|post| post.progress(|p| p.equal.is_some()))).await;
    taken_back(posts, tasks).await
}

/// One night; `temper` says how the post with a number behaves.
pub async fn night(
    posts: Vec<Post>,
    address: SocketAddr,
    hub: Process,
    (records, random): (u64, &mut Random),
    temper: impl Fn(usize) -> Temper,
) -> (Vec<Post>, Seen) {
    let gate = Arc::<Gate>::default();
    let posts = prepared(posts, address, &gate, temper).await;
    let entries = posts.iter().map(|post| night::write(post, records, random)).sum();
    let ordinary: Vec<&Arc<Post>> = posts.iter().filter(|post| post.temper == Temper::Ordinary).collect();
    let all: HashMap<LogId, u64> = ordinary.iter().flat_map(|post| post.brings()).collect();
    posts.iter().for_each(|post| post.expect(&all));

    hub.forget_peak();
    let (watched, cpu_s, began) = (hub.watch(), hub.cpu_s(), Instant::now());
    let tasks = call(&posts);
    let urgent = write_urgent_until_done(&ordinary, began, random).await;
    until("every urgent entry is everywhere", || urgent.iter().all(|one| one.is_with_all(&ordinary))).await;
    let seen = Seen {
        entries,
        done_s: times(&ordinary, |p| p.taken.max(p.given), began),
        given_s: times(&ordinary, |p| p.given, began),
        urgent_s: sorted(urgent.iter().flat_map(|one| one.arrivals(&ordinary)).collect()),
        bytes: ordinary.iter().map(|post| post.progress(|p| p.bytes.0 + p.bytes.1)).sum(),
        peak_mb: hub.peak_mb(),
        cpu_s: hub.cpu_s() - cpu_s,
        threads: watched.most_threads(),
    };
    gate.open();
    (taken_back(posts, tasks).await, seen)
}

/// The same posts for another night, some of them behind thin links.
async fn prepared(
    posts: Vec<Post>,
    address: SocketAddr,
    gate: &Arc<Gate>,
    temper: impl Fn(usize) -> Temper,
) -> Vec<Arc<Post>> {
    let mut ready = Vec::new();
    for (number, post) in posts.into_iter().enumerate() {
        let temper = temper(number);
        let address = if temper == Temper::Thin { thin::before(address).await } else { address };
        ready.push(Arc::new(post.on_another_night(address.to_string(), temper, gate)));
    }
    ready
}

fn call(posts: &[Arc<Post>]) -> Vec<SyncTask> {
    posts.iter().map(|post| region::start(post.clone())).collect()
}

/// Ends the sessions and gives the posts back.
async fn taken_back(posts: Vec<Arc<Post>>, tasks: Vec<SyncTask>) -> Vec<Post> {
    let ending: Vec<_> = tasks.into_iter().map(|task| tokio::spawn(task.stop())).collect();
    for one in ending {
        one.await.unwrap();
    }
    let mut back = Vec::new();
    for mut post in posts {
        let begun = Instant::now();
        back.push(loop {
            match Arc::try_unwrap(post) {
                Ok(post) => break post,
                Err(shared) => post = shared,
            }
            assert!(begun.elapsed() < PATIENCE, "a session does not let go of its post");
            tokio::time::sleep(GLANCE).await;
        });
    }
    back
}

/// An urgent entry on its way.
struct Urgent {
    log: LogId,
    number: u64,
    written: Instant,
}

impl Urgent {
    fn arrivals(&self, posts: &[&Arc<Post>]) -> Vec<f64> {
        let arrival = |post: &&Arc<Post>| post.progress(|p| p.urgent.get(&(self.log, self.number)).copied());
        posts.iter().filter_map(arrival).map(|at| at.duration_since(self.written).as_secs_f64()).collect()
    }

    fn is_with_all(&self, posts: &[&Arc<Post>]) -> bool {
        self.arrivals(posts).len() + 1 == posts.len()
    }
}

async fn write_urgent_until_done(posts: &[&Arc<Post>], began: Instant, random: &mut Random) -> Vec<Urgent> {
    let mut written: Vec<Urgent> = Vec::new();
    while !posts.iter().all(|post| post.is_done()) {
        let late = posts.iter().filter(|post| !post.is_done()).count();
        assert!(began.elapsed() < PATIENCE, "{late} posts are starved");
        if began.elapsed() > URGENT_EVERY * (written.len() as u32 + 1) {
            let post = posts[random.below(posts.len() as u64) as usize];
            let before: HashMap<LogId, u64> = post.brings();
            night::marker(post, None, random);
            let new = post.brings().into_iter().find(|(log, number)| {
                log.key.lane == Lane::Urgent && before.get(log).is_none_or(|known| known < number)
            });
            let (log, number) = new.unwrap();
            written.push(Urgent { log, number, written: Instant::now() });
            post.tell(Lane::Urgent);
            let done = posts.iter().filter(|post| post.is_done()).count();
            eprintln!("{:.0} s: {done} of {} posts are done", began.elapsed().as_secs_f64(), posts.len());
        }
        tokio::time::sleep(GLANCE).await;
    }
    written
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < PATIENCE + URGENT_GRACE, "waited in vain until {what}");
        tokio::time::sleep(GLANCE).await;
    }
}

fn times(
    posts: &[&Arc<Post>],
    when: impl Fn(&mut crate::post::Progress) -> Option<Instant>,
    began: Instant,
) -> Vec<f64> {
    let times = posts.iter().filter_map(|post| post.progress(&when));
    sorted(times.map(|at| at.duration_since(began).as_secs_f64()).collect())
}

fn sorted(mut times: Vec<f64>) -> Vec<f64> {
    times.sort_by(f64::total_cmp);
    times
}
