import Foundation
import Testing

struct CorpusTests {
    private func json(_ outcome: Outcome) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test("check says what a corpus holds, and is content with one that can be trained on")
    func check() throws {
        let fixture = try Fixture()
        let arguments = ["corpus", "check", "train.jsonl", "--model", "model", "--decode"]
        let outcome = try parp(arguments, in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.output.contains("utterances              6\n"))
        #expect(outcome.output.contains("sample rates            16000 6\n"))
        #expect(outcome.output.contains("6 distinct: A 7, E 7, D 6"))
        #expect(outcome.output.contains("not in vocabulary       none\n"))
        let report = try json(try parp(arguments + ["--json"], in: fixture.folder))
        // Half a second, and an eighth more each.
        #expect(report["seconds"] as? Double == 4.875)
        // All but the first are longer than the half second that their lines state.
        #expect(report["wrong_durations"] as? Int == 5)
        #expect((report["tokens"] as? [String: Int])?["E"] == 7)
    }

    @Test("check names each utterance that a run would refuse, with its line, and ends with 65")
    func faults() throws {
        let fixture = try Fixture()
        try fixture.folder.write(wav(seconds: 0.5, statedSamples: 16000), to: "cut.wav")
        try fixture.writeManifest([
            fixture.line(0), fixture.line(1, text: "XYZ É"), fixture.line(2, text: ""),
            fixture.line(3, audio: "absent.wav"),
            fixture.line(4, text: String(repeating: "ABCDEF", count: 20)), fixture.line(5, audio: "cut.wav"),
        ])
        let outcome = try parp(
            ["corpus", "check", "train.jsonl", "--model", "model", "--decode"], in: fixture.folder)
        #expect(outcome.status == 65, "\(outcome.screen)")
        for sentence in [
            "train.jsonl:2: utterance 1.wav: \"X\", \"Y\", \"Z\", \"É\" not in the vocabulary",
            "train.jsonl:3: utterance 2.wav: has no text", "train.jsonl:4: absent.wav: cannot be opened",
            "train.jsonl:5: 4.wav: 1.0 s make 49 frames, but the text needs 120",
            "train.jsonl:6: cut.wav: is cut off",
        ] { #expect(outcome.output.contains(sentence), "\(outcome.output)") }
        #expect(outcome.error.contains("5 of 6 utterances cannot be trained on"))
        // What check refuses, training does, and nothing else.
        let training = try parp(["train", "recipe.toml", "--output", "run"], in: fixture.folder)
        #expect(training.status == 65 && training.screen.contains("5 utterances cannot be used"))
    }

    @Test("a recipe trains on whatever format its data is in")
    func training() throws {
        let fixture = try Fixture()
        let folder = fixture.folder
        try FileManager.default.createDirectory(
            atPath: folder.file("kaldi"), withIntermediateDirectories: true)
        let names = Fixture.texts.indices.map { "u\($0)" }
        try folder.write(names.indices.map { "\(names[$0]) ../\($0).wav\n" }.joined(), to: "kaldi/wav.scp")
        try folder.write(
            names.indices.map { "\(names[$0]) \(Fixture.texts[$0])\n" }.joined(), to: "kaldi/text")
        try folder.write(
            "ID,duration,wav,spk_id,wrd\n"
                + names.indices.map { "\(names[$0]),1,$data_root/\($0).wav,s,\(Fixture.texts[$0])\n" }
                .joined(),
            to: "sb.csv")
        let outcome = try parp(
            [
                "train", "recipe.toml", "--output", "run", "--set", "data.train=kaldi", "--set",
                "data.valid=sb.csv", "--set", "schedule.updates=2",
            ], in: folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.count("6 utterances, 5 s") == 2, "\(outcome.output)")
    }

    @Test(
        "convert writes one manifest that holds the same corpus, wherever it is moved to with its recordings")
    func convert() throws {
        let fixture = try Fixture()
        let folder = fixture.folder
        try folder.write(
            Fixture.texts.indices.map { "u\($0) \($0).wav 500 \(Fixture.texts[$0])\n" }.joined(),
            to: "all.lst")
        try FileManager.default.createDirectory(atPath: folder.file("out"), withIntermediateDirectories: true)
        for paths in ["absolute", "relative"] {
            let outcome = try parp(
                ["corpus", "convert", "all.lst", "--output", "out/\(paths).jsonl", "--paths", paths],
                in: folder)
            #expect(outcome.status == 0 && outcome.output.contains("6 utterances"), "\(outcome.screen)")
            #expect(try parp(["corpus", "check", "out/\(paths).jsonl"], in: folder).status == 0)
        }
        let line = String(decoding: try folder.read("out/relative.jsonl"), as: UTF8.self).prefix {
            $0 != "\n"
        }
        #expect(
            line
                == "{\"id\": \"u0\", \"audio_filepath\": \"../0.wav\", \"duration\": 0.5, \"text\": \"BAD CAFE\"}"
        )
        let wrong = try parp(
            ["corpus", "convert", "all.lst", "--format", "tape", "--output", "x"], in: folder)
        #expect(wrong.status == 64 && wrong.error.contains("flashlight"))
    }

