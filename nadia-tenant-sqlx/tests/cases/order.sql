-- Statements whose condition may raise: {p} and {v} stand for one on the rows of that alias, and other tenants' rows are such that it
-- raises on them.
SELECT count(*) FROM people p WHERE {p}
SELECT count(*) FROM people p WHERE p.id > 0 AND ({p}) AND p.score IN (1, 2, 3)
SELECT count(*) FROM people p WHERE p.id < 0 OR {p}
SELECT p.id FROM people p WHERE NOT NOT ({p}) ORDER BY p.id FOR UPDATE
SELECT count(*) FROM people p, visits v WHERE v.person = p.id AND {p} AND {v}
SELECT count(*) FROM people p JOIN visits v ON {p} AND v.person = p.id AND {v}
SELECT count(*) FROM people p JOIN visits v ON {v} WHERE {p}
SELECT count(*) FROM people p CROSS JOIN visits v WHERE {p} AND {v}
SELECT count(*) FROM people p JOIN (visits v JOIN people q ON {v} AND q.id = v.person) ON p.id = q.id AND {p}
SELECT count(*) FROM people p LEFT JOIN visits v ON v.person = p.id AND {v} AND {p}
SELECT count(*) FROM people p LEFT JOIN visits v ON v.person = p.id AND {v} AND {p} WHERE v.id > 0
SELECT count(*) FROM people p LEFT JOIN visits v ON {p} JOIN people q ON q.id = v.id AND {v} WHERE {p} AND {v}
SELECT count(*) FROM people p LEFT JOIN visits v USING (id) WHERE {v} AND {p}
SELECT count(*) FROM visits v RIGHT JOIN people p ON v.person = p.id AND {v} AND {p}
SELECT count(*) FROM visits v RIGHT JOIN people p ON v.person = p.id AND {v} AND {p} WHERE v.id > 0 AND p.id > 0
SELECT count(*) FROM people p FULL JOIN visits v ON v.person = p.id WHERE {p} AND {v}
SELECT count(*) FROM people p FULL JOIN visits v ON v.person = p.id WHERE {p}
SELECT count(*) FROM people p NATURAL JOIN visits v WHERE {p} AND {v}
SELECT count(*) FROM people p NATURAL LEFT JOIN visits v WHERE {p}
SELECT p.score, count(*) FROM people p GROUP BY p.id, p.score, p.name, p.label HAVING {p}
SELECT p.id FROM people p JOIN visits v ON v.person = p.id AND {p} AND {v} FOR UPDATE
SELECT p.id, p.name, count(v.id) FROM people p LEFT JOIN visits v ON v.person = p.id AND {v} WHERE {p} GROUP BY p.tenant_id, p.id
SELECT CASE WHEN {p} THEN 1 ELSE 0 END FROM people p WHERE CASE WHEN p.id > 0 THEN {p} ELSE false END
SELECT {p} AS found FROM people p ORDER BY {p}, p.id
SELECT p.id FROM people p WHERE EXISTS (SELECT 1 FROM visits v WHERE v.person = p.id AND {v} AND {p})
SELECT p.id FROM people p WHERE NOT EXISTS (SELECT 1 FROM visits v WHERE v.person = p.id AND {v} AND {p})
SELECT p.id FROM people p WHERE p.id IN (SELECT v.person FROM visits v WHERE {v})
SELECT p.id FROM people p WHERE p.id IN (SELECT v.person FROM visits v WHERE {v} AND {p})
SELECT p.id FROM people p WHERE p.id NOT IN (SELECT v.person FROM visits v WHERE NOT ({v}))
SELECT p.id FROM people p WHERE p.id = ANY (ARRAY(SELECT v.person FROM visits v WHERE {v}))
SELECT p.id, (SELECT count(*) FROM visits v WHERE {v} AND {p}) FROM people p
SELECT p.id FROM people p WHERE (SELECT max(v.id) FROM visits v WHERE v.person = p.id AND {v}) > 0
SELECT s.id FROM (SELECT p.id, {p} AS fits FROM people p) AS s WHERE s.fits
SELECT p.id FROM (SELECT * FROM people) AS p WHERE {p}
SELECT p.id FROM (SELECT DISTINCT id, score, name, label FROM people) AS p WHERE {p}
SELECT p.id FROM (SELECT id, score, name, label, row_number() OVER (PARTITION BY id, score, name, label) FROM people) AS p WHERE {p}
SELECT p.id FROM (SELECT id, score, name, label FROM people UNION ALL SELECT id, score, name, label FROM visits) AS p WHERE {p}
SELECT p.id FROM (SELECT id, score, name, label FROM people UNION SELECT id, score, name, label FROM visits) AS p WHERE {p}
SELECT count(*) FROM people AS p (tenant_id, id, score, name, label) WHERE {p}
SELECT p.id FROM people p, LATERAL (SELECT v.id FROM visits v WHERE v.person = p.id AND {p} AND {v}) AS s
SELECT p.id FROM people p, LATERAL (SELECT 1 AS one WHERE {p}) AS s
SELECT p.id FROM people p LEFT JOIN LATERAL (SELECT 1 AS one WHERE {p}) AS s ON true WHERE s.one = 1
SELECT p.id FROM people p LEFT JOIN LATERAL (SELECT {p} AS fits) AS s ON s.fits WHERE s.fits
SELECT p.id FROM people p, LATERAL (SELECT {p} AS fits) AS s WHERE s.fits
SELECT p.id FROM people p LEFT JOIN (SELECT v.person, {v} AS fits FROM visits v) AS s ON s.person = p.id WHERE s.fits
SELECT p.id FROM people p LEFT JOIN (SELECT v.person, {v} AS fits FROM visits v) AS s ON s.fits
SELECT p.id FROM people p LEFT JOIN (SELECT * FROM (SELECT v.person, {v} AS fits FROM visits v) AS t) AS s ON true WHERE s.fits IS NOT NULL
SELECT p.id FROM (SELECT v.person, {v} AS fits FROM visits v) AS s FULL JOIN people p ON s.person = p.id WHERE s.fits
SELECT p.id FROM (people q JOIN (SELECT v.person, {v} AS fits FROM visits v) AS s ON q.id = s.person) RIGHT JOIN people p ON s.fits WHERE s.fits
SELECT s.id FROM (SELECT p.id, {p} AS fits FROM people p UNION ALL SELECT v.id, {v} FROM visits v) AS s WHERE s.fits
SELECT s.id FROM ((SELECT p.id, {p} AS fits FROM people p) UNION ALL (SELECT v.id, {v} FROM visits v)) AS s WHERE s.fits IS TRUE
SELECT s.id FROM (SELECT * FROM (SELECT p.id, {p} AS fits FROM people p UNION ALL SELECT v.id, {v} FROM visits v) AS t) AS s WHERE s.fits
SELECT s.score, count(*) FROM (SELECT p.score, {p} AS fits FROM people p) AS s WHERE s.fits GROUP BY ROLLUP (s.score)
SELECT s.fits, count(*) FROM (SELECT p.score, {p} AS fits FROM people p) AS s GROUP BY ROLLUP (s.fits) HAVING s.fits
WITH s AS (SELECT v.person, {v} AS fits FROM visits v) SELECT p.id FROM people p LEFT JOIN s ON s.fits WHERE s.fits
WITH s AS (SELECT p.id, {p} AS fits FROM people p UNION ALL SELECT v.id, {v} FROM visits v) SELECT s.id FROM s WHERE s.fits
SELECT p.id FROM people p WHERE EXISTS (SELECT 1 FROM people q LEFT JOIN (SELECT v.person, {v} AS fits FROM visits v) AS s ON true WHERE s.fits)
SELECT p.id FROM people p WHERE (SELECT bool_or({v}) FROM visits v WHERE v.person = p.id)
WITH p AS (SELECT * FROM people) SELECT p.id FROM p WHERE {p}
WITH p AS NOT MATERIALIZED (SELECT * FROM people) SELECT a.id FROM p AS a JOIN p ON a.id = p.id WHERE {p}
WITH s AS (SELECT p.id FROM people p WHERE {p}) SELECT v.id FROM visits v JOIN s ON s.id = v.person AND {v}
SELECT p.id FROM people p WHERE {p} UNION ALL SELECT v.id FROM visits v WHERE {v}
SELECT count(*) FILTER (WHERE {p}) FROM people p
SELECT sum(p.id) OVER (ORDER BY p.id) FROM people p WHERE {p}
SELECT p.id FROM people p WHERE {p} ORDER BY p.id LIMIT (SELECT count(*) FROM visits v WHERE {v})
UPDATE people AS p SET note = 'seen' WHERE {p}
UPDATE people AS p SET note = 'seen' WHERE p.id IN (SELECT v.person FROM visits v WHERE {v} AND {p})
UPDATE people AS p SET note = 'seen' WHERE EXISTS (SELECT 1 FROM visits v WHERE v.person = p.id AND {p}) AND {p}
UPDATE people AS p SET note = v.note FROM visits AS v WHERE v.person = p.id AND {p} AND {v}
UPDATE people AS p SET note = v.note FROM visits AS v JOIN people AS q ON {v} WHERE q.id = p.id AND {p}
DELETE FROM people AS p WHERE {p}
DELETE FROM people AS p USING visits AS v WHERE v.person = p.id AND {v} AND {p} RETURNING p.id
WITH p AS (DELETE FROM people AS p WHERE {p} RETURNING p.*) SELECT p.id FROM p WHERE {p}
INSERT INTO people (id, score, name, label) SELECT v.id + 100, v.score, v.name, v.label FROM visits AS v WHERE {v}
INSERT INTO people AS p (id, score, name, label) VALUES (1, 1, 'a', '1') ON CONFLICT (id) DO UPDATE SET note = 'twice' WHERE {p}
MERGE INTO people p USING visits v ON v.id = p.id AND {p} AND {v} WHEN MATCHED THEN UPDATE SET note = 'seen'
MERGE INTO people p USING visits v ON v.id = p.id AND {p} WHEN MATCHED AND {p} AND {v} THEN DELETE WHEN NOT MATCHED AND {v} THEN INSERT (id, score, name, label) VALUES (v.id + 100, v.score, v.name, v.label)
MERGE INTO people p USING (SELECT v.id AS person, {v} AS fits FROM visits v) AS s ON s.person = p.id AND s.fits AND {p} WHEN MATCHED AND s.fits THEN DO NOTHING WHEN NOT MATCHED AND s.fits THEN INSERT (id, score, name, label) VALUES (200, 1, 'a', '1')
MERGE INTO people p USING (visits v JOIN people q ON q.id = v.id AND {v}) ON q.id = p.id AND {p} AND {v} WHEN MATCHED AND q.score > 0 THEN DELETE
MERGE INTO people p USING (SELECT q.id, v.score > 0 AS fits FROM people q LEFT JOIN (SELECT v.id, v.score, {v} AS good FROM visits v) AS v ON v.good AND v.id = q.id) AS s ON s.id = p.id AND s.fits AND {p} WHEN MATCHED THEN DO NOTHING
SELECT p.id FROM (people CROSS JOIN (SELECT 1 AS one) AS o) AS p WHERE {p}
SELECT p.id FROM (people LEFT JOIN (SELECT v.person, {v} AS fits FROM visits v) AS s ON s.fits) AS p WHERE {p} AND p.fits
SELECT p.id FROM visits v LEFT JOIN (people JOIN (SELECT 1 AS one) AS o ON one > 0) AS p ON p.id = v.person AND {p} WHERE {v}
SELECT v.id FROM visits v LEFT JOIN (people JOIN (SELECT v.person, {v} AS fits FROM visits v) AS s ON id = person) AS p ON p.id = v.person WHERE p.fits AND {p}
SELECT p.id FROM (people q JOIN LATERAL (SELECT 1 AS one) AS o ON true) AS p (tenant_id, id, score, name, label) WHERE {p}
SELECT j.id FROM people p FULL JOIN visits v USING (tenant_id, id) AS j WHERE {p} AND {v} AND j.id > 0
SELECT count(*) FROM (TABLE people) AS p WHERE {p}
SELECT count(*) FROM people AS p TABLESAMPLE BERNOULLI (100) WHERE {p}
SELECT count(*) FROM people AS p TABLESAMPLE SYSTEM (100) JOIN visits AS v ON v.person = p.id AND {v} WHERE {p} AND p.id BETWEEN SYMMETRIC 9 AND 0
SELECT count(*) FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS g (a, b), people p WHERE p.id = g.a AND {p}
SELECT p.name FROM visits v FULL JOIN people p ON p.id = v.person GROUP BY p.tenant_id, p.id HAVING {p}
SELECT p.name, count(*) FROM (SELECT p.id, p.tenant_id, {p} AS fits FROM people p) AS s FULL JOIN people p ON p.id = s.id WHERE s.fits GROUP BY p.tenant_id, p.id
WITH RECURSIVE s (id, fits) AS (SELECT p.id, {p} FROM people p UNION ALL SELECT v.id, {v} FROM visits v JOIN s ON s.id = v.id + 100) CYCLE id SET c USING path SELECT s.id FROM s WHERE s.fits
WITH RECURSIVE s AS (SELECT p.* FROM people p WHERE {p} UNION ALL SELECT p.* FROM people p JOIN s ON s.id = p.id + 1 AND {p}) SEARCH DEPTH FIRST BY id SET o SELECT s.id FROM s WHERE s.score > 0 ORDER BY s.o
SELECT p.id FROM people p WHERE (p).score > 0 AND {p} FOR NO KEY UPDATE
SELECT p.id FROM people p JOIN visits v ON v.person = p.id AND {v} WHERE {p} FOR KEY SHARE OF p, v SKIP LOCKED
SELECT sum(p.id) OVER (ORDER BY p.id ROWS 1 PRECEDING EXCLUDE TIES) FROM people p WHERE {p} AND p.name LIKE ANY (ARRAY['%', '('])
INSERT INTO people SELECT * FROM people AS p WHERE {p} ON CONFLICT DO NOTHING
INSERT INTO people (id, score, name, label) OVERRIDING USER VALUE SELECT v.id + 100, v.score, v.name, v.label FROM visits AS v WHERE {v}
