use sqlparser::{
    ast::{
        AccessExpr, Array, BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DateTimeField, Expr, Ident, Interval,
        Spanned, Subscript, TypedString, UnaryOperator, Value, ValueWithSpan,
    },
    tokenizer::Span,
};

use super::{Walker, absent, unsupported};
use crate::guard::{
    dialect::{CUSTOM_OPERATORS, Flavor},
    refusal::{Checked, Fault, RefusalKind},
    scope::{Entry, find_entry},
    syntax, types,
};

impl Walker<'_> {
    pub(super) fn maybe(&mut self, expr: Option<&mut Expr>) -> Checked {
        expr.map_or(Ok(()), |expr| self.expr(expr))
    }

    pub(super) fn exprs(&mut self, exprs: &mut [Expr]) -> Checked {
        exprs.iter_mut().try_for_each(|expr| self.expr(expr))
    }

    /// Walks an expression. Operators are walked by a list of work instead of by recursion, so that a long chain of them
    /// takes no stack.
    pub(super) fn expr(&mut self, root: &mut Expr) -> Checked {
        let mut work = vec![root];
        while let Some(expr) = work.pop() {
            self.step(expr, &mut work)?;
        }
        Ok(())
    }

    fn step<'e>(&mut self, expr: &'e mut Expr, work: &mut Vec<&'e mut Expr>) -> Checked {
        match expr {
            Expr::Identifier(name) => {
                self.no_call(name)?;
                if let Some(entry) = find_entry(&self.scopes, &self.fold(name)) {
                    self.keeps_row(entry, name.span)?;
                }
                self.column(name)
            }
            Expr::CompoundIdentifier(names) => self.qualified(names),
            Expr::Value(ValueWithSpan { value, span }) => self.value(value, *span),
            Expr::Nested(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner)
            | Expr::IsNormalized { expr: inner, form: _, negated: _ } => {
                work.push(inner);
                Ok(())
            }
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                work.extend([&mut **left, right]);
                Ok(())
            }
            Expr::BinaryOp { left, op, right } => {
                absent(is_plain_operator(op), "this operator", right.span())?;
                work.extend([&mut **left, right]);
                Ok(())
            }
            Expr::AnyOp { left, compare_op, right, is_some: _ } | Expr::AllOp { left, compare_op, right } => {
                absent(is_plain_operator(compare_op), "this operator", left.span())?;
                work.extend([&mut **left, right]);
                Ok(())
            }
            Expr::UnaryOp { op, expr } => {
                match op {
                    UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not | UnaryOperator::BitwiseNot => {}
                    _ => return Err(unsupported("this operator", expr.span())),
                }
                if matches!(**expr, Expr::UnaryOp { .. }) && *op != UnaryOperator::Not {
                    // `- -1` would be printed as the beginning of a comment.
                    let inner = std::mem::replace(&mut **expr, Expr::Tuple(Vec::new()));
                    **expr = Expr::Nested(Box::new(inner));
                }
                work.push(expr);
                Ok(())
            }
            Expr::InList { expr, list, negated: _ } => {
                work.push(expr);
                work.extend(list);
                Ok(())
            }
            Expr::InSubquery { expr, subquery, negated: _ } => {
                work.push(expr);
                self.query(subquery).map(drop)
            }
            Expr::Between { expr, negated: _, low, high } => {
                work.extend([&mut **expr, high]);
                if !matches!(&**low, Expr::Prefixed { prefix, .. } if syntax::is_symmetric(prefix)) {
                    work.push(low);
                } else if let Expr::Prefixed { value, .. } = &mut **low {
                    work.push(value);
                }
                Ok(())
            }
            Expr::Like { negated: _, any, expr, pattern, escape_char }
            | Expr::ILike { negated: _, any, expr, pattern, escape_char } => {
                absent(!*any, "LIKE ANY without an array", expr.span())?;
                work.extend([&mut **expr, pattern]);
                work.extend(escape_char.as_deref_mut());
                Ok(())
            }
            Expr::SimilarTo { negated: _, expr, pattern, escape_char } => {
                work.extend([&mut **expr, pattern]);
                work.extend(escape_char.as_deref_mut());
                Ok(())
            }
            Expr::Subquery(query) | Expr::Exists { subquery: query, negated: _ } => self.query(query).map(drop),
            Expr::Function(function) => self.function(function),
            Expr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                work.extend(operand.as_deref_mut());
                for CaseWhen { condition, result } in conditions {
                    work.extend([condition, result]);
                }
                work.extend(else_result.as_deref_mut());
                Ok(())
            }
            Expr::Cast { kind, expr, data_type, format } => {
                absent(matches!(kind, CastKind::Cast | CastKind::DoubleColon), "this form of cast", expr.span())?;
                absent(format.is_none(), "this form of cast", expr.span())?;
                types::check(self.flavor, self.catalog, data_type, expr.span())?;
                work.push(expr);
                Ok(())
            }
            Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax }) => {
                absent(!*uses_odbc_syntax, "a literal in braces", value.span)?;
                types::check(self.flavor, self.catalog, data_type, value.span)?;
                self.value(&value.value, value.span)
            }
            Expr::Interval(Interval {
                value,
                leading_field: _,
                leading_precision: _,
                last_field: _,
                fractional_seconds_precision: _,
            }) => {
                work.push(value);
                Ok(())
            }
            Expr::Tuple(list) => {
                work.extend(list);
                Ok(())
            }
            Expr::Array(Array { elem, named: _ }) => {
                work.extend(elem);
                Ok(())
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                work.extend(sets.iter_mut().flatten());
                Ok(())
            }
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain, work),
            special => self.special(special, work),
        }
    }

    /// The functions that have a grammar of their own.
    fn special<'e>(&mut self, expr: &'e mut Expr, work: &mut Vec<&'e mut Expr>) -> Checked {
        match expr {
            Expr::IsJson { expr, kind: _, unique_keys: _, negated: _ }
            | Expr::IsNormalized { expr, form: _, negated: _ } => {
                work.push(expr);
            }
            Expr::AtTimeZone { timestamp, time_zone } => work.extend([&mut **timestamp, time_zone]),
            Expr::Extract { field, syntax: _, expr } => {
                absent(!matches!(field, DateTimeField::Custom(_)), "this field of EXTRACT", expr.span())?;
                work.push(expr);
            }
            Expr::Ceil { expr, field } | Expr::Floor { expr, field } => {
                let bare = matches!(field, CeilFloorKind::DateTimeField(DateTimeField::NoDateTime));
                absent(bare, "a scale of CEIL or FLOOR", expr.span())?;
                work.push(expr);
            }
            Expr::Position { expr, r#in } => work.extend([&mut **expr, r#in]),
            Expr::Substring { expr, substring_from, substring_for, special: _, shorthand: _ } => {
                work.push(expr);
                work.extend(substring_from.as_deref_mut());
                work.extend(substring_for.as_deref_mut());
            }
            Expr::Trim { trim_where: _, trim_what, expr, trim_characters } => {
                work.push(expr);
                work.extend(trim_what.as_deref_mut());
                work.extend(trim_characters.iter_mut().flatten());
            }
            Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                work.extend([&mut **expr, overlay_what, overlay_from]);
                work.extend(overlay_for.as_deref_mut());
            }
            Expr::Collate { expr, collation } => {
                let in_system = collation.0.len() == 2
                    && self.flavor == Flavor::Postgres
                    && collation.0[0].as_ident().is_some_and(|schema| self.fold(schema) == "pg_catalog");
                if !in_system {
                    self.single(collation)?;
                }
                work.push(expr);
            }
            // Among them: row fields `(x).y`, which may call a function; JSON paths; XML; other databases' forms.
            other => return Err(unsupported("this expression", other.span())),
        }
        Ok(())
    }

    /// Array elements and slices, and the column before them.
    fn access<'e>(
        &mut self,
        root: &'e mut Box<Expr>,
        chain: &'e mut Vec<AccessExpr>,
        work: &mut Vec<&'e mut Expr>,
    ) -> Checked {
        let mut names = Vec::new();
        if let Expr::Identifier(name) = &**root {
            let dot = |access: &AccessExpr| match access {
                AccessExpr::Dot(Expr::Identifier(name)) => Some(name.clone()),
                _ => None,
            };
            names.push(name.clone());
            names.extend(chain.iter().map_while(dot));
        }
        if names.len() < 2 {
            work.push(root);
        } else {
            let written = names.len();
            self.qualified(&mut names)?;
            **root = Expr::Identifier(names[0].clone());
            if names.len() < written {
                chain.remove(0);
            }
        }
        for access in chain.iter_mut().skip(names.len().saturating_sub(1)) {
            match access {
                AccessExpr::Dot(field) => return Err(unsupported("a field of a value", field.span())),
                AccessExpr::Subscript(Subscript::Index { index }) => work.push(index),
                AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                    absent(stride.is_none(), "a stride of a slice", Span::empty())?;
                    work.extend(lower_bound.as_mut());
                    work.extend(upper_bound.as_mut());
                }
            }
        }
        Ok(())
    }

    pub(super) fn value(&self, value: &Value, place: Span) -> Checked {
        match value {
            Value::Number(_, false)
            | Value::SingleQuotedString(_)
            | Value::HexStringLiteral(_)
            | Value::Boolean(_)
            | Value::Null => Ok(()),
            Value::EscapedStringLiteral(_) if self.flavor == Flavor::Postgres => Ok(()),
            // Placeholders that are one token were counted on the tokens; `:name` and `@name` come together here only.
            Value::Placeholder(text) if text.starts_with(['$', '?']) => Ok(()),
            Value::Placeholder(text) => Err(Fault::new(
                RefusalKind::Placeholder,
                format!("placeholder {text:?} has a name"),
                "number placeholders: $1, $2, …",
                place,
            )),
            _ => Err(unsupported("this form of literal", place)),
        }
    }

    /// Refuses the words that are a call without parentheses, though the parser takes them for columns.
    fn no_call(&self, name: &Ident) -> Checked {
        let folded = self.fold(name);
        if name.quote_style.is_none() && self.flavor.calls().contains(&folded.as_str()) {
            return Err(Fault::new(
                RefusalKind::Function,
                format!("function {folded:?} is not on the guard's list"),
                "use a built-in function of plain values; a column of that name needs double quotes",
                name.span,
            ));
        }
        Ok(())
    }

    pub(super) fn column(&self, name: &Ident) -> Checked {
        let folded = self.fold(name);
        let of_system = self.flavor.system_columns().contains(&folded.as_str());
        if of_system && !self.catalog.tables().any(|table| table.has_column(&folded)) {
            return Err(Fault::new(
                RefusalKind::SystemColumn,
                format!("column {folded:?} is the database's own"),
                "use the table's key",
                name.span,
            ));
        }
        Ok(())
    }

    /// Checks that a qualified name is a column of a table in view: in PostgreSQL `c.name_of` may also call a function.
    ///
    /// A schema that the place decides on is left out of it.
    fn qualified(&self, names: &mut Vec<Ident>) -> Checked {
        if let Some(row) = syntax::row_of(&names[0]) {
            names[0] = self.row_in_parentheses(row)?;
        }
        let (entry, column) = match &names[..] {
            [table, column] => (find_entry(&self.scopes, &self.fold(table)), column),
            [schema, table, column] => {
                let entry = find_entry(&self.scopes, &self.fold(table));
                (entry.filter(|entry| entry.is_in(&self.fold(schema))), column)
            }
            _ => (None, names.last().expect("a compound name has parts")),
        };
        self.column(column)?;
        let folded = self.fold(column);
        let is_column = match entry {
            None => false,
            Some(Entry { columns: None, .. }) => self.flavor == Flavor::Sqlite,
            Some(Entry { columns: Some(columns), .. }) => columns.contains(&folded),
        };
        if is_column {
            if names.len() == 3 && entry.is_some_and(Entry::drops_schema) {
                names.remove(0);
            }
            return Ok(());
        }
        let written = names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(".");
        Err(Fault::new(
            RefusalKind::Name,
            format!("{written:?} is no column of a table in view"),
            "use an alias and a column of this statement; name the columns of common table expressions",
            column.span,
        ))
    }
}

