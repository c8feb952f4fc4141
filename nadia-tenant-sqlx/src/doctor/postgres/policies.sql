-- Equal policies of many tables come as one row with the tables' names.
SELECT g.name, g.command, g.permissive, g.to_app, g.to_report, g.to_owner, g.others, g.using_text, g.check_text,
       g.tenant_column, array_agg(g.object ORDER BY g.object) AS objects
FROM (
    SELECT p.polname::text AS name, p.polcmd::text AS command, p.polpermissive AS permissive,
           coalesce(ours.app = ANY (p.polroles), false) OR 0 = ANY (p.polroles) AS to_app,
           coalesce(ours.report = ANY (p.polroles), false) AS to_report,
           coalesce(ours.owner = ANY (p.polroles), false) AS to_owner,
           ARRAY(SELECT CASE o.id WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(o.id)::text END
                 FROM unnest(p.polroles) AS o (id)
                 WHERE o.id IS DISTINCT FROM ours.app AND o.id IS DISTINCT FROM ours.report
                   AND o.id IS DISTINCT FROM ours.owner ORDER BY 1) AS others,
           pg_get_expr(p.polqual, p.polrelid) AS using_text, pg_get_expr(p.polwithcheck, p.polrelid) AS check_text,
           t.tenant_column::text AS tenant_column, t.object
    FROM tenant_table t
    JOIN pg_policy p ON p.polrelid = t.oid
    CROSS JOIN ours
) g
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
