import Foundation
import Testing

/// What an impatient person types, and what must come of it: the exit code, the culprit and the fix.
struct Mistake: Sendable, CustomTestStringConvertible {
    let words: String
    let status: Int32
    /// What names the culprit, and what says the fix.
    let says: [String]

    init(_ words: String, _ status: Int32, _ says: String...) {
        (self.words, self.status, self.says) = (words, status, says)
    }

    var testDescription: String { "parp " + words }
}

private let set = "train recipe.toml --set "

/// In a folder with a model, recordings, `train.jsonl` and `recipe.toml`, of which nothing is wrong.
private let mistakes: [Mistake] = [
    // Words that are no commands.
    Mistake("trian recipe.toml", 64, "`trian`", "did you mean `parp train`?"),
    Mistake("finetune recipe.toml", 64, "`finetune`", "did you mean `parp train`?"),
    Mistake("bench stepp", 64, "`stepp`", "did you mean `parp bench step`?"),
    Mistake("corpus train.jsonl", 64, "`train.jsonl`", "there are check, split, convert"),
    // What is missing, or too much.
    Mistake("train", 64, "Missing expected argument '<recipe>'", "parp train <recipe>"),
    Mistake("train recipe.toml recipe.toml", 64, "Unexpected argument 'recipe.toml'", "--help"),
    Mistake("train recipe.toml --set", 64, "Missing value for '--set", "section.key=value"),
    Mistake("evaluate --data train.jsonl", 64, "Missing expected argument '--model", "--model <model>"),
    Mistake("transcribe --model model", 64, "Missing expected argument '<audio>", "Audio files"),
    Mistake("pack --model model", 64, "Missing expected argument '--output", "The file to write"),
    Mistake("new train.jsonl", 64, "Missing expected argument '--model", "The model to start from"),
    // Another program's options.
    Mistake(
        "train recipe.toml --learning-rate 1e-4", 64, "'--learning-rate'", "--set optimizer.learning_rate="),
    Mistake("train recipe.toml --max_steps 9", 64, "'--max_steps'", "--set schedule.updates="),
    Mistake("train recipe.toml -np 2", 64, "'-np'", "mpirun -np"),
    Mistake("train recipe.toml --gpus 2", 64, "'--gpus'", "no GPU"),
    // Recipes that are none.
    Mistake("train nowhere", 64, "nowhere: no such recipe"),
    Mistake("train recipe", 64, "recipe: no such recipe", "did you mean recipe.toml?"),
    Mistake("train base-1h", 64, "base-1h: no such recipe", "parp recipe base-1h > base-1h.toml"),
    Mistake("train train.jsonl", 64, "train.jsonl: line 1", "is a corpus", "data.train"),
    Mistake("train empty.toml", 64, "does not state model.path", "--set model.path=PATH"),
    Mistake("pretrain recipe.toml", 64, "line 3: model.freeze_feature_encoder", "a key of `parp train`"),
    // Keys and values.
    Mistake(set + "lr=1e-4", 64, "unknown key `lr`", "did you mean `optimizer.learning_rate`?"),
    Mistake(set + "schedule.epochs=3", 64, "unknown key `epochs`", "did you mean `updates`?"),
    Mistake(
        set + "optimizer.learning_rate", 64, "--set optimizer.learning_rate", "expected section.key=value"),
    Mistake(set + "optimizer.learning_rate=high", 64, "is \"high\"", "must be a number"),
    Mistake(set + "optimizer.learning_rate=5", 64, "learning_rate is 5.0", "from 0 to 1, e.g. 5e-5"),
    Mistake(set + "schedule.updates=0", 64, "schedule.updates is 0", "must be 1 or more"),
    Mistake(set + "schedule.updates=1.5", 64, "schedule.updates is 1.5", "must be a whole number"),
    Mistake(set + "schedule.kind=cosinus", 64, "is \"cosinus\"", "\"cosine\""),
    Mistake(set + "pruning.sparsity=50", 64, "pruning.sparsity is 50.0", "from 0 to 1, e.g. 0.5"),
    Mistake(set + "pruning.method=PARP", 64, "is \"PARP\"", "\"parp\""),
    Mistake(set + "pruning.method=omp", 64, "pruning.method is \"omp\"", "parp prune --model"),
    Mistake(set + "evaluation.metric=accuracy", 64, "is \"accuracy\"", "\"wer\", \"cer\", \"loss\""),
    Mistake(set + "augmentation.speed=1.1", 64, "augmentation.speed is 1.1", "a list of numbers"),
    Mistake(set + "task=classify", 64, "data.batch_seconds is a key of task \"ctc\""),
    // Paths that hold something else, or nothing.
    Mistake(set + "data.train=0.wav", 65, "0.wav", "is a recording, not a list of recordings"),
    Mistake(set + "data.train=.", 65, "a folder without wav.scp", "LibriSpeech"),
    Mistake(set + "data.train=notes.txt", 65, "notes.txt", "line 1: not a JSON object"),
    Mistake(set + "model.path=facebook/wav2vec2-base", 65, "facebook/wav2vec2-base", "nothing is downloaded"),
    Mistake(set + "model.path=model/config.json", 65, "is one file of a model", "name its folder"),
    Mistake("evaluate --model model --data nowhere.jsonl", 65, "nowhere.jsonl", "no such file or folder"),
    Mistake("transcribe --model nowhere 0.wav", 65, "nowhere: no such model"),
    Mistake("corpus check 0.wav", 65, "0.wav", "not a list of recordings"),
    Mistake("new nowhere.jsonl --model model", 65, "nowhere.jsonl: no such file or folder"),
    Mistake("new train.jsonl --model model", 64, "no corpus to evaluate on", "parp corpus split"),
    // Places that are taken.
    Mistake("train recipe.toml --output model", 64, "model holds a model", "choose another --output"),
    Mistake("prune --model model --sparsity 0.5 --output model", 64, "is an input", "another --output"),
    Mistake("init --preset tiny --output model", 64, "holds a model already", "--overwrite"),
    // Numbers and names of commands.
    Mistake("prune --model model --sparsity 50 --output pruned", 64, "--sparsity is 50.0", "e.g. 0.5"),
    Mistake("plan recipe.toml --ranks 0", 64, "--ranks", "from 1 to 1000000"),
    Mistake("plan recipe.toml --ranks two", 64, "'two'", "The number of ranks"),
    Mistake("compare recipe.toml --methods dense,prap --sparsities 0.5", 64, "prap", "there are dense, parp"),
    Mistake("init --preset huge --output x", 64, "'huge'", "'tiny', 'small', 'base'"),
    Mistake("mask compare model", 64, "give two masks or more"),
    Mistake("scale report nowhere", 65, "nowhere/study.json", "parp scale run"),
]

struct MistakesTests {
    @Test("a mistake has its exit code, and its message the culprit and the fix", arguments: mistakes)
    func mistake(_ mistake: Mistake) throws {
        let fixture = try Fixture()
        try fixture.folder.write("", to: "empty.toml")
        try fixture.folder.write("hello\n", to: "notes.txt")
        let outcome = try parp(mistake.words.split(separator: " ").map(String.init), in: fixture.folder)
        #expect(outcome.status == mistake.status, "\(outcome.screen)")
        for text in mistake.says { #expect(outcome.error.contains(text), "\(outcome.screen)") }
        #expect(outcome.count("parp: ") == 1, "\(outcome.screen)")
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("run")))
    }
}
