use nadia_tenant_core::{CellLayout, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId, current_tenant, spawn};

fn context() -> TenantContext {
    let tenant = Tenant::new(TenantId::new(), "north".parse().unwrap(), "free".parse().unwrap());
    let cell = TenantCells::new(CellLayout::empty()).cell(tenant.id());
    TenantContext::new(tenant, cell, ResolvedBy::Job)
}

fn current() -> Option<TenantId> {
    current_tenant().map(|context| context.tenant().id())
}

#[tokio::test]
async fn the_tenant_is_current_inside_its_scope_alone() {
    let (outer, inner) = (context(), context());
    let ids = (outer.tenant().id(), inner.tenant().id());
    assert_eq!(current(), None);
    outer
        .scope(async {
            assert_eq!(current(), Some(ids.0));
            inner.scope(async { assert_eq!(current(), Some(ids.1)) }).await;
            tokio::task::yield_now().await;
            assert_eq!(current(), Some(ids.0));
        })
        .await;
    assert_eq!(current(), None);
}

#[test]
fn synchronous_work_has_its_tenant_without_a_runtime() {
    let context = context();
    let id = context.tenant().id();
    assert_eq!(context.scope_sync(current), Some(id));
    assert_eq!(current(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spawn_carries_the_tenant_which_a_plain_spawn_loses() {
    let context = context();
    let id = context.tenant().id();
    let (carried, nested, lost) = context
        .scope(async {
            let carried = spawn(async { current() });
            let nested = spawn(async { spawn(async { current() }).await.unwrap() });
            let lost = tokio::spawn(async { current() });
            (carried.await.unwrap(), nested.await.unwrap(), lost.await.unwrap())
        })
        .await;
    assert_eq!((carried, nested, lost), (Some(id), Some(id), None));
    assert_eq!(spawn(async { current() }).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_of_many_tenants_never_see_anothers() {
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let context = context();
            let id = context.tenant().id();
            tokio::spawn(context.scope(async move {
                for _ in 0..50 {
                    assert_eq!(current(), Some(id));
                    tokio::task::yield_now().await;
                }
            }))
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(current(), None);
}

#[tokio::test]
async fn a_panic_leaves_no_tenant_behind() {
    let broken = tokio::spawn(context().scope(async { panic!("broken on purpose") }));
    assert!(broken.await.unwrap_err().is_panic());
    assert_eq!(tokio::spawn(async { current() }).await.unwrap(), None);
}
