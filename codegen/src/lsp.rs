//! `castgate lsp`: a language server over stdio, for any editor.
//!
//! Diagnostics are the compiler's own, their suggested edits are code actions; hover and completion come from the
//! declarations of the language; definitions lead from a route to its upstream, in whatever file of the config that is. The text is looked at
//! anew after a change, as a whole, once no further change waits; while it is no YAML at all, everything but the
//! diagnostics goes on working.

mod actions;
mod completion;
mod definition;
mod document;
mod fields;
mod handshake;
mod hover;
mod keys;
mod lenses;
mod links;
mod names;
mod problems;
mod project;
mod references;
mod scan;
mod symbols;
mod wire;

use document::Document;
use handshake::{can_watch, capabilities, directory, workspace};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidChangeWorkspaceFolders, DidCloseTextDocument,
    DidOpenTextDocument, DidSaveTextDocument, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{
    CodeActionRequest, CodeLensRequest, Completion, DocumentLinkRequest, DocumentSymbolRequest,
    GotoDefinition, HoverRequest, PrepareRenameRequest, References, RegisterCapability, Rename, Request as _,
};
use lsp_types::{InitializeParams, PublishDiagnosticsParams, TextDocumentPositionParams, Uri};
use project::{Project, Reads, Workspace};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::PathBuf;
use std::rc::Rc;

/// Serves until the editor says goodbye.
pub fn serve() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (connection, writer) = wire::stdio()?;
    let parameters = connection.initialize(serde_json::to_value(capabilities())?).map_err(|error| {
        let is_gone = error.channel_is_disconnected();
        let gone = "stdin ended before `initialize` came: it is an editor that starts `castgate lsp`";
        if is_gone { gone.into() } else { Box::<dyn Error + Send + Sync>::from(error) }
    })?;
    let parameters: InitializeParams = serde_json::from_value(parameters)?;
    let can_watch = can_watch(&parameters);
    let workspace = workspace(parameters);
    let mut server = Server {
        connection,
        workspace,
        published: BTreeMap::new(),
        stale: Stale::default(),
        reads: Reads::default(),
    };
    if can_watch {
        server.watch()?;
    }
    server.run()?;
    drop(server);
    writer.join()?;
    Ok(())
}

struct Server {
    connection: Connection,
    workspace: Workspace,
    /// What each file was last said to have wrong with it.
    published: BTreeMap<String, (Uri, Vec<lsp_types::Diagnostic>)>,
    stale: Stale,
    /// What has been read since the last change.
    reads: Reads,
}

/// What has changed since the problems were last looked for.
#[derive(Default)]
enum Stale {
    /// Nothing.
    #[default]
    No,
    /// These texts, by URI, and perhaps the disk.
    Yes(BTreeSet<String>),
}

impl Stale {
    /// Something has changed: a text of this URI, or the disk.
    fn add(&mut self, changed: Option<String>) {
        match self {
            Self::No => *self = Self::Yes(changed.into_iter().collect()),
            Self::Yes(all) => all.extend(changed),
        }
    }
}