    @Test("split writes manifests of what was asked for, and does not overwrite")
    func split() throws {
        let fixture = try Fixture()
        let arguments = [
            "corpus", "split", "train.jsonl", "--minutes", "0.02", "--test-minutes", "0.01", "--output",
            "parts",
        ]
        let outcome = try parp(arguments, in: fixture.folder)
        #expect(outcome.status == 0, "\(outcome.screen)")
        #expect(outcome.output.contains("parts/train.jsonl: 2 utterances, 1 s"))
        #expect(
            outcome.output.contains("parts/test.jsonl: 1 utterances, 1 s")
                || outcome.output.contains("parts/test.jsonl: 1 utterances, 0 s"))
        #expect(try parp(arguments, in: fixture.folder).error.contains("parts exists already"))
        let both = try parp(arguments + ["--hours", "1"], in: fixture.folder)
        #expect(both.status == 64 && both.error.contains("give one of them"))
    }

    @Test("without espeak-ng, phones are refused with the package that has it")
    func missingEspeak() throws {
        let fixture = try Fixture()
        let outcome = try run(
            [
                "env", "PATH=/nowhere", parpCommand.path, "corpus", "phones", "train.jsonl", "--output",
                "p.jsonl",
            ],
            in: fixture.folder)
        #expect(
            outcome.status == 64 && outcome.error.contains("apt-get install espeak-ng"), "\(outcome.screen)")
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("p.jsonl")))
    }

    /// A stand-in that writes what espeak-ng 1.51 was seen to write of these texts.
    private static let espeak = """
        #!/bin/sh
        while IFS= read -r line; do
            case "$line" in
                "hello charge") printf 'h_ə_l_ˈəʊ tʃ_ˈɑː_dʒ\\n' ;;
                "hello") printf '(_e_n)h_ə_l_ˈəʊ(_f_r)\\n' ;;
                "two clauses") printf 't_ˈuː\\nk_l_ˈɔː_z_ɪ_z\\n' ;;
                *) printf '\\n' ;;
            esac
        done
        """

    @Test("phones are separated, without ties, stress or names of languages, and no text gets another's")
    func phones() throws {
        let fixture = try Fixture()
        let folder = fixture.folder
        try folder.write(Self.espeak, to: "espeak-ng")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: folder.file("espeak-ng"))
        try fixture.writeManifest([
            fixture.line(0, text: "Hello, CHARGE!"), fixture.line(1, text: "Two clauses."),
            fixture.line(2, text: "hello"),
        ])
        func label(_ more: [String] = []) throws -> Outcome {
            try run(
                [
                    "env", "PATH=\(folder.path):/usr/bin:/bin", parpCommand.path, "corpus", "phones",
                    "train.jsonl",
                    "--output", "p.jsonl",
                ] + more, in: folder)
        }
        #expect(try label().error.contains("train.jsonl:1: no language is stated"))
        let outcome = try label(["--language", "en"])
        #expect(outcome.status == 0, "\(outcome.screen)")
        let lines = String(decoding: try folder.read("p.jsonl"), as: UTF8.self).split(separator: "\n")
        #expect(lines[0].contains("\"text\": \"Hello, CHARGE!\", \"phones\": \"h ə l əʊ tʃ ɑː dʒ\""))
        #expect(
            lines[1].contains("\"phones\": \"t uː k l ɔː z ɪ z\"")
                && lines[2].contains("\"phones\": \"h ə l əʊ\""))
        _ = try label(["--language", "en", "--keep-stress", "--overwrite"])
        #expect(String(decoding: try folder.read("p.jsonl"), as: UTF8.self).contains("h ə l ˈəʊ tʃ ˈɑː dʒ"))
        let report = try json(
            try parp(["corpus", "check", "p.jsonl", "--labels", "phones", "--json"], in: folder))
        #expect(
            (report["tokens"] as? [String: Int])?["əʊ"] == nil
                && (report["tokens"] as? [String: Int])?["ˈəʊ"] == 2)
        try fixture.writeManifest([fixture.line(0, text: "mute")])
        let mute = try label(["--language", "en", "--overwrite"])
        #expect(mute.error.contains("train.jsonl:1: espeak-ng finds no phones"))
    }

    @Test(
        "the real espeak-ng labels each text with its own phones",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/espeak-ng")))
    func realEspeak() throws {
        let fixture = try Fixture()
        try fixture.writeManifest([
            fixture.line(0, text: "HELLO, WORLD. CHARGE!"), fixture.line(1, text: "one"),
            fixture.line(2, text: String(repeating: "two ", count: 400)),
        ])
        let outcome = try parp(
            ["corpus", "phones", "train.jsonl", "--language", "en", "--output", "p.jsonl"], in: fixture.folder
        )
        #expect(outcome.status == 0, "\(outcome.screen)")
        let lines = String(decoding: try fixture.folder.read("p.jsonl"), as: UTF8.self).split(separator: "\n")
        #expect(lines[0].contains("\"phones\": \"h ə l əʊ w ɜː l d tʃ ɑː dʒ\""), "\(lines[0])")
        #expect(lines[1].contains("\"phones\": \"w ɒ n\"") || lines[1].contains("\"phones\": \"w ʌ n\""))
        #expect(lines[2].components(separatedBy: "t uː").count == 401)
        let wrong = try parp(
            ["corpus", "phones", "train.jsonl", "--language", "qqq", "--output", "q.jsonl"],
            in: fixture.folder)
        #expect(wrong.status == 64 && wrong.error.contains("no voice \"qqq\""))
    }
}
