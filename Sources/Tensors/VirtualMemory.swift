#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Address space reserved at once and committed piece by piece, requesting huge pages.
///
/// Reserved space costs nothing until `commit`; a committed page costs memory once it is touched. Large
/// buffers thus grow without moving, and zero pages arrive zeroed.
struct VirtualMemory: ~Copyable {
    let base: UnsafeMutableRawPointer
    let reserved: Int
    private(set) var committed = 0

    /// Reserves address space of `bytes`, rounded up to a page.
    init(reserving bytes: Int) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        reserved = max(page, (bytes + page - 1) / page * page)
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let address = mmap(nil, reserved, PROT_NONE, flags, -1, 0)
        guard let address, address != MAP_FAILED else {
            fatalOutOfMemory("address space", bytes: reserved)
        }
        base = address
        _ = madvise(base, reserved, Int32(MADV_HUGEPAGE))
    }

    /// Makes the first `bytes` readable and writable.
    mutating func commit(_ bytes: Int) {
        guard bytes > committed else { return }
        guard bytes <= reserved else {
            fatalOutOfMemory("memory", bytes: bytes, reason: "more than this machine has")
        }
        // Steps of 64 MiB: one call for many small growths.
        let step = 64 << 20
        let target = min(reserved, (bytes + step - 1) / step * step)
        guard mprotect(base, target, PROT_READ | PROT_WRITE) == 0 else {
            fatalOutOfMemory("memory", bytes: target)
        }
        committed = target
    }

    /// Makes the first `bytes` readable and writable, and populates all their pages at once.
    mutating func populate(_ bytes: Int) {
        guard bytes > 0 else { return }
        commit(bytes)
        // Linux has MADV_POPULATE_WRITE from 5.14 on; before that, each page is touched.
        let populateWrite: Int32 = 23
        if madvise(base, bytes, populateWrite) == 0 { return }
        guard errno == EINVAL || errno == ENOSYS else { fatalOutOfMemory("memory", bytes: bytes) }
        for offset in stride(from: 0, to: bytes, by: Int(sysconf(Int32(_SC_PAGESIZE)))) {
            let byte = base.advanced(by: offset).assumingMemoryBound(to: UInt8.self)
            // Existing content is kept.
            byte.pointee |= 0
        }
    }

    deinit { munmap(base, reserved) }
}

/// The bytes of memory of this machine.
public func physicalMemoryBytes() -> Int {
    Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// Ends the process with a message: if the system refuses memory, nothing can continue.
private func fatalOutOfMemory(_ what: String, bytes: Int, reason: String? = nil) -> Never {
    let message =
        "parp: the system refused \(bytes >> 20) MB of \(what) (\(reason ?? String(cString: strerror(errno)))). "
        + "Lower data.rank_seconds, cut long recordings, use fewer ranks per node, or raise `ulimit -v`.\n"
    _ = message.withCString { write(2, $0, strlen($0)) }
    exit(70)
}
