internal import JSON

/// One convolution of a feature encoder, as fairseq's `conv_feature_layers` states it.
struct FairseqConvolution: Equatable {
    let channels: Int
    let kernelSize: Int
    let stride: Int

    /// The most convolutions of a model.
    static let maximumCount = 32

    /// The convolutions of a value: a list of lists, or a Python expression such as
    /// `[(512, 10, 5)] + [(512, 3, 2)] * 4`, which fairseq evaluates and we parse; nil for anything else.
    static func list(_ value: JSONValue) -> [FairseqConvolution]? {
        if let text = value.string {
            var parser = ExpressionParser(text)
            return parser.sum()
        }
        guard let elements = value.elements, (1...maximumCount).contains(elements.count) else { return nil }
        let convolutions = elements.compactMap { convolution($0.elements?.map(\.integer) ?? []) }
        return convolutions.count == elements.count ? convolutions : nil
    }

    fileprivate static func convolution(_ numbers: [Int?]) -> FairseqConvolution? {
        guard numbers.count == 3, let channels = numbers[0], let kernelSize = numbers[1],
            let stride = numbers[2]
        else { return nil }
        return FairseqConvolution(channels: channels, kernelSize: kernelSize, stride: stride)
    }
}

/// Reads sums of lists of triples, each list perhaps repeated, and no other Python.
private struct ExpressionParser {
    private var rest: Substring

    init(_ text: String) { rest = text.filter { !$0.isWhitespace }[...] }

    /// The whole text: list, or list * count, joined by +.
    mutating func sum() -> [FairseqConvolution]? {
        var convolutions: [FairseqConvolution] = []
        repeat {
            guard let term = term() else { return nil }
            convolutions += term
            guard convolutions.count <= FairseqConvolution.maximumCount else { return nil }
        } while take("+")
        return rest.isEmpty && !convolutions.isEmpty ? convolutions : nil
    }

    private mutating func term() -> [FairseqConvolution]? {
        guard let list = list() else { return nil }
        guard take("*") else { return list }
        guard let count = number(), (0...FairseqConvolution.maximumCount).contains(count) else { return nil }
        return Array(repeatElement(list, count: count).joined())
    }

    private mutating func list() -> [FairseqConvolution]? {
        guard take("[") else { return nil }
        var convolutions: [FairseqConvolution] = []
        while !take("]") {
            guard convolutions.isEmpty || take(",") else { return nil }
            if take("]") { break }
            guard convolutions.count < FairseqConvolution.maximumCount, let triple = triple() else {
                return nil
            }
            convolutions.append(triple)
        }
        return convolutions
    }

    private mutating func triple() -> FairseqConvolution? {
        guard take("(") else { return nil }
        var numbers: [Int?] = []
        repeat { numbers.append(number()) } while numbers.count < 3 && take(",")
        return take(")") ? FairseqConvolution.convolution(numbers) : nil
    }

    private mutating func number() -> Int? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        return Int(digits)
    }

    private mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }
}
