-- Statements over all tenants. Each line: what the guard answers, the databases, the statement; `reads` means that it passes,
-- binds no tenant, and gives what the statement gives as it stands.
reads | both | SELECT * FROM patients
reads | both | SELECT tenant_id, count(*) FROM patients GROUP BY tenant_id
reads | both | SELECT name FROM patients WHERE id = $1
reads | both | SELECT p.name, v.cost FROM patients p LEFT JOIN visits v ON v.patient_id = p.id AND v.tenant_id = p.tenant_id
reads | both | SELECT p.name, d.name FROM patients p FULL JOIN doctors d ON d.id = p.id
reads | both | SELECT name, ward FROM patients NATURAL LEFT JOIN doctors
reads | both | SELECT x.a FROM links AS x
reads | postgres | SELECT x.a FROM links AS x (t, a)
reads | both | WITH visits AS (SELECT id FROM patients) SELECT id FROM visits
reads | both | SELECT c.name, sum(v.cost) FROM countries c JOIN visits v ON v.country = c.code GROUP BY c.name
reads | both | SELECT name FROM patients UNION SELECT name FROM doctors
reads | both | SELECT name FROM patients WHERE EXISTS (SELECT 1 FROM visits WHERE visits.patient_id = patients.id)
reads | postgres | SELECT public.patients.name FROM public.patients
reads | sqlite | SELECT main.patients.name FROM main.patients
reads | both | SELECT 1
ReadOnly | both | INSERT INTO patients (id, name) VALUES (1, 'x')
ReadOnly | both | INSERT INTO countries (code, name) VALUES ('xx', 'x')
ReadOnly | both | UPDATE patients SET name = 'x'
ReadOnly | both | UPDATE patients SET tenant_id = $1
ReadOnly | both | DELETE FROM patients
ReadOnly | both | DELETE FROM tenants
ReadOnly | both | WITH a AS (SELECT 1) DELETE FROM patients
ReadOnly | postgres | WITH gone AS (DELETE FROM patients RETURNING id) SELECT id FROM gone
ReadOnly | postgres | WITH moved AS (UPDATE patients SET name = 'x' RETURNING id) SELECT id FROM moved
ReadOnly | postgres | SELECT * FROM patients FOR UPDATE
ReadOnly | postgres | SELECT * FROM patients FOR SHARE
ReadOnly | postgres | SELECT * FROM patients p FOR UPDATE OF p SKIP LOCKED
ReadOnly | postgres | SELECT * FROM (SELECT id FROM patients FOR UPDATE) AS locked
ReadOnly | sqlite | REPLACE INTO patients (id, name) VALUES (1, 'x')
ControlTable | both | SELECT * FROM tenants
ControlTable | both | SELECT * FROM patients WHERE id IN (SELECT 1 FROM tenants)
UnknownTable | both | SELECT * FROM cross_tenant_reads
UnknownTable | postgres | SELECT * FROM nadia_control.tenants
SystemCatalog | postgres | SELECT * FROM pg_authid
SystemCatalog | sqlite | SELECT * FROM sqlite_master
Function | postgres | SELECT pg_read_file('/etc/passwd')
Function | postgres | SELECT nextval('some_seq')
Function | sqlite | SELECT load_extension('x')
SessionState | postgres | SELECT set_config('default_transaction_read_only', 'off', false)
SessionState | postgres | SET default_transaction_read_only = off
SessionState | postgres | SET TRANSACTION READ WRITE
SessionState | sqlite | PRAGMA query_only = OFF
TransactionControl | both | BEGIN
StatementCount | both | SELECT 1; DELETE FROM patients
Definition | postgres | SELECT * INTO copied FROM patients
Truncate | postgres | TRUNCATE patients
Copy | postgres | COPY patients TO STDOUT
Attach | sqlite | ATTACH 'control.sqlite' AS control
Explain | both | EXPLAIN SELECT * FROM patients
Name | postgres | WITH patients AS (SELECT 1 AS id) SELECT id FROM public.patients
Name | sqlite | WITH patients AS (SELECT 1 AS id) SELECT id FROM main.patients
reads | postgres | WITH RECURSIVE r (a) AS (SELECT a FROM links UNION ALL SELECT b FROM links, r WHERE links.a = r.a) SEARCH DEPTH FIRST BY a SET o CYCLE a SET c USING p SELECT r.a, r.c FROM r
ReadOnly | postgres | SELECT name FROM patients FOR NO KEY UPDATE
ReadOnly | postgres | WITH a AS (SELECT name FROM patients p, doctors d FOR KEY SHARE OF p, d) SELECT * FROM a
