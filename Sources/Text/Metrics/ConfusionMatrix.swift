/// How often each class was predicted as each.
public struct ConfusionMatrix: Sendable, Equatable {
    /// How many classes there are.
    public let classCount: Int
    /// (true class, predicted class), row by row; to be summed over ranks.
    public private(set) var counts: [Int]

    /// An empty matrix.
    public init(classCount: Int) {
        self.classCount = classCount
        counts = [Int](repeating: 0, count: classCount * classCount)
    }

    /// The matrix of counts.
    public init(classCount: Int, counts: [Int]) {
        precondition(
            counts.count == classCount * classCount, "\(counts.count) counts of \(classCount) classes")
        self.classCount = classCount
        self.counts = counts
    }

    /// Adds an example.
    public mutating func add(label: Int, prediction: Int) { counts[label * classCount + prediction] += 1 }

    private func count(_ label: Int, _ prediction: Int) -> Int { counts[label * classCount + prediction] }

    /// Examples of a class.
    private func labelled(_ index: Int) -> Int { (0..<classCount).reduce(0) { $0 + count(index, $1) } }

    /// Examples predicted as a class.
    private func predicted(_ index: Int) -> Int { (0..<classCount).reduce(0) { $0 + count($1, index) } }

    /// Examples.
    public var total: Int { counts.reduce(0, +) }

    private var correct: Int { (0..<classCount).reduce(0) { $0 + count($1, $1) } }

    /// The share of correct examples; 0 if there are none.
    public var accuracy: Double { total > 0 ? Double(correct) / Double(total) : 0 }

    /// F1 of a class: 2 TP / (2 TP + FP + FN); 0 if the class neither occurs nor is predicted.
    public func f1(of index: Int) -> Double {
        let both = labelled(index) + predicted(index)
        return both > 0 ? Double(2 * count(index, index)) / Double(both) : 0
    }

    /// F1 of class 1 if there are two classes, as in GLUE; else the mean over the classes that occur or are
    /// predicted, as scikit-learn's `macro`.
    public var f1: Double {
        if classCount == 2 { return f1(of: 1) }
        let present = (0..<classCount).filter { labelled($0) + predicted($0) > 0 }
        return present.isEmpty ? 0 : present.reduce(0) { $0 + f1(of: $1) } / Double(present.count)
    }

    /// Matthews' correlation of labels and predictions, for any number of classes (Gorodkin, 2004); 0 if
    /// either has only one class.
    public var matthews: Double {
        let (all, right) = (Double(total), Double(correct))
        var (shared, labels, predictions) = (0.0, 0.0, 0.0)
        for index in 0..<classCount {
            let (label, prediction) = (Double(labelled(index)), Double(predicted(index)))
            shared += label * prediction
            labels += label * label
            predictions += prediction * prediction
        }
        let spread = (all * all - labels) * (all * all - predictions)
        return spread > 0 ? (right * all - shared) / spread.squareRoot() : 0
    }
}
