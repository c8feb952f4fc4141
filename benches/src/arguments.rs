use crate::{Effort, Group};

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) effort: Effort,
    /// Names of groups, each once, in the order in which the groups are listed.
    pub(crate) groups: Vec<&'static str>,
}

impl Arguments {
    /// Reads `GROUP… [--quick]`, with what cargo adds: `--bench` when it benches, nothing when it tests.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>, groups: &[Group]) -> Result<Self, String> {
        let (mut bench, mut quick, mut test) = (false, false, false);
        let mut wanted = Vec::new();
        for arg in args {
            match arg.as_str() {
                "--bench" => bench = true,
                "--quick" => quick = true,
                "--test" => test = true,
                option if option.starts_with('-') => {
                    return Err(format!("option {option:?} is unknown; the one option is --quick"));
                }
                name => match groups.iter().find(|group| group.name == name) {
                    Some(group) => wanted.push(group.name),
                    None => {
                        let names: Vec<_> = groups.iter().map(|group| group.name).collect();
                        return Err(format!("group {name:?} is unknown; the groups are {}", names.join(", ")));
                    }
                },
            }
        }
        let effort = match (bench && !test, quick) {
            (false, _) => Effort::Once,
            (true, true) => Effort::Quick,
            (true, false) => Effort::Full,
        };
        let all = groups.iter().map(|group| group.name);
        Ok(Self { effort, groups: all.filter(|name| wanted.is_empty() || wanted.contains(name)).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUPS: &[Group] = &[
        Group { name: "guard", needs: None, prepare: |_| Ok(()) },
        Group { name: "scope", needs: None, prepare: |_| Ok(()) },
    ];

    fn parse(args: &str) -> Result<Arguments, String> {
        Arguments::parse(args.split_whitespace().map(str::to_owned), GROUPS)
    }

    #[test]
    fn without_groups_all_are_measured() {
        let all = vec!["guard", "scope"];
        assert_eq!(parse("--bench"), Ok(Arguments { effort: Effort::Full, groups: all.clone() }));
        assert_eq!(parse("--quick --bench"), Ok(Arguments { effort: Effort::Quick, groups: all }));
        let two = parse("scope scope guard --bench").unwrap();
        assert_eq!(two.groups, ["guard", "scope"]);
    }

    #[test]
    fn a_test_runs_each_case_once() {
        assert_eq!(parse("").unwrap().effort, Effort::Once);
        assert_eq!(parse("--bench --test").unwrap().effort, Effort::Once);
    }

    #[test]
    fn unknown_groups_and_options_are_refused_with_what_is_known() {
        assert_eq!(parse("guards").unwrap_err(), "group \"guards\" is unknown; the groups are guard, scope");
        assert_eq!(parse("--fast").unwrap_err(), "option \"--fast\" is unknown; the one option is --quick");
    }
}
