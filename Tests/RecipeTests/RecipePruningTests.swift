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

    @Test("every method has the first mask that it is defined by, unless told otherwise")
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
        #expect(faults("method = \"omp\"").first?.contains("give the mask of the run before") == true)
        #expect(faults("method = \"imp\"").count == 1 && faults("method = \"dense\"").isEmpty)
        #expect(faults("method = \"omp\"", "initial_mask = \"m.safetensors\"").isEmpty)
        #expect(
            faults("method = \"mpi\"", "initial_mask = \"m\"").first?.contains("the method is \"omp\"")
                == true)
        #expect(faults("method = \"rp\"", "initial_mask = \"magnitude\"").count == 1)
        #expect(
            faults("method = \"dense\"", "initial_mask = \"random\"").first?.contains("it has no mask")
                == true)
        #expect(faults("initial_mask = \"\"").count == 1 && faults("method = \"mip\"").count == 1)
    }

    @Test("only methods of one mask hold it")
    func holds() throws {
        for method in ComparedMethod.allCases {
            var pruning = Recipe.Pruning()
            pruning.method = method
            let made = pruning.makeMethod(updates: 10) { _ in [] }
            let isFixed = [.magnitudeAtInitialization, .random, .oneShot, .iterative].contains(method)
            #expect(made.hold == (isFixed ? .fixed : .free) && made.name == method.rawValue)
        }
    }

    @Test("an interval counts updates, or the ends of epochs; the epochs are not planned for nothing")
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
    }
}
