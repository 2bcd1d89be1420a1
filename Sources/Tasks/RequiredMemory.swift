package import Program
internal import Tensors

/// Refuses work that takes more memory than this machine has, before it begins.
///
/// - Parameters:
///   - bytes: What was planned.
///   - subject: What takes them, to begin a sentence with.
package func requireMemory(_ bytes: Int, for subject: String) throws(UserError) {
    let held = physicalMemoryBytes()
    guard bytes > held else { return }
    func gigabytes(_ bytes: Int) -> String { "\((Double(bytes) / 1e8).rounded() / 10) GB" }
    throw UserError(
        .data,
        "\(subject) takes \(gigabytes(bytes)) of memory, and this machine has \(gigabytes(held)); cut it into "
            + "shorter pieces, in a manifest with offset and duration, or use a machine with more memory")
}
