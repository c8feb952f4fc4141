-- What a service may want and the guard refuses today. Each line: the kind of the refusal, the databases, the statement. Who
-- supports one moves it to `differential.sql`.
Syntax | postgres | SELECT name FROM patients WHERE id = 1 FOR NO KEY UPDATE
Syntax | postgres | SELECT name FROM patients WHERE id = 1 FOR KEY SHARE
Syntax | postgres | SELECT id FROM patients WHERE id BETWEEN SYMMETRIC 3 AND 1
Syntax | postgres | INSERT INTO patients (id, name) OVERRIDING SYSTEM VALUE VALUES (50, 'x')
Syntax | postgres | SELECT * FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS g
Syntax | postgres | WITH RECURSIVE r (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r WHERE a < 3) SEARCH DEPTH FIRST BY a SET o SELECT a FROM r
Syntax | postgres | WITH RECURSIVE r (a) AS (SELECT 1 UNION ALL SELECT b FROM links, r WHERE links.a = r.a) CYCLE a SET c USING p SELECT a FROM r
Syntax | postgres | SELECT j.id FROM patients JOIN doctors USING (id) AS j
Syntax | postgres | SELECT sum(score) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) FROM patients
Unsupported | postgres | SELECT (p).name FROM patients p
Unsupported | postgres | SELECT j.id FROM (patients JOIN doctors USING (id)) AS j
Unsupported | postgres | SELECT id FROM patients WHERE name LIKE ANY (ARRAY(SELECT name FROM doctors))
Unsupported | postgres | SELECT name FROM patients TABLESAMPLE BERNOULLI (100)
Name | postgres | WITH RECURSIVE r AS (SELECT * FROM patients WHERE id = 1 UNION SELECT p.* FROM patients p JOIN r ON p.id = r.id + 1) SELECT r.name FROM r
Syntax | postgres | SELECT id FROM patients ORDER BY id FETCH FIRST (SELECT count(*) FROM doctors) ROWS ONLY
-- The row of a table under other column names is another one than that of a sub-query under these names.
Unsupported | postgres | SELECT to_jsonb(p) FROM patients AS p (a, b)
Unsupported | postgres | SELECT p FROM patients AS p (a)
Unsupported | postgres | SELECT to_jsonb(p.*) FROM patients AS p (a, b)
Unsupported | postgres | SELECT 1 FROM patients AS p (a) WHERE EXISTS (SELECT row_to_json(p))
-- What the parser's tree has no place for, or this project's PostgreSQL can't prove.
Unsupported | sqlite | INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (tenant_id, id) DO NOTHING ON CONFLICT (tenant_id, email) DO UPDATE SET name = 'x'
Unsupported | postgres | MERGE INTO patients p USING doctors d ON d.id = p.id WHEN NOT MATCHED BY SOURCE THEN DELETE
TenantColumn | both | INSERT INTO links SELECT * FROM links JOIN patients USING (tenant_id)
