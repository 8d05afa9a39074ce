//! `castgate lsp`: a language server over stdio, for any editor.
//!
//! Diagnostics are the compiler's own, their suggested edits are code actions; hover and completion come from the
//! schema; definitions lead from a route to its upstream, in whatever file of the config that is. The text is looked at anew after each change, as a whole,
//! and while it is no YAML at all, everything but the diagnostics goes on working.

mod actions;
mod completion;
mod definition;
mod document;
mod hover;
mod keys;
mod problems;
mod project;
mod scan;

use document::Document;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{CodeActionRequest, Completion, GotoDefinition, HoverRequest, Request as _};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions,
    HoverProviderCapability, InitializeParams, OneOf, PublishDiagnosticsParams, ServerCapabilities,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
    Uri,
};
use project::{Project, Reads, Workspace};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::rc::Rc;

/// Serves until the editor says goodbye.
pub fn serve() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (connection, threads) = Connection::stdio();
    let parameters = connection.initialize(serde_json::to_value(capabilities())?)?;
    let workspace = workspace(serde_json::from_value(parameters)?);
    let schema = crate::schema::schema();
    let mut server = Server { connection, workspace, schema, published: BTreeMap::new() };
    server.run()?;
    drop(server);
    threads.join()?;
    Ok(())
}

/// The editor may say which config it is about: `initializationOptions: {"config": "base.yml:prod.yml"}`.
// Old editors have a root instead of folders.
#[allow(deprecated)]
fn workspace(parameters: InitializeParams) -> Workspace {
    let folder = parameters.workspace_folders.into_iter().flatten().map(|folder| folder.uri).next();
    let root = folder.or(parameters.root_uri).map(|uri| Document::new(uri, None, String::new()));
    let options = parameters.initialization_options.unwrap_or_default();
    Workspace {
        documents: BTreeMap::new(),
        directory: root.and_then(|root| root.path()),
        config: options["config"].as_str().map(str::to_owned),
    }
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::FULL),
            save: Some(TextDocumentSyncSaveOptions::Supported(true)),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec![" ".to_owned(), ":".to_owned()]),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        ..ServerCapabilities::default()
    }
}

struct Server {
    connection: Connection,
    workspace: Workspace,
    schema: Value,
    /// What each file was last said to have wrong with it.
    published: BTreeMap<String, (Uri, Vec<lsp_types::Diagnostic>)>,
}

impl Server {
    fn run(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        while let Ok(message) = self.connection.receiver.recv() {
            match message {
                Message::Request(request) => {
                    if self.connection.handle_shutdown(&request)? {
                        return Ok(());
                    }
                    let response = self.answer(request);
                    self.connection.sender.send(Message::Response(response))?;
                }
                // A notification that makes no sense has no answer; the next may make some.
                Message::Notification(notification) => {
                    if let Err(error) = self.note(notification) {
                        eprintln!("castgate lsp: {error}");
                    }
                }
                Message::Response(_) => {}
            }
        }
        Ok(())
    }

    fn answer(&self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let answer = match method.as_str() {
            HoverRequest::METHOD => asked(params, |params: lsp_types::HoverParams| {
                let at = params.text_document_position_params;
                let document = self.document(&at.text_document.uri)?;
                hover::hover(document, &self.schema, document.byte(at.position))
            }),
            Completion::METHOD => asked(params, |params: lsp_types::CompletionParams| {
                let at = params.text_document_position;
                let document = self.document(&at.text_document.uri)?;
                let project = || self.workspace.project(document, &Reads::default());
                Some(completion::completion(document, project, &self.schema, document.byte(at.position)))
            }),
            GotoDefinition::METHOD => asked(params, |params: lsp_types::GotoDefinitionParams| {
                let at = params.text_document_position_params;
                let document = self.document(&at.text_document.uri)?;
                definition::definition(
                    document,
                    &self.workspace.project(document, &Reads::default()),
                    document.byte(at.position),
                )
            }),
            CodeActionRequest::METHOD => asked(params, |params: lsp_types::CodeActionParams| {
                let document = self.document(&params.text_document.uri)?;
                Some(actions::actions(
                    document,
                    &self.workspace.project(document, &Reads::default()),
                    params.range,
                ))
            }),
            _ => Err((ErrorCode::MethodNotFound, format!("no method {method}"))),
        };
        match answer {
            Ok(value) => Response::new_ok(id, value),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        }
    }

