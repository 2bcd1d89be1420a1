import Batching
import Pruning
import Testing

@testable import Recipe

struct RecipePruningTests {
    private func pruning(_ lines: String...) throws -> Recipe.Pruning {
        try Recipe(text: "[pruning]\n" + lines.joined(separator: "\n")).pruning
    }

    private func faults(_ lines: String...) -> [String] {
        do {
            _ = try Recipe(text: "[pruning]\n" + lines.joined(separator: "\n"))
            return []
        } catch {
            return error.faults
        }
    }

    @Test("every method has its defining first mask, unless overridden")
    func firstMasks() throws {
        #expect(try pruning("method = \"rp\"").firstMask == .random)
        #expect(try pruning("method = \"mpi\"").firstMask == .magnitude)
        #expect(try pruning("method = \"parp\"").firstMask == .magnitude)
        #expect(try pruning("method = \"rp\"", "initial_mask = \"random_model\"").firstMask == .randomModel)
        let file = try pruning("method = \"parp\"", "initial_mask = \"french.safetensors\"")
        #expect(file.firstMask == .file("french.safetensors"))
        #expect(file.firstMask.recipeValue == .string("french.safetensors"))
    }

    @Test("a mask that contradicts the method is refused with the fix")
    func contradictions() {
        #expect(faults("method = \"omp\"").first?.contains("give the previous run's mask") == true)
        #expect(faults("method = \"imp\"").count == 1 && faults("method = \"dense\"").isEmpty)
        #expect(faults("method = \"omp\"", "initial_mask = \"m.safetensors\"").isEmpty)
        #expect(
            faults("method = \"mpi\"", "initial_mask = \"m\"").first?.contains("set the method to \"omp\"")
                == true)
        #expect(faults("method = \"rp\"", "initial_mask = \"magnitude\"").count == 1)
        #expect(
            faults("method = \"dense\"", "initial_mask = \"random\"").first?.contains("it has no mask")
                == true)
        #expect(faults("initial_mask = \"\"").count == 1 && faults("method = \"mip\"").count == 1)
    }

    @Test("only methods of one mask hold it from the start")
    func holds() throws {
        for method in ComparedMethod.allCases {
            var pruning = Recipe.Pruning()
            pruning.method = method
            let made = pruning.makeMethod(updates: 10) { _ in [] }
            let isFixed = [.magnitudeAtInitialization, .random, .oneShot, .iterative].contains(method)
            #expect(made.isFixed(afterUpdates: 0) == isFixed && made.name == method.rawValue)
        }
    }

    @Test("a method sets the axes, and a recipe what it says of its own")
    func axes() throws {
        #expect(try pruning("method = \"gmp\"").axes == ComparedMethod.gradual.axes)
        var expected = ComparedMethod.gradual.axes
        expected.forward = .masked
        expected.end = 0.5
        let own = try pruning("method = \"gmp\"", "forward = \"masked\"", "end = 0.5")
        #expect(own.axes == expected)
        #expect(own.start == 0)
        #expect(try pruning("method = \"parp-p\"").start == 0.3)
        #expect(try pruning("method = \"parp-m\"", "start_sparsity = 0.2").start == 0.2)
    }

    @Test("inconsistent axes are refused with the fix, and so are axes of the dense method")
    func unsound() {
        #expect(faults("score = \"learned\"").first?.contains("forward") == true)
        #expect(faults("method = \"gmp\"", "hold_from = 0.3").first?.contains("hold_from is 0.3") == true)
        #expect(faults("method = \"dense\"", "forward = \"masked\"").first?.contains("has no mask") == true)
        #expect(faults("schedule = \"quadratic\"").count == 1 && faults("hold_from = 1.5").count == 1)
        #expect(
            faults("method = \"gmp\"", "initial_mask = \"m\"").first?.contains("set pruning.start_sparsity")
                == true)
    }

    @Test("PARP's masks are 50 updates apart by default, or a twentieth of a short run; others' a hundredth")
    func automaticIntervals() throws {
        func due(_ method: String, of updates: Int, _ lines: String...) throws -> Int {
            let text = (["[pruning]", "method = \"\(method)\""] + lines).joined(separator: "\n")
            let method = try Recipe(text: text).pruning.makeMethod(updates: updates) { _ in [] }
            return (0...updates).count { method.sparsityDue(afterUpdates: $0) != nil }
        }
        #expect(try due("parp", of: 4000) == 81)
        #expect(try due("parp", of: 1000) == 21)
        #expect(try due("parp-p", of: 400) == 21)
        #expect(try due("parp", of: 12) == 13)
        #expect(try due("parp", of: 96, "interval = 48") == 3)
        #expect(try due("movement", of: 400) == 90)
        let dense = try Recipe(text: "[pruning]\nmethod = \"dense\"").pruning
        #expect(dense.maskInterval(updates: 400) == 20, "what a projection of PARP's cost reads")
    }

    @Test("an interval counts updates, or the ends of epochs; no epoch is planned in vain")
    func intervals() throws {
        func due(_ pruning: Recipe.Pruning, _ ends: (Int) -> [Int]) -> [Int] {
            let method = pruning.makeMethod(updates: 20, epochEnds: ends)
            return (0...20).filter { method.sparsityDue(afterUpdates: $0) != nil }
        }
        var asked = 0
        let ends = { (updates: Int) -> [Int] in
            asked += 1
            return [3, 7, 10, 14, 17].filter { $0 <= updates }
        }
        #expect(due(try pruning("interval = 8"), ends) == [0, 8, 16, 20] && asked == 0)
        let epochs = "interval_unit = \"epochs\""
        #expect(due(try pruning("interval = 1", epochs), ends) == [0, 3, 7, 10, 14, 17, 20])
        #expect(due(try pruning("interval = 2", epochs), ends) == [0, 7, 14, 20])
        #expect(due(try pruning("interval = 0", epochs), ends) == [0, 20])
        #expect(due(try pruning(epochs), ends) == [0, 3, 7, 10, 14, 17, 20], "auto is an epoch")
    }
}
