-- Ways around the guard. Each line: what the guard answers, the databases, the statement; `harmless` means that it
-- passes and sees or changes nothing of other tenants.
SystemCatalog | postgres | SELECT * FROM pg_catalog.pg_authid
UnknownTable | sqlite | SELECT * FROM pg_catalog.pg_authid
SystemCatalog | postgres | SELECT * FROM pg_stat_activity
SystemCatalog | postgres | SELECT most_common_vals FROM pg_stats WHERE tablename = 'patients'
SystemCatalog | postgres | SELECT * FROM information_schema.tables
SystemCatalog | postgres | UPDATE pg_settings SET setting = 'x' WHERE name = 'nadia.tenant_id'
SystemCatalog | postgres | SELECT 1 WHERE EXISTS (SELECT 1 FROM "pg_class")
SystemCatalog | postgres | SELECT * FROM pg_temp.patients
SystemCatalog | sqlite | SELECT sql FROM sqlite_master
SystemCatalog | sqlite | SELECT * FROM main.sqlite_schema
SystemCatalog | sqlite | SELECT * FROM temp.patients
SystemCatalog | sqlite | SELECT * FROM sqlite_sequence
SystemCatalog | sqlite | SELECT * FROM SQLITE_STAT1
SystemCatalog | sqlite | SELECT * FROM pragma_table_info('patients')
SystemCatalog | sqlite | SELECT * FROM pragma_database_list
SystemCatalog | sqlite | SELECT * FROM dbstat
SystemCatalog | sqlite | DELETE FROM sqlite_master
ControlTable | both | SELECT * FROM tenants
ControlTable | both | SELECT * FROM patients WHERE id IN (SELECT 1 FROM tenants)
ControlTable | both | UPDATE tenants SET slug = 'mine'
UnknownTable | postgres | SELECT * FROM nadia_control.tenants
UnknownTable | sqlite | SELECT * FROM control.tenants
UnknownTable | both | SELECT * FROM other.patients
UnknownTable | both | SELECT * FROM a.b.patients
UnknownTable | both | SELECT * FROM patients_view
UnknownTable | postgres | SELECT * FROM "Patients"
UnknownTable | both | INSERT INTO elsewhere (id) SELECT id FROM patients
ReferenceWrite | both | UPDATE countries SET name = 'x'
ReferenceWrite | both | DELETE FROM countries
ReferenceWrite | both | INSERT INTO countries (code, name) VALUES ('xx', 'x')
TenantColumn | both | UPDATE patients SET tenant_id = $1
TenantColumn | both | UPDATE patients SET (name, tenant_id) = ('x', $1)
TenantColumn | both | UPDATE patients SET "tenant_id" = NULL
TenantColumn | sqlite | UPDATE patients SET TENANT_ID = $1
TenantColumn | both | INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET tenant_id = excluded.tenant_id
harmless | both | INSERT INTO patients SELECT * FROM patients
-- Which value is the tenant's can't be told.
TenantColumn | both | INSERT INTO links SELECT * FROM links NATURAL JOIN patients
TenantColumn | both | INSERT INTO links SELECT * FROM (SELECT tenant_id, a FROM links) AS l JOIN (SELECT a, b FROM links) AS m USING (a)
TenantColumn | both | INSERT INTO links SELECT * FROM (SELECT tenant_id, a FROM links) AS l JOIN (SELECT a AS b FROM links) AS m ON 1 = 1 JOIN (SELECT b FROM links) AS n USING (b)
TenantColumn | both | INSERT INTO links SELECT s.* FROM (SELECT * FROM patients JOIN doctors USING (id)) AS s
TenantColumn | both | INSERT INTO links SELECT * FROM (SELECT tenant_id, 1, id FROM patients) AS s
TenantColumn | both | INSERT INTO links SELECT * FROM (SELECT tenant_id AS a, id AS a, id AS b FROM patients) AS s
TenantColumn | both | WITH s (a) AS (SELECT * FROM links) INSERT INTO links SELECT * FROM s
TenantColumn | postgres | WITH s (a) AS (SELECT 1, tenant_id, 2 FROM links) INSERT INTO links SELECT * FROM s
TenantColumn | postgres | INSERT INTO links SELECT * FROM (SELECT 1, tenant_id, 2 FROM links) AS s (a)
TenantColumn | postgres | INSERT INTO links SELECT t.* FROM (SELECT s.* FROM (SELECT 1, tenant_id, 2 FROM links) AS s (a)) AS t
TenantColumn | both | INSERT INTO links SELECT * FROM (SELECT tenant_id FROM links), links
TenantColumn | postgres | INSERT INTO links SELECT * FROM jsonb_each('{}')
TenantColumn | sqlite | INSERT INTO links SELECT * FROM json_each('[]')
TenantColumn | postgres | WITH RECURSIVE a AS (INSERT INTO links SELECT * FROM b RETURNING 1), b AS (SELECT * FROM links JOIN patients USING (tenant_id)) SELECT 1
Name | both | INSERT INTO links SELECT * FROM links JOIN patients ON patients.id = links.a
TenantColumn | both | INSERT INTO links (a, b, tenant_id) SELECT p.* FROM patients p
TenantColumn | both | INSERT INTO links SELECT * FROM links UNION ALL SELECT * FROM links NATURAL JOIN patients
TenantColumn | both | INSERT INTO patients (tenant_id, id, name) SELECT p.* FROM patients p
Name | sqlite | INSERT INTO doctors VALUES (60, 'x', 'y')
Conflict | both | INSERT INTO rooms (id, label) VALUES (1, 'mine') ON CONFLICT (id) DO UPDATE SET label = excluded.label
Conflict | both | INSERT INTO rooms (id, label) VALUES (1, 'mine') ON CONFLICT (id) DO NOTHING
Conflict | both | INSERT INTO rooms (id, label) VALUES (1, 'mine') ON CONFLICT DO NOTHING
Conflict | both | INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (name) DO NOTHING
Conflict | postgres | INSERT INTO rooms (id) VALUES (1) ON CONFLICT ON CONSTRAINT rooms_pkey DO UPDATE SET label = 'mine'
Conflict | sqlite | INSERT OR REPLACE INTO rooms (id, label) VALUES (1, 'mine')
harmless | sqlite | REPLACE INTO patients (id, name) VALUES (1, 'x')
Conflict | sqlite | INSERT OR IGNORE INTO rooms (id, label) VALUES (1, 'mine')
TransactionControl | sqlite | INSERT OR ROLLBACK INTO patients (id, name) VALUES (1, 'x')
TransactionControl | sqlite | INSERT OR FAIL INTO patients (id, name) VALUES (1, 'x')
Conflict | sqlite | UPDATE OR REPLACE rooms SET id = 1
Conflict | sqlite | UPDATE OR IGNORE rooms SET id = 1
TransactionControl | sqlite | UPDATE OR ROLLBACK patients SET id = 1
TransactionControl | sqlite | UPDATE OR FAIL patients SET id = 1
Conflict | sqlite | REPLACE INTO rooms (id, label) VALUES (10, 'mine')
Conflict | sqlite | WITH a AS (SELECT 10 AS id) REPLACE INTO rooms (id) SELECT id FROM a
TenantColumn | sqlite | UPDATE OR REPLACE patients SET tenant_id = $1
ReferenceWrite | sqlite | REPLACE INTO countries (code, name) VALUES ('at', 'mine')
ReferenceWrite | sqlite | UPDATE OR REPLACE countries SET name = 'mine'
UnknownTable | sqlite | SELECT id FROM patients WHERE id IN hidden
SystemCatalog | sqlite | SELECT id FROM patients WHERE name IN sqlite_master
ControlTable | sqlite | SELECT id FROM patients WHERE id IN tenants
Placeholder | sqlite | SELECT name FROM patients WHERE id = @id
Unsupported | sqlite | INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (tenant_id, id) DO NOTHING ON CONFLICT DO NOTHING
Name | sqlite | REPLACE INTO patients (rowid, id, name) VALUES (1, 1, 'x')
TenantColumn | sqlite | REPLACE INTO patients (tenant_id, id, name) SELECT * FROM visits
SystemColumn | sqlite | SELECT rowid FROM patients
SystemColumn | sqlite | SELECT p._rowid_ FROM patients p
SystemColumn | sqlite | SELECT "OID" FROM patients
SystemColumn | sqlite | DELETE FROM patients WHERE rowid = 1
Name | sqlite | INSERT INTO patients (rowid, id, name) VALUES (1, 1, 'x')
Name | sqlite | UPDATE patients SET rowid = 5
SystemColumn | postgres | SELECT ctid, xmin FROM patients
SystemColumn | postgres | SELECT p.tableoid FROM patients p
Function | both | SELECT no_such_function(1)
Function | postgres | SELECT query_to_xml('SELECT * FROM patients', true, false, '')
Function | postgres | SELECT table_to_xml('patients', true, false, '')
Function | postgres | SELECT pg_read_file('/etc/passwd')
SystemCatalog | postgres | SELECT * FROM pg_ls_dir('/')
Function | postgres | SELECT * FROM dblink('dbname=x', 'SELECT 1') AS t(a int)
Function | postgres | SELECT ts_stat('SELECT name FROM patients')
Function | postgres | SELECT lo_import('/etc/passwd')
Function | postgres | SELECT pg_sleep(10)
Function | postgres | SELECT pg_advisory_lock(1)
Function | postgres | SELECT pg_notify('a', 'b')
Function | postgres | SELECT nextval('some_seq')
Function | postgres | SELECT pg_terminate_backend(1)
Function | postgres | SELECT public.lower('X')
Function | postgres | SELECT "Lower"('X')
Function | postgres | SELECT current_user
Function | postgres | SELECT current_role, name FROM patients
Function | postgres | SELECT current_schema
Function | postgres | SELECT has_table_privilege('patients', 'SELECT')
Function | postgres | SELECT pg_catalog.pg_relation_size('patients')
Function | postgres | SELECT name FROM patients ORDER BY (SELECT txid_current())
Function | postgres | SELECT count(*) FILTER (WHERE pg_try_advisory_lock(1)) FROM patients
Function | postgres | SELECT sum(score) OVER (ORDER BY id ROWS BETWEEN pg_backend_pid() PRECEDING AND CURRENT ROW) FROM patients
Function | postgres | SELECT id FROM patients LIMIT lastval()
SessionState | postgres | SELECT set_config('nadia.tenant_id', 'x', false)
SessionState | postgres | SELECT pg_catalog.set_config('nadia.tenant_id', 'x', false) FROM patients
SessionState | postgres | SELECT current_setting('nadia.tenant_id')
SessionState | postgres | SET nadia.tenant_id = 'x'
SessionState | postgres | SET LOCAL ROLE postgres
SessionState | postgres | SET SESSION AUTHORIZATION postgres
SessionState | postgres | RESET ALL
SessionState | postgres | DISCARD ALL
SessionState | postgres | SHOW nadia.tenant_id
SessionState | sqlite | PRAGMA foreign_keys = OFF
SessionState | sqlite | PRAGMA writable_schema(1)
Function | sqlite | SELECT load_extension('evil')
Function | sqlite | SELECT last_insert_rowid()
Function | sqlite | SELECT changes(), total_changes()
Function | sqlite | SELECT readfile('/etc/passwd')
Function | sqlite | SELECT writefile('x', 'y')
Function | sqlite | SELECT sqlite_version()
Function | sqlite | SELECT fts3_tokenizer('x')
Attach | sqlite | ATTACH DATABASE 'other.db' AS other
Attach | sqlite | ATTACH 'other.db' AS other
Statement | sqlite | VACUUM INTO 'copy.db'
TransactionControl | both | BEGIN
TransactionControl | both | COMMIT
TransactionControl | both | ROLLBACK
TransactionControl | both | SAVEPOINT a
TransactionControl | both | RELEASE SAVEPOINT a
StatementCount | both | SELECT 1; DROP TABLE patients
StatementCount | both | SELECT 1;; SELECT 2
StatementCount | both | ;
Definition | both | CREATE TABLE t (a int)
Definition | both | DROP TABLE patients
Definition | both | ALTER TABLE patients ADD COLUMN x int
Definition | both | CREATE VIEW everyone AS SELECT * FROM patients
Definition | both | CREATE INDEX i ON patients (name)
Definition | postgres | SELECT * INTO stolen FROM patients
Definition | postgres | GRANT ALL ON patients TO public
Definition | postgres | CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
Definition | postgres | ALTER POLICY p ON patients USING (true)
Truncate | postgres | TRUNCATE patients
Copy | postgres | COPY patients TO STDOUT
Copy | postgres | COPY (SELECT * FROM patients) TO '/tmp/x'
Explain | both | EXPLAIN SELECT * FROM patients
Explain | postgres | EXPLAIN ANALYZE DELETE FROM patients
Statement | postgres | PREPARE q AS SELECT * FROM patients
Statement | postgres | EXECUTE q
Statement | postgres | LISTEN a
Statement | postgres | NOTIFY a
Statement | postgres | LOCK TABLE patients
Statement | postgres | CALL p()
Statement | postgres | DECLARE c CURSOR FOR SELECT * FROM patients
harmless | postgres | MERGE INTO patients p USING visits v ON v.patient_id = p.id WHEN MATCHED THEN DELETE
Statement | postgres | DO 'BEGIN END'
Statement | postgres | FETCH NEXT FROM c
Syntax | postgres | MOVE NEXT FROM c
Definition | postgres | REINDEX TABLE patients
SessionState | sqlite | PRAGMA main.journal_mode = OFF
Attach | sqlite | DETACH DATABASE main
Syntax | both | SELECT name FROM patients AS 'p'
harmless | postgres | TABLE patients
Unsupported | postgres | SELECT (SELECT p FROM patients p LIMIT 1).name
harmless | postgres | SELECT id FROM patients ORDER BY id USING <
Unsupported | postgres | SELECT id FROM patients ORDER BY id USING OPERATOR(evil.<)
Syntax | postgres | SELECT id FROM patients ORDER BY id USING ~<~
Syntax | postgres | SELECT interval(3) '1.5 seconds' FROM patients
Syntax | postgres | SELECT id <<-> id FROM patients
Syntax | postgres | SELECT xmlelement(name a, name) FROM patients
Name | postgres | SELECT p.name_of FROM patients p
Name | postgres | SELECT q.name_of FROM (SELECT id FROM patients) AS q
Name | postgres | SELECT name_of.name_of FROM unnest(ARRAY(SELECT p FROM patients p)) AS name_of
Name | postgres | SELECT q.cost FROM (SELECT * FROM patients JOIN visits USING (tenant_id, id)) AS q (a, b)
Name | postgres | SELECT x.secret FROM (SELECT p FROM patients p) AS x
Name | both | SELECT v.name FROM patients p
Name | both | SELECT p.name FROM patients p, visits p
Name | both | SELECT v.* FROM patients p
Name | postgres | SELECT name FROM patients FOR UPDATE OF visits
Type | postgres | SELECT 'pg_authid'::regclass
Type | postgres | SELECT 1::regproc
Type | postgres | SELECT CAST('(1)' AS patients)
Type | postgres | SELECT 'x'::evil.type
Placeholder | both | SELECT $0
Placeholder | both | SELECT $abc
Placeholder | sqlite | SELECT :name
Placeholder | sqlite | SELECT ?, $2
Placeholder | sqlite | SELECT ?, ?1
Placeholder | sqlite | SELECT ?99999
Placeholder | postgres | SELECT $65535
Placeholder | sqlite | SELECT @name
Syntax | both | SELECT * FROM 'patients'
Syntax | postgres | SELECT U&"d\0061t" FROM patients
Syntax | postgres | SELECT N'x'
Syntax | postgres | SELECT B'101'
Syntax | sqlite | SELECT 0x10
Syntax | postgres | SELECT 0x10
Syntax | both | SELECT 1a
Syntax | postgres | SELECT $1$a$1$
Syntax | both | SELECT 'open
Syntax | both | SELECT * FROM patients WHERE
Syntax | both | SELECT "a'b" FROM patients
Syntax | postgres | SELECT aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa FROM patients
Syntax | both | SELECT * FROM patients, patients) AS x
harmless | sqlite | SELECT name FROM patients NOT INDEXED
harmless | sqlite | SELECT 1 IN patients
harmless | both | SELECT * FROM patients WHERE 1 = 1 OR tenant_id IS NOT NULL
harmless | both | SELECT * FROM patients UNION SELECT * FROM patients
harmless | both | SELECT p.name FROM patients AS tenant_id, patients AS p
harmless | both | SELECT id FROM patients WHERE tenant_id = tenant_id OR id > 0
harmless | both | SELECT - - 1 AS x FROM patients WHERE name = - - '1'
harmless | both | SELECT name FROM patients WHERE name = 'x\' OR 1=1 --'
harmless | both | SELECT name FROM patients WHERE name = 'x\'' OR 1=1 --'
harmless | both | SELECT name FROM patients -- WHERE tenant_id
harmless | both | SELECT name FROM patients WHERE id = 1 /* ' */ OR 1 = 1 /* ' */
harmless | both | DELETE FROM patients WHERE tenant_id IS NOT NULL
harmless | both | UPDATE patients SET name = 'x' WHERE id = 1 OR id <> 1
harmless | both | INSERT INTO links (a) SELECT count(*) FROM patients
harmless | both | SELECT (SELECT count(*) FROM patients AS p WHERE patients.id = patients.id) FROM patients
harmless | both | WITH patients AS (SELECT id FROM visits) DELETE FROM patients WHERE id IN (SELECT id FROM patients)
harmless | both | SELECT p.id FROM countries AS patients LEFT JOIN patients AS p ON 1 = 1
harmless | both | SELECT max(p.id) FROM patients p GROUP BY p.tenant_id
harmless | both | SELECT (SELECT name FROM patients WHERE id = d.id LIMIT 1) FROM doctors d LEFT JOIN links ON 1 = 1 OR links.a > 0
harmless | both | INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (tenant_id, id) DO UPDATE SET name = 'mine' WHERE 1 = 1 OR patients.id > 0
harmless | postgres | SELECT name FROM patients WHERE name = E'\' OR 1=1 --'
harmless | postgres | SELECT name FROM patients WHERE name = $a$' OR 1=1 --$a$
harmless | postgres | SELECT p.tenant_id FROM patients AS p (name, tenant_id) WHERE p.tenant_id > 0
harmless | sqlite | SELECT "nothing" FROM patients WHERE "x" = "x"
Name | postgres | WITH doctors AS (SELECT id FROM patients) SELECT name FROM public.doctors
Name | sqlite | WITH doctors AS (SELECT id FROM patients) SELECT name FROM main.doctors
Name | postgres | WITH patients AS (SELECT id FROM visits) SELECT id FROM patients JOIN public.patients ON true
Name | sqlite | WITH patients AS (SELECT id FROM visits) SELECT id FROM patients JOIN main.patients ON true
Name | postgres | WITH doctors AS (SELECT id FROM patients) SELECT 1 WHERE EXISTS (SELECT 1 FROM public.doctors)
Name | sqlite | WITH doctors AS (SELECT id FROM patients) SELECT 1 WHERE EXISTS (SELECT 1 FROM main.doctors)
Name | postgres | WITH RECURSIVE patients AS (SELECT * FROM public.patients) SELECT id FROM patients
Name | sqlite | WITH RECURSIVE patients AS (SELECT * FROM main.patients) SELECT id FROM patients
Name | postgres | WITH visits AS (SELECT 1 AS id) DELETE FROM patients WHERE id IN (SELECT id FROM public.visits)
Name | sqlite | WITH visits AS (SELECT 1 AS id) DELETE FROM patients WHERE id IN (SELECT id FROM main.visits)
Name | postgres | SELECT public.patients.name FROM public.patients AS p
Name | sqlite | SELECT main.patients.name FROM main.patients AS p
Name | postgres | SELECT public.p.name FROM public.patients AS p
Name | sqlite | SELECT main.p.name FROM main.patients AS p
Name | postgres | SELECT public.patients.name FROM doctors AS patients
Name | sqlite | SELECT main.patients.name FROM doctors AS patients
Name | postgres | SELECT public.d.* FROM (SELECT id FROM patients) AS d
Name | sqlite | SELECT main.d.* FROM (SELECT id FROM patients) AS d
Name | postgres | SELECT other.patients.name FROM public.patients
Name | sqlite | SELECT other.patients.name FROM main.patients
Name | postgres | SELECT other.patients.* FROM public.patients
Name | sqlite | SELECT other.patients.* FROM main.patients
Name | postgres | UPDATE patients SET public.patients.name = 'x'
Name | sqlite | UPDATE patients SET main.patients.name = 'x'
Name | postgres | INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = public.excluded.name
Name | sqlite | INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = main.excluded.name
TenantColumn | postgres | INSERT INTO public.patients (id, name) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET tenant_id = public.patients.tenant_id
TenantColumn | sqlite | INSERT INTO main.patients (id, name) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET tenant_id = main.patients.tenant_id
ReferenceWrite | postgres | UPDATE public.countries SET name = 'x'
ReferenceWrite | sqlite | UPDATE main.countries SET name = 'x'
ControlTable | postgres | SELECT * FROM public.tenants
ControlTable | sqlite | SELECT * FROM main.tenants
Name | postgres | SELECT public.patients.id FROM public.patients FOR UPDATE OF public.patients
UnknownTable | postgres | SELECT * FROM "PUBLIC".patients
UnknownTable | sqlite | SELECT * FROM public.patients
UnknownTable | postgres | SELECT * FROM main.patients
harmless | postgres | WITH patients AS (SELECT id FROM visits) DELETE FROM public.patients WHERE id IN (SELECT id FROM patients)
harmless | sqlite | WITH patients AS (SELECT id FROM visits) DELETE FROM main.patients WHERE id IN (SELECT id FROM patients)
Name | sqlite | SELECT main.patients.* FROM main.patients
-- Functions and words that run text, read settings, files, sequences, large objects, or other tables.
Function | postgres | SELECT user
Function | postgres | SELECT session_user
Function | postgres | SELECT current_catalog
Function | postgres | SELECT current_database()
Function | postgres | SELECT current_setting_of('x')
SessionState | postgres | SELECT CURRENT_SETTING('nadia.tenant_id', true) FROM patients
SessionState | postgres | SELECT coalesce(set_config('nadia.tenant_id', 'x', true), name) FROM patients
SessionState | postgres | INSERT INTO patients (id, name) VALUES (50, set_config('nadia.tenant_id', 'x', false))
SessionState | postgres | UPDATE patients SET name = 'x' WHERE set_config('a.b', 'c', true) IS NOT NULL
SessionState | postgres | SELECT setseed(0.5)
SessionState | postgres | SET ROLE postgres
SessionState | postgres | SET row_security = off
SessionState | postgres | SET search_path = evil
Function | postgres | SELECT query_to_xmlschema('SELECT * FROM patients', true, false, '')
Function | postgres | SELECT query_to_xml_and_xmlschema('SELECT * FROM patients', true, false, '')
Function | postgres | SELECT cursor_to_xml('c', 1, true, false, '')
Function | postgres | SELECT schema_to_xml('public', true, false, '')
Function | postgres | SELECT database_to_xml(true, false, '')
Function | postgres | SELECT ts_rewrite('a & b'::tsquery, 'SELECT name::tsquery, email::tsquery FROM patients')
Function | postgres | SELECT * FROM crosstab('SELECT id, name, score FROM patients') AS t(a int)
Function | postgres | SELECT dblink_exec('DELETE FROM patients')
Function | postgres | SELECT pg_catalog.pg_read_binary_file('/etc/passwd')
Function | postgres | SELECT lo_get(1)
Function | postgres | SELECT currval('patients_id_seq')
Function | postgres | SELECT pg_get_viewdef('v')
Function | postgres | SELECT pg_export_snapshot()
Function | postgres | SELECT pg_logical_emit_message(true, 'a', 'b')
Function | postgres | SELECT pg_column_size(p) FROM patients p
Function | postgres | SELECT json_populate_record(NULL::text, '{}')
Function | postgres | SELECT inet_server_addr()
Function | postgres | SELECT row_security_active('patients')
Function | postgres | SELECT obj_description(1)
Function | postgres | SELECT version()
SystemCatalog | postgres | SELECT * FROM pg_stats_ext
SystemCatalog | postgres | SELECT * FROM pg_stat_user_tables
SystemCatalog | postgres | SELECT * FROM pg_prepared_statements
SystemCatalog | postgres | SELECT * FROM pg_cursors
SystemCatalog | postgres | DELETE FROM pg_policy
UnknownTable | postgres | SELECT * FROM patients_pkey
UnknownTable | both | DELETE FROM everyone
UnknownTable | both | SELECT * FROM patients p WHERE EXISTS (SELECT 1 FROM hidden)
UnknownTable | both | INSERT INTO links (a) SELECT id FROM hidden
UnknownTable | both | WITH a AS (SELECT id FROM hidden) SELECT 1
UnknownTable | both | SELECT id FROM patients ORDER BY (SELECT id FROM hidden)
UnknownTable | both | SELECT sum(score) OVER (ORDER BY (SELECT id FROM hidden)) FROM patients
UnknownTable | both | INSERT INTO links (a) VALUES (1) RETURNING (SELECT id FROM hidden)
ControlTable | both | SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM tenants)) FROM patients
ControlTable | both | INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET name = (SELECT slug FROM tenants)
-- Reads that hide in corners.
harmless | both | SELECT id FROM patients ORDER BY id LIMIT (SELECT count(*) FROM visits) OFFSET (SELECT count(*) FROM links WHERE a = 99)
harmless | both | SELECT count(*) FILTER (WHERE id IN (SELECT id FROM doctors)) FROM patients
harmless | both | INSERT INTO links (a) VALUES (1) RETURNING (SELECT max(name) FROM patients)
harmless | both | INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (tenant_id, id) DO UPDATE SET name = (SELECT max(name) FROM doctors) WHERE patients.id IN (SELECT id FROM doctors)
harmless | both | SELECT tenant_id FROM patients UNION SELECT tenant_id FROM visits
harmless | both | SELECT p.tenant_id FROM countries c LEFT JOIN patients p ON c.code = c.code
harmless | both | SELECT count(*) FROM patients p LEFT JOIN visits v ON p.tenant_id <> v.tenant_id OR 1 = 1
harmless | both | SELECT count(*) FROM patients p FULL JOIN visits v ON v.id = p.id WHERE p.tenant_id IS NULL OR v.tenant_id IS NULL
harmless | both | SELECT count(*) FROM (SELECT 1 AS one FROM patients UNION ALL SELECT 1 FROM visits) AS s
harmless | both | UPDATE patients SET name = (SELECT max(note) FROM visits) WHERE tenant_id IS NOT NULL OR true
harmless | both | DELETE FROM visits WHERE id IN (SELECT id FROM visits) OR 1 = 1
harmless | both | WITH RECURSIVE patients (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM patients WHERE id < 3) UPDATE patients SET name = 'x' WHERE id IN (SELECT id FROM patients)
harmless | postgres | SELECT sum(score) OVER (ORDER BY id ROWS BETWEEN (SELECT count(*) FROM visits) PRECEDING AND CURRENT ROW) FROM patients
harmless | postgres | SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY (SELECT max(cost) FROM visits)) FROM patients
harmless | postgres | UPDATE patients SET (name, score) = (SELECT max(name), count(*) FROM doctors)
harmless | postgres | SELECT name FROM patients FOR UPDATE
harmless | postgres | SELECT DISTINCT ON (tenant_id) tenant_id, id FROM patients ORDER BY tenant_id, id
harmless | postgres | WITH gone AS (DELETE FROM patients RETURNING *) SELECT count(*) FROM gone
harmless | postgres | SELECT a.x FROM patients AS a (tenant_id, x) JOIN visits AS b (x, tenant_id) ON a.x = b.tenant_id
harmless | postgres | SELECT (SELECT count(*) FROM patients p2 WHERE p2.tenant_id <> p.tenant_id) FROM patients p
harmless | sqlite | SELECT json_valid(name), json_group_array(email) FROM patients
harmless | sqlite | SELECT name FROM patients WHERE json_valid(name) AND json(name) IS NOT NULL
harmless | sqlite | SELECT max(score), name, tenant_id FROM patients WHERE score > 4
harmless | sqlite | SELECT "tenant_id", [name], `id` FROM patients WHERE "tenant_id" = "tenant_id"
harmless | sqlite | SELECT count(*) FROM patients, json_each('[1, 2]') WHERE 1 = 1 OR value > 0
harmless | sqlite | SELECT name FROM patients WHERE id = 1 /* /* */ OR 1 = 1 -- */
StatementCount | sqlite | SELECT 1; ATTACH 'other.db' AS other
StatementCount | sqlite | DELETE FROM patients WHERE id = 1; DELETE FROM patients
Function | sqlite | SELECT sqlite_compileoption_get(1)
Function | sqlite | SELECT sqlite_source_id()
Function | sqlite | SELECT edit(name) FROM patients
Function | sqlite | SELECT eval('DELETE FROM patients')
Function | sqlite | SELECT sqlite_offset(name) FROM patients
Function | sqlite | INSERT INTO patients (id, name) VALUES (last_insert_rowid(), 'x')
Function | sqlite | SELECT name FROM patients ORDER BY (SELECT load_extension('x'))
SystemCatalog | sqlite | SELECT * FROM sqlite_temp_master
SystemCatalog | sqlite | SELECT * FROM pragma_index_list('patients')
SystemCatalog | sqlite | SELECT 1 WHERE EXISTS (SELECT 1 FROM "sqlite_master")
SystemCatalog | sqlite | INSERT INTO sqlite_sequence (name, seq) VALUES ('patients', 1)
Function | sqlite | SELECT * FROM fts3tokenize('x')
Function | sqlite | SELECT * FROM patients('x')
UnknownTable | sqlite | SELECT * FROM json_each
harmless | sqlite | INSERT OR REPLACE INTO patients (id, name) VALUES (1, 'x')
Conflict | sqlite | REPLACE INTO rooms (id, label) VALUES (10, 'mine')
Conflict | sqlite | INSERT INTO rooms (id, label) VALUES (10, 'mine') ON CONFLICT (id) DO UPDATE SET tenant_id = excluded.tenant_id
Unsupported | postgres | SELECT id FROM patients ORDER BY id USING OPERATOR(public.<)
Unsupported | postgres | SELECT id FROM patients ORDER BY name USING @@
Conflict | both | INSERT INTO rooms (id) VALUES (1) ON CONFLICT (id) WHERE id > 0 DO NOTHING
Conflict | both | INSERT INTO rooms (id) VALUES (1) ON CONFLICT (id) WHERE tenant_id IS NOT NULL DO UPDATE SET label = 'mine'
Conflict | both | INSERT INTO items (visit_id, position) VALUES (1, 1) ON CONFLICT (label) DO NOTHING
Conflict | both | INSERT INTO items (visit_id, position) VALUES (1, 1) ON CONFLICT (amount) WHERE amount < 0 DO NOTHING
UnknownTable | both | INSERT INTO items (visit_id, position) VALUES (1, 1) ON CONFLICT (label) WHERE amount < 0 DO UPDATE SET label = (SELECT id FROM hidden)
Unsupported | both | INSERT INTO items (visit_id, position) VALUES (1, 1) ON CONFLICT (label) WHERE amount < (SELECT 1) DO NOTHING
Unsupported | both | INSERT INTO items (visit_id, position) VALUES (1, 1) ON CONFLICT (label) WHERE EXISTS (SELECT id FROM hidden) DO NOTHING
Unsupported | both | INSERT INTO items SELECT * FROM items WHERE amount > 0 ON CONFLICT (label) WHERE amount < 0 DO NOTHING
Function | both | INSERT INTO items (visit_id, position) VALUES (1, 1) ON CONFLICT (label) WHERE no_such_function(label) DO NOTHING
TenantColumn | both | INSERT INTO items (visit_id, position) VALUES (1, 1) ON CONFLICT (label) WHERE amount < 0 DO UPDATE SET tenant_id = $1
Syntax | both | INSERT INTO items (visit_id, position) PARTITION (amount < 0) VALUES (1, 1) ON CONFLICT (label) DO NOTHING
Syntax | both | INSERT INTO items (visit_id, position) PARTITION (amount < 0) VALUES (1, 1)
Syntax | both | INSERT INTO items (visit_id, position) VALUES (1, 1) ON CONFLICT (label) WHERE amount < 0, 1 = 1 DO NOTHING RETURNING PARTITION (1)
-- MERGE: targets, sources, and rows that would move.
ReferenceWrite | postgres | MERGE INTO countries c USING visits v ON v.country = c.code WHEN MATCHED THEN DELETE
ControlTable | postgres | MERGE INTO tenants t USING patients p ON p.name = t.slug WHEN MATCHED THEN DELETE
ControlTable | postgres | MERGE INTO patients p USING tenants t ON p.name = t.slug WHEN MATCHED THEN DELETE
UnknownTable | postgres | MERGE INTO hidden h USING patients p ON p.id = h.id WHEN MATCHED THEN DELETE
UnknownTable | postgres | MERGE INTO patients p USING hidden h ON p.id = h.id WHEN MATCHED THEN DELETE
UnknownTable | postgres | MERGE INTO patients p USING doctors d ON p.id = (SELECT id FROM hidden) WHEN MATCHED THEN DELETE
UnknownTable | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN MATCHED AND EXISTS (SELECT 1 FROM hidden) THEN DELETE
UnknownTable | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN MATCHED THEN UPDATE SET name = (SELECT name FROM hidden)
UnknownTable | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN NOT MATCHED THEN INSERT (id) VALUES ((SELECT id FROM hidden))
SystemCatalog | postgres | MERGE INTO pg_authid a USING patients p ON true WHEN MATCHED THEN DELETE
SystemCatalog | postgres | MERGE INTO patients p USING pg_authid a ON a.rolname = p.name WHEN MATCHED THEN DELETE
TenantColumn | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN MATCHED THEN UPDATE SET tenant_id = d.tenant_id
TenantColumn | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN MATCHED THEN UPDATE SET (name, tenant_id) = ('x', d.tenant_id)
Unsupported | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN MATCHED THEN UPDATE SET *
Unsupported | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN NOT MATCHED THEN INSERT *
Unsupported | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN NOT MATCHED BY SOURCE THEN DELETE
Unsupported | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN NOT MATCHED BY SOURCE AND p.tenant_id = $1 THEN DELETE
Unsupported | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN MATCHED THEN UPDATE SET name = 'x' WHERE p.id = 1 OR true
Unsupported | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN NOT MATCHED THEN INSERT (id, name) VALUES (1, 'a'), (2, 'b')
Name | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN NOT MATCHED THEN INSERT (tenant_id, tenant_id, id) VALUES ($1, $1, 1)
Name | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN NOT MATCHED THEN INSERT (id, name) VALUES (1)
Name | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN NOT MATCHED AND p.name_of IS NULL THEN DO NOTHING
Name | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN NOT MATCHED THEN INSERT (id) VALUES (p.id)
Name | postgres | MERGE INTO patients USING patients ON true WHEN MATCHED THEN DELETE
SystemColumn | postgres | MERGE INTO patients p USING doctors d ON p.ctid = d.ctid WHEN MATCHED THEN DELETE
Function | postgres | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN MATCHED AND pg_sleep(1) IS NULL THEN DELETE
SessionState | postgres | MERGE INTO patients p USING doctors d ON set_config('a.b', 'c', true) IS NULL WHEN MATCHED THEN DELETE
Statement | sqlite | MERGE INTO patients p USING doctors d ON p.id = d.id WHEN MATCHED THEN DELETE
harmless | postgres | MERGE INTO patients p USING (SELECT 1 AS one) AS s ON true WHEN MATCHED THEN DELETE
harmless | postgres | MERGE INTO patients p USING (SELECT 1 AS one) AS s ON p.tenant_id IS NOT NULL OR true WHEN MATCHED THEN UPDATE SET name = 'mine'
harmless | postgres | MERGE INTO links l USING patients p ON false WHEN NOT MATCHED THEN INSERT (a, b) VALUES (p.id, p.score)
harmless | postgres | MERGE INTO links l USING (patients p CROSS JOIN visits v) ON false WHEN NOT MATCHED THEN INSERT (a, b) VALUES (p.id, v.id)
harmless | postgres | MERGE INTO links l USING patients p ON l.tenant_id <> p.tenant_id WHEN NOT MATCHED THEN INSERT (a) VALUES (1)
-- Of two columns of one name a database may take either.
Name | both | INSERT INTO patients (tenant_id, tenant_id, id, name) VALUES ($1, $1, 1, 'x')
Name | sqlite | INSERT INTO patients (id, name, tenant_id, TENANT_ID) SELECT 1, 'x', $1, $1
Name | both | INSERT INTO patients (id, id, name) VALUES (1, 2, 'x')
-- What hides in PostgreSQL's syntax that the parser is helped with.
UnknownTable | postgres | SELECT id FROM patients WHERE id BETWEEN SYMMETRIC (SELECT id FROM hidden) AND 1
ControlTable | postgres | SELECT id FROM patients WHERE id NOT BETWEEN SYMMETRIC 1 AND (SELECT count(*) FROM tenants)
Unsupported | postgres | SELECT SYMMETRIC (SELECT 1)
Unsupported | postgres | SELECT id FROM patients WHERE id BETWEEN 1 AND SYMMETRIC 2
UnknownTable | postgres | SELECT id FROM patients TABLESAMPLE BERNOULLI ((SELECT count(*) FROM hidden))
SystemCatalog | postgres | SELECT id FROM patients TABLESAMPLE SYSTEM ((SELECT count(*) FROM pg_class))
Function | postgres | SELECT id FROM patients TABLESAMPLE BERNOULLI (pg_sleep(1))
Unsupported | postgres | SELECT id FROM patients TABLESAMPLE my_method (10)
Unsupported | postgres | WITH a AS (SELECT 1) SELECT 1 FROM a TABLESAMPLE BERNOULLI (1)
Unsupported | postgres | SELECT 1 FROM generate_series(1, 2) TABLESAMPLE BERNOULLI (1)
Name | postgres | SELECT v.id FROM visits v, patients TABLESAMPLE BERNOULLI (v.cost)
UnknownTable | postgres | SELECT name FROM patients WHERE name LIKE ANY (SELECT name FROM hidden)
ControlTable | postgres | SELECT name FROM patients WHERE name NOT ILIKE ALL (ARRAY(SELECT slug FROM tenants))
UnknownTable | postgres | SELECT sum(id) OVER (ORDER BY id ROWS (SELECT id FROM hidden) PRECEDING EXCLUDE TIES) FROM patients
SystemCatalog | postgres | SELECT sum(id) OVER w FROM patients WINDOW w AS (PARTITION BY (SELECT 1 FROM pg_class) ORDER BY id ROWS 1 PRECEDING EXCLUDE GROUP)
SystemCatalog | postgres | SELECT * FROM ROWS FROM (generate_series(1, 2), pg_ls_waldir()) AS g
Function | postgres | SELECT * FROM ROWS FROM (dblink('dbname=x', 'SELECT 1')) AS g
Function | postgres | SELECT * FROM ROWS FROM (generate_series(1, lastval())) AS g
SystemCatalog | postgres | SELECT * FROM ROWS FROM (generate_series(1, 2), pg_ls_dir('/')) AS g
ControlTable | postgres | SELECT * FROM ROWS FROM (generate_series(1, (SELECT count(*) FROM tenants))) AS g
Unsupported | postgres | SELECT * FROM ROWS FROM (count(*) OVER ()) AS g
Name | postgres | SELECT g.name_of FROM ROWS FROM (unnest(ARRAY(SELECT p FROM patients p))) AS g
Name | postgres | SELECT g.unnest FROM ROWS FROM (unnest(ARRAY(SELECT p FROM patients p)), generate_series(1, 2)) AS g
Name | postgres | SELECT u.u FROM unnest($1) AS u
Name | postgres | SELECT u.u FROM unnest(ARRAY[$1]) AS u
Name | postgres | SELECT u.u FROM unnest(ARRAY[ROW(1, 2)]) AS u
Name | postgres | WITH RECURSIVE r (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r) SEARCH DEPTH FIRST BY a SET o SELECT r.p FROM r
UnknownTable | postgres | WITH RECURSIVE r (a) AS (SELECT 1 UNION ALL SELECT id FROM hidden, r) SEARCH DEPTH FIRST BY a SET o SELECT r.a FROM r
Syntax | postgres | WITH RECURSIVE r (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r) CYCLE a SET c TO (SELECT id FROM hidden) DEFAULT 1 USING p SELECT r.a FROM r
Syntax | postgres | WITH RECURSIVE r (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r) CYCLE a SET c TO pg_backend_pid() DEFAULT 1 USING p SELECT r.a FROM r
Syntax | postgres | WITH RECURSIVE r (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r) SEARCH DEPTH FIRST BY a SELECT r.a FROM r
Name | postgres | WITH RECURSIVE r AS (SELECT * FROM patients UNION ALL SELECT r.* FROM r WHERE r.name_of IS NOT NULL) SELECT r.name FROM r
Name | postgres | SELECT j.ward FROM patients JOIN doctors USING (id) AS j
Name | postgres | SELECT j.name_of FROM (patients CROSS JOIN doctors) AS j
Name | postgres | SELECT patients.name FROM (patients JOIN doctors USING (id)) AS j
Name | postgres | SELECT p.name FROM patients p JOIN doctors d USING (id) AS p
UnknownTable | postgres | SELECT j.id FROM (patients JOIN hidden USING (id)) AS j
ControlTable | postgres | SELECT j.id FROM (patients p JOIN visits v ON v.id IN (SELECT 1 FROM tenants)) AS j
TenantColumn | postgres | INSERT INTO patients (id, name) OVERRIDING USER VALUE VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET tenant_id = excluded.tenant_id
ControlTable | postgres | INSERT INTO patients (id, name) OVERRIDING SYSTEM VALUE SELECT 1, slug FROM tenants
ReferenceWrite | postgres | INSERT INTO countries OVERRIDING USER VALUE VALUES ('x', 'x')
harmless | postgres | INSERT INTO patients OVERRIDING USER VALUE SELECT * FROM patients
Name | postgres | SELECT name FROM patients FOR NO KEY UPDATE OF visits
Syntax | postgres | SELECT name FROM patients FOR NO KEY UPDATE OF public.patients
Name | postgres | SELECT (p).name_of FROM patients p
Name | postgres | SELECT (p).secret FROM (SELECT 1 AS a) AS p
SystemColumn | postgres | SELECT (p).ctid FROM patients p
Unsupported | postgres | SELECT (name).x FROM patients AS name
Unsupported | postgres | SELECT (p).name FROM (SELECT name AS p, name FROM patients) AS p
Unsupported | postgres | SELECT (p).name FROM patients p, unnest(ARRAY(SELECT q FROM patients q)) AS u
Unsupported | postgres | SELECT (p).* FROM visits v
Unsupported | postgres | SELECT (p.name).x FROM patients p
Unsupported | postgres | SELECT count((p).*) FROM patients p
Syntax | postgres | SELECT E'\x00LUPDATE\x00' FROM patients
Syntax | postgres | SELECT E'\000' FROM patients
Syntax | postgres | SELECT id FROM patients WHERE name = U&'\0000'
harmless | postgres | SELECT id FROM patients WHERE name = ') FOR UPDATE OF SEARCH DEPTH FIRST BY a SET o'
harmless | postgres | INSERT INTO doctors (id, name) OVERRIDING USER VALUE SELECT id + 70, 'OVERRIDING USER VALUE' FROM patients WHERE 1 = 1 OR id > 0
harmless | postgres | SELECT j.tenant_id FROM (patients p LEFT JOIN visits v ON 1 = 1) AS j (tenant_id, b, c, d, e, f) WHERE j.tenant_id IS NOT NULL OR 1 = 1
harmless | postgres | SELECT id FROM patients TABLESAMPLE BERNOULLI (100) WHERE 1 = 1 OR tenant_id IS NULL
harmless | postgres | WITH RECURSIVE r (tenant_id) AS (SELECT id FROM patients UNION ALL SELECT a FROM links, r WHERE b = r.tenant_id) CYCLE tenant_id SET c USING p SELECT count(*) FROM r, patients
harmless | postgres | SELECT (p).tenant_id, (p).* FROM patients p WHERE (p).id > 0 OR 1 = 1 FOR NO KEY UPDATE
harmless | postgres | SELECT sum(id) OVER (ORDER BY id ROWS (SELECT count(*) FROM visits) PRECEDING EXCLUDE CURRENT ROW) FROM patients
harmless | postgres | SELECT j.tenant_id FROM patients p FULL JOIN visits v USING (tenant_id, id) AS j WHERE j.id > 0 OR 1 = 1
Unsupported | postgres | SELECT (g).n FROM generate_series(1, 2) AS g (n), patients
Unsupported | postgres | SELECT (j).score FROM (patients p JOIN doctors d USING (id)) AS j
Unsupported | postgres | SELECT (j).id FROM patients p JOIN doctors d USING (id) AS j
Unsupported | postgres | SELECT a FROM (SELECT 1 AS a UNION ALL SELECT id FROM patients) CYCLE a SET c USING p
Syntax | postgres | SELECT id FROM patients WHERE id IN (SELECT 1 UNION ALL SELECT 2) SEARCH DEPTH FIRST BY id SET o
SystemColumn | postgres | SELECT (ctid).name FROM patients AS ctid
Name | postgres | WITH RECURSIVE r (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r) SEARCH DEPTH FIRST BY a SET SET CYCLE a SET c USING p SELECT r.cycle FROM r
-- Spelled by IS, it would be another operand of that.
Unsupported | sqlite | SELECT id, score ISNULL + 1 FROM patients
Unsupported | sqlite | SELECT id FROM patients WHERE score NOTNULL < 1
Unsupported | sqlite | SELECT id, score NOT NULL || name FROM patients
harmless | both | SELECT id FROM patients WHERE (score ISNULL) AND name ISNULL = (email NOTNULL)
