-- The DDL of a schema: enumerated types, tables with their keys, then unique indexes that no key made. Names stand without the
-- schema, as in migrations.
WITH tables AS (
    SELECT c.oid, c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition
),
columns AS (
    SELECT a.attrelid, string_agg(
        format('%I ', a.attname)
        || CASE WHEN t.typtype = 'e' THEN quote_ident(t.typname) ELSE format_type(a.atttypid, a.atttypmod) END
        || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
        -- What it is doesn't matter here, that there is one does.
        || CASE WHEN a.atthasdef OR a.attidentity <> '' THEN ' DEFAULT NULL' ELSE '' END,
        ', ' ORDER BY a.attnum) AS list
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid IN (SELECT oid FROM tables) AND a.attnum > 0 AND NOT a.attisdropped
    GROUP BY a.attrelid
),
keys AS (
    SELECT conrelid, string_agg(format(', CONSTRAINT %I ', conname) || pg_get_constraintdef(oid), '' ORDER BY contype, conname)
        AS list
    FROM pg_constraint
    WHERE contype IN ('p', 'u') AND conrelid IN (SELECT oid FROM tables)
    GROUP BY conrelid
)
SELECT ddl FROM (
    SELECT 1 AS part, t.typname::text AS name,
        format('CREATE TYPE %I AS ENUM (%s)', t.typname,
            (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))
        AS ddl
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'e' AND n.nspname = $1
    UNION ALL
    SELECT 2, t.relname::text, format('CREATE TABLE %I (%s%s)', t.relname, c.list, k.list)
    FROM tables t LEFT JOIN columns c ON c.attrelid = t.oid LEFT JOIN keys k ON k.conrelid = t.oid
    UNION ALL
    SELECT 3, x.relname::text,
        format('CREATE UNIQUE INDEX %I ON %I (%s)', x.relname, t.relname,
            (SELECT string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' ORDER BY n)
             FROM generate_series(1, i.indnkeyatts) AS n))
        || CASE WHEN i.indpred IS NULL THEN '' ELSE ' WHERE ' || pg_get_expr(i.indpred, i.indrelid) END
    FROM pg_index i JOIN tables t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
    WHERE i.indisunique AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
) AS parts
ORDER BY part, name
