//! The functions that depend on their arguments alone: clocks and random numbers aside, they read no table, no file, no
//! setting and no other session, and change nothing. Sorted, because they are searched by bisection.

#[rustfmt::skip]
pub(super) const POSTGRES: &[&str] = &[
    "abbrev", "abs", "acos", "acosh", "age", "any_value", "array", "array_agg", "array_append", "array_cat",
    "array_dims", "array_fill", "array_length", "array_lower", "array_ndims", "array_position", "array_positions",
    "array_prepend", "array_remove", "array_replace", "array_sample", "array_shuffle", "array_sort", "array_to_json",
    "array_to_string", "array_to_tsvector", "array_upper", "ascii", "asin", "asinh", "atan", "atan2", "atan2d",
    "atand", "atanh", "avg", "bit_and", "bit_count", "bit_length", "bit_or", "bit_xor", "bool_and", "bool_or",
    "broadcast", "btrim", "cardinality", "cbrt", "ceil", "ceiling", "char_length", "character_length", "chr",
    "clock_timestamp", "coalesce", "concat", "concat_ws", "convert_from", "convert_to", "corr", "cos", "cosd", "cosh",
    "cot", "cotd", "count", "covar_pop", "covar_samp", "cume_dist", "current_date", "current_time",
    "current_timestamp", "date", "date_bin", "date_part", "date_trunc", "datemultirange", "daterange", "decode",
    "degrees", "dense_rank", "div", "encode", "enum_first", "enum_last", "enum_range", "every", "exp", "extract",
    "factorial", "family", "first_value", "floor", "format", "gcd", "gen_random_uuid", "get_bit", "get_byte",
    "greatest", "grouping", "host", "hostmask", "inet_merge", "inet_same_family", "initcap", "int4multirange",
    "int4range", "int8multirange", "int8range", "isempty", "isfinite", "json_agg", "json_array_length",
    "json_build_array", "json_build_object", "json_extract_path", "json_extract_path_text", "json_object",
    "json_object_agg", "json_strip_nulls", "json_to_tsvector", "json_typeof", "jsonb_agg", "jsonb_array_length",
    "jsonb_build_array", "jsonb_build_object", "jsonb_extract_path", "jsonb_extract_path_text", "jsonb_insert",
    "jsonb_object", "jsonb_object_agg", "jsonb_path_exists", "jsonb_path_exists_tz", "jsonb_path_match",
    "jsonb_path_match_tz", "jsonb_path_query_array", "jsonb_path_query_array_tz", "jsonb_path_query_first",
    "jsonb_path_query_first_tz", "jsonb_pretty", "jsonb_set", "jsonb_set_lax", "jsonb_strip_nulls",
    "jsonb_to_tsvector", "jsonb_typeof", "justify_days", "justify_hours", "justify_interval", "lag", "last_value",
    "lcm", "lead", "least", "left", "length", "ln", "localtime", "localtimestamp", "log", "log10", "lower",
    "lower_inc", "lower_inf", "lpad", "ltrim", "make_date", "make_interval", "make_time", "make_timestamp",
    "make_timestamptz", "masklen", "max", "md5", "merge_action", "min", "min_scale", "mod", "mode", "multirange", "netmask",
    "network", "normalize", "now", "nth_value", "ntile", "nullif", "num_nonnulls", "num_nulls", "nummultirange",
    "numnode", "numrange", "octet_length", "overlay", "parse_ident", "percent_rank", "percentile_cont",
    "percentile_disc", "phraseto_tsquery", "pi", "plainto_tsquery", "point", "position", "pow", "power", "querytree",
    "quote_ident", "quote_literal", "quote_nullable", "radians", "random", "random_normal", "range_agg",
    "range_intersect_agg", "range_merge", "rank", "regexp_count", "regexp_instr", "regexp_like", "regexp_match",
    "regexp_replace", "regexp_split_to_array", "regexp_substr", "regr_avgx", "regr_avgy", "regr_count",
    "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "repeat", "replace", "reverse",
    "right", "round", "row", "row_number", "row_to_json", "rpad", "rtrim", "scale", "set_bit", "set_byte",
    "set_masklen", "setweight", "sha224", "sha256", "sha384", "sha512", "sign", "sin", "sind", "sinh", "split_part",
    "sqrt", "starts_with", "statement_timestamp", "stddev", "stddev_pop", "stddev_samp", "string_agg",
    "string_to_array", "strip", "strpos", "substr", "substring", "sum", "tan", "tand", "tanh", "text", "timezone",
    "to_ascii", "to_bin", "to_char", "to_date", "to_hex", "to_json", "to_jsonb", "to_number", "to_oct",
    "to_timestamp", "to_tsquery", "to_tsvector", "transaction_timestamp", "translate", "trim", "trim_array",
    "trim_scale", "trunc", "ts_delete", "ts_filter", "ts_headline", "ts_rank", "ts_rank_cd", "tsmultirange",
    "tsquery_phrase", "tsrange", "tstzmultirange", "tstzrange", "tsvector_to_array", "unistr", "upper", "upper_inc",
    "upper_inf", "uuidv4", "uuidv7", "var_pop", "var_samp", "variance", "websearch_to_tsquery", "width_bucket",
];

