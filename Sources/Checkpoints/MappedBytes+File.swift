public import Tensors

#if canImport(Glibc)
    internal import Glibc
#endif

extension MappedBytes {
    /// The bytes of a file where they lie, shared with every process that maps it.
    ///
    /// - Throws: `CheckpointError` for what is no regular file, or cannot be read.
    public static func file(_ path: String) throws(CheckpointError) -> MappedBytes {
        let size = try regularFileSize(path)
        guard size > 0 else { return MappedBytes([]) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CheckpointError(path, "cannot be read: \(systemReason())") }
        defer { close(descriptor) }
        guard let bytes = MappedBytes(mapping: descriptor, count: size) else {
            throw CheckpointError(path, "cannot be mapped: \(systemReason())")
        }
        return bytes
    }
}