    fn document(&self, uri: &Uri) -> Option<&Document> {
        self.workspace.documents.get(uri.as_str())
    }

    fn note(&mut self, notification: Notification) -> Result<(), Box<dyn Error + Send + Sync>> {
        let Notification { method, params } = notification;
        match method.as_str() {
            DidOpenTextDocument::METHOD => {
                let params: lsp_types::DidOpenTextDocumentParams = serde_json::from_value(params)?;
                let opened = params.text_document;
                self.replace(opened.uri, opened.version, opened.text)
            }
            DidChangeTextDocument::METHOD => {
                let params: lsp_types::DidChangeTextDocumentParams = serde_json::from_value(params)?;
                // The whole text each time, as was agreed.
                let Some(change) = params.content_changes.into_iter().next_back() else { return Ok(()) };
                self.replace(params.text_document.uri, params.text_document.version, change.text)
            }
            DidCloseTextDocument::METHOD => {
                let params: lsp_types::DidCloseTextDocumentParams = serde_json::from_value(params)?;
                let uri = params.text_document.uri;
                self.workspace.documents.remove(uri.as_str());
                self.published.remove(uri.as_str());
                self.publish(PublishDiagnosticsParams::new(uri, Vec::new(), None))?;
                // From now on the others see what the disk has.
                self.refresh(None)
            }
            // The disk may have something new.
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => self.refresh(None),
            _ => Ok(()),
        }
    }

    fn replace(&mut self, uri: Uri, version: i32, text: String) -> Result<(), Box<dyn Error + Send + Sync>> {
        let key = uri.as_str().to_owned();
        self.workspace.documents.insert(key.clone(), Document::new(uri, Some(version), text));
        self.refresh(Some(&key))
    }

    /// Says what is wrong with the text that changed, and of any other file what has changed with it.
    fn refresh(&mut self, changed: Option<&str>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut found: BTreeMap<String, (Uri, Vec<lsp_types::Diagnostic>)> = BTreeMap::new();
        let reads = Reads::default();
        let mut seen: Vec<Rc<Project>> = Vec::new();
        for (key, document) in &self.workspace.documents {
            found.entry(key.clone()).or_insert_with(|| (document.uri.clone(), Vec::new()));
            let project = self.workspace.project(document, &reads);
            if seen.iter().any(|other| Rc::ptr_eq(other, &project)) {
                continue;
            }
            for problem in problems::problems(&project) {
                for uri in &problem.uris {
                    let place = found.entry(uri.as_str().to_owned());
                    let (_, problems) = place.or_insert_with(|| (uri.clone(), Vec::new()));
                    if !problems.contains(&problem.shown) {
                        problems.push(problem.shown.clone());
                    }
                }
            }
            seen.push(project);
        }
        // Of files that are not open any more, or are right now.
        for (key, (uri, old)) in &self.published {
            if !old.is_empty() {
                found.entry(key.clone()).or_insert_with(|| (uri.clone(), Vec::new()));
            }
        }
        for (key, (uri, problems)) in found {
            let is_news = self.published.get(&key).is_none_or(|(_, old)| *old != problems);
            if !is_news && changed != Some(&key) {
                continue;
            }
            let version = self.workspace.documents.get(&key).and_then(|document| document.version);
            self.publish(PublishDiagnosticsParams::new(uri.clone(), problems.clone(), version))?;
            self.published.insert(key, (uri, problems));
        }
        Ok(())
    }

    fn publish(&self, params: PublishDiagnosticsParams) -> Result<(), Box<dyn Error + Send + Sync>> {
        let notification = Notification::new(PublishDiagnostics::METHOD.to_owned(), params);
        Ok(self.connection.sender.send(Message::Notification(notification))?)
    }
}

/// An answer, or null; an error only if the question makes no sense.
fn asked<P: DeserializeOwned, A: serde::Serialize>(
    params: Value,
    answer: impl FnOnce(P) -> Option<A>,
) -> Result<Value, (ErrorCode, String)> {
    let params =
        serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))?;
    serde_json::to_value(answer(params)).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}
