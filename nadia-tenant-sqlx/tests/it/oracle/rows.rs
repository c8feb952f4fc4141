//! The rows of the tests' schema.

use uuid::Uuid;

/// The tenants, whose rows [`rows`] makes.
pub(crate) const TENANTS: [Uuid; 3] = [Uuid::from_u128(0xA), Uuid::from_u128(0xB), Uuid::from_u128(0xC)];

/// The rows of reference tables.
pub(crate) const SHARED_ROWS: &[&str] = &[
    "INSERT INTO countries (code, name) VALUES ('at', 'Austria'), ('ch', 'Switzerland'), ('is', 'Iceland')",
    "INSERT INTO prices (country, service, amount) VALUES ('at', 'visit', 80), ('ch', 'visit', 120), ('at', 'scan', 300)",
];

/// The rows of tenant number `number`: ids overlap, names and links repeat, and there are NULLs. `$1` is the tenant.
pub(crate) fn rows(number: usize) -> Vec<String> {
    let n = i64::try_from(number).expect("there are few tenants");
    let room = 10 * (n + 1);
    vec![
        format!(
            "INSERT INTO patients (tenant_id, id, name, email, score) VALUES ($1, 1, 'Ann', 'ann@example.org', {}), \
             ($1, 2, 'Bob', NULL, 5), ($1, 3, 'Cat {n}', 'cat{n}@example.org', NULL), ($1, {}, 'Ann', NULL, 7)",
            n + 2,
            n + 4
        ),
        "INSERT INTO doctors (id, name, ward, tenant_id) VALUES (1, 'Dora', 'north', $1), (2, 'Emil', NULL, $1)".into(),
        format!("INSERT INTO doctors (id, name, ward, tenant_id) VALUES ({}, 'Bob', 'ward {n}', $1)", n + 3),
        format!(
            "INSERT INTO visits (tenant_id, id, patient_id, doctor_id, country, cost, note) VALUES ($1, 1, 1, 1, 'at', \
             {}, 'Ann'), ($1, 2, 1, 2, 'ch', 5, NULL), ($1, 3, 2, NULL, NULL, {}, 'Bob'), ($1, {}, 9, {}, 'is', 0, 'x')",
            10 + n,
            n,
            n + 4,
            n + 3
        ),
        "INSERT INTO items (tenant_id, visit_id, position, label, amount) VALUES ($1, 1, 1, 'gauze', 2), \
         ($1, 1, 2, NULL, NULL)"
            .into(),
        format!("INSERT INTO links (tenant_id, a, b) VALUES ($1, 1, 2), ($1, 1, 2), ($1, 2, {}), ($1, NULL, 1)", n + 3),
        format!("INSERT INTO rooms (id, tenant_id, label) VALUES ({room}, $1, 'room'), ({}, $1, NULL)", room + 1),
        format!("INSERT INTO settings (name, value, tenant_id) VALUES ('theme', 'dark {n}', $1), ('size', NULL, $1)"),
        format!("INSERT INTO \"Odd Names\" (tenant_id, \"Id\", \"select\") VALUES ($1, 1, 'one'), ($1, 2, 'two {n}')"),
        format!(
            "INSERT INTO notes (visit_id, id, tenant_id, body) VALUES (1, 1, $1, 'first'), (1, 2, $1, NULL), \
             (2, 3, $1, 'note {n}'), (NULL, {}, $1, 'first')",
            n + 4
        ),
    ]
}
