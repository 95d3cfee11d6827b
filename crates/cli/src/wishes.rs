//! What the user wants of the notation and the files: a flag for every row of the lists of options.
//!
//! Conventions: a flag is the option's name with hyphens; `--set name=value` takes the names as the service has them. A
//! value is checked when it is read, in the words of the list.

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use drums::{OptionInfo, Values};

/// Options as the user gave them.
#[derive(Debug, Clone)]
pub(crate) struct Wishes {
    /// About the music and the notation.
    pub(crate) notation: transcribe::Options,
    /// About the files.
    pub(crate) files: export::Options,
    /// Whether the user gave a title; an empty one is none.
    pub(crate) titled: bool,
}

/// The lists, with the heading of their flags.
static LISTS: [(&str, &[OptionInfo]); 2] =
    [("What the music is, and how it is written", transcribe::OPTIONS), ("How files look", export::OPTIONS)];

const SET: &str = "set";

impl Wishes {
    fn set(&mut self, name: &str, value: &str) -> Result<(), drums::Error> {
        match self.notation.set(name, value) {
            Err(drums::Error::UnknownOption { name: unknown, known }) => match self.files.set(name, value) {
                Err(export::Error::Option(drums::Error::UnknownOption { known: more, .. })) => {
                    Err(drums::Error::UnknownOption { name: unknown, known: format!("{known}, {more}") })
                }
                Err(export::Error::Option(error)) => Err(error),
                _ => Ok(()),
            },
            other => {
                self.titled |= name == "title";
                other
            }
        }
    }
}

impl Args for Wishes {
    fn augment_args(command: Command) -> Command {
        let flags = LISTS.iter().flat_map(|(heading, options)| options.iter().map(|option| flag(option, heading)));
        let set = Arg::new(SET)
            .long(SET)
            .value_name("NAME=VALUE")
            .action(ArgAction::Append)
            .help("Any of the options below by the name the service uses, such as dpi=300");
        command.arg(set).args(flags)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The flag of an option.
fn flag(option: &'static OptionInfo, heading: &'static str) -> Arg {
    let arg = Arg::new(option.name)
        .long(option.name.replace('_', "-"))
        .help_heading(heading)
        .help(option.description.trim_end_matches('.'))
        .action(ArgAction::Set);
    match option.values {
        Values::Words(_) if option.values.is_switch() => arg
            .value_name("true|false")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(PossibleValuesParser::new(["true", "false"]))
            .hide_possible_values(true),
        Values::Words(words) => arg.value_name("WORD").value_parser(PossibleValuesParser::new(words.iter().copied())),
        Values::Number { min, max, .. } => {
            arg.help(format!("{} [{min} to {max}]", option.description.trim_end_matches('.'))).value_name("NUMBER")
        }
        Values::Text(_) => arg.value_name("TEXT"),
        Values::Meter => arg.value_name("METER"),
        Values::Times(_) => arg.value_name("SECONDS,..."),
    }
}

impl FromArgMatches for Wishes {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut wishes =
            Self { notation: transcribe::Options::default(), files: export::Options::default(), titled: false };
        wishes.update_from_arg_matches(matches)?;
        Ok(wishes)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let refuse = |error: drums::Error| clap::Error::raw(ErrorKind::ValueValidation, format!("{error}\n"));
        for pair in matches.get_many::<String>(SET).into_iter().flatten() {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                let message = format!("{pair:?} sets nothing; write --set NAME=VALUE, such as --set dpi=300\n");
                clap::Error::raw(ErrorKind::ValueValidation, message)
            })?;
            self.set(&name.trim().to_ascii_lowercase().replace('-', "_"), value).map_err(refuse)?;
        }
        for option in LISTS.iter().flat_map(|(_, options)| options.iter()) {
            if let Some(value) = matches.get_one::<String>(option.name) {
                self.set(option.name, value).map_err(refuse)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Wishes, String> {
        let command = Wishes::augment_args(Command::new("backbeat").no_binary_name(true));
        let matches = command.try_get_matches_from(arguments).map_err(|error| error.to_string())?;
        Wishes::from_arg_matches(&matches).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_and_set_say_the_same() {
        let flags = read(&["--level", "2", "--similes", "--sections=false", "--dpi=300", "--tempo", "96"]).unwrap();
        let set = read(&[
            "--set",
            "level=2",
            "--set",
            "similes=true",
            "--set",
            "sections=false",
            "--set",
            "dpi=300",
            "--set",
            "tempo=96",
        ])
        .unwrap();
        assert_eq!((&flags.notation, &flags.files), (&set.notation, &set.files));
        assert!(flags.notation.notation.similes && !flags.notation.notation.sections);
        assert_eq!(flags.files.level.number(), 2);
        assert!(read(&["--title="]).unwrap().titled && !flags.titled);
    }

    #[test]
    fn what_cannot_be_is_said_in_the_words_of_the_list() {
        let error = |arguments: &[&str]| read(arguments).unwrap_err();
        assert!(error(&["--dpi", "5000"]).contains("it takes 20 to 600 dots per inch"));
        assert!(error(&["--set", "colour=red"]).contains("known are tempo, meter"));
        assert!(error(&["--set", "dpi"]).contains("write --set NAME=VALUE"));
        assert!(error(&["--paper", "foolscap"]).contains("a4, letter"), "{}", error(&["--paper", "foolscap"]));
        assert!(error(&["--downbeats", "1,soon"]).contains("times in seconds"));
    }

    #[test]
    fn no_name_stands_in_both_lists() {
        let mut names: Vec<&str> = LISTS.iter().flat_map(|(_, list)| list.iter().map(|option| option.name)).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
