-- What a service may want and the guard refuses today. Each line: the kind of the refusal, the databases, the statement. Who
-- supports one moves it to `differential.sql`.
Statement | postgres | MERGE INTO patients p USING visits v ON v.patient_id = p.id AND v.id = 1 WHEN MATCHED THEN UPDATE SET score = v.cost
Statement | postgres | MERGE INTO links l USING patients p ON l.a = p.id WHEN NOT MATCHED THEN INSERT (a) VALUES (p.id)
Unsupported | postgres | TABLE patients
Syntax | postgres | INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (tenant_id, id) WHERE id > 0 DO NOTHING
Unsupported | both | INSERT INTO visits (id, patient_id) TABLE links
TenantColumn | both | INSERT INTO links SELECT * FROM links
Syntax | sqlite | SELECT name FROM patients WHERE id IS 1
Syntax | sqlite | SELECT id << 1 FROM patients
Syntax | sqlite | SELECT name FROM patients INDEXED BY some_index
Unsupported | sqlite | UPDATE OR IGNORE patients SET id = 1
Conflict | sqlite | REPLACE INTO patients (id, name) VALUES (1, 'x')
Syntax | sqlite | SELECT name FROM patients WHERE id = :id
-- The row of a table under other column names is another one than that of a sub-query under these names.
Unsupported | postgres | SELECT to_jsonb(p) FROM patients AS p (a, b)
Unsupported | postgres | SELECT p FROM patients AS p (a)
Unsupported | postgres | SELECT to_jsonb(p.*) FROM patients AS p (a, b)
Unsupported | postgres | SELECT 1 FROM patients AS p (a) WHERE EXISTS (SELECT row_to_json(p))
-- Of PostgreSQL's expressions and clauses.
Syntax | postgres | UPDATE links SET a[1] = 2
Syntax | postgres | UPDATE patients * SET name = 'x'
UnknownTable | postgres | SELECT name FROM ONLY patients
Unsupported | postgres | SELECT name IS JSON FROM patients
Unsupported | postgres | SELECT json_object('a': name) FROM patients
Syntax | postgres | SELECT now() AT LOCAL FROM patients
Syntax | postgres | SELECT name, count(*) FROM patients GROUP BY DISTINCT ROLLUP (name), name
Syntax | postgres | SELECT substring(name SIMILAR 'A#"n#"%' ESCAPE '#') FROM patients
Syntax | postgres | SELECT U&'d!0061' UESCAPE '!' FROM patients
Syntax | postgres | SELECT interval(3) '1.5 seconds' FROM patients
Syntax | postgres | SELECT @ score, |/ score FROM patients
Syntax | postgres | SELECT id FROM patients WHERE id = ANY (VALUES (1), (2))
Syntax | postgres | SELECT count(*) FROM patients WHERE EXISTS (SELECT WHERE true)
