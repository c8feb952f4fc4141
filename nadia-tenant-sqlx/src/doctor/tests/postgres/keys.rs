use super::{Bed, Case, case};
use crate::doctor::Diagnosis;

pub(super) const CASES: &[Case] = &[
    case(
        "ALTER TABLE public.labels DROP CONSTRAINT labels_pkey; ALTER TABLE public.labels ADD PRIMARY KEY (id)",
        &[("primary_key_without_tenant", "public.labels.labels_pkey")],
    ),
    case(
        "ALTER TABLE public.labels ADD CONSTRAINT labels_key UNIQUE (label)",
        &[("unique_without_tenant", "public.labels.labels_key")],
    ),
    case(
        "CREATE UNIQUE INDEX labels_lower ON public.labels (lower(label)) WHERE label <> ''",
        &[("unique_without_tenant", "public.labels.labels_lower")],
    ),
    case(
        "CREATE UNIQUE INDEX labels_lower ON public.labels (label) INCLUDE (tenant_id)",
        &[("unique_without_tenant", "public.labels.labels_lower")],
    ),
    case(
        "ALTER TABLE public.labels ADD CONSTRAINT apart EXCLUDE USING btree (label WITH =)",
        &[("exclusion_without_tenant", "public.labels.apart")],
    ),
    case(
        "ALTER TABLE public.labels ADD CONSTRAINT apart EXCLUDE USING gist (int8range(id, id, '[]') WITH &&)",
        &[("exclusion_without_tenant", "public.labels.apart")],
    ),
    case("ALTER TABLE public.labels ADD CONSTRAINT apart EXCLUDE USING btree (tenant_id WITH =, label WITH =)", &[]),
    case(
        "ALTER TABLE public.patients ADD CONSTRAINT by_id UNIQUE (id);
         ALTER TABLE public.visits ADD CONSTRAINT of_patient FOREIGN KEY (patient_id) REFERENCES public.patients (id)",
        &[
            ("unique_without_tenant", "public.patients.by_id"),
            ("foreign_key_without_tenant", "public.visits.of_patient"),
        ],
    ),
    case(
        "ALTER TABLE public.patients ADD CONSTRAINT by_id UNIQUE (id);
         ALTER TABLE public.visits ADD CONSTRAINT of_patient FOREIGN KEY (patient_id) REFERENCES public.patients (id)
             ON DELETE SET NULL DEFERRABLE",
        &[
            ("unique_without_tenant", "public.patients.by_id"),
            ("foreign_key_without_tenant", "public.visits.of_patient"),
        ],
    ),
    case(
        "ALTER TABLE public.visits ADD CONSTRAINT crossed FOREIGN KEY (patient_id, tenant_id)
             REFERENCES public.patients (tenant_id, id)",
        &[("foreign_key_without_tenant", "public.visits.crossed")],
    ),
    case(
        "ALTER TABLE t_00000000000000000000000000000001.visits ADD CONSTRAINT away FOREIGN KEY (tenant_id, patient_id)
             REFERENCES public.patients (tenant_id, id)",
        &[("foreign_key_leaves_place", "t_00000000000000000000000000000001.visits.away")],
    ),
    case(
        "ALTER TABLE public.visits ADD CONSTRAINT odd FOREIGN KEY (patient_id) REFERENCES nadia_control.tenants (id)",
        &[("foreign_key_other_kind", "public.visits.odd")],
    ),
    case(
        "CREATE INDEX labels_label ON public.labels (label)",
        &[("index_not_led_by_tenant", "public.labels.labels_label")],
    ),
    case(
        "CREATE UNIQUE INDEX labels_label ON public.labels (label, tenant_id)",
        &[("index_not_led_by_tenant", "public.labels.labels_label")],
    ),
];

#[tokio::test]
async fn finds_keys_without_the_tenant() {
    Bed::new("keys").await.check(CASES).await;
}

/// SET NULL on all columns of the key would take a row from its tenant.
#[tokio::test]
async fn a_mended_foreign_key_leaves_the_tenant_alone() {
    let mut bed = Bed::new("setnull").await;
    bed.execute(
        "ALTER TABLE public.patients ADD CONSTRAINT by_id UNIQUE (id);
         ALTER TABLE public.visits ADD CONSTRAINT of_patient FOREIGN KEY (patient_id) REFERENCES public.patients (id)
             ON DELETE SET NULL;
         ALTER TABLE public.visits DROP CONSTRAINT visits_tenant_id_patient_id_fkey;
         ALTER TABLE public.visits DISABLE ROW LEVEL SECURITY; ALTER TABLE public.patients DISABLE ROW LEVEL SECURITY;
         INSERT INTO public.patients (tenant_id, id, name, created_at) VALUES (gen_random_uuid(), gen_random_uuid(), 'a', now());
         INSERT INTO public.visits (tenant_id, id, patient_id) SELECT tenant_id, 1, id FROM public.patients",
    )
    .await;
    let migration = Diagnosis::new([("here".to_owned(), bed.examine().await)]).migration();
    bed.execute(&migration).await;
    bed.execute("ALTER TABLE public.visits ALTER COLUMN patient_id DROP NOT NULL; DELETE FROM public.patients").await;
    let left: (bool, bool) = sqlx::query_as("SELECT tenant_id IS NULL, patient_id IS NULL FROM public.visits")
        .fetch_one(&mut bed.admin)
        .await
        .unwrap();
    assert_eq!(left, (false, true));
    bed.remove().await;
}
