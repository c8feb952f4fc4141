use super::{Bed, Case, case};

pub(super) const CASES: &[Case] = &[
    case(
        "SET LOCAL ROLE {owner}; CREATE VIEW public.seen AS SELECT id FROM public.patients; RESET ROLE",
        &[("view_without_invoker", "public.seen")],
    ),
    case(
        "SET LOCAL ROLE {owner};
         CREATE VIEW public.seen WITH (security_invoker = on) AS SELECT id FROM public.patients; RESET ROLE",
        &[],
    ),
    case(
        "CREATE SCHEMA attic; CREATE VIEW attic.\"Seen\" WITH (security_invoker = false) AS SELECT id FROM public.patients",
        &[("view_without_invoker", "attic.\"Seen\"")],
    ),
    case(
        // Through a view that is right itself.
        "SET LOCAL ROLE {owner};
         CREATE VIEW public.seen WITH (security_invoker) AS SELECT id FROM public.patients;
         CREATE MATERIALIZED VIEW public.kept AS SELECT id FROM public.seen WITH NO DATA;
         GRANT SELECT ON public.kept TO {app}; RESET ROLE",
        &[("materialized_view", "public.kept")],
    ),
    case(
        "SET LOCAL ROLE {owner};
         CREATE MATERIALIZED VIEW public.kept AS SELECT id FROM public.patients WITH NO DATA; RESET ROLE",
        &[],
    ),
    case(
        "CREATE SCHEMA attic; CREATE FOREIGN DATA WRAPPER far; CREATE SERVER away FOREIGN DATA WRAPPER far;
         CREATE FOREIGN TABLE attic.patients (tenant_id uuid) SERVER away; GRANT SELECT ON attic.patients TO {app}",
        &[("foreign_table", "attic.patients")],
    ),
    case(
        "CREATE FUNCTION public.f(int) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'",
        &[("function_definer", "public.f(integer)")],
    ),
    case(
        "CREATE PROCEDURE public.p() LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'",
        &[("function_definer", "public.p()")],
    ),
    // Nobody of the application's comes there.
    case(
        "CREATE SCHEMA attic;
         CREATE FUNCTION attic.f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'",
        &[],
    ),
    case(
        "CREATE FUNCTION public.f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.Patients'",
        &[("function_search_path", "public.f()")],
    ),
    case("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1 AS outpatients'", &[]),
    case(
        "CREATE FUNCTION public.f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM public.patients; END",
        &[],
    ),
    case(
        "CREATE FUNCTION public.f(int) RETURNS bool LANGUAGE sql LEAKPROOF AS 'SELECT true'",
        &[("function_leakproof", "public.f(integer)")],
    ),
    case(
        "CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_temp AS
             'BEGIN INSERT INTO public.log VALUES (1); RETURN NEW; END';
         CREATE TRIGGER logs AFTER INSERT ON public.labels EXECUTE FUNCTION public.f()",
        &[("trigger_writes", "public.labels.logs")],
    ),
    case(
        "CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER other BEFORE INSERT ON public.labels FOR EACH ROW EXECUTE FUNCTION public.f()",
        &[("trigger_writes", "public.labels.other")],
    ),
    case(
        "CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN IF TG_OP = ''UPDATE'' THEN NEW.label = lower(NEW.label); END IF; RETURN NEW; END';
         CREATE TRIGGER own BEFORE INSERT OR UPDATE ON public.labels FOR EACH ROW EXECUTE FUNCTION public.f()",
        &[],
    ),
    case(
        "CREATE RULE also AS ON INSERT TO public.labels DO ALSO NOTIFY heard",
        &[("rule_on_table", "public.labels.also")],
    ),
    case("CREATE PUBLICATION sent_{database} FOR TABLE public.labels", &[("published", "sent_{database}")]),
];

#[tokio::test]
async fn finds_code_that_sees_more_than_its_caller() {
    Bed::new("code").await.check(CASES).await;
}
