//! A listening socket of this machine, and the file that stands for it.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use socket2::{Domain, SockAddr, Socket, Type};

use super::BACKLOG;

/// The file of a socket. It goes when nobody listens any more, unless it is somebody else's by then.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Its device and its inode.
    identity: (u64, u64),
}

impl SocketFile {
    /// Nobody finds the way to the socket any more; who is in its queue stays there. (`shutdown` would refuse others too, but a socket
    /// that is shut down is always ready, and other workers may still be waiting on theirs: they would spin.)
    pub(super) fn remove(&self) {
        // It may have been removed before, and a successor have put their own in its place.
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        self.remove();
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = std::fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

/// Whether two paths lead to one file that is there.
pub(super) fn is_one_file(one: &str, other: &str) -> bool {
    let file = |path| std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
    file(one).is_some_and(|one| file(other) == Some(one))
}

/// Opens one socket, `count` times: the kernel does not spread connections to a path over several, so whoever is free
/// takes the next one.
pub(super) fn open(path: &str, count: usize) -> io::Result<Vec<(UnixListener, Arc<SocketFile>)>> {
    let path = Path::new(path);
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    let address = SockAddr::unix(path)?;
    match socket.bind(&address) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            remove_dead(path)?;
            socket.bind(&address)?;
        }
        bound => bound?,
    }
    let file = Arc::new(SocketFile { path: path.to_owned(), identity: identity(path)? });
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let first = UnixListener::from(socket);
    let others = (1..count).map(|_| first.try_clone()).collect::<io::Result<Vec<_>>>()?;
    Ok(others.into_iter().chain([first]).map(|listener| (listener, file.clone())).collect())
}

/// Removes what a gateway has left behind that did not end in due form. Where somebody listens, that is an error, also if he
/// takes nobody any more and his queue is full: that is found out without waiting in it.
fn remove_dead(path: &Path) -> io::Result<()> {
    if !std::fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"));
    }
    let caller = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    caller.set_nonblocking(true)?;
    match caller.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Err(io::Error::new(io::ErrorKind::AddrInUse, "somebody listens there already")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    fn path(name: &str) -> String {
        let path = std::env::temp_dir().join(format!("castgate-{}-{name}.sock", std::process::id()));
        path.to_str().unwrap().to_owned()
    }

    #[test]
    fn a_dead_socket_is_replaced_and_a_live_one_is_not() {
        let path = path("replaced");
        // What a process leaves behind that was killed.
        drop(UnixListener::bind(&path).unwrap());
        let ours = open(&path, 2).unwrap();
        assert_eq!(open(&path, 1).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        assert!(UnixStream::connect(&path).is_ok());
        drop(ours);
        assert!(!Path::new(&path).exists());
    }

    /// A gateway that has been stopped, say: who starts another in its place is told, and does not wait for it.
    #[test]
    fn who_listens_and_takes_nobody_is_not_waited_for() {
        let path = path("full");
        let stuck = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        stuck.bind(&SockAddr::unix(&path).unwrap()).unwrap();
        stuck.listen(0).unwrap();
        let _first = UnixStream::connect(&path).unwrap();
        assert_eq!(open(&path, 1).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_is_no_socket_stays() {
        let path = path("file");
        std::fs::write(&path, "precious").unwrap();
        assert_eq!(open(&path, 1).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn the_socket_of_a_successor_stays() {
        let path = path("successor");
        let ours = open(&path, 1).unwrap();
        std::fs::remove_file(&path).unwrap();
        let theirs = UnixListener::bind(&path).unwrap();
        drop(ours);
        assert!(UnixStream::connect(&path).is_ok());
        drop(theirs);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn who_has_connected_is_in_the_queue_and_who_comes_late_finds_nobody() {
        let path = path("queue");
        let (listener, file) = open(&path, 1).unwrap().remove(0);
        let _early = UnixStream::connect(&path).unwrap();
        file.remove();
        assert_eq!(UnixStream::connect(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(listener.accept().is_ok());
        assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
