-- Statements that are run, rewritten, on everybody's rows, and as they stand on one tenant's rows alone.
-- $1 is 2, $2 is 'B%'. `pg:` and `lite:` mark what one database alone knows; `ordered:` compares the order too.
-- # select
SELECT * FROM patients
SELECT id, name FROM patients WHERE id = $1
SELECT name FROM patients WHERE name LIKE $2 OR score > $1
SELECT name FROM patients WHERE id = 1 OR 1 = 1
SELECT name FROM patients WHERE NOT id = 1 AND score IS NULL OR email IS NOT NULL
SELECT count(*), sum(score), min(name), max(email), avg(score) FROM patients
SELECT count(*) FROM patients WHERE id = 99
SELECT p.* FROM patients p
SELECT p.*, p.id + 1 AS next FROM patients AS p WHERE p.id < $1 + 1
SELECT patients.name FROM patients
SELECT "patients"."name" FROM "patients"
SELECT PATIENTS.NAME FROM Patients
SELECT tenant_id IS NULL, count(*) FROM patients GROUP BY tenant_id
SELECT DISTINCT name FROM patients
SELECT DISTINCT tenant_id IS NOT NULL FROM links
SELECT a, b FROM links
SELECT a, b, count(*) FROM links GROUP BY a, b
SELECT name, count(*) AS n FROM patients GROUP BY name HAVING count(*) > 1
SELECT upper(name) AS loud, length(name) FROM patients WHERE coalesce(score, 0) >= 0
ordered: SELECT id, name FROM patients ORDER BY name DESC, id
ordered: SELECT id FROM patients ORDER BY id LIMIT 2
ordered: SELECT id FROM patients ORDER BY id LIMIT 2 OFFSET 1
ordered: SELECT id FROM patients ORDER BY id DESC LIMIT (SELECT count(*) - 1 FROM doctors)
ordered: SELECT name AS label FROM patients ORDER BY label, id
ordered: SELECT id, score FROM patients ORDER BY score NULLS LAST, id
lite: SELECT id FROM patients ORDER BY id LIMIT 1, 2
pg: SELECT id FROM patients ORDER BY id FETCH FIRST 2 ROWS ONLY
SELECT CASE WHEN score > 3 THEN 'high' WHEN score IS NULL THEN 'none' ELSE 'low' END AS level, count(*) FROM patients GROUP BY 1
SELECT CASE name WHEN 'Ann' THEN 1 ELSE 0 END FROM patients
SELECT CAST(score AS text) || '!' FROM patients WHERE score BETWEEN 1 AND 9
SELECT id FROM patients WHERE id IN (1, 2, 3) AND name NOT IN ('Ann')
SELECT id FROM patients WHERE (id, name) IN (SELECT patient_id, note FROM visits)
SELECT id FROM patients WHERE name IS NOT DISTINCT FROM 'Ann'
SELECT id, -id, - -id, +id, NOT (id = 1) FROM patients
SELECT 'it''s' AS a, 'back\slash' AS b, 'two'' '' quotes' AS c FROM patients WHERE name <> 'x'' OR 1=1 --'
SELECT 1
SELECT 1 + $1
SELECT name FROM patients WHERE id = 1 -- the end
SELECT /* inner */ name FROM patients /* WHERE */ WHERE id = 2
SELECT name FROM patients;
SELECT "Id", "select" FROM "Odd Names"
SELECT o."select" FROM "Odd Names" AS o WHERE o."Id" > 1
lite: SELECT [select] FROM [Odd Names] WHERE `Id` = 1
lite: SELECT "select" FROM "odd names"
pg: SELECT name FROM public.patients WHERE public.patients.id = 1
lite: SELECT main.patients.name FROM main.patients WHERE main.patients.id = 1
pg: SELECT name FROM patients WHERE name = E'An\x6e' OR name = $$Bob$$ OR name = U&'\0043\0061\0074'
pg: SELECT name, score FROM patients WHERE name ~ '^A' AND name ILIKE 'a%' AND name !~* 'z'
lite: SELECT name FROM patients WHERE name GLOB 'A*'
pg: SELECT id FROM patients WHERE id = ANY (ARRAY[1, 2]) OR id = ANY (SELECT patient_id FROM visits)
pg: SELECT id FROM patients WHERE score >= ALL (SELECT score FROM patients WHERE score IS NOT NULL)
pg: SELECT DISTINCT ON (name) name, id FROM patients ORDER BY name, id
pg: SELECT p FROM patients p
pg: SELECT to_jsonb(p) - 'tenant_id', p.name FROM patients p
pg: SELECT count(p.*), count(row_to_json(p.*)::text) FROM patients p
pg: SELECT patients FROM patients WHERE patients IS NOT NULL
pg: SELECT id, name, score FROM patients GROUP BY tenant_id, id
pg: SELECT name, ward, grouping(name), count(*) FROM doctors GROUP BY GROUPING SETS ((name), (ward), ())
pg: SELECT name, ward, count(*) FROM doctors GROUP BY ROLLUP (name, ward)
pg: SELECT name, count(*) FROM doctors GROUP BY CUBE (name)
pg: SELECT name FROM patients WHERE id = 1 FOR UPDATE
pg: SELECT p.name FROM patients p JOIN visits v ON v.patient_id = p.id FOR SHARE OF p SKIP LOCKED
pg: SELECT id FROM patients ORDER BY id FOR UPDATE NOWAIT
pg: SELECT extract(year FROM date '2026-01-02'), substring(name FROM 1 FOR 2), trim(both ' ' FROM name), position('n' IN name) FROM patients
pg: SELECT interval '1 day' + timestamp '2026-01-01', (timestamptz '2026-01-01 00:00+00') AT TIME ZONE 'UTC' FROM patients
pg: SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY score) FROM patients
pg: SELECT array_agg(name ORDER BY id), (array_agg(id ORDER BY id))[1], (array_agg(id ORDER BY id))[1:2] FROM patients
pg: SELECT name COLLATE "C" FROM patients
SELECT string_agg(name, ',') IS NULL FROM patients
SELECT count(*) FILTER (WHERE score > (SELECT avg(score) FROM patients)) FROM patients
-- # joins
SELECT p.name, v.cost FROM patients p JOIN visits v ON v.patient_id = p.id
SELECT p.name, v.cost FROM patients p INNER JOIN visits v ON v.patient_id = p.id WHERE v.cost > 5 OR p.id = 1
SELECT p.name, v.cost FROM patients p, visits v WHERE v.patient_id = p.id
SELECT p.name, d.name FROM patients p CROSS JOIN doctors d
SELECT p.name, v.id FROM patients p LEFT JOIN visits v ON v.patient_id = p.id
SELECT p.name, v.id FROM patients p LEFT JOIN visits v ON v.patient_id = p.id WHERE v.id IS NULL
SELECT p.name, v.id FROM patients p LEFT JOIN visits v ON v.patient_id = p.id OR v.cost = 0
SELECT p.name, v.id FROM patients p LEFT JOIN visits v ON 1 = 1
SELECT p.name, v.id FROM patients p RIGHT JOIN visits v ON v.patient_id = p.id
SELECT p.name, d.name FROM patients p FULL JOIN doctors d ON d.id = p.id
SELECT p.name, v.id, d.name FROM patients p LEFT JOIN visits v ON v.patient_id = p.id LEFT JOIN doctors d ON d.id = v.doctor_id
SELECT p.name, v.id, d.name FROM patients p LEFT JOIN (visits v JOIN doctors d ON d.id = v.doctor_id) ON v.patient_id = p.id
SELECT p.name, v.id, d.name FROM patients p LEFT JOIN visits v ON v.patient_id = p.id RIGHT JOIN doctors d ON d.id = v.doctor_id
SELECT p.name, v.id, d.name FROM patients p RIGHT JOIN visits v ON v.patient_id = p.id LEFT JOIN doctors d ON d.id = v.doctor_id
SELECT p.name, v.id, d.name FROM patients p FULL JOIN visits v ON v.patient_id = p.id LEFT JOIN doctors d ON d.id = v.doctor_id
SELECT p.name, v.id, d.name FROM patients p LEFT JOIN visits v ON v.patient_id = p.id FULL JOIN doctors d ON d.id = p.id
SELECT p.name, v.id, d.name FROM patients p JOIN visits v ON v.patient_id = p.id RIGHT JOIN doctors d ON d.id = v.doctor_id
SELECT a.name, b.name FROM patients a JOIN patients b ON b.score = a.score
SELECT a.name, b.name FROM patients a LEFT JOIN patients b ON b.id = a.id + 1
SELECT patients.name, p2.name FROM patients JOIN patients AS p2 ON p2.id = patients.id
SELECT visits.name FROM patients AS visits
SELECT name, cost FROM patients NATURAL JOIN (SELECT id, cost, tenant_id FROM visits) AS v
SELECT id, p.name, d.name FROM patients p JOIN doctors d USING (id)
SELECT id, p.name, d.name FROM patients p LEFT JOIN doctors d USING (id)
SELECT id, p.name, d.name FROM patients p RIGHT JOIN doctors d USING (id)
SELECT p.id, d.id FROM patients p FULL JOIN doctors d USING (id)
SELECT * FROM patients NATURAL LEFT JOIN links
SELECT * FROM links NATURAL JOIN settings
SELECT v.id, c.name FROM visits v LEFT JOIN countries c ON c.code = v.country
SELECT c.name, v.id FROM countries c LEFT JOIN visits v ON v.country = c.code
SELECT c.name, v.id FROM visits v RIGHT JOIN countries c ON v.country = c.code
SELECT c.name, v.id FROM countries c FULL JOIN visits v ON v.country = c.code
SELECT c.name, p.amount FROM countries c JOIN prices p ON p.country = c.code
SELECT p.name FROM (patients p JOIN visits v ON v.patient_id = p.id) JOIN doctors d ON d.id = v.doctor_id
SELECT d.name, c.name, v.id FROM countries c, doctors d LEFT JOIN visits v ON v.doctor_id = d.id
lite: SELECT d.name, p.name, v.id FROM patients p, doctors d RIGHT JOIN visits v ON v.doctor_id = d.id
lite: SELECT p.name, d.name FROM patients p LEFT JOIN doctors d
pg: SELECT p.name, v.id FROM patients p JOIN visits v JOIN doctors d ON d.id = v.doctor_id ON v.patient_id = p.id
pg: SELECT p.name, x.cost FROM patients p, LATERAL (SELECT v.cost FROM visits v WHERE v.patient_id = p.id ORDER BY v.cost DESC LIMIT 1) AS x
pg: SELECT p.name, x.n FROM patients p LEFT JOIN LATERAL (SELECT count(*) AS n FROM visits WHERE patient_id = p.id) x ON true
pg: SELECT p.name, g.n FROM patients p CROSS JOIN generate_series(1, 2) AS g(n)
pg: SELECT p.a, p.b FROM patients AS p (a, b, c, d, e)
pg: SELECT p.tenant_id, p.c FROM patients AS p (a, tenant_id, c)
pg: SELECT x.value FROM patients p, jsonb_array_elements_text(jsonb_build_array(p.id, p.name)) AS x
pg: SELECT u.v, u.n FROM unnest(ARRAY['a', 'b']) WITH ORDINALITY AS u(v, n)
lite: SELECT p.name, j.value FROM patients p, json_each('[1,2]') j
-- # sub-queries
SELECT name FROM patients WHERE id IN (SELECT patient_id FROM visits)
SELECT name FROM patients WHERE id NOT IN (SELECT patient_id FROM visits)
SELECT name FROM patients p WHERE EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = p.id AND v.cost > 5)
SELECT name FROM patients p WHERE NOT EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = p.id)
SELECT name, (SELECT count(*) FROM visits v WHERE v.patient_id = p.id) AS visits FROM patients p
SELECT name, (SELECT max(cost) FROM visits) AS most FROM patients
SELECT (SELECT count(*) FROM patients) + (SELECT count(*) FROM doctors) AS people
SELECT s.name, s.n FROM (SELECT name, count(*) AS n FROM patients GROUP BY name) AS s WHERE s.n > 0
SELECT q.x FROM (SELECT r.x FROM (SELECT id AS x FROM patients) AS r) AS q
SELECT * FROM (SELECT p.id, v.cost FROM patients p LEFT JOIN visits v ON v.patient_id = p.id) AS s WHERE s.cost IS NULL
SELECT name FROM patients WHERE score = (SELECT max(score) FROM patients)
SELECT name FROM patients WHERE patients.id IN (SELECT patients.id FROM patients WHERE patients.score > 3)
SELECT p.name FROM patients p WHERE p.score > (SELECT avg(q.score) FROM patients q WHERE q.id <> p.id)
SELECT c.name, (SELECT count(*) FROM visits WHERE country = c.code) FROM countries c
SELECT code FROM countries WHERE code NOT IN (SELECT country FROM visits WHERE country IS NOT NULL)
ordered: SELECT name FROM patients p ORDER BY (SELECT count(*) FROM visits v WHERE v.patient_id = p.id) DESC, p.id
SELECT name FROM patients GROUP BY name HAVING count(*) >= (SELECT min(score) FROM patients)
SELECT CASE WHEN EXISTS (SELECT 1 FROM visits WHERE cost > 100) THEN 'dear' ELSE 'cheap' END
SELECT coalesce((SELECT name FROM patients WHERE id = 77), (SELECT name FROM doctors WHERE id = 1), 'none')
SELECT name FROM patients WHERE id BETWEEN (SELECT min(id) FROM doctors) AND (SELECT max(id) FROM doctors)
SELECT d.name FROM doctors d JOIN visits v ON v.doctor_id = d.id AND v.patient_id IN (SELECT id FROM patients WHERE score > 3)
pg: SELECT ARRAY(SELECT name FROM patients ORDER BY id)
pg: SELECT name FROM patients p WHERE (p.id, p.name) = (SELECT id, name FROM patients WHERE id = 1)
-- # common table expressions and set operations
WITH high AS (SELECT * FROM patients WHERE score > 3) SELECT name FROM high
WITH a AS (SELECT id FROM patients), b AS (SELECT id FROM a WHERE id > 1) SELECT b.id FROM b JOIN a ON a.id = b.id
WITH x (n, label) AS (SELECT id, name FROM patients) SELECT x.n, x.label FROM x
WITH doctors AS (SELECT id, name FROM patients) SELECT name FROM doctors
WITH visits AS (SELECT 1 AS id) SELECT p.name FROM patients p JOIN visits ON visits.id = p.id
pg: WITH patients AS (SELECT * FROM patients WHERE id = 1) SELECT name FROM patients
WITH a AS (SELECT id FROM patients) SELECT * FROM (WITH a AS (SELECT id FROM doctors) SELECT id FROM a) AS inner_a, a
SELECT * FROM (WITH visits AS (SELECT 5 AS cost) SELECT cost FROM visits) AS w JOIN visits ON visits.cost >= w.cost
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT count(*) FROM patients)) SELECT i FROM n
WITH RECURSIVE chain (id, depth) AS (SELECT id, 0 FROM patients WHERE id = 1 UNION ALL SELECT p.id, c.depth + 1 FROM patients p JOIN chain c ON p.id = c.id + 1 WHERE c.depth < 9) SELECT id, depth FROM chain
WITH RECURSIVE reach AS (SELECT a, b FROM links WHERE a = 1 UNION SELECT l.a, l.b FROM links l JOIN reach r ON l.a = r.b) SELECT a, b FROM reach
pg: WITH one AS MATERIALIZED (SELECT name FROM patients) SELECT name FROM one
SELECT name FROM patients UNION SELECT name FROM doctors
SELECT name FROM patients UNION ALL SELECT name FROM doctors
SELECT name FROM patients INTERSECT SELECT name FROM doctors
SELECT id FROM patients EXCEPT SELECT patient_id FROM visits
SELECT id FROM patients WHERE id > 1 UNION SELECT id FROM doctors WHERE id < 3 UNION ALL SELECT 9
ordered: SELECT name FROM patients UNION SELECT name FROM doctors ORDER BY name LIMIT 3
pg: (SELECT name FROM patients ORDER BY id LIMIT 1) UNION ALL (SELECT name FROM doctors ORDER BY id LIMIT 1)
pg: SELECT id FROM patients EXCEPT (SELECT patient_id FROM visits INTERSECT SELECT id FROM doctors)
SELECT code FROM countries UNION SELECT country FROM visits WHERE country IS NOT NULL
VALUES (1, 'a'), (2, 'b')
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v
SELECT p.name FROM patients p WHERE p.id IN (VALUES (1), (2))
pg: SELECT p.name, v.label FROM patients p JOIN (VALUES (1, 'one'), (2, 'two')) AS v (id, label) ON v.id = p.id
-- # windows
SELECT id, row_number() OVER (ORDER BY id) AS n FROM patients
SELECT name, sum(score) OVER (PARTITION BY name ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS t FROM patients
SELECT name, rank() OVER w, lag(name) OVER w FROM patients WINDOW w AS (ORDER BY score, id)
SELECT patient_id, cost, cost - avg(cost) OVER (PARTITION BY patient_id) AS d FROM visits
SELECT count(*) OVER () AS total, name FROM patients
SELECT name, first_value(name) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM patients
SELECT s.name FROM (SELECT name, row_number() OVER (PARTITION BY score ORDER BY id) AS n FROM patients) AS s WHERE s.n = 1
-- # insert
INSERT INTO patients (id, name) VALUES (50, 'New')
INSERT INTO patients (id, name, score) VALUES (50, 'New', 1), (51, 'Newer', NULL)
INSERT INTO patients (id, name) VALUES ($1 + 50, $2) RETURNING id, name
INSERT INTO patients (id, name) VALUES (50, 'x') RETURNING *
INSERT INTO visits (id, patient_id) VALUES (50, (SELECT max(id) FROM patients))
INSERT INTO visits (id, patient_id, cost, note) SELECT id + 100, id, score, name FROM patients WHERE score IS NOT NULL
INSERT INTO links (a, b) SELECT a, b FROM links
INSERT INTO links (a) SELECT id FROM patients UNION SELECT id FROM doctors
INSERT INTO links (a, b) SELECT count(*), max(id) FROM patients
INSERT INTO links (a, b) SELECT DISTINCT a, b FROM links
INSERT INTO links (a, b) SELECT score, count(*) FROM patients GROUP BY score ORDER BY score LIMIT 2
INSERT INTO links (a, b) VALUES (7, 7), (7, 7)
INSERT INTO links (a) SELECT 1 UNION ALL SELECT id FROM (SELECT id FROM patients ORDER BY id LIMIT 2) AS q
INSERT INTO links DEFAULT VALUES
INSERT INTO settings (value, name) VALUES ('v', 'fresh')
INSERT INTO "Odd Names" ("Id", "select") VALUES (50, 'y')
pg: INSERT INTO doctors VALUES (50, 'Eve', 'west')
pg: INSERT INTO doctors VALUES (50)
pg: INSERT INTO doctors (id, name) VALUES (50, DEFAULT)
pg: INSERT INTO doctors SELECT id + 50, name FROM patients
pg: INSERT INTO patients AS p (id, name) VALUES (1, 'Again') ON CONFLICT (tenant_id, id) DO UPDATE SET name = p.name || excluded.name
INSERT INTO patients (id, name) VALUES (1, 'Again') ON CONFLICT (tenant_id, id) DO NOTHING
INSERT INTO patients (id, name) VALUES (1, 'Again') ON CONFLICT DO NOTHING
INSERT INTO patients (id, name) VALUES (1, 'Again'), (60, 'Sixty') ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, score = patients.score + 1
INSERT INTO patients (id, name, email) VALUES (61, 'Same', 'ann@example.org') ON CONFLICT (tenant_id, email) DO UPDATE SET name = excluded.name WHERE patients.id < 10 RETURNING id, name
INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (tenant_id, id) DO UPDATE SET score = (SELECT count(*) FROM visits)
INSERT INTO patients (id, name) VALUES (1, 'taken')
INSERT INTO patients (id, name) SELECT id, note FROM visits WHERE note IS NOT NULL ON CONFLICT (tenant_id, id) DO NOTHING
INSERT INTO items (visit_id, position, label) VALUES (1, 1, 'again') ON CONFLICT (tenant_id, visit_id, position) DO UPDATE SET label = excluded.label
pg: INSERT INTO visits (id, patient_id) VALUES (1, 1) ON CONFLICT ON CONSTRAINT visits_key DO NOTHING
lite: INSERT OR IGNORE INTO patients (id, name) VALUES (1, 'ignored'), (50, 'kept')
lite: INSERT OR ABORT INTO patients (id, name) VALUES (50, 'kept')
WITH src AS (SELECT id + 200 AS id, name FROM doctors) INSERT INTO patients (id, name) SELECT id, name FROM src
WITH patients AS (SELECT 90 AS id, 'cte' AS name) INSERT INTO patients (id, name) SELECT id, name FROM patients
INSERT INTO rooms (id, label) VALUES (500, 'new')
INSERT INTO patients (id, name) VALUES (70, 'it''s \ odd')
-- # update
UPDATE patients SET score = 0
UPDATE patients SET score = score + 1 WHERE id = $1
UPDATE patients SET name = 'x' WHERE id = 1 OR 1 = 1
pg: UPDATE patients AS p SET name = upper(p.name) WHERE p.score > 3 RETURNING p.id, p.name
UPDATE patients AS p SET name = upper(p.name) WHERE p.score > 3 RETURNING id, name
UPDATE patients SET score = (SELECT count(*) FROM visits v WHERE v.patient_id = patients.id)
UPDATE patients SET (name, score) = ('both', 1) WHERE id = 2
UPDATE patients SET score = v.cost FROM visits v WHERE v.patient_id = patients.id AND v.id = 1
UPDATE patients AS p SET name = d.name FROM doctors d, visits v WHERE v.patient_id = p.id AND v.doctor_id = d.id AND v.id = 1
UPDATE visits SET note = c.name FROM countries c WHERE c.code = visits.country
UPDATE visits SET note = 'none' FROM patients p LEFT JOIN doctors d ON d.id = p.id WHERE p.id = visits.patient_id AND d.id IS NULL
UPDATE patients SET score = 1 WHERE id IN (SELECT patient_id FROM visits WHERE cost > 5)
UPDATE patients SET name = 'gone' WHERE id = 99
UPDATE patients SET id = id + 1000
WITH rich AS (SELECT patient_id FROM visits WHERE cost > 5) UPDATE patients SET name = 'rich' WHERE id IN (SELECT patient_id FROM rich)
WITH patients AS (SELECT 1 AS id) UPDATE patients SET score = 9 WHERE id IN (SELECT id FROM doctors)
UPDATE "Odd Names" SET "select" = 'z' WHERE "Id" = 1
UPDATE links SET a = b, b = a
pg: UPDATE patients SET score = DEFAULT, (name, email) = (SELECT 'n', 'e' || patients.id) WHERE id < 3
pg: UPDATE public.patients SET name = 'q' WHERE public.patients.id = 1
-- # delete
DELETE FROM links
DELETE FROM patients WHERE id = $1 RETURNING id, name
DELETE FROM patients WHERE id = 1 OR true
DELETE FROM patients AS p WHERE p.score IS NULL
DELETE FROM visits WHERE patient_id IN (SELECT id FROM patients WHERE score > 3)
DELETE FROM patients WHERE NOT EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = patients.id)
pg: DELETE FROM visits USING patients p WHERE p.id = visits.patient_id AND p.score > 3
pg: DELETE FROM visits v USING patients p LEFT JOIN doctors d ON d.id = p.id WHERE p.id = v.patient_id AND d.id IS NULL RETURNING v.id, p.name
WITH old AS (SELECT min(id) AS id FROM visits) DELETE FROM visits WHERE id IN (SELECT id FROM old)
pg: WITH gone AS (DELETE FROM visits WHERE cost > 5 RETURNING patient_id, cost) SELECT patient_id, sum(cost) FROM gone GROUP BY patient_id
pg: WITH made AS (INSERT INTO patients (id, name) VALUES (80, 'CTE') RETURNING id) INSERT INTO visits (id, patient_id) SELECT 80, id FROM made
pg: WITH changed AS (UPDATE patients SET score = 1 WHERE id = 1 RETURNING id) SELECT p.name FROM patients p JOIN changed ON changed.id = p.id
-- # merge
pg: MERGE INTO patients p USING visits v ON v.patient_id = p.id AND v.id = 1 WHEN MATCHED THEN UPDATE SET score = v.cost
pg: MERGE INTO links l USING patients p ON l.a = p.id WHEN NOT MATCHED THEN INSERT (a) VALUES (p.id)
pg: MERGE INTO patients USING doctors ON doctors.id = patients.id WHEN MATCHED THEN DELETE
pg: MERGE INTO patients p USING doctors d ON d.id = p.id WHEN MATCHED THEN UPDATE SET name = d.name, score = p.score + 1 WHEN NOT MATCHED THEN INSERT (id, name) VALUES (d.id, d.name)
pg: MERGE INTO patients p USING doctors d ON d.id = p.id WHEN MATCHED AND d.ward IS NULL THEN DELETE WHEN MATCHED AND p.score > 1 THEN UPDATE SET score = 0 WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED AND d.name = 'Bob' THEN INSERT (id, name, email) VALUES (d.id, 'new', DEFAULT) WHEN NOT MATCHED THEN DO NOTHING
pg: MERGE INTO patients p USING (SELECT patient_id, count(*) AS n FROM visits GROUP BY patient_id) AS v ON v.patient_id = p.id WHEN MATCHED THEN UPDATE SET score = v.n WHEN NOT MATCHED THEN INSERT (id, name, score) VALUES (v.patient_id, 'from visits', v.n)
pg: MERGE INTO patients AS p USING (VALUES (1, 'Again'), (77, 'New')) AS s (id, name) ON p.id = s.id WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)
pg: WITH s AS (SELECT id + 2 AS id, name FROM doctors) MERGE INTO patients p USING s ON s.id = p.id WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)
pg: WITH patients AS (SELECT id FROM visits) MERGE INTO patients p USING patients AS v ON v.id = p.id WHEN MATCHED THEN UPDATE SET score = v.id
pg: MERGE INTO visits v USING countries c ON c.code = v.country WHEN MATCHED THEN UPDATE SET note = c.name
pg: MERGE INTO settings s USING countries c ON c.code = s.name WHEN NOT MATCHED THEN INSERT (name, value) VALUES (c.code, c.name)
pg: MERGE INTO settings USING (VALUES ('theme', 'light'), ('fresh', 'x')) AS s (name, value) ON s.name = settings.name WHEN MATCHED THEN UPDATE SET value = s.value WHEN NOT MATCHED THEN INSERT VALUES (s.name, s.value)
pg: MERGE INTO patients p USING patients q ON q.id = p.id + 1 WHEN MATCHED THEN UPDATE SET name = q.name WHEN NOT MATCHED THEN DO NOTHING
pg: MERGE INTO patients p USING patients q ON q.id = p.id + 100 WHEN NOT MATCHED THEN INSERT (id, name, email) VALUES (q.id + 100, q.name, (SELECT max(note) FROM visits WHERE visits.patient_id = q.id))
pg: MERGE INTO patients p USING doctors d ON true AND d.id = 1 WHEN MATCHED THEN UPDATE SET score = d.id
pg: MERGE INTO patients p USING (SELECT 1) AS one (x) ON p.id = 1 OR 1 = 1 WHEN MATCHED THEN DELETE
pg: MERGE INTO links l USING doctors d ON false WHEN NOT MATCHED THEN INSERT DEFAULT VALUES
pg: MERGE INTO patients p USING (visits v JOIN doctors d ON d.id = v.doctor_id) ON v.patient_id = p.id AND v.id = 1 WHEN MATCHED THEN UPDATE SET name = d.name, score = v.cost
pg: MERGE INTO patients p USING (visits v LEFT JOIN doctors d ON d.id = v.doctor_id) ON v.patient_id = p.id AND v.id = 3 WHEN MATCHED AND d.id IS NULL THEN UPDATE SET name = coalesce(d.name, 'none')
pg: MERGE INTO patients p USING visits AS v (t, i, pid) ON v.pid = p.id AND v.i = 2 WHEN MATCHED THEN UPDATE SET score = v.i
pg: MERGE INTO patients p USING visits v ON v.id = p.id AND v.cost > (SELECT min(cost) FROM visits) WHEN MATCHED AND EXISTS (SELECT 1 FROM items i WHERE i.visit_id = v.id) THEN UPDATE SET (name, score) = (SELECT max(d.name), count(*) FROM doctors d WHERE d.id >= v.id) WHEN NOT MATCHED THEN INSERT (id, name) VALUES (v.id + 200, coalesce(v.note, 'none'))
pg: MERGE INTO patients p USING doctors d ON d.id = p.id WHEN NOT MATCHED THEN INSERT (tenant_id, id, name) VALUES (d.tenant_id, d.id, d.name)
pg: MERGE INTO patients p USING doctors d ON d.id = p.id WHEN NOT MATCHED THEN INSERT (id, tenant_id, name) VALUES (d.id + 10, DEFAULT, d.name) WHEN MATCHED THEN DELETE
pg: MERGE INTO doctors USING patients p ON p.id = doctors.id WHEN NOT MATCHED THEN INSERT VALUES (p.id, p.name, NULL, p.tenant_id)
pg: MERGE INTO patients p USING doctors d ON d.tenant_id <> p.tenant_id OR p.tenant_id IS NULL WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, name) VALUES (d.id + 300, d.name)
pg: MERGE INTO patients p USING doctors d ON d.tenant_id = p.tenant_id AND d.id = p.id WHEN MATCHED THEN UPDATE SET score = 100
pg: MERGE INTO "Odd Names" AS o USING "Odd Names" AS "O" ON o."Id" = "O"."Id" + 1 WHEN MATCHED THEN UPDATE SET "select" = "O"."select" WHEN NOT MATCHED THEN INSERT ("Id", "select") VALUES ("O"."Id" + 50, 'z')
pg: MERGE INTO public.patients USING public.doctors ON public.doctors.id = public.patients.id WHEN MATCHED THEN UPDATE SET name = public.doctors.name || public.patients.name
pg: MERGE INTO patients visits USING visits patients ON patients.patient_id = visits.id AND patients.id = 1 WHEN MATCHED THEN UPDATE SET score = patients.cost
pg: MERGE INTO patients p USING generate_series(1, 3) AS g(n) ON g.n = p.id WHEN MATCHED THEN UPDATE SET score = g.n * $1 WHEN NOT MATCHED THEN INSERT (id, name) VALUES (g.n, $2)
pg: MERGE INTO patients p USING (SELECT id FROM doctors UNION ALL SELECT id FROM doctors) AS d ON d.id = p.id WHEN MATCHED THEN UPDATE SET score = 1
pg: MERGE INTO notes n USING visits v ON v.id = n.id WHEN MATCHED THEN UPDATE SET body = v.note WHEN NOT MATCHED THEN INSERT (visit_id, id, body) VALUES (v.id, v.id, 'made')
pg: MERGE INTO visits v USING patients p ON p.id = v.patient_id AND p.score > 3 WHEN MATCHED THEN DELETE
pg: MERGE INTO patients p USING (SELECT d.*, v.cost FROM doctors d LEFT JOIN visits v USING (id)) AS s ON s.id = p.id WHEN MATCHED THEN UPDATE SET score = s.cost
-- # TABLE, and hints
pg: TABLE patients
pg: TABLE public.patients
pg: TABLE "Odd Names"
ordered: pg: TABLE patients ORDER BY id DESC LIMIT 2
pg: TABLE patients FOR UPDATE
pg: (TABLE links) UNION ALL TABLE links
pg: WITH generate AS (SELECT 2 AS id) SELECT name FROM patients WHERE id IN (TABLE generate) OR id = ANY (TABLE generate)
pg: WITH a AS (TABLE visits), b AS MATERIALIZED (TABLE a EXCEPT TABLE a) TABLE b UNION TABLE a
pg: WITH one (x) AS (SELECT id FROM doctors) SELECT ARRAY(TABLE one), d.id AS table FROM (TABLE doctors) AS d
pg: INSERT INTO visits (id, patient_id) TABLE links
pg: INSERT INTO visits (id, patient_id) WITH s AS (SELECT id + 100, id FROM doctors) TABLE s
SELECT id FROM patients WHERE score ISNULL AND NOT (email ISNULL) OR (score + 1) isnull
lite: SELECT name FROM patients NOT INDEXED WHERE NOT score > 3
lite: SELECT p.name FROM patients AS p NOT INDEXED JOIN visits v INDEXED BY sqlite_autoindex_visits_1 ON v.patient_id = p.id
lite: SELECT p.name FROM main.patients p NOT INDEXED, doctors NOT INDEXED WHERE doctors.id = p.id
lite: UPDATE patients INDEXED BY sqlite_autoindex_patients_1 SET score = 1 WHERE id = 1
lite: DELETE FROM visits NOT INDEXED WHERE cost = 0
-- # what SQLite alone has
lite: SELECT name FROM patients WHERE id IS 1
lite: SELECT name FROM patients WHERE id IS NOT 1 AND score IS email OR name IS NOT 'Ann' = (id IS $1)
lite: SELECT name FROM patients WHERE score IS NOT DISTINCT FROM NULL AND email IS DISTINCT FROM 'x'
lite: SELECT score IS (SELECT max(score) FROM patients), score IS NOT TRUE, score IS FALSE, score IS NOT (NULL), -score IS NOT -id FROM patients
lite: SELECT p.id, v.id FROM patients p LEFT JOIN visits v ON v.patient_id IS p.id WHERE v.doctor_id IS NOT p.id
lite: SELECT id << 1, id >> 1, 1 << id + 1, id << 2 | 1 & 3 FROM patients
lite: WITH some AS (SELECT id FROM doctors WHERE id > 1) SELECT name, id IN some FROM patients WHERE id NOT IN some OR (score IN some AND true)
lite: REPLACE INTO patients (id, name) VALUES (1, 'x')
lite: REPLACE INTO patients (id, name, email) VALUES (50, 'x', 'ann@example.org'), (2, 'y', NULL) RETURNING id, name
lite: INSERT OR REPLACE INTO patients (id, name) SELECT id, name FROM doctors
lite: INSERT OR REPLACE INTO links (a, b) VALUES (1, 2)
lite: REPLACE INTO settings (name, value) VALUES ('theme', 'light'), ('fresh', 'x'), ('theme', 'last')
lite: INSERT OR REPLACE INTO visits (id, patient_id) VALUES (1, 3)
lite: REPLACE INTO doctors (tenant_id, id) SELECT tenant_id, id FROM patients
lite: REPLACE INTO settings DEFAULT VALUES
lite: WITH a AS (SELECT id, name FROM doctors) REPLACE INTO patients (id, name) SELECT id + 1, name FROM a
lite: UPDATE OR IGNORE patients SET id = 1
lite: UPDATE OR IGNORE patients SET id = 2, name = 'two' WHERE id < 3
lite: UPDATE OR REPLACE patients SET email = 'ann@example.org' WHERE id = 2
lite: UPDATE OR REPLACE patients SET id = 1 WHERE id = 3 RETURNING id, name
lite: UPDATE OR ABORT patients SET id = 1
lite: UPDATE OR IGNORE settings SET name = 'theme' FROM patients WHERE patients.id = 1
lite: UPDATE OR ABORT rooms SET label = 'x'
-- # insert without a list of columns, from all columns
INSERT INTO links SELECT * FROM links
INSERT INTO links SELECT l.* FROM links l WHERE l.a = 1
INSERT INTO links SELECT * FROM links AS links WHERE a IS NOT NULL ORDER BY tenant_id, a DESC, b LIMIT 2
INSERT INTO links SELECT DISTINCT * FROM links
INSERT INTO links SELECT * FROM links UNION ALL SELECT * FROM links
INSERT INTO links SELECT * FROM links EXCEPT SELECT tenant_id, id, id FROM patients
INSERT INTO links (tenant_id, a, b) SELECT * FROM links
INSERT INTO links (a, tenant_id, b) SELECT s.a, s.tenant_id, s.b FROM links s
INSERT INTO links (tenant_id, a) SELECT tenant_id, count(*) FROM patients GROUP BY tenant_id
INSERT INTO links SELECT s.* FROM (SELECT tenant_id, id, score FROM patients) AS s
INSERT INTO links SELECT * FROM (SELECT tenant_id, p.id, d.id AS other FROM patients p JOIN (SELECT id FROM doctors) AS d ON d.id = p.id) AS s
INSERT INTO links SELECT p.tenant_id, d.* FROM patients p CROSS JOIN (SELECT id, id + 1 AS next FROM doctors) AS d
INSERT INTO links SELECT * FROM (SELECT tenant_id FROM patients WHERE id = 1) AS p CROSS JOIN (SELECT id, id + 1 AS next FROM doctors) AS d
INSERT INTO links WITH s AS (SELECT tenant_id, id, patient_id FROM visits) SELECT * FROM s
WITH s AS (SELECT tenant_id, id, patient_id FROM visits) INSERT INTO links SELECT * FROM s
WITH s (t, x, y) AS (SELECT tenant_id, id, patient_id FROM visits) INSERT INTO links SELECT * FROM s RETURNING a, b
WITH links AS (SELECT tenant_id, id, patient_id FROM visits) INSERT INTO links SELECT * FROM links
INSERT INTO links SELECT l.* FROM patients p LEFT JOIN links l ON l.a = p.id WHERE l.a > 0
INSERT INTO links SELECT l.* FROM patients p LEFT JOIN links l ON l.a = p.id
INSERT INTO links SELECT l.* FROM links l JOIN patients p USING (tenant_id) WHERE p.id = 1
INSERT INTO patients SELECT * FROM patients
INSERT INTO patients SELECT * FROM patients WHERE id > 0 ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name || '!'
INSERT INTO "Odd Names" SELECT * FROM "Odd Names" WHERE "Id" > 0 ON CONFLICT DO NOTHING
INSERT INTO rooms SELECT r.id + 1000, r.tenant_id, r.label FROM rooms r
INSERT INTO settings SELECT * FROM (SELECT 'fresh' AS name, 'x' AS value, tenant_id FROM patients WHERE id = 1) AS s
lite: REPLACE INTO patients SELECT * FROM patients
lite: REPLACE INTO "Odd Names" SELECT * FROM "Odd Names"
lite: INSERT INTO links SELECT main.links.tenant_id, 1, 2 FROM main.links
pg: INSERT INTO links TABLE links
pg: INSERT INTO links SELECT * FROM links FOR UPDATE
pg: INSERT INTO links SELECT public.links.* FROM public.links
pg: INSERT INTO links SELECT * FROM links AS l (x, y, z) WHERE l.y = 1
pg: INSERT INTO links SELECT s.* FROM (TABLE links UNION ALL TABLE links) AS s
pg: INSERT INTO links SELECT tenant_id FROM patients
pg: INSERT INTO doctors SELECT id + 50, name FROM patients
pg: INSERT INTO doctors SELECT s.* FROM (SELECT id + 50 AS id, name FROM patients) AS s
pg: WITH moved AS (DELETE FROM links WHERE a = 1 RETURNING *) INSERT INTO links SELECT * FROM moved
pg: WITH moved AS (DELETE FROM visits RETURNING tenant_id, id, cost) INSERT INTO links SELECT * FROM moved RETURNING a
pg: WITH made AS (INSERT INTO links TABLE links RETURNING *) INSERT INTO links SELECT * FROM made
pg: INSERT INTO links SELECT DISTINCT ON (a) * FROM links ORDER BY a, b
pg: INSERT INTO links SELECT l.* FROM links l, LATERAL (SELECT count(*) FROM links m WHERE m.a = l.a) AS n
pg: INSERT INTO links SELECT * FROM (SELECT tenant_id, count(*), max(score)::bigint AS m FROM patients GROUP BY tenant_id) AS s
pg: INSERT INTO doctors SELECT * FROM (VALUES (60, 'Val', 'w')) AS v
-- # orders and limits
ordered: pg: SELECT id, score FROM patients ORDER BY score USING <, id USING > NULLS FIRST
ordered: pg: SELECT id FROM patients ORDER BY score USING >, id USING <
pg: SELECT array_agg(id ORDER BY name USING >, id USING <) FROM patients
pg: SELECT name FROM patients WHERE id IN (SELECT patient_id FROM visits ORDER BY cost, id FETCH FIRST 2 ROWS ONLY)
pg: SELECT s.id FROM (SELECT id FROM patients ORDER BY id OFFSET 1 ROWS FETCH NEXT 2 ROWS WITH TIES) AS s
pg: SELECT p.id, (SELECT v.id FROM visits v WHERE v.patient_id = p.id ORDER BY v.id FETCH FIRST ROW ONLY) FROM patients p
pg: WITH a AS (SELECT id FROM patients ORDER BY id FETCH FIRST $1 ROWS ONLY) SELECT count(*) FROM a
pg: SELECT id FROM patients WHERE name IS NFC NORMALIZED AND name IS NORMALIZED
-- # conflict targets of partial indexes
INSERT INTO items (visit_id, position, label, amount) VALUES (5, 1, 'open', -1), (5, 2, 'open', -2), (5, 3, 'open', 3) ON CONFLICT (tenant_id, label) WHERE amount < 0 DO NOTHING
INSERT INTO items (visit_id, position, label, amount) VALUES (5, 1, 'open', -1) ON CONFLICT (tenant_id, label) WHERE (amount < 0) DO UPDATE SET position = excluded.position WHERE items.amount < 0 RETURNING label
INSERT INTO items (visit_id, position, label, amount) SELECT 7, id, 'same', -id FROM patients WHERE id > 0 ORDER BY id LIMIT 2 ON CONFLICT (tenant_id, label) WHERE amount < 0 DO NOTHING
INSERT INTO items (visit_id, position, label, amount) VALUES (1, 1, 'again', -1) ON CONFLICT (tenant_id, label) WHERE amount < 0 DO NOTHING
pg: INSERT INTO items (visit_id, position, label, amount) VALUES (6, 1, 'again', 5) ON CONFLICT (tenant_id, label) WHERE amount < -3 DO NOTHING
pg: INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (tenant_id, id) WHERE id > 0 DO NOTHING
pg: INSERT INTO items AS i (visit_id, position, label, amount) (SELECT 8, id, 'alias' || id, -1 FROM doctors) ON CONFLICT (label, tenant_id) WHERE amount < 0 AND label IS NOT NULL DO UPDATE SET amount = i.amount - 1 WHERE i.label <> 'other'
pg: WITH a AS (INSERT INTO items (visit_id, position, label, amount) VALUES (9, 1, 'cte', -1) ON CONFLICT (tenant_id, label) WHERE amount < 0 DO NOTHING RETURNING label), b AS (INSERT INTO items (visit_id, position, label, amount) VALUES (1, 1, 'cte', -9) ON CONFLICT (tenant_id, visit_id, position) WHERE amount < 0 DO UPDATE SET label = 'b' RETURNING label) SELECT label FROM a UNION ALL SELECT label FROM b
pg: INSERT INTO public.items (visit_id, position, label, amount) VALUES (5, 1, 'open) WHERE (DO', -1) ON CONFLICT (tenant_id, label) WHERE items.amount < 0 AND label <> ') DO' DO NOTHING
-- # names with the home schema, which the place decides on
pg: SELECT public.patients.name, public.visits.cost FROM public.patients JOIN public.visits ON public.visits.patient_id = public.patients.id
lite: SELECT main.patients.name, main.visits.cost FROM main.patients JOIN main.visits ON main.visits.patient_id = main.patients.id
pg: SELECT public.patients.* FROM public.patients, public.doctors WHERE public.doctors.id = patients.id
pg: SELECT public.patients.name FROM patients
lite: SELECT main.patients.name FROM patients
pg: SELECT patients.name FROM public.patients
lite: SELECT patients.name FROM main.patients
pg: SELECT p.name FROM public.patients AS p WHERE p.id = $1
lite: SELECT p.name FROM main.patients AS p WHERE p.id = $1
pg: SELECT public.patients.name, public.visits.id FROM public.patients LEFT JOIN public.visits ON public.visits.patient_id = public.patients.id WHERE public.visits.id IS NULL
lite: SELECT main.patients.name, main.visits.id FROM main.patients LEFT JOIN main.visits ON main.visits.patient_id = main.patients.id WHERE main.visits.id IS NULL
pg: SELECT public.patients.name, public.doctors.name FROM public.patients FULL JOIN public.doctors ON public.doctors.id = public.patients.id
lite: SELECT main.patients.name, main.doctors.name FROM main.patients FULL JOIN main.doctors ON main.doctors.id = main.patients.id
pg: SELECT public.doctors.ward FROM public.patients LEFT JOIN public.doctors USING (id)
lite: SELECT main.doctors.ward FROM main.patients LEFT JOIN main.doctors USING (id)
pg: SELECT name FROM public.patients WHERE EXISTS (SELECT 1 FROM public.visits WHERE public.visits.patient_id = public.patients.id)
lite: SELECT name FROM main.patients WHERE EXISTS (SELECT 1 FROM main.visits WHERE main.visits.patient_id = main.patients.id)
pg: SELECT public.patients.name, (SELECT count(*) FROM public.visits WHERE public.visits.patient_id = public.patients.id) AS n FROM public.patients
lite: SELECT main.patients.name, (SELECT count(*) FROM main.visits WHERE main.visits.patient_id = main.patients.id) AS n FROM main.patients
pg: SELECT public.patients.name, count(*) FROM public.patients GROUP BY public.patients.name HAVING count(public.patients.id) > 1
lite: SELECT main.patients.name, count(*) FROM main.patients GROUP BY main.patients.name HAVING count(main.patients.id) > 1
ordered: pg: SELECT public.patients.id FROM public.patients ORDER BY public.patients.name DESC, public.patients.id LIMIT 2
ordered: lite: SELECT main.patients.id FROM main.patients ORDER BY main.patients.name DESC, main.patients.id LIMIT 2
pg: SELECT sum(public.patients.score) OVER (PARTITION BY public.patients.name ORDER BY public.patients.id) FROM public.patients
lite: SELECT sum(main.patients.score) OVER (PARTITION BY main.patients.name ORDER BY main.patients.id) FROM main.patients
pg: SELECT public.countries.name FROM public.countries JOIN public.visits ON public.visits.country = public.countries.code
lite: SELECT main.countries.name FROM main.countries JOIN main.visits ON main.visits.country = main.countries.code
pg: SELECT public."Odd Names"."select" FROM public."Odd Names"
lite: SELECT main."Odd Names"."select" FROM main."Odd Names"
pg: SELECT name FROM public.patients UNION SELECT name FROM public.doctors
lite: SELECT name FROM main.patients UNION SELECT name FROM main.doctors
pg: WITH high AS (SELECT public.patients.id, name FROM public.patients WHERE score > 3) SELECT high.name FROM high JOIN public.doctors ON public.doctors.id = high.id
lite: WITH high AS (SELECT main.patients.id, name FROM main.patients WHERE score > 3) SELECT high.name FROM high JOIN main.doctors ON main.doctors.id = high.id
pg: SELECT name FROM public.doctors WHERE id IN (WITH doctors AS (SELECT 1 AS id) SELECT id FROM doctors)
lite: SELECT name FROM main.doctors WHERE id IN (WITH doctors AS (SELECT 1 AS id) SELECT id FROM doctors)
pg: INSERT INTO public.patients (id, name) VALUES (60, 'new') RETURNING id, name
lite: INSERT INTO main.patients (id, name) VALUES (60, 'new') RETURNING id, name
pg: INSERT INTO public.patients (id, name) SELECT public.doctors.id + 60, public.doctors.name FROM public.doctors
lite: INSERT INTO main.patients (id, name) SELECT main.doctors.id + 60, main.doctors.name FROM main.doctors
pg: INSERT INTO public.patients (id, name, score) VALUES (1, 'x', 2) ON CONFLICT (tenant_id, id) DO UPDATE SET score = public.patients.score + excluded.score WHERE public.patients.id = 1
lite: INSERT INTO main.patients (id, name, score) VALUES (1, 'x', 2) ON CONFLICT (tenant_id, id) DO UPDATE SET score = main.patients.score + excluded.score WHERE main.patients.id = 1
pg: UPDATE public.patients SET name = 'q' WHERE public.patients.id = $1 RETURNING name
lite: UPDATE main.patients SET name = 'q' WHERE main.patients.id = $1 RETURNING name
pg: UPDATE public.patients SET score = public.visits.cost FROM public.visits WHERE public.visits.patient_id = public.patients.id AND public.visits.id = 3
lite: UPDATE main.patients SET score = main.visits.cost FROM main.visits WHERE main.visits.patient_id = main.patients.id AND main.visits.id = 3
pg: DELETE FROM public.visits WHERE public.visits.patient_id IN (SELECT public.patients.id FROM public.patients WHERE name = 'Ann')
lite: DELETE FROM main.visits WHERE main.visits.patient_id IN (SELECT main.patients.id FROM main.patients WHERE name = 'Ann')
pg: WITH patients AS (SELECT 1 AS id) UPDATE public.patients SET score = 9 WHERE id IN (SELECT id FROM doctors)
lite: WITH patients AS (SELECT 1 AS id) UPDATE main.patients SET score = 9 WHERE id IN (SELECT id FROM doctors)
pg: WITH patients AS (SELECT * FROM public.patients WHERE id = 1) SELECT name FROM patients
pg: SELECT count(public.patients.*), count(to_jsonb(public.patients.*)) FROM public.patients
pg: SELECT public.patients.id FROM public.patients FOR UPDATE OF patients
pg: SELECT name FROM PUBLIC.patients WHERE "public".patients.id = 1
pg: DELETE FROM public.visits USING public.patients WHERE public.patients.id = public.visits.patient_id RETURNING public.visits.id, public.patients.*
pg: INSERT INTO public.patients (id, name) VALUES (60, 'new') RETURNING public.patients.*
lite: SELECT name FROM MAIN.patients WHERE [main].patients.id = 1
-- # foreign keys and cascades stay in the tenant
SELECT n.body, v.note FROM notes n LEFT JOIN visits v ON v.id = n.visit_id
DELETE FROM visits WHERE id = 1
UPDATE visits SET id = 77 WHERE id = 2
INSERT INTO notes (visit_id, id, body) VALUES (2, 60, 'kept'), (NULL, 61, 'kept')
INSERT INTO notes (visit_id, id, body) VALUES (77, 60, 'no such visit')
UPDATE notes SET visit_id = 3, body = 'moved' WHERE visit_id = 1
-- # names that mislead
SELECT p.tenant_id IS NOT NULL, visits.name FROM patients AS visits JOIN patients AS p ON p.id = visits.id
SELECT doctors.name FROM patients AS doctors WHERE EXISTS (SELECT 1 FROM doctors AS patients WHERE patients.id = doctors.id)
SELECT patients.name FROM patients WHERE EXISTS (SELECT 1 FROM visits AS patients WHERE patients.patient_id = 1)
SELECT name AS tenant_id FROM patients WHERE score IS NOT NULL
SELECT s.tenant_id FROM (SELECT name AS tenant_id FROM patients) AS s
SELECT s.tenant_id, s.id FROM (SELECT id AS tenant_id, id FROM patients) AS s JOIN doctors ON doctors.id = s.id
SELECT name AS tenant_id, count(*) FROM patients GROUP BY name
SELECT excluded.name FROM patients AS excluded
SELECT p.name FROM patients p WHERE p.tenant_id = (SELECT q.tenant_id FROM patients q WHERE q.id = p.id)
SELECT p.name FROM patients p JOIN visits v ON v.tenant_id = p.tenant_id AND v.patient_id = p.id
SELECT p.name FROM patients p WHERE p.tenant_id IN (SELECT tenant_id FROM visits) OR p.score > 100
SELECT p.name, v.id FROM patients p LEFT JOIN visits v ON v.tenant_id <> p.tenant_id
SELECT count(*) FROM patients p FULL JOIN visits v ON v.tenant_id = p.tenant_id AND v.id = p.id
SELECT v.id FROM visits v WHERE v.tenant_id NOT IN (SELECT tenant_id FROM links)
SELECT tenant_id IS NULL FROM links UNION ALL SELECT tenant_id IS NULL FROM items
-- # more joins
SELECT p.id, v.id, d.id FROM patients p LEFT JOIN visits v ON v.patient_id = p.id LEFT JOIN doctors d ON d.id = v.doctor_id AND d.ward IS NULL
SELECT p.id, v.id, d.id FROM (patients p LEFT JOIN visits v ON v.patient_id = p.id) LEFT JOIN doctors d ON d.id = v.doctor_id
SELECT p.id, v.id, d.id FROM patients p LEFT JOIN (visits v LEFT JOIN doctors d ON d.id = v.doctor_id) ON v.patient_id = p.id
SELECT p.id, v.id, d.id FROM (patients p FULL JOIN visits v ON v.patient_id = p.id) LEFT JOIN doctors d ON d.id = v.doctor_id
SELECT p.id, v.id, d.id FROM (patients p RIGHT JOIN visits v ON v.patient_id = p.id) RIGHT JOIN doctors d ON d.id = v.doctor_id
SELECT p.id, v.id, d.id FROM patients p RIGHT JOIN (visits v RIGHT JOIN doctors d ON d.id = v.doctor_id) ON v.patient_id = p.id
SELECT p.id, v.id, d.id FROM patients p FULL JOIN (visits v FULL JOIN doctors d ON d.id = v.doctor_id) ON v.patient_id = p.id
SELECT a.id, b.id, c.id FROM patients a LEFT JOIN patients b ON b.id = a.id + 1 LEFT JOIN patients c ON c.id = b.id + 1
SELECT a.id, b.id FROM patients a FULL JOIN patients b ON b.id = a.id + 1
SELECT a.id, b.id FROM patients a RIGHT JOIN patients b ON b.id = a.id + 1 WHERE a.id IS NULL
SELECT p.id FROM patients p LEFT JOIN visits v ON v.patient_id = p.id WHERE coalesce(v.cost, 0) = 0
SELECT p.id, count(v.id) FROM patients p LEFT JOIN visits v ON v.patient_id = p.id GROUP BY p.id
SELECT p.id, s.n FROM patients p LEFT JOIN (SELECT patient_id, count(*) AS n FROM visits GROUP BY patient_id) AS s ON s.patient_id = p.id
SELECT c.code, count(v.id), count(p.id) FROM countries c LEFT JOIN visits v ON v.country = c.code LEFT JOIN patients p ON p.id = v.patient_id GROUP BY c.code
SELECT c.code, v.id, i.position FROM countries c LEFT JOIN (visits v JOIN items i ON i.visit_id = v.id) ON v.country = c.code
SELECT p.id, d.id FROM patients p CROSS JOIN doctors d LEFT JOIN links l ON l.a = p.id AND l.b = d.id WHERE l.a IS NULL
SELECT p.id, d.id, l.a FROM patients p, doctors d LEFT JOIN links l ON l.b = d.id
SELECT id, name FROM patients JOIN doctors USING (id, name)
SELECT id, patients.name, doctors.name, body FROM patients LEFT JOIN doctors USING (id) LEFT JOIN notes USING (id)
SELECT count(*) FROM patients NATURAL JOIN doctors
SELECT count(*) FROM patients NATURAL LEFT JOIN doctors NATURAL LEFT JOIN notes
SELECT count(*) FROM patients NATURAL FULL JOIN doctors
SELECT count(*) FROM patients p JOIN doctors d USING (tenant_id)
SELECT count(*) FROM patients p FULL JOIN doctors d USING (tenant_id, id)
SELECT count(*) FROM patients p LEFT JOIN doctors d USING (tenant_id, id) WHERE d.name IS NULL
SELECT l.a, m.b FROM links l JOIN links m ON m.a = l.b JOIN links n ON n.a = m.a
SELECT o."Id", p.name FROM "Odd Names" o RIGHT JOIN patients p ON p.id = o."Id"
pg: SELECT p.id, x.id FROM patients p LEFT JOIN LATERAL (SELECT v.id FROM visits v WHERE v.patient_id = p.id UNION SELECT d.id FROM doctors d WHERE d.id = p.id) x ON true
pg: SELECT p.id, x.id, y.n FROM patients p CROSS JOIN LATERAL (SELECT v.id FROM visits v WHERE v.patient_id = p.id) x CROSS JOIN LATERAL (SELECT count(*) AS n FROM items i WHERE i.visit_id = x.id) y
pg: SELECT p.i, v.c FROM patients AS p (t, i) FULL JOIN visits AS v (t, c) ON v.c = p.i
pg: SELECT p.i FROM patients AS p (t, i, n) WHERE p.n IN (SELECT d.n FROM doctors AS d (i, n))
pg: SELECT p.name, g FROM patients p, generate_series(1, p.id) AS g WHERE p.id < 4
pg: SELECT p.name, u.x FROM patients p LEFT JOIN unnest(ARRAY[1, 2]) AS u(x) ON u.x = p.id
pg: SELECT p.id, d.id FROM patients p JOIN doctors d ON (p.id, p.name) = (d.id, d.name) OR p.id = d.id
lite: SELECT p.name, j.value FROM patients p, json_each(json_array(p.id, p.name)) AS j
lite: SELECT p.name FROM patients p JOIN visits v JOIN doctors d ON d.id = v.doctor_id AND v.patient_id = p.id
-- # more sub-queries
SELECT id FROM patients WHERE id > (SELECT min(id) FROM doctors WHERE doctors.name <> patients.name)
SELECT id, (SELECT name FROM doctors WHERE doctors.id = patients.id) FROM patients
SELECT id, (SELECT d.name FROM doctors d JOIN visits v ON v.doctor_id = d.id WHERE v.patient_id = patients.id AND v.id = 1) FROM patients
SELECT id FROM patients p WHERE 1 < (SELECT count(*) FROM visits v WHERE v.patient_id = p.id AND EXISTS (SELECT 1 FROM items i WHERE i.visit_id = v.id AND i.amount >= p.id))
SELECT id FROM patients WHERE EXISTS (SELECT 1 FROM links) AND NOT EXISTS (SELECT 1 FROM links WHERE a = 99)
SELECT id FROM patients WHERE (SELECT count(*) FROM doctors) > (SELECT count(*) FROM rooms)
SELECT id FROM patients WHERE score IN (SELECT cost FROM visits UNION SELECT amount FROM items WHERE amount IS NOT NULL)
SELECT id FROM patients WHERE name IN (SELECT name FROM doctors INTERSECT SELECT note FROM visits)
SELECT id FROM patients WHERE id NOT IN (SELECT a FROM links)
SELECT id FROM patients WHERE id NOT IN (SELECT a FROM links WHERE a IS NOT NULL)
SELECT sum((SELECT count(*) FROM visits v WHERE v.patient_id = p.id)) FROM patients p
SELECT count(CASE WHEN EXISTS (SELECT 1 FROM doctors d WHERE d.name = p.name) THEN 1 END) FROM patients p
SELECT name FROM patients WHERE CASE WHEN score IS NULL THEN (SELECT count(*) FROM links) ELSE score END > 3
SELECT name FROM patients WHERE coalesce(score, (SELECT max(cost) FROM visits)) > 5
SELECT max(n) FROM (SELECT count(*) AS n FROM visits GROUP BY patient_id) AS s
SELECT a.n, b.n FROM (SELECT count(*) AS n FROM patients) AS a, (SELECT count(*) AS n FROM visits) AS b
SELECT s.id FROM (SELECT id FROM patients UNION ALL SELECT id FROM doctors) AS s WHERE s.id > 1
ordered: SELECT id FROM patients ORDER BY (SELECT max(cost) FROM visits WHERE patient_id = patients.id) DESC, id
ordered: SELECT id FROM (SELECT id FROM patients ORDER BY id DESC LIMIT 3) AS s ORDER BY id
ordered: SELECT id FROM patients ORDER BY id LIMIT (SELECT count(*) FROM doctors) OFFSET (SELECT min(id) FROM doctors)
pg: SELECT id FROM patients WHERE ROW(id, name) IN (SELECT id, name FROM doctors) OR (id, score) > (2, 3)
pg: SELECT id FROM patients WHERE name = ANY (SELECT name FROM doctors) AND id <> ALL (SELECT a FROM links WHERE a IS NOT NULL)
pg: SELECT ARRAY(SELECT v.id FROM visits v WHERE v.patient_id = p.id ORDER BY v.id) FROM patients p
pg: SELECT jsonb_agg(name ORDER BY id) FILTER (WHERE id IN (SELECT patient_id FROM visits)) FROM patients
-- # more common table expressions
WITH a AS (SELECT id FROM patients WHERE id IN (SELECT patient_id FROM visits)) SELECT count(*) FROM a, a AS b
WITH a AS (SELECT id FROM patients), b AS (SELECT id FROM doctors) SELECT id FROM a EXCEPT SELECT id FROM b
WITH visits AS (SELECT id FROM patients), items AS (SELECT id FROM visits) SELECT id FROM items
WITH a AS (WITH b AS (SELECT id FROM patients) SELECT id FROM b WHERE id > 1) SELECT id FROM a
WITH a AS (SELECT max(id) AS top FROM patients) SELECT name FROM patients, a WHERE patients.id = a.top
WITH a AS (SELECT id FROM patients) SELECT (SELECT count(*) FROM a WHERE a.id <= d.id) FROM doctors d
WITH doctors AS (SELECT 1 AS id) SELECT id FROM doctors UNION ALL SELECT id FROM (SELECT id FROM doctors) AS s
WITH x (id) AS (VALUES (1), (3)) SELECT p.name FROM patients p JOIN x ON x.id = p.id
WITH RECURSIVE t (id) AS (SELECT min(id) FROM patients UNION ALL SELECT t.id + 1 FROM t WHERE t.id < (SELECT max(id) FROM patients)) SELECT t.id, p.name FROM t LEFT JOIN patients p ON p.id = t.id
WITH RECURSIVE r (a, n) AS (SELECT a, 1 FROM links WHERE a IS NOT NULL UNION SELECT l.b, r.n + 1 FROM links l, r WHERE l.a = r.a AND r.n < 4) SELECT a, n FROM r
WITH RECURSIVE visits (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM visits WHERE id < 3) SELECT p.name FROM visits JOIN patients p ON p.id = visits.id
pg: WITH a AS NOT MATERIALIZED (SELECT id FROM patients) SELECT a.id FROM a JOIN a b ON b.id = a.id
pg: WITH gone AS (DELETE FROM links RETURNING *), kept AS (SELECT count(*) AS n FROM links) SELECT (SELECT count(*) FROM gone), n FROM kept
pg: WITH a AS (UPDATE visits SET cost = 0 RETURNING id, patient_id), b AS (INSERT INTO links (a, b) SELECT id, patient_id FROM a RETURNING a) SELECT count(*) FROM b
pg: WITH up AS (INSERT INTO patients (id, name) VALUES (1, 'up') ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name RETURNING id, name) SELECT name FROM up
pg: WITH patients AS (SELECT 1 AS id) INSERT INTO links (a) SELECT id FROM patients RETURNING (SELECT count(*) FROM patients)
lite: WITH patients AS (SELECT 1 AS id) INSERT INTO links (a) SELECT id FROM patients RETURNING a
-- # more grouping, windows and set operations
SELECT name, count(DISTINCT score), sum(DISTINCT score) FROM patients GROUP BY name
SELECT count(*) FROM patients HAVING count(*) > 1
SELECT 1 FROM patients HAVING count(*) > 3
SELECT v.patient_id, sum(i.amount) FROM visits v LEFT JOIN items i ON i.visit_id = v.id GROUP BY v.patient_id HAVING sum(i.amount) IS NULL
SELECT name, (SELECT count(*) FROM visits) FROM patients GROUP BY name
SELECT patient_id, max(cost) FILTER (WHERE country IN (SELECT code FROM countries)) FROM visits GROUP BY patient_id
SELECT DISTINCT p.name, d.name FROM patients p LEFT JOIN doctors d ON d.name = p.name
SELECT id, sum(score) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) FROM patients
SELECT id, count(*) OVER (PARTITION BY name), (SELECT count(*) FROM doctors) FROM patients
SELECT patient_id, rank() OVER (ORDER BY sum(cost), patient_id) FROM visits GROUP BY patient_id
SELECT id, ntile(2) OVER (ORDER BY id), nth_value(name, 2) OVER (ORDER BY id) FROM patients
SELECT id, lead(id, 1, 0) OVER (PARTITION BY name ORDER BY id) FROM patients
SELECT a FROM links UNION SELECT b FROM links EXCEPT SELECT id FROM patients
SELECT a, b FROM links UNION ALL SELECT a, b FROM links
SELECT id FROM patients UNION ALL SELECT id FROM patients WHERE id = 1 UNION SELECT 0
pg: SELECT a FROM links EXCEPT ALL SELECT id FROM patients
pg: SELECT a FROM links INTERSECT ALL SELECT b FROM links
pg: SELECT p.id, p.name, count(v.id) FROM patients p LEFT JOIN visits v ON v.patient_id = p.id GROUP BY p.tenant_id, p.id
pg: SELECT v.id, v.note, sum(i.amount) FROM visits v LEFT JOIN items i ON i.visit_id = v.id GROUP BY v.id, v.tenant_id
pg: SELECT DISTINCT ON (patient_id) patient_id, id FROM visits ORDER BY patient_id, cost DESC, id
pg: SELECT sum(score) OVER (ORDER BY id GROUPS 1 PRECEDING), sum(score) OVER (ORDER BY id RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM patients
pg: SELECT name, ward, count(*) FROM doctors GROUP BY name, CUBE (ward)
pg: SELECT rank() OVER v FROM patients WINDOW w AS (PARTITION BY name), v AS (w ORDER BY id)
pg: WITH RECURSIVE r AS (SELECT * FROM patients UNION SELECT * FROM r) SELECT r.name FROM r
-- # more row locks
pg: SELECT p.name FROM patients p LEFT JOIN visits v ON v.patient_id = p.id FOR UPDATE OF p
pg: SELECT name FROM (SELECT name FROM patients FOR UPDATE) AS s
pg: SELECT p.name FROM patients p, doctors d WHERE d.id = p.id FOR UPDATE OF p NOWAIT FOR SHARE OF d SKIP LOCKED
pg: UPDATE visits SET cost = 1 WHERE id IN (SELECT id FROM visits ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
-- # more writes
INSERT INTO links (a, b) SELECT p.id, d.id FROM patients p CROSS JOIN doctors d
INSERT INTO links (a, b) SELECT p.id, v.id FROM patients p LEFT JOIN visits v ON v.patient_id = p.id
INSERT INTO links (a) SELECT id FROM patients EXCEPT SELECT id FROM doctors
INSERT INTO links (a, b) VALUES ((SELECT count(*) FROM patients), (SELECT max(id) FROM doctors))
INSERT INTO links (b) SELECT row_number() OVER (ORDER BY id) FROM patients
INSERT INTO links (a, b) WITH x AS (SELECT id FROM patients) SELECT id, 1 FROM x
INSERT INTO links (a) SELECT code FROM countries WHERE 1 = 0
INSERT INTO visits (id, patient_id, country) SELECT 100 + p.amount, 1, c.code FROM countries c JOIN prices p ON p.country = c.code
INSERT INTO items (visit_id, position) SELECT id, 9 FROM visits WHERE id > 0 ON CONFLICT DO NOTHING
INSERT INTO settings (name, value) VALUES ('theme', 'light') ON CONFLICT (tenant_id, name) DO UPDATE SET value = excluded.value || coalesce(settings.value, '')
INSERT INTO settings (name) VALUES ('theme')
INSERT INTO patients (id, name) VALUES (1, 'a') ON CONFLICT (tenant_id, id) DO UPDATE SET score = 1 WHERE patients.score IS NULL
INSERT INTO patients (id, name) SELECT id, name FROM doctors WHERE id > 0 ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name || patients.name
INSERT INTO patients (id, name) VALUES (2, 'b') ON CONFLICT (tenant_id, id) DO UPDATE SET name = (SELECT max(name) FROM doctors), score = (SELECT count(*) FROM patients)
INSERT INTO patients (id, name) VALUES (90, 'n') RETURNING id, (SELECT count(*) FROM doctors)
UPDATE patients SET score = (SELECT sum(v.cost) FROM visits v WHERE v.patient_id = patients.id), name = (SELECT max(name) FROM doctors)
UPDATE patients SET score = CASE WHEN EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = patients.id) THEN 1 ELSE 0 END
UPDATE patients SET score = s.n FROM (SELECT patient_id, count(*) AS n FROM visits GROUP BY patient_id) AS s WHERE s.patient_id = patients.id
UPDATE visits SET note = p.name FROM patients AS p JOIN doctors AS d ON d.id = p.id WHERE p.id = visits.patient_id
UPDATE visits SET cost = o.cost FROM visits AS o WHERE o.id = visits.id + 1
UPDATE links SET b = 0 WHERE a IS NULL OR tenant_id IS NULL
UPDATE doctors SET ward = coalesce(ward, 'none') WHERE name IN (SELECT name FROM patients) RETURNING id
UPDATE rooms SET label = 'x' WHERE label IS NULL
UPDATE settings SET value = (SELECT name FROM patients WHERE id = 1) WHERE name = 'size'
UPDATE patients SET id = 2 WHERE id = 1
DELETE FROM items WHERE (visit_id, position) IN (SELECT visit_id, max(position) FROM items GROUP BY visit_id)
DELETE FROM patients WHERE id = (SELECT max(id) FROM patients) RETURNING name
DELETE FROM rooms
DELETE FROM doctors WHERE name NOT IN (SELECT name FROM patients) RETURNING id, (SELECT count(*) FROM links)
pg: UPDATE patients AS p SET (name, score) = (SELECT max(d.name), count(*) FROM doctors d WHERE d.id >= p.id) RETURNING p.*
pg: UPDATE patients p SET name = v.note FROM visits v LEFT JOIN doctors d USING (id) WHERE v.patient_id = p.id AND d.id = 1
pg: DELETE FROM visits v USING patients p, doctors d WHERE p.id = v.patient_id AND d.id = v.doctor_id RETURNING v.id, d.name, p.name
pg: DELETE FROM patients p USING patients q WHERE q.id = p.id + 1 RETURNING p.id
pg: INSERT INTO patients (id, name, tenant_id) VALUES (91, 'n', DEFAULT) RETURNING id
pg: INSERT INTO visits (id, patient_id, cost, note) VALUES (91, 1, DEFAULT, NULL), (92, 1, 3, DEFAULT)
-- # operators and literals
SELECT id FROM patients WHERE NOT score > 3 AND NOT (name = 'Ann' OR name = 'Bob')
SELECT id FROM patients WHERE score > 3 = (id > 1)
SELECT id FROM patients WHERE score IS NULL = (email IS NULL)
SELECT id FROM patients WHERE id = 1 OR id = 2 AND score > 4 OR name LIKE 'C%'
SELECT id FROM patients WHERE name NOT LIKE 'A%' AND name LIKE '%\_%' ESCAPE '\' OR id BETWEEN 1 AND 2 AND score NOT BETWEEN 3 AND 4
SELECT id, score % 3, score / 2, -score, - (-score), score - -1, 2 * (id + 1) FROM patients
SELECT 'a' || 'b' || name || '''' || '--' || '/*' FROM patients
SELECT 1.5, .5, 1e2, 'ünï', "name" FROM patients WHERE name <> 'ä'
SELECT id FROM patients WHERE true AND NOT false
SELECT id FROM patients WHERE CAST(id AS text) = '1' OR CAST($1 AS bigint) = id
SELECT nullif(name, 'Ann'), replace(name, 'A', 'B'), trim(name), substr(name, 1, 2), round(1.26, 1) FROM patients
pg: SELECT id::text || name, (score + 1)::numeric(5, 2), ARRAY[id, score]::text[], ('{"a": 1}'::jsonb -> 'a')::int FROM patients
pg: SELECT to_jsonb(p) ->> 'name', jsonb_build_object('n', p.name) @> '{"n": "Ann"}' FROM patients p
pg: SELECT id FROM patients WHERE id <> ALL (ARRAY[1]) AND (score IS NOT DISTINCT FROM NULL OR name SIMILAR TO '%b')
pg: SELECT now() IS NOT NULL, current_date IS NOT NULL, date_trunc('day', timestamp '2026-01-02 03:04') FROM patients
lite: SELECT name || 1, x'0a', id & 1, id | 2, ~id FROM patients
lite: SELECT json_group_array(name), json_extract('{"a":1}', '$.a'), '{"a":1}' ->> 'a', iif(id > 1, 'x', 'y') FROM patients WHERE id = 1
lite: SELECT max(score), name FROM patients WHERE score > 4
-- # names of common table expressions, at the places where databases look for them
lite: WITH patients AS (SELECT 1 AS id) INSERT INTO links (a) VALUES (1) RETURNING (SELECT count(*) FROM patients)
lite: WITH patients AS (SELECT 1 AS id) UPDATE doctors SET name = 'x' RETURNING (SELECT count(*) FROM patients)
lite: WITH patients AS (SELECT 1 AS id) DELETE FROM rooms RETURNING (SELECT count(*) FROM patients)
WITH visits AS (SELECT 1 AS id) INSERT INTO patients (id, name) VALUES (1, 'x') ON CONFLICT (tenant_id, id) DO UPDATE SET score = (SELECT count(*) FROM visits)
WITH patients AS (SELECT 9 AS id) UPDATE doctors SET ward = 'x' FROM patients WHERE patients.id = 9
SELECT (WITH patients AS (SELECT 1 AS id) SELECT count(*) FROM patients) FROM patients
lite: WITH a AS (SELECT count(*) AS n FROM b), b AS (SELECT id FROM patients) SELECT n FROM a
lite: WITH a AS (WITH b AS (SELECT 1) SELECT id FROM visits), visits AS (SELECT 5 AS id) SELECT id FROM a
pg: WITH a AS (SELECT id FROM visits), visits AS (SELECT 5 AS id) SELECT a.id FROM a, visits
pg: WITH RECURSIVE a AS (SELECT id FROM visits), visits AS (SELECT 5 AS id) SELECT a.id FROM a, visits
pg: INSERT INTO links (a) WITH patients AS (SELECT 1 AS id) SELECT id FROM patients RETURNING (SELECT count(*) FROM patients)
lite: INSERT INTO links (a) WITH patients AS (SELECT 1 AS id) SELECT id FROM patients RETURNING (SELECT count(*) FROM patients)
WITH a AS (SELECT id FROM patients) SELECT id FROM a WHERE id IN (WITH a AS (SELECT 1 AS id) SELECT id FROM a) ORDER BY (SELECT count(*) FROM a), id
SELECT id FROM patients WHERE id IN (WITH doctors AS (SELECT 2 AS id) SELECT id FROM doctors UNION SELECT id FROM doctors) AND EXISTS (SELECT 1 FROM doctors)
lite: SELECT id FROM (WITH visits AS (SELECT 3 AS id) SELECT id FROM visits UNION SELECT id FROM visits ORDER BY id LIMIT (SELECT count(*) FROM visits))
-- # whole rows and keys of tables that a sub-query stands for
pg: SELECT p::text, to_jsonb(d) FROM patients p FULL JOIN doctors d ON d.id = p.id
pg: SELECT d.id FROM doctors d LEFT JOIN patients p USING (id) WHERE p IS NULL
pg: SELECT count(p), count(d.*) FROM patients p FULL JOIN doctors d ON d.name = p.name
pg: SELECT p.name, count(*) FROM doctors d LEFT JOIN patients p ON p.id = d.id GROUP BY p.tenant_id, p.id
pg: SELECT p.* FROM patients AS p (t, i, n)
pg: SELECT to_jsonb(c) FROM countries AS c (x)
pg: SELECT p.n FROM patients AS p (t, i, n) FOR UPDATE
pg: SELECT d.name, p.name FROM doctors d LEFT JOIN patients p USING (id) FOR UPDATE OF d
pg: SELECT p.name FROM patients p GROUP BY p.id, p.tenant_id HAVING p.score > 3 ORDER BY p.email
pg: SELECT name, score FROM patients NATURAL JOIN (SELECT id FROM doctors) AS d GROUP BY patients.tenant_id, patients.id
pg: SELECT DISTINCT p FROM patients p
pg: SELECT p.name FROM patients p WHERE p IN (SELECT q FROM patients q WHERE q.id = 1)
pg: SELECT p.name FROM patients p LEFT JOIN doctors d ON d.id = p.id WHERE (d.id, d.name) IS NULL OR d IS DISTINCT FROM NULL
-- # PostgreSQL's syntax that the parser is helped with
pg: SELECT name FROM patients WHERE id = 1 FOR NO KEY UPDATE
pg: SELECT name FROM patients WHERE id = 1 FOR KEY SHARE
pg: SELECT p.name FROM patients p, doctors d WHERE d.id = p.id FOR NO KEY UPDATE OF p, d NOWAIT
pg: SELECT p.name FROM patients p LEFT JOIN visits v ON v.patient_id = p.id FOR KEY SHARE OF p SKIP LOCKED
pg: SELECT o."Id" FROM "Odd Names" AS "o.x", "Odd Names" o FOR UPDATE OF "o.x", o
pg: SELECT p.name FROM patients p, doctors d FOR NO KEY UPDATE OF p FOR KEY SHARE OF d NOWAIT
pg: SELECT name FROM (SELECT name FROM patients FOR NO KEY UPDATE) AS s WHERE name IN (SELECT name FROM doctors FOR KEY SHARE)
pg: WITH a AS (SELECT id FROM visits WHERE cost > 1 ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) UPDATE visits SET cost = 7 FROM a WHERE a.id = visits.id
pg: SELECT id FROM patients WHERE id BETWEEN SYMMETRIC 3 AND 1
pg: SELECT id FROM patients WHERE id NOT BETWEEN SYMMETRIC 3 AND (SELECT min(id) FROM doctors) AND score > 3
pg: SELECT id FROM patients WHERE id BETWEEN SYMMETRIC (SELECT max(id) FROM doctors) - 1 AND 1 OR id BETWEEN ASYMMETRIC 1 AND 1
pg: SELECT p.id FROM patients p LEFT JOIN visits v ON v.cost BETWEEN SYMMETRIC p.score + 1 AND -p.id WHERE v.id IS NULL
pg: INSERT INTO patients (id, name) OVERRIDING SYSTEM VALUE VALUES (50, 'x')
pg: INSERT INTO doctors OVERRIDING USER VALUE SELECT id + 50, name FROM patients
pg: INSERT INTO doctors AS d OVERRIDING SYSTEM VALUE VALUES (50, 'x') RETURNING d.name
pg: INSERT INTO patients AS p (id, name) OVERRIDING USER VALUE VALUES (1, 'x') ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name RETURNING p.name
pg: SELECT p.id, g.* FROM patients p, ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS g
pg: SELECT g.a, g.b, g.n, p.name FROM patients p, ROWS FROM (generate_series(1, p.id), jsonb_each_text(to_jsonb(p) - 'tenant_id')) WITH ORDINALITY AS g (a, k, b, n)
pg: SELECT g.generate_series, g.value, rows FROM ROWS FROM (generate_series(1, 2), json_array_elements_text('[1,2]')) AS g, (SELECT 1 AS rows FROM (SELECT 1) AS x) AS y
pg: SELECT rows FROM (SELECT name AS rows FROM patients) AS s
pg: SELECT id, rows FROM (SELECT id, name AS rows FROM patients) AS s
pg: SELECT p.id, g.g FROM patients p LEFT JOIN LATERAL ROWS FROM (generate_series(2, p.id)) AS g ON true
pg: WITH RECURSIVE r (a) AS (SELECT min(id) FROM patients UNION ALL SELECT a + 1 FROM r WHERE a < 3) SEARCH DEPTH FIRST BY a SET o SELECT a, r.o FROM r ORDER BY r.o
pg: WITH RECURSIVE r (a) AS (SELECT 1::bigint UNION ALL SELECT b FROM links, r WHERE links.a = r.a) CYCLE a SET c USING p SELECT r.a, r.c, r.p FROM r
pg: WITH RECURSIVE r (a, n) AS (SELECT id, name FROM patients UNION ALL SELECT l.b, r.n FROM links l JOIN r ON l.a = r.a) SEARCH BREADTH FIRST BY a, n SET o CYCLE a, n SET c TO 'y' DEFAULT 'n' USING p SELECT r.a, r.n, r.c, r.p, r.o, d.name FROM r LEFT JOIN doctors d ON d.id = r.a
pg: WITH RECURSIVE r AS (SELECT a, b FROM links UNION ALL SELECT l.a, l.b FROM r, links l WHERE l.a = r.b) CYCLE b SET "Is Cycle" TO 1 DEFAULT 0 USING "path" SELECT r."Is Cycle", count(*) FROM r GROUP BY 1
pg: SELECT j.id FROM patients JOIN doctors USING (id) AS j
pg: SELECT j.* FROM patients p LEFT JOIN doctors d USING (id, name) AS j WHERE p.score > 3
pg: SELECT j.id, p.name, j FROM patients p FULL JOIN doctors d USING (id) AS j
pg: SELECT "J j".id, v.id FROM patients p RIGHT JOIN doctors d USING (id) AS "J j" LEFT JOIN visits v ON v.patient_id = "J j".id AND v.doctor_id = d.id
pg: SELECT j.id FROM (patients JOIN doctors USING (id)) AS j
pg: SELECT * FROM (patients p LEFT JOIN doctors d USING (id)) AS j
pg: SELECT j.a, j.b FROM (patients p LEFT JOIN visits v ON v.patient_id = p.id) AS j (a, b)
pg: SELECT j.score, j.cost, d.name FROM doctors d LEFT JOIN (patients p LEFT JOIN visits v ON v.patient_id = p.id) AS j ON j.score = d.id
pg: SELECT j.score, p.name FROM (patients p JOIN visits v ON v.patient_id = p.id) AS j JOIN doctors p ON p.id = j.doctor_id WHERE p.id IN (SELECT j.patient_id FROM visits)
pg: SELECT j, to_jsonb(j) - 'tenant_id' FROM (doctors CROSS JOIN links) AS j
pg: SELECT j.name FROM (patients NATURAL JOIN (SELECT id FROM doctors) AS d) AS j, (links l FULL JOIN countries c ON c.code = l.a::text) AS k WHERE k.a = j.id
pg: SELECT sum(score) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) FROM patients
pg: SELECT sum(score) OVER w, sum(id) OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM patients WINDOW w AS (ORDER BY id)
pg: SELECT sum(id) OVER x, sum(id) OVER (ORDER BY name, id ROWS 2 PRECEDING EXCLUDE NO OTHERS) FROM patients WINDOW x AS (PARTITION BY name ORDER BY id RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP)
pg: SELECT sum(id) OVER ("W w" ROWS BETWEEN (SELECT count(*) FROM links WHERE a::text <> ')') PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW)::text || ')' FROM patients WINDOW "W w" AS (PARTITION BY name || E'\\)''(' ORDER BY id)
pg: SELECT id FROM patients WHERE name LIKE ANY (ARRAY(SELECT name FROM doctors))
pg: SELECT id FROM patients WHERE name || '' NOT ILIKE ALL (SELECT name FROM doctors) AND name LIKE SOME (ARRAY['A%', $2])
pg: SELECT id FROM patients WHERE name NOT LIKE ANY (SELECT 'A%') OR name ILIKE ANY (SELECT d.name FROM doctors d WHERE d.id = patients.id)
pg: SELECT name FROM patients TABLESAMPLE BERNOULLI (100)
pg: SELECT p.name, d.name FROM patients AS p TABLESAMPLE SYSTEM (100) REPEATABLE (3) FULL JOIN doctors d ON d.id = p.id
pg: SELECT p.name FROM doctors d LEFT JOIN patients AS p TABLESAMPLE BERNOULLI (0) ON p.id = d.id
pg: SELECT p.name, d.name FROM patients AS p TABLESAMPLE BERNOULLI (0) FULL JOIN doctors d ON d.id = p.id
pg: SELECT a FROM links TABLESAMPLE BERNOULLI ((SELECT count(*) * 0 + 100 FROM doctors))
WITH RECURSIVE r AS (SELECT * FROM patients WHERE id = 1 UNION SELECT p.* FROM patients p JOIN r ON p.id = r.id + 1) SELECT r.name FROM r
WITH RECURSIVE r AS (SELECT p.*, 1 AS depth FROM patients p WHERE p.id = 1 UNION ALL SELECT p.*, r.depth + 1 FROM patients p JOIN r ON r.id = p.id - 1 WHERE r.depth < 3) SELECT r.name, r.depth FROM r
pg: SELECT (p).name, (p).* FROM patients p WHERE (p).id > 1 ORDER BY (p).id
pg: SELECT ("Q")."select", (p).name FROM "Odd Names" AS "Q" LEFT JOIN patients AS p ON ("Q")."Id" = (p).id
pg: SELECT d.name FROM doctors d FULL JOIN patients p ON (p).id = (d).id WHERE (p).name IS NULL OR (p).id IN (SELECT (v).patient_id FROM visits v WHERE (p).id = 1)
pg: INSERT INTO patients (id, name) VALUES (50, 'x') RETURNING (patients).name
pg: SELECT (s).n FROM (SELECT name AS n FROM patients) AS s UNION ALL SELECT (p).b FROM patients AS p (t, a, b)
pg: SELECT u.u, p.name FROM patients p JOIN unnest(ARRAY[1, 2]::bigint[]) AS u ON u.u = p.id
pg: SELECT unnest.unnest, x.x, x.ordinality FROM unnest(ARRAY['a', 'b']), unnest(ARRAY[ARRAY[1], ARRAY[2]]) WITH ORDINALITY AS x
pg: SELECT x.a, x.b, p.name FROM patients p, jsonb_to_recordset(jsonb_build_array(jsonb_build_object('a', p.id, 'b', p.name))) AS x(a int, b text)
-- # grouped by the key of a table that a sub-query stands for
pg: SELECT p.name FROM doctors d FULL JOIN patients p ON p.id = d.id GROUP BY p.tenant_id, p.id
pg: SELECT p.name FROM doctors d LEFT JOIN patients p USING (id) GROUP BY p.tenant_id, p.id
pg: SELECT p.n FROM patients AS p (t, i, n) GROUP BY p.t, p.i
pg: SELECT p.name, p.email, count(d.id), max(d.name) FROM doctors d FULL JOIN patients p ON p.name = d.name GROUP BY (p.id), p.tenant_id HAVING coalesce(p.score, 5) > 3
ordered: pg: SELECT p.id, d.id FROM doctors d FULL JOIN patients p ON p.id = d.id + 1 GROUP BY d.id, d.tenant_id, p.tenant_id, p.id ORDER BY p.name, upper(d.name), p.id, d.id
pg: SELECT name, count(*), (SELECT max(v.cost) FROM visits v WHERE v.patient_id = p.k AND v.cost > p.score) FROM patients AS p (tenant_id, k) NATURAL LEFT JOIN (SELECT 1 AS one) AS o GROUP BY p.tenant_id, k HAVING p.name <> 'Bob'
pg: SELECT p.* FROM countries c FULL JOIN patients p ON c.code = p.name GROUP BY p.tenant_id, p.id UNION ALL SELECT p.* FROM doctors d FULL JOIN patients p ON p.id = d.id GROUP BY p.tenant_id, p.id
pg: SELECT "O o"."select", sum("O o"."Id") OVER (ORDER BY "O o"."select") FROM doctors d FULL JOIN "Odd Names" AS "O o" ON "O o"."Id" = d.id GROUP BY "O o".tenant_id, "Id"
pg: SELECT DISTINCT ON (p.score) p.name FROM doctors d FULL JOIN patients p ON p.id = d.id GROUP BY p.tenant_id, p.id ORDER BY p.score, p.name
pg: INSERT INTO links (a, b) SELECT p.score, count(*) FROM doctors d FULL JOIN patients p ON p.id = d.id GROUP BY p.tenant_id, p.id
pg: SELECT p.name FROM doctors d FULL JOIN patients p ON p.id = d.id GROUP BY p.id
pg: SELECT p.name, d.name, count(*), grouping(d.name) FROM doctors d FULL JOIN patients p ON p.name = d.name GROUP BY p.tenant_id, p.id, ROLLUP (d.name)
pg: SELECT p.id, count(*) FROM doctors d FULL JOIN patients p ON p.id = d.id GROUP BY GROUPING SETS ((p.tenant_id, p.id), ())
-- # more of PostgreSQL's expressions
pg: SELECT (date '2026-01-01', date '2026-02-01') OVERLAPS (date '2026-01-15', interval '1 day') FROM patients
pg: SELECT interval '1 02:03:04' DAY TO SECOND, interval '1' YEAR, interval '5' MINUTE, interval '1.12345' SECOND (2), '1.5 seconds'::interval(3), CAST('1' AS interval hour) FROM patients
pg: SELECT extract(epoch FROM interval '1 day'), date_part('hour', timestamp '2026-01-01 03:00'), date_trunc('month', timestamp '2026-01-15')::date + interval '1 month - 1 day' FROM patients
pg: SELECT position('n' IN name), substring(name FROM 2), substring(name FOR 2), substring(name FROM 'A.'), overlay(name PLACING 'zz' FROM 2 FOR 1) FROM patients
pg: SELECT trim(LEADING FROM name), trim(TRAILING 'n' FROM name), trim(BOTH FROM ' ' || name || ' ') || '!' FROM patients
pg: SELECT name IS NORMALIZED, name IS NFC NORMALIZED, name IS NOT NFKD NORMALIZED FROM patients
pg: SELECT (ARRAY[1,2,3])[1:2], (ARRAY[1,2,3])[:2], (ARRAY[1,2,3])[2:], ARRAY[[1,2],[3,4]] FROM patients
pg: UPDATE patients SET (name, score) = ROW ('x', 2) WHERE id = 1
pg: SELECT FROM patients
ordered: pg: SELECT id FROM patients ORDER BY name USING >, id USING <
ordered: pg: SELECT id FROM patients ORDER BY id OFFSET 1 ROW FETCH NEXT ROW ONLY
pg: SELECT score FROM patients ORDER BY score FETCH FIRST 2 ROWS WITH TIES
ordered: pg: SELECT name FROM patients ORDER BY name COLLATE pg_catalog."C" DESC, id LIMIT ALL OFFSET 1
pg: SELECT (to_jsonb(p) - 'tenant_id')['name'], ('{"a": [1, 2]}'::jsonb)['a'][0] FROM patients p
pg: SELECT rank(5) WITHIN GROUP (ORDER BY score), mode() WITHIN GROUP (ORDER BY name), percentile_disc(0.5) WITHIN GROUP (ORDER BY id) FROM patients
pg: SELECT to_tsvector('simple', name) @@ websearch_to_tsquery('simple', 'ann') AS hit, ts_rank(to_tsvector('simple', name), plainto_tsquery('simple', 'ann')), ts_headline('simple', name, to_tsquery('simple', 'ann')) FROM patients
pg: SELECT point(1, 2) <-> point(3, 4), phraseto_tsquery('a') <-> phraseto_tsquery('b'), int4range(1, 5) -|- int4range(5, 6), '10.0.0.1'::inet <<= '10.0.0.0/8'::cidr, int4range(1, 3) && int4range(2, 3) FROM patients
pg: SELECT jsonb_path_query_array('{"a":[1,2]}', '$.a[*]'), jsonb_set('{}', '{a}', '1'), '{"a":1}'::jsonb #- '{a}', '{"a":1}'::jsonb @? '$.a', '{"a":1}'::jsonb @@ '$.a == 1', '{"a":1}'::jsonb ?| ARRAY['a'], '{"a":1}'::jsonb ?& ARRAY['a'] FROM patients
pg: SELECT array_agg(DISTINCT name ORDER BY name), json_object_agg(id, name ORDER BY id), string_agg(name, ', ' ORDER BY id), bool_and(id > 0), bool_or(id > 1), every(id > 0) FROM patients
pg: SELECT regexp_matches(name, 'n', 'g'), regexp_replace(name, 'n', 'm'), format('%s-%s', id, name), md5(name), encode(sha256(convert_to(name, 'UTF8')), 'hex') FROM patients
pg: SELECT u.x, u.y, p.id FROM patients p, unnest(ARRAY[1, 2], ARRAY['a', 'b']) AS u(x, y) WHERE u.x = p.id
pg: SELECT greatest(1, id), least(1, 2), int '3', date '2026-01-01' - 1, '1'::numeric(10,2)::text, id::char(2), id::double precision FROM patients
pg: SELECT row(id, name) = row(1, 'Ann'), width_bucket(id, 0, 10, 5), generate_series(1, 2) FROM patients p
pg: SELECT id AS value, name AS key, score type, name AS "Weird Name" FROM patients
pg: SELECT name FROM patients WHERE score ISNULL OR score + 1 ISNULL AND (email) NOTNULL
pg: SELECT count(*) FROM patients WHERE EXISTS (SELECT FROM doctors)
-- # PostgreSQL's syntax in the writes that are its own
pg: INSERT INTO items (visit_id, position, label, amount) OVERRIDING SYSTEM VALUE VALUES (1, 50, 'x', -1) ON CONFLICT (tenant_id, label) WHERE amount < 0 DO UPDATE SET amount = excluded.amount - 1 RETURNING label, amount
pg: INSERT INTO items AS i (visit_id, position, label, amount) OVERRIDING USER VALUE SELECT id, 60, 'open', -2 FROM visits ON CONFLICT (tenant_id, label) WHERE (amount) < (0) DO NOTHING
pg: INSERT INTO links (a, b) OVERRIDING USER VALUE TABLE links
pg: INSERT INTO links OVERRIDING SYSTEM VALUE TABLE links
pg: INSERT INTO patients (id, name) OVERRIDING USER VALUE VALUES (1, 'x') ON CONFLICT (tenant_id, id) DO UPDATE SET name = (excluded).name || (patients).name
pg: INSERT INTO links WITH RECURSIVE r (t, a) AS (SELECT tenant_id, a FROM links UNION ALL SELECT l.tenant_id, l.b FROM links l JOIN r ON l.a = r.a) CYCLE a SET c TO 1 DEFAULT 0 USING p SELECT s.* FROM (SELECT t, a, c FROM r) AS s
pg: INSERT INTO links WITH RECURSIVE r (t, a) AS (SELECT tenant_id, a FROM links UNION ALL SELECT l.tenant_id, l.b FROM links l JOIN r ON l.a = r.a) SEARCH DEPTH FIRST BY a SET o SELECT s.t, s.a FROM r AS s ORDER BY s.o
pg: INSERT INTO patients SELECT (p).* FROM patients p WHERE (p).id < 0
pg: MERGE INTO links l USING (patients JOIN doctors USING (tenant_id, id)) AS j ON j.id = l.a WHEN MATCHED THEN UPDATE SET b = j.score WHEN NOT MATCHED THEN INSERT (a, b) VALUES (j.id, 7)
pg: MERGE INTO patients p USING ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS g (a, b) ON (p).id = g.a WHEN MATCHED THEN UPDATE SET score = g.b
pg: MERGE INTO patients p USING visits AS v TABLESAMPLE BERNOULLI (100) ON v.patient_id = p.id AND v.id BETWEEN SYMMETRIC 1 AND 0 WHEN MATCHED AND (p).name LIKE ANY (ARRAY['A%']) THEN DELETE
pg: MERGE INTO links l USING (TABLE patients) AS p ON p.id = l.a AND p.score ISNULL WHEN NOT MATCHED THEN INSERT (a) VALUES ((p).id)
pg: WITH t AS (TABLE visits FOR NO KEY UPDATE) SELECT (t).id FROM t ORDER BY (t).id USING >
pg: INSERT INTO "Odd Names" SELECT * FROM "Odd Names" WHERE false
pg: SELECT j.id FROM ((TABLE patients) AS p JOIN doctors USING (id)) AS j
-- # names that the guard makes, and raising values
pg: SELECT p.id, nadia_1.id FROM patients p JOIN visits nadia_1 ON p.id = nadia_1.patient_id AND p.name ~ 'A'
pg: SELECT nadia_1.id FROM patients AS nadia_1 WHERE EXISTS (SELECT 1 FROM visits v JOIN doctors AS "Nadia__1" ON v.note ~ 'A' AND nadia_1.id = v.patient_id)
pg: SELECT id FROM patients p WHERE (SELECT note FROM visits v WHERE v.patient_id = p.id AND v.note IS NOT NULL) IS NOT NULL
pg: SELECT id FROM patients p WHERE (SELECT count(*) FROM (SELECT 1 FROM visits v LIMIT p.id) AS x) = p.id
lite: SELECT id, (score ISNULL) + 1, score ISNULL AND id, score NOT NULL = 1, score NOTNULL FROM patients