impl Server {
    fn run(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        loop {
            // Of texts that come faster than they are looked at, only the newest is of interest.
            let message = match (&self.stale, self.connection.receiver.try_recv()) {
                (_, Ok(message)) => message,
                (Stale::Yes(_), Err(_)) => {
                    self.refresh()?;
                    continue;
                }
                (Stale::No, Err(_)) => match self.connection.receiver.recv() {
                    Ok(message) => message,
                    Err(_) => return Ok(()),
                },
            };
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
    }

    fn answer(&self, request: Request) -> Response {
        let Request { id, method, params } = request;
        let answer = match method.as_str() {
            HoverRequest::METHOD => asked(params, |params: lsp_types::HoverParams| {
                let (document, byte) = self.at(&params.text_document_position_params)?;
                hover::hover(document, byte)
            }),
            Completion::METHOD => asked(params, |params: lsp_types::CompletionParams| {
                let (document, byte) = self.at(&params.text_document_position)?;
                Some(completion::completion(document, || self.project(document), byte))
            }),
            GotoDefinition::METHOD => asked(params, |params: lsp_types::GotoDefinitionParams| {
                let (document, byte) = self.at(&params.text_document_position_params)?;
                definition::definition(document, &self.project(document), byte)
            }),
            CodeActionRequest::METHOD => asked(params, |params: lsp_types::CodeActionParams| {
                let document = self.document(&params.text_document.uri)?;
                Some(actions::actions(document, &self.project(document), params.range))
            }),
            References::METHOD => asked(params, |params: lsp_types::ReferenceParams| {
                let (document, byte) = self.at(&params.text_document_position)?;
                let with_given = params.context.include_declaration;
                references::references(document, &self.project(document), byte, with_given)
            }),
            PrepareRenameRequest::METHOD => asked(params, |at: TextDocumentPositionParams| {
                let (document, byte) = self.at(&at)?;
                references::prepare(document, byte)
            }),
            Rename::METHOD => self.rename(params),
            DocumentSymbolRequest::METHOD => asked(params, |params: lsp_types::DocumentSymbolParams| {
                self.document(&params.text_document.uri).map(symbols::symbols)
            }),
            DocumentLinkRequest::METHOD => asked(params, |params: lsp_types::DocumentLinkParams| {
                self.document(&params.text_document.uri).map(links::links)
            }),
            CodeLensRequest::METHOD => asked(params, |params: lsp_types::CodeLensParams| {
                let document = self.document(&params.text_document.uri)?;
                Some(lenses::lenses(document, &self.project(document)))
            }),
            _ => Err((ErrorCode::MethodNotFound, format!("no method {method}"))),
        };
        match answer {
            Ok(value) => Response::new_ok(id, value),
            Err((code, message)) => Response::new_err(id, code as i32, message),
        }
    }

    /// A name that cannot be is the asker's mistake.
    fn rename(&self, params: Value) -> Result<Value, (ErrorCode, String)> {
        let invalid = |message: String| (ErrorCode::InvalidParams, message);
        let params: lsp_types::RenameParams =
            serde_json::from_value(params).map_err(|error| invalid(error.to_string()))?;
        let Some((document, byte)) = self.at(&params.text_document_position) else { return Ok(Value::Null) };
        let edit = references::rename(document, &self.project(document), byte, &params.new_name)
            .map_err(|message| (ErrorCode::RequestFailed, message))?;
        serde_json::to_value(edit).map_err(|error| (ErrorCode::InternalError, error.to_string()))
    }

    /// Asks the editor to say when a file changes that may be a part of a config.
    fn watch(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let watchers = ["**/*.yml", "**/*.yaml"];
        let watchers = watchers.map(|pattern| serde_json::json!({"globPattern": pattern}));
        let registration = serde_json::json!({
            "id": "watched-files",
            "method": DidChangeWatchedFiles::METHOD,
            "registerOptions": {"watchers": watchers},
        });
        let params = serde_json::json!({"registrations": [registration]});
        let id = "watched-files".to_owned().into();
        let request = Request::new(id, RegisterCapability::METHOD.to_owned(), params);
        Ok(self.connection.sender.send(Message::Request(request))?)
    }

    fn document(&self, uri: &Uri) -> Option<&Document> {
        self.workspace.documents.get(uri.as_str())
    }

    fn at(&self, at: &TextDocumentPositionParams) -> Option<(&Document, usize)> {
        let document = self.document(&at.text_document.uri)?;
        Some((document, document.byte(at.position)))
    }

    fn project(&self, document: &Document) -> Rc<Project> {
        self.workspace.project(document, &self.reads)
    }

    fn note(&mut self, notification: Notification) -> Result<(), Box<dyn Error + Send + Sync>> {
        let Notification { method, params } = notification;
        match method.as_str() {
            DidOpenTextDocument::METHOD => {
                let params: lsp_types::DidOpenTextDocumentParams = serde_json::from_value(params)?;
                let opened = params.text_document;
                self.replace(opened.uri, opened.version, opened.text);
            }
            DidChangeTextDocument::METHOD => {
                let params: lsp_types::DidChangeTextDocumentParams = serde_json::from_value(params)?;
                // The whole text each time, as was agreed.
                let Some(change) = params.content_changes.into_iter().next_back() else { return Ok(()) };
                self.replace(params.text_document.uri, params.text_document.version, change.text);
            }
            DidCloseTextDocument::METHOD => {
                let params: lsp_types::DidCloseTextDocumentParams = serde_json::from_value(params)?;
                let uri = params.text_document.uri;
                self.workspace.documents.remove(uri.as_str());
                self.published.remove(uri.as_str());
                self.publish(PublishDiagnosticsParams::new(uri, Vec::new(), None))?;
                // From now on the others see what the disk has.
                self.changed(None);
            }
            DidChangeWorkspaceFolders::METHOD => {
                let params: lsp_types::DidChangeWorkspaceFoldersParams = serde_json::from_value(params)?;
                let lsp_types::WorkspaceFoldersChangeEvent { added, removed } = params.event;
                let removed: Vec<PathBuf> =
                    removed.into_iter().filter_map(|folder| directory(folder.uri)).collect();
                self.workspace.directories.retain(|directory| !removed.contains(directory));
                let added = added.into_iter().filter_map(|folder| directory(folder.uri));
                self.workspace.directories.extend(added);
                self.changed(None);
            }
            // The disk may have something new.
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => self.changed(None),
            _ => {}
        }
        Ok(())
    }

    fn replace(&mut self, uri: Uri, version: i32, text: String) {
        let key = uri.as_str().to_owned();
        self.workspace.documents.insert(key.clone(), Document::new(uri, Some(version), text));
        self.changed(Some(key));
    }

    /// A text has changed, or the disk.
    fn changed(&mut self, text: Option<String>) {
        self.stale.add(text);
        self.reads = Reads::default();
    }

    /// Says what is wrong with the texts that changed, and of any other file what has changed with them.
    fn refresh(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let Stale::Yes(changed) = std::mem::take(&mut self.stale) else { return Ok(()) };
        let mut found: BTreeMap<String, (Uri, Vec<lsp_types::Diagnostic>)> = BTreeMap::new();
        let mut seen: Vec<Rc<Project>> = Vec::new();
        for (key, document) in &self.workspace.documents {
            found.entry(key.clone()).or_insert_with(|| (document.uri.clone(), Vec::new()));
            let project = self.project(document);
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
            if !is_news && !changed.contains(&key) {
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
