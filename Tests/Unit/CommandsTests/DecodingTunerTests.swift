import Collectives
import Decoding
import Foundation
import Session
import Tensors
import TestSupport
import Testing
import Text

@testable import Commands
@testable import Tasks

struct DecodingTunerTests {
    private func trial(_ alpha: Float, words: Int, characters: Int) -> DecodingTuner.Trial {
        var trial = DecodingTuner.Trial(alpha: alpha, beta: 0)
        trial.words = ErrorRate(counts: [words, 0, 0, 10 - words])
        trial.characters = ErrorRate(counts: [characters, 0, 0, 100 - characters])
        return trial
    }

    @Test("the fewest word errors win among weights that cost no characters, or among all if each does")
    func choice() {
        let trials = [
            trial(0, words: 5, characters: 20), trial(1, words: 3, characters: 25),
            trial(2, words: 2, characters: 31),
        ]
        #expect(DecodingTuner.best(trials, 0.3).alpha == 1)
        #expect(DecodingTuner.best(trials, 0.2).alpha == 0)
        #expect(DecodingTuner.best(trials, 0.1).alpha == 2)
        let table = DecodingTuner.table(trials, best: trials[2], ceiling: 0.1).split(separator: "\n")
        #expect(table.count == 5)
        #expect(table[1].contains("20.00") && table[1].contains("31.00") && table[1].hasSuffix("chosen"))
        #expect(table[4].contains("10.00 %"))
    }

    @Test("the search finds a weight that tells apart two words that sound alike")
    func search() throws {
        let folder = try TemporaryFolder()
        let arpa = """
            \\data\\
            ngram 1=5

            \\1-grams:
            -2\t<unk>
            -99\t<s>
            -1\t</s>
            -0.1\tA
            -1.5\tB

            \\end\\

            """
        try Data(arpa.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/lm.arpa"))
        let vocabulary = try Vocabulary(tokens: ["<pad>", "|", "A", "B"])
        let language = try Language(
            vocabulary: vocabulary, model: try openLanguageModel("\(folder.path)/lm.arpa"))
        // B is e times as likely as A by sound, A 25 times as likely as B by language: α above 0.31 says A.
        let buffer = FlatBuffer(count: 4)
        buffer.all.copy(from: [0, 0, 8, 9])
        var tuner = DecodingTuner(columns: 4)
        tuner.add(buffer.all.reshaped(rows: 1, columns: 4), reference: "A")
        let (best, trials) = try tuner.run(
            BeamDecoder(language: language, settings: BeamSettings()), ceiling: 1,
            session: Session(communicator: SoloCommunicator()))
        #expect(best.words.errors == 0 && best.characters.errors == 0)
        for trial in trials { #expect((trial.words.errors == 0) == (trial.alpha > 0.31), "\(trial)") }
        #expect(Set(trials.map { [$0.alpha, $0.beta] }).count == trials.count)
        #expect(trials.contains { $0.alpha == 0.375 } || trials.contains { $0.alpha == 0.625 })
    }
}