/// The databases' own operators on plain values.
fn is_plain_operator(op: &BinaryOperator) -> bool {
    use BinaryOperator as Op;
    matches!(
        op,
        Op::Plus
            | Op::Minus
            | Op::Multiply
            | Op::Divide
            | Op::Modulo
            | Op::StringConcat
            | Op::Gt
            | Op::Lt
            | Op::GtEq
            | Op::LtEq
            | Op::Eq
            | Op::NotEq
            | Op::And
            | Op::Or
            | Op::BitwiseOr
            | Op::BitwiseAnd
            | Op::PGBitwiseXor
            | Op::PGBitwiseShiftLeft
            | Op::PGBitwiseShiftRight
            | Op::PGExp
            | Op::PGOverlap
            | Op::PGRegexMatch
            | Op::PGRegexIMatch
            | Op::PGRegexNotMatch
            | Op::PGRegexNotIMatch
            | Op::PGLikeMatch
            | Op::PGILikeMatch
            | Op::PGNotLikeMatch
            | Op::PGNotILikeMatch
            | Op::PGStartsWith
            | Op::Arrow
            | Op::LongArrow
            | Op::HashArrow
            | Op::HashLongArrow
            | Op::AtAt
            | Op::AtArrow
            | Op::ArrowAt
            | Op::HashMinus
            | Op::AtQuestion
            | Op::Question
            | Op::QuestionAnd
            | Op::QuestionPipe
            | Op::Overlaps
            | Op::Glob
            | Op::LtDashGt
    ) || matches!(op, Op::Custom(op) if CUSTOM_OPERATORS.contains(&op.as_str()))
}
