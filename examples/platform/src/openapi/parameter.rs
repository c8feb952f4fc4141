use utoipa::openapi::{
    KnownFormat, ObjectBuilder, Required, SchemaFormat, Type,
    path::{self, ParameterBuilder, ParameterIn},
};

use crate::plans::{Feature, Resource};

/// What a query or header may say.
#[derive(Clone, Copy)]
pub(crate) struct Parameter {
    place: Place,
    name: &'static str,
    kind: Kind,
    about: &'static str,
    is_required: bool,
}

#[derive(Clone, Copy)]
enum Place {
    Query,
    Header,
}

/// The form of a parameter.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Number,
    Day,
    Id,
    OneOf(&'static [&'static str]),
}

/// What every list takes that is given a page at a time.
pub(crate) const PAGED: &[Parameter] = &[
    query("limit", Kind::Number, "How many at most: 1 to 200, 50 by default; more is taken as 200"),
    query("cursor", Kind::Text, "`page.next` of the page before"),
];
/// The search of a list.
pub(crate) const SEARCH: &[Parameter] = &[query("search", Kind::Text, "A part of what is searched for")];
/// What a change may be held to.
pub(crate) const IF_MATCH: &[Parameter] = &[header("If-Match", "The ETag of what the change was decided on")];
/// What a read may be spared by.
pub(crate) const IF_NONE_MATCH: &[Parameter] = &[header("If-None-Match", "The ETag of what is known already")];

/// Describes a parameter of the query, which may be left out.
pub(crate) const fn query(name: &'static str, kind: Kind, about: &'static str) -> Parameter {
    Parameter { place: Place::Query, name, kind, about, is_required: false }
}

const fn header(name: &'static str, about: &'static str) -> Parameter {
    Parameter { place: Place::Header, name, kind: Kind::Text, about, is_required: false }
}

impl Parameter {
    /// Says that it must not be left out.
    pub(crate) const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    pub(super) fn to_openapi(self) -> path::Parameter {
        let place = match self.place {
            Place::Query => ParameterIn::Query,
            Place::Header => ParameterIn::Header,
        };
        let required = if self.is_required { Required::True } else { Required::False };
        let parameter = ParameterBuilder::new().name(self.name).parameter_in(place).required(required);
        parameter.description(Some(self.about)).schema(Some(self.kind.schema())).build()
    }
}

impl Kind {
    fn schema(self) -> ObjectBuilder {
        let text = ObjectBuilder::new().schema_type(Type::String);
        match self {
            Self::Text => text,
            Self::Number => ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)),
            Self::Day => text.format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))),
            Self::Id => text.format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))),
            Self::OneOf(values) => text.enum_values(Some(values.iter().copied())),
        }
    }
}

/// Describes the parameters that stand in a path: ids, but for the names of what a plan has.
pub(super) fn of_path(path: &str) -> impl Iterator<Item = path::Parameter> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).map(|name| {
        let schema = match name {
            "resource" => Kind::Text.schema().enum_values(Some(Resource::ALL.map(Resource::as_str))),
            "feature" => Kind::Text.schema().enum_values(Some(Feature::ALL.map(Feature::as_str))),
            _ => Kind::Id.schema(),
        };
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        parameter.required(Required::True).schema(Some(schema)).build()
    })
}
