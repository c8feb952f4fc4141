, wanted AS (
    SELECT r.object, r.oid, r.kind, w.*
    FROM unnest($16::text[], $17::text[], $18::text[], $19::bool[], $20::bool[])
         AS w (relation, name, type, required, defaulted)
    JOIN relation r ON r.relname = w.relation
    WHERE r.kind IS NOT NULL AND r.relkind IN ('r', 'p') AND (r.kind <> 'tenant' OR w.name <> $12::text)
),
found AS (
    SELECT w.object, w.name, w.type, w.required, w.defaulted, a.attnum IS NULL AS missing, a.attnotnull,
           (a.atthasdef OR a.attidentity <> '') AS has_default,
           lower(regexp_replace(replace(format_type(a.atttypid, NULL), '"', ''), '^.*\.', '')) AS found_type
    FROM wanted w
    LEFT JOIN pg_attribute a ON a.attrelid = w.oid AND a.attname = w.name AND NOT a.attisdropped
)
SELECT 'tenant_column_missing' AS code, r.object, NULL::text AS detail, NULL::text AS fix
FROM relation r
WHERE r.kind = 'tenant' AND r.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT FROM pg_attribute a
                  WHERE a.attrelid = r.oid AND a.attname = $12::text AND a.attnum > 0 AND NOT a.attisdropped)
UNION ALL
SELECT 'tenant_column_type', format('%s.%I', t.object, t.tenant_column), format_type(t.atttypid, NULL),
       format('DROP POLICY IF EXISTS nadia_tenant ON %1$s; ALTER TABLE %1$s ALTER COLUMN %2$I DROP DEFAULT; '
              'ALTER TABLE %1$s ALTER COLUMN %2$I TYPE uuid USING %2$I::text::uuid; '
              'ALTER TABLE %1$s ALTER COLUMN %2$I '
              'SET DEFAULT nullif(current_setting(''nadia.tenant_id'', true), '''')::uuid; ', t.object, t.tenant_column)
           || format($15, t.object, t.tenant_column)
FROM tenant_table t WHERE t.atttypid <> 'uuid'::regtype
UNION ALL
SELECT 'tenant_column_nullable', format('%s.%I', t.object, t.tenant_column), NULL,
       format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', t.object, t.tenant_column)
FROM tenant_table t WHERE NOT t.attnotnull
UNION ALL
SELECT 'tenant_column_default', format('%s.%I', t.object, t.tenant_column), pg_get_expr(d.adbin, d.adrelid),
       format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT nullif(current_setting(''nadia.tenant_id'', true), '''')::uuid',
              t.object, t.tenant_column)
FROM tenant_table t
LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = t.attnum
WHERE NOT t.child AND t.atttypid = 'uuid'::regtype
  AND regexp_replace(pg_get_expr(d.adbin, d.adrelid), '[[:space:]()]', '', 'g')
      IS DISTINCT FROM 'NULLIFcurrent_setting''nadia.tenant_id''::text,true,''''::text::uuid'
UNION ALL
SELECT 'column_missing', format('%s.%I', f.object, f.name), NULL, NULL
FROM found f WHERE f.missing
UNION ALL
SELECT 'column_differs', format('%s.%I', f.object, f.name),
       concat_ws(', ',
           CASE WHEN f.found_type <> f.type THEN format('%s instead of %s', f.found_type, f.type) END,
           CASE WHEN f.attnotnull AND NOT f.required THEN 'NOT NULL where the catalog allows NULL'
                WHEN f.required AND NOT f.attnotnull THEN 'allows NULL where the catalog has NOT NULL' END,
           CASE WHEN f.has_default AND NOT f.defaulted THEN 'a default where the catalog has none'
                WHEN f.defaulted AND NOT f.has_default THEN 'no default where the catalog has one' END),
       CASE WHEN f.found_type = f.type AND f.has_default = f.defaulted
            THEN format('ALTER TABLE %s ALTER COLUMN %I %s NOT NULL', f.object, f.name,
                        CASE WHEN f.required THEN 'SET' ELSE 'DROP' END) END
FROM found f
WHERE NOT f.missing
  AND (f.found_type <> f.type OR f.attnotnull <> f.required OR f.has_default <> f.defaulted)
UNION ALL
SELECT 'column_unknown', format('%s.%I', r.object, a.attname), NULL, NULL
FROM relation r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN unnest($16::text[], $17::text[]) AS w (relation, name) ON w.relation = r.relname AND w.name = a.attname
WHERE r.kind IS NOT NULL AND r.relkind IN ('r', 'p') AND w.name IS NULL
