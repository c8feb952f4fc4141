, role AS (
    SELECT w.name, quote_ident(w.name) AS object, w.serves, r.oid, r.rolsuper, r.rolbypassrls, r.rolcreaterole,
           r.rolreplication, r.rolcreatedb, r.rolcanlogin
    FROM (VALUES ($1, false), ($2, true), ($3, true), ($4, true)) AS w (name, serves)
    LEFT JOIN pg_roles r ON r.rolname = w.name
    WHERE w.name <> $3 OR $14 OR r.oid IS NOT NULL
),
database AS (SELECT oid, datname, datdba FROM pg_database WHERE datname = current_database()),
preset AS (
    SELECT s.setrole, s.setdatabase, split_part(c.text, '=', 1) AS name, c.text
    FROM pg_db_role_setting s CROSS JOIN database d CROSS JOIN unnest(s.setconfig) AS c (text)
    WHERE s.setdatabase IN (0, d.oid) AND (s.setrole = 0 OR s.setrole IN (SELECT r.oid FROM role r))
      AND (split_part(c.text, '=', 1) LIKE 'nadia.%'
           OR split_part(c.text, '=', 1) IN ('role', 'row_security', 'session_replication_role'))
),
owned AS (
    SELECT r.object AS role, i.type, i.identity
    FROM role r
    JOIN pg_shdepend s ON s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid AND s.deptype = 'o'
    CROSS JOIN database d
    CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, 0) AS i
    WHERE r.serves AND (s.dbid = d.oid OR (s.dbid = 0 AND s.classid = 'pg_database'::regclass AND s.objid = d.oid))
      AND i.identity IS NOT NULL
      -- A sequence of a column goes with its table.
      AND NOT EXISTS (SELECT FROM pg_depend p
                      WHERE i.type = 'sequence' AND s.classid = 'pg_class'::regclass AND p.classid = s.classid
                        AND p.objid = s.objid AND p.deptype IN ('a', 'i'))
)
SELECT 'role_missing' AS code, r.object, NULL::text AS detail, NULL::text AS fix FROM role r WHERE r.oid IS NULL
UNION ALL
SELECT 'role_superuser', r.object, NULL, format('ALTER ROLE %s NOSUPERUSER', r.object) FROM role r WHERE r.rolsuper
UNION ALL
SELECT 'role_bypasses_rls', r.object, NULL, format('ALTER ROLE %s NOBYPASSRLS', r.object) FROM role r WHERE r.rolbypassrls
UNION ALL
SELECT 'role_creates_roles', r.object, NULL, format('ALTER ROLE %s NOCREATEROLE', r.object) FROM role r WHERE r.rolcreaterole
UNION ALL
SELECT 'role_replicates', r.object, NULL, format('ALTER ROLE %s NOREPLICATION', r.object) FROM role r WHERE r.rolreplication
UNION ALL
SELECT 'role_creates_databases', r.object, NULL, format('ALTER ROLE %s NOCREATEDB', r.object) FROM role r WHERE r.rolcreatedb
UNION ALL
SELECT 'role_member', r.object, format('of %I', g.rolname), format('REVOKE %I FROM %s', g.rolname, r.object)
FROM role r JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid
WHERE r.serves
UNION ALL
SELECT 'role_setting', coalesce(r.object, 'database ' || quote_ident(d.datname)), p.text,
       CASE WHEN p.setrole = 0 AND p.setdatabase = 0 THEN format('ALTER ROLE ALL RESET %s', p.name)
            WHEN p.setrole = 0 THEN format('ALTER DATABASE %I RESET %s', d.datname, p.name)
            WHEN p.setdatabase = 0 THEN format('ALTER ROLE %s RESET %s', r.object, p.name)
            ELSE format('ALTER ROLE %s IN DATABASE %I RESET %s', r.object, d.datname, p.name) END
FROM preset p CROSS JOIN database d LEFT JOIN role r ON r.oid = p.setrole
UNION ALL
SELECT 'role_owns', o.role, format('%s %s', o.type, o.identity),
       format('ALTER %s %s OWNER TO %I', upper(o.type), o.identity, $1)
FROM owned o
UNION ALL
SELECT 'owner_logs_in', r.object, NULL, format('ALTER ROLE %s NOLOGIN', r.object)
FROM role r WHERE NOT r.serves AND r.rolcanlogin
UNION ALL
SELECT 'table_owner', r.object, format('owned by %I', pg_get_userbyid(r.relowner)),
       format('ALTER TABLE %s OWNER TO %I', r.object, $1)
FROM relation r CROSS JOIN ours
WHERE NOT r.internal AND ours.owner IS NOT NULL
  AND r.relowner <> ALL (ARRAY(SELECT o.id FROM (VALUES (ours.owner), (ours.app), (ours.control), (ours.report)) AS o (id)
                               WHERE o.id IS NOT NULL))
  AND NOT (r.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d
               WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.deptype IN ('a', 'i')))
