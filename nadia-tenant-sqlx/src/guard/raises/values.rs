//! What raises by the number of rows, by a count that a row gives, or by a value that becomes one of another type.

use sqlparser::ast::{
    Expr, Fetch, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, LimitClause, Query,
    SelectItem, SetExpr, TableSampleKind, Value, WindowFrameBound, WindowSpec, WindowType,
};

use super::{HARMLESS, Hazards};

/// Aggregates, of which a query without groups gives one row.
const AGGREGATES: &[&str] = &["avg", "bool_and", "bool_or", "count", "max", "min", "sum"];
/// Functions that give one of their arguments.
const CHOICES: &[&str] = &["coalesce", "greatest", "least"];

impl Hazards<'_> {
    pub(super) fn is_harmless_call(&self, function: &Function) -> bool {
        let Some(name) = self.name_of(function).filter(|name| HARMLESS.contains(&&**name)) else { return false };
        let frames = matches!(&function.over, Some(WindowType::WindowSpec(spec)) if frames_by_row(spec));
        let mut args = args(function);
        let fits = match &*name {
            // With two it decodes bytes.
            "length" => args.count() == 1,
            // What is too great a sum may be of a row around the query.
            "avg" | "sum" => {
                args.all(|arg| matches!(arg, Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_)))
            }
            name if CHOICES.contains(&name) => args.all(|arg| self.keeps_type(arg)),
            _ => true,
        };
        fits && !frames
    }

    /// Tells whether a value beside others, whose type it takes, surely fits into that.
    pub(super) fn keeps_type(&self, expr: &Expr) -> bool {
        let is_wide = |name| !self.plain.narrow.contains(&self.flavor.fold(name));
        match expr {
            Expr::Identifier(name) => is_wide(name),
            Expr::CompoundIdentifier(names) => names.last().is_some_and(is_wide),
            Expr::Nested(inner) => self.keeps_type(inner),
            Expr::Subquery(query) => self.all_keep_type(&query.body),
            Expr::Function(function) => match self.name_of(function).as_deref() {
                Some("max" | "min" | "nullif") => args(function).all(|arg| self.keeps_type(arg)),
                _ => true,
            },
            _ => true,
        }
    }

    /// Tells whether the rows of several queries or of VALUES may be brought to one type.
    pub(super) fn mixes(&self, body: &SetExpr) -> bool {
        matches!(body, SetExpr::SetOperation { .. } | SetExpr::Values(_)) && !self.all_keep_type(body)
    }

    fn all_keep_type(&self, body: &SetExpr) -> bool {
        match body {
            SetExpr::Values(values) => {
                values.rows.iter().flat_map(|row| &row.content).all(|value| self.keeps_type(value))
            }
            SetExpr::SetOperation { left, right, .. } => self.all_keep_type(left) && self.all_keep_type(right),
            SetExpr::Query(query) => self.all_keep_type(&query.body),
            SetExpr::Select(select) => select.projection.iter().all(|item| match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => self.keeps_type(expr),
                _ => self.plain.narrow.is_empty(),
            }),
            _ => true,
        }
    }

    fn name_of(&self, function: &Function) -> Option<String> {
        match &function.name.0[..] {
            [name] => name.as_ident().map(|name| self.flavor.fold(name)),
            _ => None,
        }
    }
}

fn args(function: &Function) -> impl Iterator<Item = &Expr> {
    let list = match &function.args {
        FunctionArguments::List(list) => &list.args[..],
        _ => &[],
    };
    list.iter().filter_map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    })
}

/// Tells whether a window's frame reaches as far as a row says, which may be below zero.
pub(super) fn frames_by_row(spec: &WindowSpec) -> bool {
    let Some(frame) = &spec.window_frame else { return false };
    [Some(&frame.start_bound), frame.end_bound.as_ref()].into_iter().flatten().any(|bound| match bound {
        WindowFrameBound::CurrentRow => false,
        WindowFrameBound::Preceding(offset) | WindowFrameBound::Following(offset) => {
            offset.as_deref().is_some_and(|offset| !is_value(offset))
        }
    })
}

/// Tells whether a query gives as many rows as a row around it says, which may be below zero.
pub(super) fn counts_by_row(query: &Query) -> bool {
    let limits = match &query.limit_clause {
        None => [None, None],
        Some(LimitClause::LimitOffset { limit, offset, .. }) => {
            [limit.as_ref(), offset.as_ref().map(|offset| &offset.value)]
        }
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => [Some(offset), Some(limit)],
    };
    let quantity = query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref());
    limits.into_iter().flatten().chain(quantity).any(|count| !is_value(count))
}

/// Tells whether a sample is of as much as a row around the query says.
pub(super) fn samples_by_row(sample: &TableSampleKind) -> bool {
    let (TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) = sample;
    sample.quantity.as_ref().is_none_or(|quantity| !is_value(&quantity.value))
}

fn is_value(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_value(inner),
        expr => matches!(expr, Expr::Value(_)),
    }
}

/// Tells whether a query gives no second row.
pub(super) fn gives_one_row(query: &Query) -> bool {
    let is_one =
        |count: &Expr| matches!(count, Expr::Value(value) if matches!(&value.value, Value::Number(n, _) if n == "1"));
    let limited =
        matches!(&query.limit_clause, Some(LimitClause::LimitOffset { limit: Some(limit), .. }) if is_one(limit));
    let fetched = matches!(&query.fetch,
        Some(Fetch { with_ties: false, percent: false, quantity }) if quantity.as_ref().is_none_or(is_one));
    if limited || fetched {
        return true;
    }
    match &*query.body {
        SetExpr::Select(select) => {
            let ungrouped = matches!(&select.group_by, GroupByExpr::Expressions(exprs, _) if exprs.is_empty());
            let aggregates = select.projection.iter().any(|item| match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => aggregates(expr),
                _ => false,
            });
            select.from.is_empty() || ungrouped && aggregates
        }
        SetExpr::Values(values) => values.rows.len() < 2,
        SetExpr::Query(query) => gives_one_row(query),
        _ => false,
    }
}

/// Tells whether there is an aggregate in what a query lists.
fn aggregates(expr: &Expr) -> bool {
    match expr {
        Expr::Function(function) => {
            let is = match &function.name.0[..] {
                [name] => name.as_ident().is_some_and(|name| AGGREGATES.contains(&&*name.value.to_ascii_lowercase())),
                _ => false,
            };
            is && function.over.is_none() || args(function).any(aggregates)
        }
        Expr::Nested(inner) => aggregates(inner),
        Expr::BinaryOp { left, right, .. } => aggregates(left) || aggregates(right),
        _ => false,
    }
}
