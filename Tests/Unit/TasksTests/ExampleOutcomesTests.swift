import Foundation
import Recipe
import Testing
import Text

@testable import Tasks

struct ExampleOutcomesTests {
    @Test("metrics are of the examples drawn, as often as they are drawn")
    func metrics() {
        let classes = ExampleOutcomes.classes(count: 2, labels: [0, 1, 1, 0], predictions: [0, 1, 0, 0])
        #expect(classes.value(of: .accuracy) == 0.75)
        #expect(classes.value(of: .accuracy, over: [2, 2, 2, 0]) == 0.25)
        // One true positive, one false negative: 2 / 3.
        #expect(abs(classes.value(of: .f1) - 2.0 / 3) < 1e-15)
        #expect(classes.value(of: .pearson).isNaN)
        let values = ExampleOutcomes.values(labels: [1, 2, 3], predictions: [2, 4, 5])
        // Covariance 1, variances 2/3 and 14/9.
        #expect(abs(values.value(of: .pearson) - 1 / (2.0 / 3 * 14.0 / 9).squareRoot()) < 1e-12)
        #expect(abs(values.value(of: .spearman) - 1) < 1e-12)
        #expect(values.value(of: .pearson, over: [1, 1, 1]).isNaN)
        var (first, second) = (ErrorRate(), ErrorRate())
        first.addWords(reference: "a b c d", hypothesis: "a b c x")
        second.addWords(reference: "a", hypothesis: "b")
        let errors = ExampleOutcomes.errors(words: [first, second], characters: [first, second])
        #expect(errors.value(of: .wordErrorRate) == 0.4)
        #expect(errors.value(of: .wordErrorRate, over: [1, 1]) == 1)
        #expect(errors.count == 2 && classes.count == 4 && values.count == 3)
    }

    @Test("outcomes are the same after they were written and read")
    func storage() throws {
        for outcomes in [
            ExampleOutcomes.classes(count: 2, labels: [0, 1], predictions: [1, 1]),
            .values(labels: [0.5], predictions: [-1.25]),
            .errors(words: [ErrorRate(counts: [1, 2, 3, 4])], characters: [ErrorRate()]),
        ] {
            let data = try JSONEncoder().encode(outcomes)
            #expect(try JSONDecoder().decode(ExampleOutcomes.self, from: data) == outcomes)
        }
    }
}
