/// The dimensions of a tensor of rank 0 to 4, row-major.
public struct Shape: Hashable, Sendable {
    /// The dimensions, outermost first.
    public let dimensions: [Int]

    /// The shape with these extents, outermost first.
    public init(_ dimensions: [Int]) {
        precondition(
            dimensions.allSatisfy { $0 >= 0 }, "a shape's dimensions cannot be negative: \(dimensions)")
        self.dimensions = dimensions
    }

    /// The number of elements, 1 for a scalar.
    public var count: Int { dimensions.reduce(1, *) }
    /// The number of axes.
    public var rank: Int { dimensions.count }
    /// The extent of the innermost axis, 1 for a scalar.
    public var columns: Int { dimensions.last ?? 1 }
    /// The product of all extents but the innermost.
    public var rows: Int { dimensions.dropLast().reduce(1, *) }
    /// The extent of one axis.
    public subscript(axis: Int) -> Int { dimensions[axis] }
}

extension Shape: ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The shape with these extents, outermost first.
    public init(arrayLiteral elements: Int...) { self.init(elements) }

    /// The dimensions as written in Python: `(249, 768)`.
    public var description: String { "(" + dimensions.map(String.init).joined(separator: ", ") + ")" }
}
