, key AS (
    SELECT t.object, t.tenant_column, i.indexrelid, i.indisunique, i.indisprimary, i.indisexclusion,
           format('%I.%I', t.nspname, x.relname) AS index_object, format('%s.%I', t.object, x.relname) AS key_object,
           con.oid AS constraint_id, con.conname, am.amname,
           t.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
               AND (NOT i.indisexclusion OR EXISTS (
                   SELECT FROM unnest(con.conkey, con.conexclop) AS e (attnum, operator)
                   JOIN pg_operator o ON o.oid = e.operator
                   WHERE e.attnum = t.attnum AND o.oprname = '=')) AS has_tenant,
           i.indkey[0] = t.attnum AS led,
           EXISTS (SELECT FROM pg_opclass c WHERE c.opcmethod = am.oid AND c.opcintype = 'uuid'::regtype AND c.opcdefault)
               AS takes_tenant
    FROM tenant_table t
    JOIN pg_index i ON i.indrelid = t.oid
    JOIN pg_class x ON x.oid = i.indexrelid AND NOT x.relispartition
    JOIN pg_am am ON am.oid = x.relam
    LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid AND con.conrelid = t.oid AND con.contype IN ('p', 'u', 'x')
),
bad_key AS (
    SELECT k.*,
           -- A foreign key that refers to it lacks the tenant, too: its own finding makes it again.
           (SELECT coalesce(string_agg(format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I; ', f.conrelid::regclass, f.conname),
                                       '' ORDER BY f.conrelid, f.conname), '')
            FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = k.indexrelid AND f.conparentid = 0) AS loosen
    FROM key k WHERE NOT k.has_tenant AND (k.indisunique OR k.indisexclusion)
),
foreign_key AS (
    SELECT f.oid, f.conname, f.conkey, f.confkey, f.conrelid::regclass AS object, f.confrelid::regclass AS referred,
           a.oid IS NOT NULL AS from_tenant, b.oid IS NOT NULL AS to_tenant,
           a.tenant_column AS from_column, b.tenant_column AS to_column, a.nspname = b.nspname AS same_place,
           EXISTS (SELECT FROM unnest(f.conkey, f.confkey) AS p (here, there)
                   WHERE p.here = a.attnum AND p.there = b.attnum) AS paired,
           a.attnum = ANY (f.conkey) OR b.attnum = ANY (f.confkey) AS half,
           (SELECT string_agg(quote_ident(c.attname), ', ' ORDER BY k.at)
            FROM unnest(f.conkey) WITH ORDINALITY AS k (attnum, at)
            JOIN pg_attribute c ON c.attrelid = f.conrelid AND c.attnum = k.attnum) AS own_columns
    FROM pg_constraint f
    LEFT JOIN tenant_table a ON a.oid = f.conrelid
    LEFT JOIN tenant_table b ON b.oid = f.confrelid
    WHERE f.contype = 'f' AND f.conparentid = 0 AND (a.oid IS NOT NULL OR b.oid IS NOT NULL)
)
SELECT CASE WHEN k.indisprimary THEN 'primary_key_without_tenant'
            WHEN k.indisexclusion THEN 'exclusion_without_tenant'
            ELSE 'unique_without_tenant' END AS code,
       k.key_object AS object, NULL::text AS detail,
       CASE WHEN NOT k.takes_tenant THEN NULL
            WHEN k.constraint_id IS NULL
            THEN k.loosen || format('DROP INDEX %s; %s', k.index_object,
                     regexp_replace(pg_get_indexdef(k.indexrelid), '( USING \w+ )\(', '\1(' || quote_ident(k.tenant_column) || ', '))
            ELSE k.loosen || format('ALTER TABLE %1$s DROP CONSTRAINT %2$I; ALTER TABLE %1$s ADD CONSTRAINT %2$I %3$s',
                     k.object, k.conname,
                     regexp_replace(pg_get_constraintdef(k.constraint_id), '\(', '(' || quote_ident(k.tenant_column)
                         || CASE WHEN k.indisexclusion THEN ' WITH =, ' ELSE ', ' END))
       END AS fix
FROM bad_key k
UNION ALL
SELECT 'index_not_led_by_tenant', k.key_object, NULL,
       CASE WHEN k.constraint_id IS NULL AND NOT k.has_tenant
            THEN format('DROP INDEX %s; %s', k.index_object,
                     regexp_replace(pg_get_indexdef(k.indexrelid), '( USING \w+ )\(', '\1(' || quote_ident(k.tenant_column) || ', '))
       END
FROM key k
WHERE k.amname = 'btree' AND NOT k.led AND NOT k.indisexclusion AND (k.has_tenant OR NOT k.indisunique)
UNION ALL
SELECT CASE WHEN f.from_tenant AND f.to_tenant AND NOT f.same_place THEN 'foreign_key_leaves_place'
            WHEN f.from_tenant AND f.to_tenant THEN 'foreign_key_without_tenant'
            ELSE 'foreign_key_other_kind' END,
       format('%s.%I', f.object, f.conname), format('it refers to %s', f.referred),
       CASE WHEN f.from_tenant AND f.to_tenant AND f.same_place AND NOT f.half
            THEN format('ALTER TABLE %1$s DROP CONSTRAINT IF EXISTS %2$I; ALTER TABLE %1$s ADD CONSTRAINT %2$I %3$s',
                     f.object, f.conname,
                     -- Without a list of columns SET NULL would take the row from its tenant.
                     regexp_replace(
                         regexp_replace(
                             regexp_replace(pg_get_constraintdef(f.oid), '^FOREIGN KEY \(', 'FOREIGN KEY (' || quote_ident(f.from_column) || ', '),
                             '( REFERENCES [^(]+)\(', '\1(' || quote_ident(f.to_column) || ', '),
                         '( ON DELETE SET (NULL|DEFAULT))(?! \()', '\1 (' || f.own_columns || ')'))
       END
FROM foreign_key f
WHERE NOT (f.from_tenant AND f.to_tenant AND f.same_place AND f.paired)
  AND NOT (f.from_tenant AND EXISTS (SELECT FROM relation r WHERE r.oid = f.referred AND r.kind = 'reference'))
