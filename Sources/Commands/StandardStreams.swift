#if canImport(Glibc)
    internal import Glibc
#endif

/// Ensures that no other file is taken for a standard stream, and that no write ends the process silently.
///
/// Called before anything is opened. If a descriptor below three is closed, the next file would get its
/// number, and output would be written to that file. A write that exceeds a limit or hits a closed pipe fails
/// like any other.
func secureStandardStreams() {
    // Standard output is opened for reading, so that writing to it is still an error.
    for (descriptor, mode) in [
        (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY),
    ]
    where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
        // This is the lowest free number: those below were handled before.
        _ = open("/dev/null", mode)
    }
    signal(SIGXFSZ, SIG_IGN)
}

/// Lets a run continue when nobody reads its output any longer.
///
/// Commands that only print end with the reader of their pipe, as usual.
func outliveReaders() { signal(SIGPIPE, SIG_IGN) }
