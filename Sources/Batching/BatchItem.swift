internal import Tensors

/// What planning batches needs to know of a training item, whatever it is.
package struct BatchItem: Sendable, Hashable {
    /// A name that is unique in its dataset.
    package var id: String
    /// What it takes of what a batch or a rank may hold: seconds of audio, say.
    package var cost: Double
    /// What it takes to compute, by which ranks are given equally much: operations, say.
    package var work: Double
    /// What is balanced against other groups: a language, say; those without one are a group of their own.
    package var group: String?

    /// An item that nothing else is known of.
    ///
    /// - Parameter work: What it takes to compute; nil is as much as it costs.
    package init(id: String, cost: Double, work: Double? = nil, group: String? = nil) {
        (self.id, self.cost, self.work, self.group) = (id, cost, work ?? cost, group)
    }

    /// What counted randomness knows the item by: a hash of its name, the same in any order and split.
    package var identity: UInt64 { textHash(id) }
}
