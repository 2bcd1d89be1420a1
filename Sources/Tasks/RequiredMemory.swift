package import Program
internal import Tensors

/// Refuses work that needs more memory than this machine has, before it begins.
///
/// - Parameters:
///   - bytes: The planned memory.
///   - subject: What takes it, as the beginning of a sentence.
///   - held: The machine's memory.
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
