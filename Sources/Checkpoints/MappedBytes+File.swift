public import Tensors

#if canImport(Glibc)
    internal import Glibc
#endif

extension MappedBytes {
    /// The mapped bytes of a file, shared with every process that maps it.
    ///
    /// - Throws: `CheckpointError` if it is not a regular file, or cannot be read.
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
