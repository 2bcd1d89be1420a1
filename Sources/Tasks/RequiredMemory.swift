package import Program
package import Tensors

/// Refuses work that takes more memory than this machine has, before it begins.
///
/// - Parameters:
///   - bytes: What was planned.
///   - subject: What takes them, to begin a sentence with.
///   - held: What the machine has.
package func requireMemory(
    _ bytes: Int, for subject: String, held: Int = physicalMemoryBytes()
) throws(UserError) {
    guard bytes > held else { return }
    func gigabytes(_ bytes: Int) -> String { "\((Double(bytes) / 1e8).rounded() / 10) GB" }
    throw UserError(
        .data,
        "\(subject) takes \(gigabytes(bytes)) of memory, and this machine has \(gigabytes(held)); cut it into "
            + "shorter pieces, in a manifest with offset and duration, or use a machine with more memory")
}
