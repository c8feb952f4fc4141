, on_relation AS (
    SELECT r.object, r.relkind, r.schema_role, r.kind, r.internal, a.privilege_type AS right_, a.is_grantable,
           CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee,
           CASE a.grantee WHEN 0 THEN 'public' WHEN ours.app THEN 'app' WHEN ours.report THEN 'report'
                          WHEN ours.control THEN 'control' ELSE 'other' END AS who
    FROM relation r CROSS JOIN ours CROSS JOIN LATERAL aclexplode(r.relacl) AS a
    WHERE a.grantee <> r.relowner AND a.grantee IS DISTINCT FROM ours.owner
),
judged AS (
    SELECT g.*,
           CASE WHEN g.who IN ('app', 'public') AND g.schema_role = 'control' THEN 'grant_control'
                WHEN g.who = 'public' THEN 'grant_public'
                WHEN g.who = 'other' THEN 'grant_other_role'
                WHEN g.who = 'app' AND g.relkind = 'S' AND g.right_ <> 'USAGE' THEN 'grant_sequence'
                WHEN g.who = 'app' AND g.relkind <> 'S'
                     AND (g.internal OR g.right_ NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')) THEN 'grant_app_excess'
                WHEN g.who = 'app' AND g.relkind <> 'S' AND g.right_ <> 'SELECT'
                     AND (g.kind = 'reference' OR g.schema_role = 'reference') THEN 'grant_reference_write'
                WHEN g.who = 'report' AND (g.right_ <> 'SELECT' OR g.internal OR g.schema_role = 'control' OR g.relkind = 'S')
                THEN 'grant_report_excess'
                WHEN g.who = 'control' AND (g.internal OR g.schema_role = 'place'
                                            OR (g.schema_role = 'reference' AND g.right_ <> 'SELECT'))
                THEN 'grant_control_role'
                WHEN g.is_grantable THEN 'grant_option' END AS code
    FROM on_relation g
),
on_column AS (
    SELECT r.object, c.attname, string_agg(DISTINCT a.privilege_type, ', ') AS rights,
           CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee,
           string_agg(DISTINCT format('%s (%I)', a.privilege_type, c.attname), ', ') AS columns
    FROM relation r CROSS JOIN ours
    JOIN pg_attribute c ON c.attrelid = r.oid AND NOT c.attisdropped AND c.attacl IS NOT NULL
    CROSS JOIN LATERAL aclexplode(c.attacl) AS a
    WHERE a.grantee <> r.relowner AND a.grantee IS DISTINCT FROM ours.owner
    GROUP BY r.object, c.attname, a.grantee
),
on_schema AS (
    SELECT quote_ident(n.nspname) AS object, n.nspname, w.role, a.privilege_type AS right_,
           CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee,
           CASE a.grantee WHEN 0 THEN 'public' WHEN ours.app THEN 'app' WHEN ours.report THEN 'report'
                          WHEN ours.control THEN 'control' ELSE 'other' END AS who
    FROM watched w JOIN pg_namespace n ON n.oid = w.oid CROSS JOIN ours CROSS JOIN LATERAL aclexplode(n.nspacl) AS a
    WHERE a.grantee <> n.nspowner AND a.grantee IS DISTINCT FROM ours.owner
),
judged_schema AS (
    SELECT s.*,
           CASE WHEN s.right_ = 'CREATE' THEN 'schema_create'
                -- PostgreSQL lets everybody look into `public`; what is in there has rights of its own.
                WHEN s.who = 'public' AND s.role <> 'control' AND s.nspname <> 'public' THEN 'grant_public'
                WHEN s.who = 'other' THEN 'grant_other_role'
                WHEN s.who = 'report' AND s.role = 'control' THEN 'grant_report_excess'
                WHEN s.who = 'control' AND s.role = 'place' THEN 'grant_control_role' END AS code
    FROM on_schema s
),
database AS (
    SELECT d.datname, d.datdba, coalesce(d.datacl, acldefault('d', d.datdba)) AS acl
    FROM pg_database d WHERE d.datname = current_database()
)
SELECT j.code, j.object, format('%s to %s', string_agg(j.right_, ', ' ORDER BY j.right_), j.grantee) AS detail,
       format('REVOKE %s%s ON %s%s FROM %s', CASE j.code WHEN 'grant_option' THEN 'GRANT OPTION FOR ' ELSE '' END,
              string_agg(j.right_, ', ' ORDER BY j.right_), CASE j.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END,
              j.object, j.grantee) AS fix
FROM judged j WHERE j.code IS NOT NULL
GROUP BY j.code, j.object, j.grantee, j.relkind
UNION ALL
SELECT 'grant_column', c.object, format('%s to %s', c.columns, c.grantee),
       format('REVOKE %s ON %s FROM %s', c.columns, c.object, c.grantee)
FROM on_column c
UNION ALL
SELECT s.code, s.object, format('%s on the schema to %s', s.right_, s.grantee),
       format('REVOKE %s ON SCHEMA %s FROM %s', s.right_, s.object, s.grantee)
FROM judged_schema s WHERE s.code IS NOT NULL
UNION ALL
SELECT 'grant_control', quote_ident(w.nspname), 'USAGE on the schema',
       format('REVOKE ALL ON SCHEMA %I FROM PUBLIC, %I', w.nspname, $2)
FROM watched w CROSS JOIN ours
WHERE w.role = 'control' AND has_schema_privilege(ours.app, w.oid, 'USAGE')
  -- Superusers and members have their findings.
  AND EXISTS (SELECT FROM on_schema s WHERE s.nspname = w.nspname AND s.right_ = 'USAGE' AND s.who IN ('app', 'public'))
UNION ALL
SELECT 'database_rights', quote_ident(d.datname),
       format('%s to %s', a.privilege_type, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END),
       format('REVOKE %s ON DATABASE %I FROM %s', a.privilege_type, d.datname,
              CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
FROM database d CROSS JOIN ours CROSS JOIN LATERAL aclexplode(d.acl) AS a
WHERE a.grantee <> d.datdba
  AND (a.grantee = 0 OR (a.grantee IN (ours.app, ours.control, ours.report) AND a.privilege_type <> 'CONNECT'))
UNION ALL
SELECT 'default_privileges', coalesce(quote_ident(n.nspname), 'every schema'),
       format('%s on new %s of %I to %s', a.privilege_type, k.name, pg_get_userbyid(d.defaclrole),
              CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END),
       format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE %s ON %s FROM %s', pg_get_userbyid(d.defaclrole),
              ' IN SCHEMA ' || quote_ident(n.nspname), a.privilege_type, k.name,
              CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
FROM pg_default_acl d CROSS JOIN ours
JOIN (VALUES ('r', 'TABLES'), ('S', 'SEQUENCES'), ('n', 'SCHEMAS')) AS k (type, name) ON k.type = d.defaclobjtype::text
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a
WHERE (a.grantee = 0 OR a.grantee = ours.app) AND a.grantee <> d.defaclrole
  AND (d.defaclnamespace = 0 OR d.defaclnamespace IN (SELECT w.oid FROM watched w))
