//! Where a table's predicate goes among joins, so that outer joins keep their meaning.

use sqlparser::ast::{Expr, Ident, Join, JoinConstraint, JoinOperator, Spanned};

use super::{absent, unsupported};
use crate::guard::{
    refusal::Checked,
    syntax::{self, Form},
};

/// Where the predicate of a table goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Into the statement's WHERE: the table is on no nullable side. Keeps functional dependencies, locks and system columns.
    Where,
    /// Into the ON of this join, on whose nullable side the table is.
    On(usize),
    /// Into a sub-query in the table's stead, where neither would do.
    Wrap,
}

/// The side of a join that may come out as NULLs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Neither.
    Inner,
    /// The right one, of a LEFT JOIN.
    Left,
    /// The left one, of a RIGHT JOIN.
    Right,
    /// Both.
    Full,
}

/// Finds where the predicate of the relation goes that is on the left of all joins from `joins[at]` on.
pub(super) fn place(at: usize, sides: &[(Side, bool)], outer: Place) -> Place {
    for (join, (side, has_on)) in sides.iter().enumerate().skip(at) {
        match side {
            Side::Right if *has_on => return Place::On(join),
            Side::Right | Side::Full => return Place::Wrap,
            Side::Inner | Side::Left => {}
        }
    }
    outer
}

/// Finds where the predicate of the relation goes that `joins[at]` joins.
pub(super) fn place_of_joined(at: usize, sides: &[(Side, bool)], outer: Place) -> Place {
    match sides[at] {
        (Side::Left, true) => Place::On(at),
        (Side::Left, false) | (Side::Full, _) => Place::Wrap,
        (Side::Inner | Side::Right, _) => place(at + 1, sides, outer),
    }
}

/// Admits a join, and tells its nullable side and whether it has an ON.
pub(super) fn join_side(join: &mut Join) -> Checked<(Side, bool)> {
    let Join { relation, global, join_operator } = join;
    absent(!*global, "GLOBAL JOIN", relation.span())?;
    match side(join_operator) {
        Some((side, constraint)) => {
            if let JoinConstraint::Using(columns) = constraint {
                absent(columns.iter().all(|column| column.0.len() == 1), "a qualified name in USING", relation.span())?;
            }
            Ok((side, matches!(constraint, JoinConstraint::On(_))))
        }
        None => Err(unsupported("this kind of join", relation.span())),
    }
}

/// Returns the condition of a join's ON.
pub(super) fn condition(operator: &mut JoinOperator) -> Option<&mut Expr> {
    match side(operator)? {
        (_, JoinConstraint::On(condition)) => Some(condition),
        _ => None,
    }
}

/// Returns the alias behind USING, and the columns that it has.
pub(super) fn using_alias(operator: &mut JoinOperator) -> Option<(Ident, Vec<Ident>)> {
    let (_, JoinConstraint::Using(columns)) = side(operator)? else { return None };
    let (last, columns) = columns.split_last()?;
    let alias = syntax::named_in(syntax::stands_for(last.0.first()?.as_ident()?, Form::Using)?).pop()?;
    Some((alias, columns.iter().filter_map(|column| column.0.first()?.as_ident().cloned()).collect()))
}

/// The one list of the joins that are admitted.
fn side(operator: &mut JoinOperator) -> Option<(Side, &mut JoinConstraint)> {
    match operator {
        JoinOperator::Join(c) | JoinOperator::Inner(c) | JoinOperator::CrossJoin(c) => Some((Side::Inner, c)),
        JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => Some((Side::Left, c)),
        JoinOperator::Right(c) | JoinOperator::RightOuter(c) => Some((Side::Right, c)),
        JoinOperator::FullOuter(c) => Some((Side::Full, c)),
        _ => None,
    }
}

/// Tells whether rows of what stands left of the join may come out as NULLs.
pub(super) fn nulls_the_left(join: &mut Join) -> bool {
    matches!(side(&mut join.join_operator), Some((Side::Right | Side::Full, _)))
}

/// Tells whether columns of both sides become one.
pub(super) fn merges_columns(join: &mut Join) -> bool {
    matches!(side(&mut join.join_operator), Some((_, JoinConstraint::Using(_) | JoinConstraint::Natural)))
}
