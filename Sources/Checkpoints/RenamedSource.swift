internal import Tensors

/// Tensors of another source under other names.
struct RenamedSource: TensorSource {
    private let source: any TensorSource
    private let nameInSource: [String: String]

    /// The tensors of a source that get a new name.
    ///
    /// - Parameter names: The source's names by new name.
    init(_ source: any TensorSource, names: [String: String]) {
        self.source = source
        nameInSource = names
    }

    var path: String { source.path }
    var names: [String] { nameInSource.keys.sorted() }

    func info(_ name: String) -> TensorInfo? {
        nameInSource[name].flatMap(source.info).map {
            TensorInfo(name: name, shape: $0.shape, dataType: $0.dataType)
        }
    }

    func read(_ name: String, into target: Tensor) throws(CheckpointError) {
        guard let original = nameInSource[name] else { throw CheckpointError(path, "has no tensor \(name)") }
        try source.read(original, into: target)
    }
}
