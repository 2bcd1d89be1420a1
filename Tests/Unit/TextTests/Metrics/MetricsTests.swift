import JSON
import Testing
import Text

struct MetricsTests {
    /// Sums in another order: a few units in the last place of numbers near 1.
    private static let tolerance = 1e-12

    @Test("accuracy, F1 and Matthews' correlation are scikit-learn's")
    func classification() throws {
        let cases = try goldenJSON("metrics")["classes"]?.items ?? []
        #expect(cases.count == 7)
        for golden in cases {
            var matrix = ConfusionMatrix(classCount: golden["classes"]?.integer ?? 0)
            for (label, prediction) in zip(
                golden["labels"]?.integers ?? [], golden["predictions"]?.integers ?? [])
            {
                matrix.add(label: label, prediction: prediction)
            }
            for (name, value) in [
                ("accuracy", matrix.accuracy), ("f1", matrix.f1), ("matthews", matrix.matthews),
            ] {
                let expected = try #require(golden[name]?.double)
                #expect(abs(value - expected) < Self.tolerance, "\(name): \(value), not \(expected)")
            }
        }
    }

    @Test("Pearson's and Spearman's correlations are SciPy's, with ties and at any scale")
    func correlation() throws {
        let cases = try goldenJSON("metrics")["values"]?.items ?? []
        #expect(cases.count == 6)
        for golden in cases {
            let (x, y) = (golden["x"]?.doubles ?? [], golden["y"]?.doubles ?? [])
            let pearson = try #require(pearsonCorrelation(x, y))
            let spearman = try #require(spearmanCorrelation(x, y))
            #expect(abs(pearson - (golden["pearson"]?.double ?? 9)) < Self.tolerance)
            #expect(abs(spearman - (golden["spearman"]?.double ?? 9)) < Self.tolerance)
        }
    }

    @Test("a correlation of constants is NaN, and of huge numbers finite")
    func undefined() throws {
        #expect(pearsonCorrelation([1, 1, 1], [1, 2, 3]) == nil)
        #expect(pearsonCorrelation([1], [1]) == nil)
        #expect(spearmanCorrelation([1, 2, 3], [.nan, 1, 2]) == nil)
        #expect(
            try abs(#require(pearsonCorrelation([1e200, -1e200, 3e200], [1, -1, 3])) - 1) < Self.tolerance)
    }

    @Test("counts of several ranks add up to those of all")
    func ranks() {
        var (first, second, whole) = (
            ConfusionMatrix(classCount: 3), ConfusionMatrix(classCount: 3), ConfusionMatrix(classCount: 3)
        )
        for example in 0..<30 {
            let (label, prediction) = (example % 3, example % 7 % 3)
            whole.add(label: label, prediction: prediction)
            if example % 2 == 0 {
                first.add(label: label, prediction: prediction)
            } else {
                second.add(label: label, prediction: prediction)
            }
        }
        #expect(zip(first.counts, second.counts).map(+) == whole.counts)
        #expect(ConfusionMatrix(classCount: 3, counts: whole.counts).accuracy == whole.accuracy)
        #expect(whole.total == 30)
        #expect(ConfusionMatrix(classCount: 2).f1 == 0)
    }
}
