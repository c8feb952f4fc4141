, child (oid) AS (
    SELECT i.inhrelid FROM pg_inherits i JOIN tenant_table t ON t.oid = i.inhparent
    UNION
    SELECT i.inhrelid FROM pg_inherits i JOIN child ON child.oid = i.inhparent
)
SELECT 'schema_missing' AS code, quote_ident(s.name) AS object, NULL::text AS detail, NULL::text AS fix
FROM (
    SELECT $5 AS name
    UNION SELECT unnest($6::text[])
    UNION SELECT $7 WHERE EXISTS (SELECT FROM catalog WHERE kind = 'reference')
    UNION SELECT $8 WHERE $14
) s
WHERE NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = s.name)
UNION ALL
SELECT 'schema_unknown', quote_ident(n.nspname), NULL, NULL
FROM pg_namespace n
WHERE $6::text[] IS NOT NULL AND n.nspname ~ '^t_[0-9a-f]{32}$' AND n.nspname <> ALL ($6)
UNION ALL
SELECT 'table_missing', format('%I.%I', e.nspname, e.name), NULL, NULL
FROM expected e
WHERE NOT EXISTS (SELECT FROM pg_class c
                  WHERE c.relnamespace = e.schema AND c.relname = e.name AND c.relkind IN ('r', 'p'))
UNION ALL
SELECT CASE WHEN c.name IS NULL THEN 'table_not_in_catalog' ELSE 'table_misplaced' END, r.object,
       'it is a ' || c.kind || ' table', NULL
FROM relation r LEFT JOIN catalog c ON c.name = r.relname
WHERE r.relkind IN ('r', 'p', 'f') AND r.kind IS NULL AND NOT r.internal AND NOT r.child
  AND (r.schema_role <> 'control' OR (r.nspname = $8 AND $14))
UNION ALL
SELECT 'rls_missing', t.object, NULL,
       format('ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY; ALTER TABLE %1$s FORCE ROW LEVEL SECURITY', t.object)
FROM tenant_table t WHERE NOT t.relrowsecurity AND NOT t.child
UNION ALL
SELECT 'rls_not_forced', t.object, NULL, format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.object)
FROM tenant_table t WHERE t.relrowsecurity AND NOT t.relforcerowsecurity AND NOT t.child
UNION ALL
SELECT 'child_without_policies', c.oid::regclass::text, NULL,
       format('ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY; ALTER TABLE %1$s FORCE ROW LEVEL SECURITY; ', c.oid::regclass)
           || format($15, c.oid::regclass, $12::text)
FROM child JOIN pg_class c ON c.oid = child.oid
WHERE c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
UNION ALL
SELECT 'policy_missing', t.object, NULL, format($15, t.object, t.tenant_column)
FROM tenant_table t CROSS JOIN ours
WHERE NOT t.child AND ours.app IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_policy p
                  WHERE p.polrelid = t.oid AND p.polname = 'nadia_tenant' AND p.polpermissive
                    AND (ours.app = ANY (p.polroles) OR 0 = ANY (p.polroles)))
