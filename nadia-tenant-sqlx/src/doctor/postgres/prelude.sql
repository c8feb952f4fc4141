-- Before every query: what is expected, and what of it stands. `search_path` is pg_catalog, so all names come out qualified.
WITH RECURSIVE ours AS (
    SELECT (SELECT oid FROM pg_roles WHERE rolname = $1) AS owner,
           (SELECT oid FROM pg_roles WHERE rolname = $2) AS app,
           (SELECT oid FROM pg_roles WHERE rolname = $3) AS control,
           (SELECT oid FROM pg_roles WHERE rolname = $4) AS report
),
place AS (
    SELECT oid, nspname FROM pg_namespace
    WHERE nspname = $5
       OR CASE WHEN $6::text[] IS NULL THEN nspname ~ '^t_[0-9a-f]{32}$' ELSE nspname = ANY ($6) END
),
watched AS (
    SELECT oid, nspname, 'place' AS role FROM place
    UNION ALL
    SELECT oid, nspname, 'reference' FROM pg_namespace WHERE nspname = $7 AND nspname <> $5
    UNION ALL
    SELECT oid, nspname, 'control' FROM pg_namespace WHERE nspname IN ($8, $9)
),
catalog AS (
    SELECT name, kind FROM unnest($10::text[], $11::text[]) AS t (name, kind)
),
expected AS (
    SELECT p.oid AS schema, p.nspname, c.name, c.kind FROM catalog c CROSS JOIN place p WHERE c.kind = 'tenant'
    UNION ALL
    SELECT n.oid, n.nspname, c.name, c.kind FROM catalog c JOIN pg_namespace n ON n.nspname = $7 WHERE c.kind = 'reference'
    UNION ALL
    SELECT n.oid, n.nspname, c.name, c.kind FROM catalog c JOIN pg_namespace n ON n.nspname = $8
    WHERE c.kind = 'control' AND $14
),
relation AS (
    SELECT c.oid, c.relname, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity, w.nspname,
           w.role AS schema_role, format('%I.%I', w.nspname, c.relname) AS object, e.kind,
           c.relname = ANY ($13::text[]) AS internal,
           EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) AS child
    FROM pg_class c
    JOIN watched w ON w.oid = c.relnamespace
    LEFT JOIN expected e ON e.schema = c.relnamespace AND e.name = c.relname
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
),
-- Whatever holds tenants' rows, in the catalog or not.
tenant_table AS (
    SELECT r.*, a.attname AS tenant_column, a.attnum, a.atttypid, a.attnotnull
    FROM relation r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = $12::text AND a.attnum > 0 AND NOT a.attisdropped
    WHERE r.relkind IN ('r', 'p') AND r.schema_role = 'place' AND NOT r.internal
)
