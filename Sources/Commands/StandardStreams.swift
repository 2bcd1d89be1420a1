#if canImport(Glibc)
    internal import Glibc
#endif

/// Sees to it that nothing else is ever taken for a standard stream, and that no write ends the process without a word.
///
/// Called before anything is opened. Where a descriptor below three is closed, the next file would get its number, and
/// what is printed would land in that file. A write that a limit or a closed pipe forbids fails, as any other may.
func secureStandardStreams() {
    // Standard output is opened for reading: what cannot be printed is still an error to who asks.
    for (descriptor, mode) in [
        (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY),
    ]
    where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
        // The lowest number that is free is this one: those below were seen to before.
        _ = open("/dev/null", mode)
    }
    signal(SIGXFSZ, SIG_IGN)
}

/// Lets a run go on where nobody reads what it prints any longer.
///
/// Commands that only print end with the reader of their pipe, as everywhere.
func outliveReaders() { signal(SIGPIPE, SIG_IGN) }
