//! Several homes in one park. They are files of SQLite: what is tested here doesn't depend on the database.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::{
    pin::{Pin, pin},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::{FutureExt, poll};
use sqlx::{Sqlite, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

use super::*;

type Acquiring<'p> = Pin<Box<dyn Future<Output = Result<Lease<Sqlite>, Error>> + Send + 'p>>;

/// Counts the connections that were opened.
#[derive(Debug, Default)]
struct Opened(AtomicUsize);

#[async_trait::async_trait]
impl OnConnect for Arc<Opened> {
    async fn on_connect(&self, _: &mut FreshConnection<'_>) -> Result<(), Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

struct Fixture {
    park: Park<Sqlite>,
    opened: Arc<Opened>,
    folder: TempDir,
}

impl Fixture {
    fn new(limits: ConnectionLimits) -> Self {
        let opened = Arc::new(Opened::default());
        let hook: Arc<dyn OnConnect> = Arc::new(Arc::clone(&opened));
        let folder = TempDir::new().unwrap();
        // Where tenants' own files are.
        std::fs::create_dir(folder.path().join("tenants")).unwrap();
        Self { park: Park::new(limits, vec![hook]), opened, folder }
    }

    fn home(&self, key: HomeKey) -> Home<Sqlite> {
        let name: String = format!("{key:?}").chars().filter(char::is_ascii_alphanumeric).collect();
        let options = SqliteConnectOptions::new().filename(self.folder.path().join(name)).create_if_missing(true);
        Home { key, options: Arc::new(options), binding: Binding::Session }
    }

    fn file(&self, tenant: TenantId) -> Home<Sqlite> {
        self.home(HomeKey::Database(ServerId(0), tenant))
    }

    fn shared(&self) -> Home<Sqlite> {
        self.home(HomeKey::Shared(ServerId(0)))
    }

    fn opened(&self) -> usize {
        self.opened.0.load(Ordering::Relaxed)
    }

    /// Checks that all places can still be had, and that nothing is kept of those who gave up.
    async fn nothing_is_lost(&self, home: &Home<Sqlite>) {
        assert!(self.park.lock().is_tidy(), "{:?}", self.park.stats());
        let budget = self.park.0.limits.budget();
        let mut all = Vec::new();
        for _ in 0..budget {
            all.push(self.park.acquire(home, Some(TenantId::new())).await.unwrap());
        }
        assert_eq!((self.park.stats().open, self.park.stats().in_use), (budget, budget));
        drop(all);
        assert!(self.park.lock().is_tidy(), "{:?}", self.park.stats());
    }
}

fn limits(max_connections: usize) -> ConnectionLimits {
    ConnectionLimits { max_connections, ..ConnectionLimits::default() }
}

fn tenants<const N: usize>() -> [TenantId; N] {
    [(); N].map(|()| TenantId::new())
}

/// Polls futures in turn until one is ready, and takes that out.
async fn next_ready<'p>(waiting: &mut Vec<(usize, Acquiring<'p>)>) -> (usize, Lease<Sqlite>) {
    loop {
        for at in 0..waiting.len() {
            if let Some(lease) = (&mut waiting[at].1).now_or_never() {
                let (number, _) = waiting.remove(at);
                return (number, lease.unwrap());
            }
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_connection_parked_longest_of_another_home_yields() {
    let fixture = Fixture::new(limits(2));
    let ids = tenants::<3>();
    let homes = ids.map(|id| fixture.file(id));
    let acquire = |at: usize| fixture.park.acquire(&homes[at], Some(ids[at]));
    drop(acquire(0).await.unwrap());
    drop(acquire(1).await.unwrap());
    drop(acquire(2).await.unwrap());
    assert_eq!(fixture.opened(), 3);
    assert_eq!((fixture.park.stats().open, fixture.park.stats().parked), (2, 2));
    // The first home's went, so the second's is still there.
    drop(acquire(1).await.unwrap());
    assert_eq!(fixture.opened(), 3);
    drop(acquire(0).await.unwrap());
    assert_eq!((fixture.opened(), fixture.park.stats().open), (4, 2));
    fixture.nothing_is_lost(&homes[0]).await;
}

#[tokio::test]
async fn many_homes_go_round_under_a_small_budget() {
    let fixture = Fixture::new(limits(4));
    let ids: [TenantId; 40] = tenants();
    for _ in 0..3 {
        for id in ids {
            let mut lease = fixture.park.begin(&fixture.file(id), Some(id)).await.unwrap();
            lease.rollback().await.unwrap();
            assert!(fixture.park.stats().open <= 4);
        }
    }
    fixture.nothing_is_lost(&fixture.shared()).await;
}

#[tokio::test]
async fn a_tenant_at_its_cap_waits_though_connections_are_free() {
    let fixture = Fixture::new(ConnectionLimits { max_per_tenant: Some(2), ..limits(4) });
    let (home, [loud, quiet]) = (fixture.shared(), tenants());
    let held = fixture.park.acquire(&home, Some(loud)).await.unwrap();
    let _more = fixture.park.begin(&home, Some(loud)).await.unwrap();
    let mut third = pin!(fixture.park.acquire(&home, Some(loud)));
    assert!(poll!(&mut third).is_pending());
    assert_eq!(fixture.park.stats(), ConnectionStats { open: 2, parked: 0, in_use: 2, waiting: 1 });
    let other = fixture.park.acquire(&home, Some(quiet)).await.unwrap();
    drop(other);
    // Parked and free, and still not for the one at its cap.
    assert!(poll!(&mut third).is_pending());
    drop(held);
    third.await.unwrap();
}

#[tokio::test]
async fn the_control_database_has_no_cap() {
    let fixture = Fixture::new(ConnectionLimits { max_per_tenant: Some(1), ..limits(3) });
    let control = fixture.home(HomeKey::Control);
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(fixture.park.acquire(&control, None).await.unwrap());
    }
    drop(all);
    fixture.nothing_is_lost(&control).await;
}

#[tokio::test]
async fn tenants_take_turns_across_homes() {
    let fixture = Fixture::new(limits(1));
    let [loud, quiet] = tenants();
    let (home, other) = (fixture.shared(), fixture.file(quiet));
    let held = fixture.park.acquire(&home, Some(loud)).await.unwrap();
    let mut waiting: Vec<(usize, Acquiring<'_>)> = Vec::new();
    for number in 0..1_000 {
        waiting.push((number, Box::pin(fixture.park.acquire(&home, Some(loud)))));
    }
    for number in [1_000, 1_001] {
        waiting.push((number, Box::pin(fixture.park.acquire(&other, Some(quiet)))));
    }
    for (_, future) in &mut waiting {
        assert!(poll!(future).is_pending());
    }
    drop(held);
    let mut order = Vec::new();
    for _ in 0..6 {
        let (number, lease) = next_ready(&mut waiting).await;
        order.push(number);
        drop(lease);
    }
    assert_eq!(order, [0, 1_000, 1, 1_001, 2, 3]);
    drop(waiting);
    fixture.nothing_is_lost(&home).await;
}

#[tokio::test]
async fn who_comes_later_does_not_overtake() {
    let fixture = Fixture::new(limits(1));
    let (home, [first, second]) = (fixture.shared(), tenants());
    let held = fixture.park.acquire(&home, Some(first)).await.unwrap();
    let mut waiting = pin!(fixture.park.acquire(&home, Some(second)));
    assert!(poll!(&mut waiting).is_pending());
    drop(held);
    // Handed to the one who waits, although it hasn't looked yet.
    let mut late = pin!(fixture.park.acquire(&home, Some(first)));
    assert!(poll!(&mut late).is_pending());
    drop(waiting.await.unwrap());
    late.await.unwrap();
}

#[tokio::test]
async fn a_grant_that_nobody_takes_goes_to_the_next() {
    let fixture = Fixture::new(limits(1));
    let (home, ids) = (fixture.shared(), tenants::<3>());
    let held = fixture.park.acquire(&home, Some(ids[0])).await.unwrap();
    let mut gives_up = Box::pin(fixture.park.acquire(&home, Some(ids[1])));
    let mut waits = Box::pin(fixture.park.acquire(&home, Some(ids[2])));
    assert!(poll!(&mut gives_up).is_pending() && poll!(&mut waits).is_pending());
    drop(held);
    drop(gives_up);
    drop(waits.await.unwrap());
    // The connection went from hand to hand and was opened once.
    assert_eq!(fixture.opened(), 1);
    fixture.nothing_is_lost(&home).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_at_any_point_loses_nothing() {
    let fixture = Fixture::new(ConnectionLimits { max_per_tenant: Some(2), max_places: 5, ..limits(3) });
    let ids: [TenantId; 4] = tenants();
    let homes =
        [fixture.shared(), fixture.home(HomeKey::Schemas(ServerId(1))), fixture.file(ids[2]), fixture.file(ids[3])];
    // Any fixed sequence of numbers that looks irregular.
    let mut seed = 7_u32;
    let mut random = move |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % below
    };
    let mut waiting: Vec<Acquiring<'_>> = Vec::new();
    let mut leases = Vec::new();
    for round in 0..3_000 {
        let (home, tenant) = (&homes[random(4) as usize], Some(ids[random(4) as usize]));
        let begin = random(3) == 0;
        waiting.push(if begin {
            Box::pin(fixture.park.begin(home, tenant))
        } else {
            Box::pin(fixture.park.acquire(home, tenant))
        });
        for _ in 0..random(4) {
            let at = random(waiting.len() as u32) as usize;
            match poll!(&mut waiting[at]) {
                std::task::Poll::Ready(lease) => {
                    drop(waiting.swap_remove(at));
                    leases.push(lease.unwrap());
                }
                std::task::Poll::Pending if random(2) == 0 => drop(waiting.swap_remove(at)),
                std::task::Poll::Pending => {}
            }
            if waiting.is_empty() {
                break;
            }
        }
        if !leases.is_empty() && random(2) == 0 {
            drop(leases.swap_remove(random(leases.len() as u32) as usize));
        }
        if waiting.len() > 30 {
            drop(waiting.swap_remove(random(30) as usize));
        }
        if round % 500 == 499 {
            fixture.park.forget(homes[random(4) as usize].key).await;
        }
        assert!(fixture.park.stats().open <= 3, "{:?}", fixture.park.stats());
        if round % 10 == 0 {
            tokio::task::yield_now().await;
        }
    }
    drop(waiting);
    drop(leases);
    for home in &homes {
        fixture.nothing_is_lost(home).await;
    }
}

#[tokio::test]
async fn those_who_wait_have_a_deadline() {
    let fixture = Fixture::new(ConnectionLimits { acquire_timeout: Duration::from_millis(50), ..limits(1) });
    let (home, [first, second]) = (fixture.shared(), tenants());
    let held = fixture.park.begin(&home, Some(first)).await.unwrap();
    for refused in [
        fixture.park.acquire(&home, Some(second)).await,
        fixture.park.acquire(&home, Some(first)).await,
        fixture.park.begin(&home, Some(second)).await,
    ] {
        assert!(matches!(refused, Err(Error::Timeout(_))), "{refused:?}");
    }
    // They left the lines, though nothing came free for which the lines would have been looked at.
    assert_eq!(fixture.park.stats().waiting, 0);
    drop(held);
    fixture.nothing_is_lost(&home).await;
}

#[tokio::test]
async fn each_home_has_a_writer_of_its_own() {
    let fixture = Fixture::new(limits(4));
    let ids = tenants::<2>();
    let homes = ids.map(|id| fixture.file(id));
    let first = fixture.park.begin(&homes[0], Some(ids[0])).await.unwrap();
    let second = fixture.park.begin(&homes[1], Some(ids[1])).await.unwrap();
    let mut waits = pin!(fixture.park.begin(&homes[0], Some(ids[0])));
    assert!(poll!(&mut waits).is_pending());
    assert_eq!(fixture.park.stats().in_use, 2, "who waits to write holds no connection");
    drop(first);
    waits.await.unwrap();
    drop(second);
    fixture.nothing_is_lost(&homes[0]).await;
}

#[tokio::test]
async fn writers_take_turns_by_tenant() {
    let fixture = Fixture::new(limits(4));
    let (home, [loud, quiet]) = (fixture.shared(), tenants());
    let held = fixture.park.begin(&home, Some(loud)).await.unwrap();
    let mut waiting: Vec<(usize, Acquiring<'_>)> = Vec::new();
    for number in 0..20 {
        waiting.push((number, Box::pin(fixture.park.begin(&home, Some(loud)))));
    }
    waiting.push((20, Box::pin(fixture.park.begin(&home, Some(quiet)))));
    for (_, future) in &mut waiting {
        assert!(poll!(future).is_pending());
    }
    drop(held);
    let mut order = Vec::new();
    for _ in 0..4 {
        let (number, lease) = next_ready(&mut waiting).await;
        order.push(number);
        drop(lease);
    }
    assert_eq!(order, [0, 20, 1, 2]);
}

#[tokio::test]
async fn a_tenant_at_its_cap_keeps_nobody_from_writing() {
    let fixture = Fixture::new(ConnectionLimits { max_per_tenant: Some(1), ..limits(4) });
    let (home, [full, other]) = (fixture.shared(), tenants());
    let read = fixture.park.acquire(&home, Some(full)).await.unwrap();
    let mut waits = pin!(fixture.park.begin(&home, Some(full)));
    assert!(poll!(&mut waits).is_pending());
    // The turn to write isn't with the one who couldn't use it.
    drop(fixture.park.begin(&home, Some(other)).await.unwrap());
    assert!(poll!(&mut waits).is_pending());
    drop(read);
    drop(waits.await.unwrap());
    fixture.nothing_is_lost(&home).await;
}

#[tokio::test]
async fn a_connection_that_served_its_number_of_schemas_is_closed() {
    let fixture = Fixture::new(ConnectionLimits { max_places: 3, ..limits(1) });
    let ids: [TenantId; 3] = tenants();
    let serve = async |key: HomeKey, tenant: TenantId| {
        drop(fixture.park.acquire(&fixture.home(key), Some(tenant)).await.unwrap());
    };
    let schemas = HomeKey::Schemas(ServerId(0));
    // The same tenant again is no further place.
    for id in [ids[0], ids[1], ids[0], ids[1]] {
        serve(schemas, id).await;
    }
    assert_eq!((fixture.opened(), fixture.park.stats().parked), (1, 1));
    serve(schemas, ids[2]).await;
    assert_eq!((fixture.opened(), fixture.park.stats().open), (1, 0));
    // In other homes the server remembers no places.
    for id in [ids[0], ids[1], ids[2], ids[0]] {
        serve(HomeKey::Shared(ServerId(0)), id).await;
    }
    assert_eq!((fixture.opened(), fixture.park.stats().parked), (2, 1));
}

#[tokio::test]
async fn a_tenant_with_a_schema_comes_back_to_a_connection_that_served_it() {
    let fixture = Fixture::new(ConnectionLimits { max_places: 3, ..limits(2) });
    let ids: [TenantId; 3] = tenants();
    let home = fixture.home(HomeKey::Schemas(ServerId(0)));
    let acquire = async |at: usize| fixture.park.acquire(&home, Some(ids[at])).await.unwrap();
    let both = [acquire(0).await, acquire(1).await];
    drop(both);
    // The third joins one of the two; whoever went to the other's connection would be its third tenant, and close it.
    for at in [2, 0, 1, 0, 2, 1, 2, 0] {
        drop(acquire(at).await);
    }
    assert_eq!((fixture.opened(), fixture.park.stats().parked), (2, 2));
}

#[tokio::test]
async fn what_is_parked_for_long_is_closed_and_the_reaper_ends() {
    let fixture = Fixture::new(ConnectionLimits { idle_timeout: Duration::from_millis(20), ..limits(4) });
    let ids = tenants::<2>();
    for round in 1..=2 {
        let used = fixture.park.acquire(&fixture.file(ids[0]), Some(ids[0])).await.unwrap();
        drop(fixture.park.acquire(&fixture.file(ids[1]), Some(ids[1])).await.unwrap());
        tokio::time::timeout(Duration::from_secs(10), async {
            while fixture.park.stats().open != 1 || fixture.park.lock().reaping {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("what is parked is closed, and what is in use is not");
        drop(used);
        assert_eq!(fixture.opened(), 2 * round);
        tokio::time::timeout(Duration::from_secs(10), async {
            while fixture.park.stats().open != 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .expect("a reaper starts again");
    }
}

#[test]
fn a_park_outlives_the_runtime_that_its_reaper_ran_on() {
    let fixture = Fixture::new(limits(1));
    let (home, [tenant]) = (fixture.shared(), tenants());
    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let lease = runtime.block_on(fixture.park.acquire(&home, Some(tenant))).unwrap();
        runtime.block_on(async { drop(lease) });
        assert!(fixture.park.lock().reaping);
        drop(runtime);
        assert!(!fixture.park.lock().reaping);
    }
    // And a scope may end where no runtime is.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lease = runtime.block_on(fixture.park.acquire(&home, Some(tenant))).unwrap();
    drop(lease);
    assert!(!fixture.park.lock().reaping);
    assert_eq!((fixture.opened(), fixture.park.stats().parked), (1, 1));
}

#[tokio::test]
async fn a_forgotten_home_keeps_no_connection() {
    let fixture = Fixture::new(limits(4));
    let (home, [tenant, other]) = (fixture.shared(), tenants());
    let elsewhere = fixture.file(other);
    drop(fixture.park.acquire(&elsewhere, Some(other)).await.unwrap());
    let on_loan = fixture.park.acquire(&home, Some(tenant)).await.unwrap();
    drop(fixture.park.acquire(&home, Some(tenant)).await.unwrap());
    assert_eq!(fixture.park.stats().parked, 2);
    fixture.park.forget(home.key).await;
    assert_eq!((fixture.park.stats().parked, fixture.park.stats().in_use), (1, 1));
    // What is opened after that is another connection, and stays.
    drop(fixture.park.acquire(&home, Some(tenant)).await.unwrap());
    assert_eq!((fixture.opened(), fixture.park.stats().parked), (4, 2));
    drop(on_loan);
    assert_eq!((fixture.park.stats().parked, fixture.park.stats().open), (2, 2));
    fixture.nothing_is_lost(&home).await;
}

#[tokio::test]
async fn a_closed_park_refuses_those_who_come_and_those_who_wait() {
    let fixture = Fixture::new(limits(2));
    let (home, [tenant, other]) = (fixture.shared(), tenants());
    let writer = fixture.park.begin(&home, Some(tenant)).await.unwrap();
    let reader = fixture.park.acquire(&home, Some(tenant)).await.unwrap();
    let mut waits = pin!(fixture.park.acquire(&home, Some(other)));
    let mut waits_to_write = pin!(fixture.park.begin(&home, Some(other)));
    assert!(poll!(&mut waits).is_pending() && poll!(&mut waits_to_write).is_pending());
    fixture.park.close().await;
    for refused in [waits.await, waits_to_write.await, fixture.park.acquire(&home, Some(tenant)).await] {
        assert!(matches!(refused, Err(Error::Config(_))), "{refused:?}");
    }
    drop((writer, reader));
    assert_eq!(fixture.park.stats().open, 0);
    assert!(fixture.park.lock().is_tidy());
}

#[tokio::test]
async fn a_tenants_place_is_not_opened_without_a_tenant() {
    let fixture = Fixture::new(limits(1));
    let refused = fixture.park.acquire(&fixture.shared(), None).await;
    assert!(matches!(refused, Err(Error::Config(_))), "{refused:?}");
}

#[tokio::test]
async fn a_home_that_cannot_be_reached_costs_no_place() {
    let fixture = Fixture::new(limits(1));
    let [tenant] = tenants();
    let missing = SqliteConnectOptions::new().filename(fixture.folder.path().join("no/such/folder"));
    let missing =
        Home { key: HomeKey::Database(ServerId(0), tenant), options: Arc::new(missing), binding: Binding::Session };
    for _ in 0..3 {
        assert!(matches!(fixture.park.acquire(&missing, Some(tenant)).await, Err(Error::Sqlx(_))));
        assert!(matches!(fixture.park.begin(&missing, Some(tenant)).await, Err(Error::Sqlx(_))));
    }
    fixture.nothing_is_lost(&fixture.shared()).await;
}
