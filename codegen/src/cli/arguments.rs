//! What can be said on the command line.

use super::exit;
use castgate_codegen::against::Address;
use castgate_codegen::diff;
use castgate_codegen::lint::Lint;
use castgate_codegen::report::Matrix;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Checks and explains gateway configs.
#[derive(Debug, Parser)]
#[command(name = "castgate", version, arg_required_else_help = true, after_help = exit::HELP)]
pub(crate) struct Arguments {
    /// When reports have colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When reports have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless the environment says otherwise
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// The config to read.
#[derive(Debug, Args)]
pub(crate) struct ConfigFile {
    /// The config, or layers of it: base.yml:prod.yml; `-` is stdin
    #[arg(default_value = "gateway.yml", env = "GATEWAY_CONFIG", hide_env_values = true)]
    pub(crate) file: String,
}

/// The config to read, where something else is the first argument.
#[derive(Debug, Args)]
pub(crate) struct ConfigOption {
    /// The config, or layers of it: base.yml:prod.yml; `-` is stdin
    #[arg(
        long = "config",
        value_name = "FILE",
        default_value = "gateway.yml",
        env = "GATEWAY_CONFIG",
        hide_env_values = true
    )]
    pub(crate) file: String,
}

/// How problems are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// A report with the source, on stderr
    Human,
    /// One JSON object a line, on stdout
    Json,
    /// A SARIF 2.1.0 log, on stdout
    Sarif,
    /// GitHub's workflow commands, on stdout
    Github,
    /// cargo's JSON messages, on stdout, for rust-analyzer
    Cargo,
    /// A line for each problem, on stdout
    Short,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// Columns
    Table,
    /// A JSON array
    Json,
}

/// How changes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    Human,
    /// For programs
    Json,
}

/// A running gateway.
#[derive(Debug, Args)]
pub(crate) struct RunningGateway {
    /// Send them to the running gateway at this address, and see what becomes of them
    #[arg(long, value_name = "URL")]
    pub(crate) against: Option<Address>,
    /// Where its /metrics is, if the config has an `admin` listener
    #[arg(long, value_name = "URL", requires = "against")]
    pub(crate) admin: Option<Address>,
    /// Which of the config's listeners that address is, by its name, if it has several; tests of others are not sent
    #[arg(long, value_name = "NAME", requires = "against")]
    pub(crate) listener: Option<String>,
    /// A header field for every request, such as 'x-api-key: 1234'
    #[arg(short = 'H', long = "header", value_name = "FIELD", requires = "against", value_parser = header)]
    pub(crate) headers: Vec<(String, String)>,
    /// Send them even if it was cast from another config
    #[arg(long, requires = "against")]
    pub(crate) any_config: bool,
}

fn header(field: &str) -> Result<(String, String), &'static str> {
    let (name, value) = field.split_once(':').ok_or("write `name: value`")?;
    Ok((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a config and report every problem in it
    Check {
        #[command(flatten)]
        config: ConfigFile,
        /// How problems are written
        #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
        format: ReportFormat,
    },
    /// Print the Rust which a config is compiled into
    Emit {
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Print the routes in the order in which they take a request
    Routes {
        #[command(flatten)]
        config: ConfigFile,
        /// How they are written
        #[arg(long, value_enum, default_value_t = TableFormat::Table)]
        format: TableFormat,
    },
    /// Explain a diagnostic's code, a lint, or which route takes a request and why the others do not
    Explain {
        /// A code, such as CG0203, a lint, such as yaml-word, or a request, such as 'GET http://api.example.com/users?x=1'
        what: String,
        /// A header field of the request, such as 'x-canary: 1'
        #[arg(short = 'H', long = "header", value_name = "FIELD")]
        headers: Vec<String>,
        /// From whom the request comes: whether an `ip_filter` refuses it
        #[arg(long, value_name = "ADDRESS")]
        client_ip: Option<std::net::IpAddr>,
        /// The listener the request comes in at, by its name; all of them if none is named
        #[arg(long, value_name = "NAME")]
        listener: Option<String>,
        #[command(flatten)]
        config: ConfigOption,
        /// Say of every route why it did not take the request, not only of those which came near
        #[arg(long)]
        all: bool,
    },
    /// Print the config in its normal form: defaults filled in, sections resolved, never a secret
    Config {
        #[command(flatten)]
        config: ConfigFile,
        /// Behind each value, where it was written
        #[arg(long)]
        origins: bool,
    },
    /// Print what the config costs: routes, stacks, metric series, memory of tables
    Report {
        #[command(flatten)]
        config: ConfigFile,
        /// Print instead which routes ask for a key and limit the rate
        #[arg(long, value_enum, value_name = "FORMAT")]
        access_matrix: Option<Matrix>,
    },
    /// Run the tests that are in the config, which every build asserts
    #[command(after_help = TEST_HELP)]
    Test {
        #[command(flatten)]
        config: ConfigFile,
        #[command(flatten)]
        running: RunningGateway,
    },
    /// Compare two configs by what they do with requests
    #[command(after_help = diff_help())]
    Diff {
        /// The config as it was, or layers of it: base.yml:prod.yml; `-` is stdin
        old: String,
        /// The config as it is, or layers of it
        new: String,
        /// Exit with 1 if a change of these kinds occurs, such as auth-removed,route-removed
        #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kind_of_change)]
        fail_on: Vec<String>,
        /// How changes are written
        #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
        format: DiffFormat,
    },
    /// Print the JSON Schema of gateway.yml (draft 7), for editors
    #[command(after_help = SCHEMA_HELP)]
    Schema,
    /// Print the reference of gateway.yml as Markdown
    Reference {
        /// Print instead the page of a lint: an example, its report, how to mend it
        #[arg(long, value_name = "NAME", value_parser = lint_names(), hide_possible_values = true)]
        lint: Option<Lint>,
    },
    /// Serve editors as a language server, over stdin and stdout
    Lsp,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the man page, or that of a command
    Man {
        /// The command
        #[arg(value_name = "COMMAND")]
        name: Option<String>,
    },
}

/// So that shells can complete them.
fn lint_names() -> impl TypedValueParser<Value = Lint> {
    let names = PossibleValuesParser::new(Lint::ALL.iter().map(|lint| lint.name()));
    names.try_map(|name| Lint::named(&name).ok_or("no lint of this name"))
}

/// A kind of change, as `--fail-on` takes it.
fn kind_of_change(text: &str) -> Result<String, String> {
    if diff::is_kind(text) {
        return Ok(text.to_owned());
    }
    Err(format!("no such kind of change; the kinds are {}", diff::kinds().join(", ")))
}

/// With every kind of change there is.
fn diff_help() -> String {
    let kinds = diff::described().into_iter().map(|(kind, when)| format!("\n  {kind}: {when}"));
    kinds.fold("Kinds of changes, for --fail-on:\n".to_owned(), |help, kind| help + &kind)
}

const TEST_HELP: &str = "\
With --against every request is really sent, without a body: a POST or DELETE does what it does. `status` and \
`redirect_to` are compared with the response, `route` and `upstream` with the counters of /metrics; `forward_path` \
cannot be seen from outside.";

const SCHEMA_HELP: &str = "\
Write it beside the config, `castgate schema > gateway.schema.json`, and begin gateway.yml with

  # yaml-language-server: $schema=./gateway.schema.json

(VS Code, Neovim, Emacs, Helix and others through yaml-language-server), or for JetBrains' editors with

  # $schema: ./gateway.schema.json";