/// Functions in FROM with the names of their columns; one without names has the name of the function or its alias.
pub(super) const POSTGRES_TABLE: &[(&str, &[&str])] = &[
    ("generate_series", &[]),
    ("generate_subscripts", &[]),
    ("json_array_elements", &["value"]),
    ("json_array_elements_text", &["value"]),
    ("json_each", &["key", "value"]),
    ("json_each_text", &["key", "value"]),
    ("json_object_keys", &[]),
    ("json_to_record", &[]),
    ("json_to_recordset", &[]),
    ("jsonb_array_elements", &["value"]),
    ("jsonb_array_elements_text", &["value"]),
    ("jsonb_each", &["key", "value"]),
    ("jsonb_each_text", &["key", "value"]),
    ("jsonb_object_keys", &[]),
    ("jsonb_path_query", &[]),
    ("jsonb_path_query_tz", &[]),
    ("jsonb_to_record", &[]),
    ("jsonb_to_recordset", &[]),
    ("regexp_matches", &[]),
    ("regexp_split_to_table", &[]),
    ("string_to_table", &[]),
    ("unnest", &[]),
];

#[rustfmt::skip]
pub(super) const SQLITE: &[&str] = &[
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "avg", "ceil", "ceiling", "char", "coalesce",
    "concat", "concat_ws", "cos", "cosh", "count", "cume_dist", "current_date", "current_time", "current_timestamp",
    "date", "datetime", "degrees", "dense_rank", "exp", "first_value", "floor", "format", "glob", "group_concat",
    "hex", "ifnull", "iif", "instr", "json", "json_array", "json_array_length", "json_error_position", "json_extract",
    "json_group_array", "json_group_object", "json_insert", "json_object", "json_patch", "json_pretty", "json_quote",
    "json_remove", "json_replace", "json_set", "json_type", "json_valid", "julianday", "lag", "last_value", "lead",
    "length", "like", "likelihood", "likely", "ln", "log", "log10", "log2", "lower", "ltrim", "max", "median", "min",
    "mod", "nth_value", "ntile", "nullif", "octet_length", "percent_rank", "pi", "pow", "power", "printf", "quote",
    "radians", "random", "randomblob", "rank", "replace", "round", "row_number", "rtrim", "sign", "sin", "sinh",
    "sqrt", "strftime", "string_agg", "substr", "substring", "sum", "tan", "tanh", "time", "timediff", "total",
    "trim", "trunc", "typeof", "unhex", "unicode", "unistr", "unixepoch", "unlikely", "upper", "zeroblob",
];

pub(super) const SQLITE_TABLE: &[(&str, &[&str])] = &[
    ("json_each", &["key", "value", "type", "atom", "id", "parent", "fullkey", "path"]),
    ("json_tree", &["key", "value", "type", "atom", "id", "parent", "fullkey", "path"]),
];

/// Functions whose whole purpose is the session's state.
pub(super) const SESSION: &[&str] = &["current_setting", "set_config", "setseed"];

#[cfg(test)]
mod tests {
    #[test]
    fn lists_are_sorted() {
        assert!(super::POSTGRES.is_sorted());
        assert!(super::SQLITE.is_sorted());
    }
}
