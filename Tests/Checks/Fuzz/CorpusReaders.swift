import Foundation
import Recipe
import Speech
import Tasks
import TestSupport

private let tableTokens = [[UInt8]](
    texts: ",", "\"", "\"\"", "\t", "\n", "\r\n", "\r", " ", "\u{0}", "\u{FEFF}", "\u{A0}", "\u{2028}", "é",
    "-1", "1e999",
    "nan", "../", "/", "|", "-", "wav.ark:12", "$data_root/", "$x/", "\u{FFFD}")

/// Lists of utterances, in every format in which they are read.
func corpusReaders() -> [FuzzedReader] {
    func corpus(
        _ name: String, _ files: [Seed], path: String, labels: Manifest.Labels? = .letters,
        tokens: [[UInt8]] = tableTokens
    ) -> FuzzedReader {
        FuzzedReader(name: name, weight: 4, folders: [files], tokens: tokens) { folder in
            // Relative paths are in the list's folder; none is opened, as audio readers are fuzzed separately.
            let manifest = try Manifest(path: folder + path, labels: labels, measuresDurations: false)
            precondition(!manifest.utterances.isEmpty)
            for utterance in manifest.utterances {
                precondition(utterance.durationSeconds >= 0 && utterance.durationSeconds.isFinite)
                precondition(utterance.segment.map { $0.lowerBound >= 0 && $0.upperBound.isFinite } ?? true)
            }
        }
    }
    let lines =
        #"{"audio_filepath": "a.wav", "duration": 1.5, "text": "A CAB", "lang": "en", "speaker": 3}"# + "\n"
        + #"{"audio": {"path": "b.wav"}, "duration": 2, "offset": 0.5, "text": "BE é", "phones": "b iy", "id": "u2"}"#
        + "\n"
    return [
        corpus(
            "jsonl manifest", [Seed("train.jsonl", lines)], path: "/train.jsonl",
            tokens: jsonTokens + tableTokens),
        corpus(
            "csv manifest",
            [Seed("train.csv", "path,text,duration,id\na.wav,\"A, \"\"B\"\"\",1.5,u1\nb.wav,C D,2,u2\n")],
            path: "/train.csv"),
        corpus(
            "speechbrain csv",
            [
                Seed(
                    "train.csv",
                    "ID,duration,wav,spk_id,wrd\nu1,1.5,$data_root/a.wav,s,A B\nu2, 2 ,b.wav,t,\"C\"\n")
            ],
            path: "/train.csv"),
        corpus(
            "common voice",
            [
                Seed(
                    "train.tsv",
                    "client_id\tpath\tsentence\tlocale\nc\ta.mp3\tEin Satz.\tde\nd\tb\tUn \"mot\tfr\n"),
                Seed("clip_durations.tsv", "clip\tduration[ms]\na.mp3\t1500\nb.mp3\t2500\n"),
            ], path: "/train.tsv"),
        corpus(
            "fairseq manifest",
            [
                Seed("train.tsv", "/data\na.flac\t16000\nb.flac\t32000\n"),
                Seed("train.ltr", "A | B |\nC A B |\n"),
            ],
            path: "/train.tsv"),
        corpus(
            "flashlight list", [Seed("train.lst", "u1 /data/a.flac 1500.5 a b\nu2\tb.flac  2000 c\n")],
            path: "/train.lst"),
        corpus(
            "kaldi folder",
            [
                Seed("wav.scp", "r1 /data/a.wav\nr2 b.wav\n"), Seed("text", "u1 a b\nu2 c\nu3\n"),
                Seed("segments", "u1 r1 0.0 1.5\nu2 r1 1.5 2.25\nu3 r2 0 3\n"),
                Seed("utt2spk", "u1 s1\nu2 s1\nu3 s2\n"), Seed("utt2lang", "u1 en\nu2 de\nu3 fr\n"),
                Seed("utt2dur", "u1 1.5\nu2 0.75\nu3 3\n"),
            ], path: ""),
        corpus(
            "librispeech tree", [Seed("1/2/1-2.trans.txt", "1-2-0000 A B C\n1-2-0001 D É\n")], path: ""),
        corpus(
            "audiofolder csv",
            [Seed("metadata.csv", "file_name,transcription\na.wav,A B\nsub/b.wav,\"C\nD\"\n")], path: ""),
        corpus(
            "audiofolder jsonl",
            [Seed("metadata.jsonl", #"{"file_name": "a.wav", "text": "A", "duration": 3}"# + "\n")], path: "",
            tokens: jsonTokens + tableTokens),
    ]
}

/// What users write themselves: recipes, changes to them and faults.
func tableReaders() -> [FuzzedReader] {
    let recipe = """
        seed = 7
        [model]
        path = "model" # a comment
        freeze_feature_encoder = true
        [data]
        train = "train.jsonl"
        valid = 'valid.jsonl'
        batch_seconds = 2.0
        [optimizer]
        learning_rate = 1e-3
        [schedule]
        updates = 1_000
        [pruning]
        method = "parp"
        sparsity = 0.5
        interval = 3
        """
    let tokens = [[UInt8]](
        texts: "[", "]", "[[a]]", "[a.b.c]", "=", "\"", "\"\"\"", "'", "'''", "{", "}", "{a={a=", "a.a.",
        "a=[[[", ",", "\n", "#",
        "1979-05-27T07:32:00Z", "07:32:00", "inf", "-nan", "0xFF", "0b1", "1e", "\\U0010FFFF", "\\uD800",
        "true", "pruning.",
        "sparsity=", "\u{0}", "é", "\u{FEFF}", "[pruning]", "[data]", "method = ", "updates = ", "\"\\x00\"")
    let faults =
        "signal@rank=1:step=3:phase=backward:signal=TERM\nnan@rank=1:step=4:tensor=lm_head.weight\nkill@step=0\n"
    return [
        FuzzedReader(name: "recipe", weight: 4, folders: [[Seed("recipe.toml", recipe)]], tokens: tokens) {
            folder in
            let path = folder + "/recipe.toml"
            let read = Result { try Recipe(path: path) }
            _ = try? Recipe(path: path, task: .pretrain)
            // What is accepted is written and read back as it was.
            let recipe = try read.get()
            let again = try Recipe(text: recipe.toml)
            precondition(again == recipe, recipe.toml)
        },
        FuzzedReader(
            name: "--set", weight: 2,
            folders: [[Seed("changes", "pruning.sparsity=0.7\nmodel.path=a b\nseed=3\n")]],
            tokens: tokens
        ) { folder in
            let changes = try lines(of: folder + "/changes")
            _ = try Recipe(text: "", overrides: changes)
        },
        FuzzedReader(
            name: "--inject", weight: 2, folders: [[Seed("faults", faults)]],
            tokens: [[UInt8]](
                texts: "@", ":", "=", "step=", "rank=", "phase=data", "seconds=1e9", "delay", "\n", "é")
        ) { folder in
            for line in try lines(of: folder + "/faults") { try InspectedReaders.injection(line) }
        },
    ]
}

/// What a shell would hand over: no line ends, no zeros.
private func lines(of path: String) throws -> [String] {
    let data = FileManager.default.contents(atPath: path) ?? Data()
    return String(decoding: data, as: UTF8.self).split { $0 == "\n" || $0 == "\0" }.prefix(50).map(
        String.init)
}
