/// One example of a text task: a text or a pair of texts, and its label.
public struct TextExample: Sendable, Equatable {
    /// Names the example within its corpus: the file's own name for it, or the line.
    public var id: String
    /// The text, or the first of two.
    public var text: String
    /// The second text, if examples are pairs.
    public var textPair: String?
    /// The label as written: a name, an index or a number; nil if there is none, as in test sets.
    public var label: String?
    /// Its place: `path:line`.
    public var origin: String

    /// An example.
    public init(id: String, text: String, textPair: String? = nil, label: String? = nil, origin: String = "")
    {
        self.id = id
        self.text = text
        self.textPair = textPair
        self.label = label
        self.origin = origin
    }

    /// The label as a number, for regression; nil if it is not a finite number.
    public var number: Double? { label.flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil } }

    /// The bytes of its texts, for finding repeated examples; canonically equal strings with different
    /// scalars are different to a tokenizer.
    var content: TextContent { TextContent(text: Array(text.utf8), pair: textPair.map { Array($0.utf8) }) }
}

/// The bytes of an example's texts.
struct TextContent: Hashable, Sendable {
    let text: [UInt8]
    let pair: [UInt8]?
}

/// The classes of a task, in the order of a classifier's rows.
public struct LabelSet: Sendable, Equatable {
    /// The classes' names.
    public let names: [String]
    private let indexOfName: [[UInt8]: Int]

    /// Classes in an order, such as that of a model's `id2label`.
    ///
    /// - Throws: `TextError` if a name occurs twice.
    public init(_ names: [String]) throws(TextError) {
        var indexOfName: [[UInt8]: Int] = [:]
        for (index, name) in names.enumerated() {
            guard indexOfName.updateValue(index, forKey: Array(name.utf8)) == nil else {
                throw TextError("the label \"\(name)\" occurs twice")
            }
        }
        self.names = names
        self.indexOfName = indexOfName
    }

    /// The classes of examples: by number if all are numbers, else by name, the order of transformers'
    /// scripts and GLUE.
    public init(of examples: [TextExample]) {
        let distinct = Dictionary(examples.compactMap(\.label).map { (Array($0.utf8), $0) }) { first, _ in
            first
        }
        let numbers = distinct.values.compactMap(Int.init)
        names =
            numbers.count == distinct.count
            ? distinct.values.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
            : distinct.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
        indexOfName = Dictionary(
            names.enumerated().map { (Array($0.element.utf8), $0.offset) },
            uniquingKeysWith: { first, _ in first })
    }

    /// How many there are.
    public var count: Int { names.count }

    /// The class of a label, by name or else by index; nil if it is neither.
    public func index(of label: String) -> Int? {
        if let index = indexOfName[Array(label.utf8)] { return index }
        guard let index = Int(label), names.indices.contains(index) else { return nil }
        return index
    }

    /// The classes of examples.
    ///
    /// - Throws: `TextError` that names the first unknown or missing labels.
    public func indices(of examples: [TextExample]) throws(TextError) -> [Int] {
        var indices: [Int] = []
        var faults: [String] = []
        for example in examples {
            if let index = example.label.flatMap(index) {
                indices.append(index)
            } else {
                let label = example.label.map { "the label \"\($0)\"" } ?? "no label"
                faults.append("\(example.origin): \(label)")
            }
        }
        guard faults.isEmpty else {
            throw TextError(
                "\(faults.count) examples have none of the labels \(names.joined(separator: ", ")): "
                    + faults.prefix(3).joined(separator: "; "))
        }
        return indices
    }
}
