-- What a service may want and the guard refuses today. Each line: the kind of the refusal, the databases, the statement. Who
-- supports one moves it to `differential.sql`.
Syntax | postgres | SELECT id FROM patients ORDER BY id FETCH FIRST (SELECT count(*) FROM doctors) ROWS ONLY
-- The row of a table under other column names is another one than that of a sub-query under these names.
Unsupported | postgres | SELECT to_jsonb(p) FROM patients AS p (a, b)
Unsupported | postgres | SELECT p FROM patients AS p (a)
Unsupported | postgres | SELECT to_jsonb(p.*) FROM patients AS p (a, b)
Unsupported | postgres | SELECT 1 FROM patients AS p (a) WHERE EXISTS (SELECT row_to_json(p))
-- Of PostgreSQL's expressions and clauses.
Unsupported | postgres | UPDATE links SET a[1] = 2
Unsupported | postgres | UPDATE links SET b = (SELECT 1 FROM doctors), a[1:2] = 2
Syntax | postgres | UPDATE patients * SET name = 'x'
Unsupported | postgres | SELECT name FROM ONLY patients
Unsupported | postgres | DELETE FROM ONLY (patients)
Unsupported | postgres | SELECT json_object('a': name) FROM patients
Syntax | postgres | SELECT now() AT LOCAL FROM patients
Unsupported | postgres | SELECT name, count(*) FROM patients GROUP BY DISTINCT ROLLUP (name), name
Syntax | postgres | SELECT substring(name SIMILAR 'A#"n#"%' ESCAPE '#') FROM patients
Syntax | postgres | SELECT U&'d!0061' UESCAPE '!' FROM patients
Syntax | postgres | SELECT interval(3) '1.5 seconds' FROM patients
Syntax | postgres | SELECT @ score, |/ score FROM patients
Syntax | postgres | SELECT id FROM patients WHERE id = ANY (VALUES (1), (2))
Syntax | postgres | SELECT count(*) FROM patients WHERE EXISTS (SELECT WHERE true)
-- What the parser's tree has no place for, or this project's PostgreSQL can't prove.
Unsupported | sqlite | INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (tenant_id, id) DO NOTHING ON CONFLICT (tenant_id, email) DO UPDATE SET name = 'x'
Unsupported | postgres | MERGE INTO patients p USING doctors d ON d.id = p.id WHEN NOT MATCHED BY SOURCE THEN DELETE
TenantColumn | both | INSERT INTO links SELECT * FROM links JOIN patients USING (tenant_id)
