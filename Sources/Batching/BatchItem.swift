internal import Tensors

/// What planning batches needs to know about a training item of any kind.
package struct BatchItem: Sendable, Hashable {
    /// A name that is unique in its dataset.
    package var id: String
    /// Its share of what a batch or a rank may hold: for example seconds of audio.
    package var cost: Double
    /// Its computational cost, by which ranks are loaded equally: for example operations.
    package var work: Double
    /// The group to be balanced against others: for example a language; items without one form their own
    /// group.
    package var group: String?

    /// An item of which nothing else is known.
    ///
    /// - Parameter work: Its computational cost; nil for the same as `cost`.
    package init(id: String, cost: Double, work: Double? = nil, group: String? = nil) {
        (self.id, self.cost, self.work, self.group) = (id, cost, work ?? cost, group)
    }

    /// The item's identity for counted random numbers: a hash of its name, the same in any order and split.
    package var identity: UInt64 { textHash(id) }
}
