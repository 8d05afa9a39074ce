//! `castgate check`: every problem of a config, for people and for programs.

use super::arguments::{Color, ConfigFile, ReportFormat};
use super::config::load;
use super::exit::{Exit, print};
use castgate_codegen::show::count;

pub(crate) fn run(config: &ConfigFile, format: ReportFormat, color: Color) -> Exit {
    let result = load(&config.file);
    let (source, sink, exit) = match &result {
        Ok(found) => (&found.source, &found.sink, Exit::Fine),
        Err(refused) => (&refused.source, &refused.sink, refused.exit()),
    };
    let text = match (format, &result) {
        (ReportFormat::Json, _) => sink.to_json(source),
        (ReportFormat::Sarif, _) => sink.to_sarif(source),
        (ReportFormat::Github, _) => sink.to_github(source),
        (ReportFormat::Cargo, _) => sink.to_cargo(source),
        (ReportFormat::Short, _) => sink.to_short(source),
        (ReportFormat::Human, Err(refused)) => return refused.report(color),
        (ReportFormat::Human, Ok(found)) => {
            found.warn(color);
            let model = &found.model;
            let (routes, upstreams) = (model.routes.len(), model.upstreams.len());
            let problems = match found.sink.warnings().len() {
                0 => "no problems".to_owned(),
                warnings => count(warnings, "warning"),
            };
            let (routes, upstreams) = (count(routes, "route"), count(upstreams, "upstream"));
            format!("{}: {routes}, {upstreams}, {problems}\n", config.file)
        }
    };
    match print(&text) {
        Exit::Fine => exit,
        failed => failed,
    }
}
