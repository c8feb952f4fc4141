, depends AS (
    SELECT DISTINCT w.ev_class AS reader, d.refobjid AS target
    FROM pg_rewrite w
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                    AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class
),
reads (oid) AS (
    SELECT t.oid FROM tenant_table t
    UNION
    SELECT d.reader FROM depends d JOIN reads r ON r.oid = d.target
),
function AS (
    SELECT p.oid, p.oid::regprocedure::text AS object, n.nspname, n.oid AS schema, p.prosecdef, p.proleakproof, p.proconfig,
           p.prosrc, p.prosqlbody IS NOT NULL AS is_bound, l.lanname,
           p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AS is_trigger
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
)
SELECT 'view_without_invoker' AS code, v.oid::regclass::text AS object, NULL::text AS detail,
       CASE WHEN current_setting('server_version_num')::int >= 150000
            THEN format('ALTER VIEW %s SET (security_invoker = true)', v.oid::regclass) END AS fix
FROM pg_class v
WHERE v.relkind = 'v' AND EXISTS (SELECT FROM depends d JOIN tenant_table t ON t.oid = d.target WHERE d.reader = v.oid)
  AND NOT EXISTS (SELECT FROM unnest(v.reloptions) AS o (text) WHERE o.text ~* '^security_invoker=(true|on|yes|1)$')
UNION ALL
SELECT 'materialized_view', m.oid::regclass::text, NULL,
       format('REVOKE ALL ON %s FROM PUBLIC, %I', m.oid::regclass, $2)
FROM pg_class m JOIN reads r ON r.oid = m.oid CROSS JOIN ours
WHERE m.relkind = 'm' AND has_table_privilege(ours.app, m.oid, 'SELECT')
UNION ALL
SELECT 'foreign_table', f.oid::regclass::text, NULL, format('REVOKE ALL ON %s FROM PUBLIC, %I', f.oid::regclass, $2)
FROM pg_class f CROSS JOIN ours
WHERE f.relkind = 'f' AND has_table_privilege(ours.app, f.oid, 'SELECT, INSERT, UPDATE, DELETE')
UNION ALL
SELECT 'function_definer', f.object, NULL, format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC, %I', f.object, $2)
FROM function f CROSS JOIN ours
WHERE f.prosecdef AND NOT f.is_trigger
  AND has_function_privilege(ours.app, f.oid, 'EXECUTE') AND has_schema_privilege(ours.app, f.schema, 'USAGE')
UNION ALL
SELECT 'function_search_path', f.object, format('its text says %s', (regexp_match(f.prosrc, $16, 'i'))[1]),
       format('ALTER ROUTINE %s SET search_path = %I, pg_temp', f.object, f.nspname)
FROM function f
WHERE f.prosrc ~* $16 AND NOT f.is_bound AND f.lanname NOT IN ('internal', 'c')
  AND NOT EXISTS (SELECT FROM unnest(f.proconfig) AS c (text) WHERE c.text LIKE 'search\_path=%')
UNION ALL
SELECT 'function_leakproof', f.object, NULL, format('ALTER FUNCTION %s NOT LEAKPROOF', f.object)
FROM function f WHERE f.proleakproof
UNION ALL
SELECT 'trigger_writes', format('%s.%I', t.object, g.tgname), format('it runs %s', g.tgfoid::regprocedure), NULL
FROM tenant_table t
JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgparentid = 0
JOIN function f ON f.oid = g.tgfoid
WHERE f.prosecdef OR f.lanname NOT IN ('sql', 'plpgsql')
   OR f.prosrc ~* '\m(insert\s+into\M|update\s+["\w]|delete\s+from\M|merge\s+into\M|truncate\M|execute\M|perform\M|call\M|copy\M|notify\M|pg_notify\M)'
UNION ALL
SELECT 'rule_on_table', format('%s.%I', r.object, w.rulename), NULL, format('DROP RULE %I ON %s', w.rulename, r.object)
FROM relation r JOIN pg_rewrite w ON w.ev_class = r.oid
WHERE r.relkind IN ('r', 'p') AND r.schema_role IN ('place', 'reference')
UNION ALL
SELECT 'published', quote_ident(p.pubname), format('%s tables of tenants, such as %s', count(*), min(t.object)), NULL
FROM pg_publication_tables p JOIN tenant_table t ON t.nspname = p.schemaname AND t.relname = p.tablename
GROUP BY p.pubname
