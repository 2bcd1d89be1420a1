import Foundation
import Speech
import TestSupport
import Testing

/// Each format as its makers write it, and twins with faults.
struct CorpusFormatTests {
    private func golden(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: goldenFolder + "/audio/" + name)))
    }

    /// Two recordings of half a second and one, as `audio/a.wav` and `audio/b.wav`.
    private func corpus() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try folder.write(waveFile([tone(440, seconds: 0.5)]), to: "audio/a.wav")
        try folder.write(waveFile([tone(440, seconds: 1)]), to: "audio/b.wav")
        return folder
    }

    // Common Voice.

    private let commonVoiceHeader =
        "client_id\tpath\tsentence_id\tsentence\tsentence_domain\tup_votes\tdown_votes\tage\tgender\taccents"
        + "\tvariant\tlocale\tsegment\n"

    private func commonVoiceRow(_ path: String, _ sentence: String) -> String {
        "9f2c\t\(path)\t\(path)-s\t\(sentence)\t\t2\t0\ttwenties\tmale_masculine\t\t\teu\t\n"
    }

    @Test("a table of Common Voice is read with its MP3 clips, quotes being letters like others")
    func commonVoice() throws {
        let folder = try TemporaryDirectory()
        for name in ["common_voice_eu_1.mp3", "common_voice_eu_2.mp3"] {
            try folder.write(try golden("tone.mp3"), to: "cv/clips/\(name)")
        }
        let path = try folder.write(
            commonVoiceHeader + commonVoiceRow("common_voice_eu_1.mp3", "\"Kaixo\", esan zuen.")
                + commonVoiceRow("common_voice_eu_2", "Bai"), to: "cv/train.tsv")
        let manifest = try Manifest(path: path)
        #expect(manifest.format == .commonVoice)
        #expect(manifest.utterances.map(\.text) == ["\"Kaixo\", esan zuen.", "Bai"])
        #expect(
            manifest.utterances.map(\.audioPath)
                == [1, 2].map { folder.path + "/cv/clips/common_voice_eu_\($0).mp3" })
        #expect(manifest.utterances.allSatisfy { $0.speaker == "9f2c" && $0.language == "eu" })
        // An MP3 holds whole frames of 72 ms at this rate, and the coder's delay.
        #expect(manifest.utterances.allSatisfy { (0.4...0.7).contains($0.durationSeconds) })
        #expect(manifest.utterances[1].origin == path + ":3")
        try folder.write("clip\tduration[ms]\ncommon_voice_eu_2.mp3\t3250\n", to: "cv/clip_durations.tsv")
        #expect(try Manifest(path: path).utterances[1].durationSeconds == 3.25)
        #expect(
            fault { try Manifest(path: folder.path + "/cv") }.contains("without wav.scp"),
            "clips alone make no corpus")
        try folder.write(commonVoiceHeader, to: "cv/validated.tsv")
        #expect(fault { try Manifest(path: folder.path + "/cv") }.contains("name one of its tables"))
    }

    @Test("a broken table of Common Voice is refused with its lines")
    func brokenCommonVoice() throws {
        let folder = try TemporaryDirectory()
        try folder.write(try golden("tone.mp3"), to: "clips/good.mp3")
        let path = try folder.write(
            commonVoiceHeader + commonVoiceRow("good.mp3", "Bai") + "9f2c\tgood.mp3\tBai\n"
                + commonVoiceRow("../secret.mp3", "x") + commonVoiceRow("/etc/passwd", "x")
                + commonVoiceRow("", "x") + commonVoiceRow("absent.mp3", "x"), to: "train.tsv")
        let message = fault { try Manifest(path: path) }
        #expect(message.contains("5 faults"))
        #expect(message.contains("line 3: 3 fields, but the header has 13"))
        #expect(message.contains("line 4: \"../secret.mp3\" is not the name of a clip"))
        #expect(message.contains("line 5: \"/etc/passwd\" is not the name of a clip"))
        #expect(message.contains("line 6: \"\" is not the name of a clip"))
        #expect(message.contains("line 7: ") && message.contains("absent.mp3: cannot be opened"))
        let headless = try folder.write("client_id\tpath\nx\tgood.mp3\n", to: "other.tsv")
        #expect(
            fault { try Manifest(path: "common_voice:" + headless) }
                .contains("line 1: no column for the text: expected sentence"))
    }

    // Kaldi.

    /// The directory of two recordings without segments.
    private func kaldi() throws -> TemporaryDirectory {
        let folder = try corpus()
        try folder.write("u-a ../audio/a.wav\nu-b \(folder.path)/audio/b.wav\n", to: "data/wav.scp")
        try folder.write("u-a HELLO  WORLD\nu-b YES\n", to: "data/text")
        try folder.write("u-a speaker1\nu-b speaker2\n", to: "data/utt2spk")
        return folder
    }

    @Test("a Kaldi directory is read, with or without its optional files")
    func kaldiDirectory() throws {
        let folder = try kaldi()
        let data = folder.path + "/data"
        for name in [data, data + "/"] {
            let manifest = try Manifest(path: name)
            #expect(manifest.format == .kaldi)
            #expect(manifest.utterances.map(\.id) == ["u-a", "u-b"])
            #expect(manifest.utterances.map(\.text) == ["HELLO  WORLD", "YES"])
            #expect(manifest.utterances.map(\.speaker) == ["speaker1", "speaker2"])
            #expect(manifest.utterances.map(\.durationSeconds) == [0.5, 1])
            #expect(manifest.utterances.map(\.origin) == ["\(data)/text:1", "\(data)/text:2"])
        }
        try FileManager.default.removeItem(atPath: data + "/utt2spk")
        try folder.write("u-a eu\n", to: "data/utt2lang")
        try folder.write("u-b 0.75\n", to: "data/utt2dur")
        let bare = try Manifest(path: data).utterances
        #expect(bare.map(\.speaker) == [nil, nil] && bare.map(\.language) == ["eu", nil])
        #expect(bare.map(\.durationSeconds) == [0.5, 0.75])
    }

    @Test("Kaldi's segments are pieces of recordings")
    func kaldiSegments() throws {
        let folder = try kaldi()
        try folder.write("s-1 u-b 0.25 0.75\ns-2 u-b 0.00 0.25\n", to: "data/segments")
        try folder.write("s-1 ONE\ns-2\n", to: "data/text")
        try folder.write("s-1 speaker1\ns-2 speaker1\n", to: "data/utt2spk")
        let utterances = try Manifest(path: folder.path + "/data").utterances
        #expect(utterances.map(\.segment) == [0.25..<0.75, 0..<0.25])
        #expect(utterances.map(\.durationSeconds) == [0.5, 0.25])
        #expect(utterances.map(\.text) == ["ONE", ""])
        #expect(utterances.allSatisfy { $0.audioPath == folder.path + "/audio/b.wav" })
    }

    @Test("commands and archives in a Kaldi directory are refused, not run")
    func kaldiPipes() throws {
        let folder = try kaldi()
        let mark = folder.path + "/ran"
        let path = try folder.write(
            "u-a touch \(mark) && cat audio/a.wav |\nu-b foo.ark:17\nu-c | touch \(mark)\nu-d -\n",
            to: "data/wav.scp")
        let message = fault { try Manifest(path: folder.path + "/data") }
        #expect(message.contains("\(path):1: a command, which is not run"))
        #expect(message.contains("\(path):2: a place in an archive"))
        #expect(message.contains("\(path):3: a command") && message.contains("\(path):4: a command"))
        #expect(!FileManager.default.fileExists(atPath: mark))
    }

    @Test("a broken Kaldi directory is refused with its files and lines")
    func brokenKaldi() throws {
        let folder = try kaldi()
        let data = folder.path + "/data"
        func message(_ name: String, _ text: String) throws -> String {
            let before = try? String(contentsOfFile: "\(data)/\(name)", encoding: .utf8)
            try folder.write(text, to: "data/" + name)
            defer {
                if let before {
                    _ = try? folder.write(before, to: "data/" + name)
                } else {
                    try? FileManager.default.removeItem(atPath: "\(data)/\(name)")
                }
            }
            return fault { try Manifest(path: data) }
        }
        #expect(try message("text", "u-a X\n").contains("/wav.scp:2: u-b has no line in"))
        #expect(try message("text", "u-a X\nu-b Y\nu-c Z\n").contains("/text:3: u-c has no line in"))
        #expect(try message("text", "u-a X\nu-a Y\n").contains("line 2: u-a is already on line 1"))
        #expect(try message("utt2spk", "u-a s\n").contains("/wav.scp:2: u-b has no line in"))
        #expect(try message("utt2spk", "u-a s\nu-b\n").contains("line 2: expected a name, a space"))
        #expect(try message("wav.scp", "u-a a.wav\nu-b\n").contains("line 2: expected a name, a space"))
        #expect(try message("wav.scp", "u-a a.wav\nu-b b.wav\n").contains("/wav.scp:1: "))
        let segments = try message("segments", "u-a u-b 0.5\nu-b u-b 0.5 -1\n")
        for line in 1...2 { #expect(segments.contains("/segments:\(line): expected a name, a rec")) }
        #expect(
            try message("segments", "u-a nobody 0 1\nu-b u-b 0 1\n")
                .contains("/segments:1: the recording nobody has no line"))
        #expect(fault { try Manifest(path: data) } == "no fault", "the corpus itself is whole")
    }

    // Hugging Face.

    @Test("an audiofolder is read with either kind of metadata, and its recordings stay in it")
    func audioFolder() throws {
        let folder = try corpus()
        let csv = try folder.write(
            "file_name,transcription,speaker_id\na.wav,\"Hello, \"\"world\"\"\nagain\",7\nb.wav,Yes,8\n",
            to: "audio/metadata.csv")
        let manifest = try Manifest(path: folder.path + "/audio")
        #expect(manifest.format == .audioFolder)
        #expect(manifest.utterances.map(\.text) == ["Hello, \"world\"\nagain", "Yes"])
        #expect(manifest.utterances.map(\.speaker) == ["7", "8"])
        #expect(manifest.utterances.map(\.durationSeconds) == [0.5, 1])
        // The row begins in line 2 and ends in line 3.
        #expect(manifest.utterances.map(\.origin) == ["\(csv):2", "\(csv):4"])
        try FileManager.default.removeItem(atPath: csv)
        try folder.write(
            #"{"file_name": "b.wav", "sentence": "Yes"}"# + "\n"
                + #"{"file_name": "../audio/a.wav", "text": "x"}"#,
            to: "audio/metadata.jsonl")
        #expect(
            fault { try Manifest(path: folder.path + "/audio") }
                .contains("line 2: ../audio/a.wav leads out of the folder"))
        try folder.write(#"{"file_name": "b.wav", "sentence": "Yes"}"#, to: "audio/metadata.jsonl")
        #expect(try Manifest(path: folder.path + "/audio").utterances.map(\.text) == ["Yes"])
        try folder.write("", to: "train/metadata.csv")
        #expect(fault { try Manifest(path: folder.path) }.contains("name one of them, such as"))
    }

    @Test("JSON lines are read under the names that NeMo and Hugging Face have for them")
    func jsonNames() throws {
        let folder = try corpus()
        let lines = [
            #"{"audio_filepath": "audio/a.wav", "duration": 0.5, "text": "a", "lang": "de"}"#,
            #"{"audio": "audio/b.wav", "sentence": "b", "client_id": "x", "duration": null}"#,
            #"{"audio": {"path": "audio/b.wav", "sampling_rate": 16000}, "transcription": "c", "id": 3}"#,
            #"{"path": "audio/a.wav", "transcript": "d", "phones": "D IY", "id": "last"}"#,
        ]
        let path = try folder.write(lines.joined(separator: "\n"), to: "train.jsonl")
        let utterances = try Manifest(path: path).utterances
        #expect(utterances.map(\.text) == ["a", "b", "c", "d"])
        #expect(utterances.map(\.durationSeconds) == [0.5, 1, 1, 0.5])
        #expect(utterances.map(\.id) == ["audio/a.wav", "audio/b.wav", "3", "last"])
        #expect(utterances[0].language == "de" && utterances[1].speaker == "x")
        #expect(utterances[3].phones == "D IY")
        #expect(try Manifest(path: path, labels: .phones).utterances.map(\.text) == ["a", "b", "c", "D IY"])
    }

    // SpeechBrain.

    @Test("SpeechBrain's CSV is read, its placeholder standing for its folder, and pieces are refused")
    func speechBrain() throws {
        let folder = try corpus()
        let path = try folder.write(
            "ID,duration,wav,spk_id,wrd\nu1,0.5,$data_root/audio/a.wav,7,HELLO WORLD\n"
                + "u2, 1.0, audio/b.wav, 8, YES\n", to: "train.csv")
        let manifest = try Manifest(path: path)
        #expect(manifest.format == .speechBrain)
        #expect(manifest.utterances.map(\.id) == ["u1", "u2"])
        #expect(manifest.utterances.map(\.durationSeconds) == [0.5, 1])
        #expect(manifest.utterances.map(\.text) == ["HELLO WORLD", "YES"])
        #expect(manifest.utterances.map(\.speaker) == ["7", "8"])
        #expect(try manifest.utterances.map { try audioInfo(path: $0.audioPath).seconds } == [0.5, 1])
        let broken = try folder.write(
            "ID,duration,wav,spk_id,wrd\nu1,0.5,$elsewhere/a.wav,7,X\nu2,none,audio/b.wav,8,Y\n",
            to: "broken.csv")
        let message = fault { try Manifest(path: broken) }
        #expect(message.contains("line 2: $elsewhere/a.wav: of placeholders"))
        #expect(message.contains("line 3: a duration of none s"))
        let pieces = try folder.write("ID,duration,wav,start,stop,wrd\n", to: "pieces.csv")
        #expect(fault { try Manifest(path: pieces) }.contains("line 1: columns start and stop"))
    }

    // flashlight.

    @Test("flashlight's list is read, in milliseconds, and its broken lines are refused")
    func flashlight() throws {
        let folder = try corpus()
        let path = try folder.write(
            "u1 audio/a.wav 500 hello  world\nu2\t\(folder.path)/audio/b.wav\t1000.5\tyes\nu3 audio/b.wav 1000\n",
            to: "train.lst")
        let manifest = try Manifest(path: path)
        #expect(manifest.format == .flashlight)
        #expect(manifest.utterances.map(\.text) == ["hello  world", "yes", ""])
        #expect(manifest.utterances.map(\.durationSeconds) == [0.5, 1.0005, 1])
        let broken = try folder.write("u1 audio/a.wav\nu2 a.wav x y\nu3 a.wav 0 y\n", to: "broken.lst")
        let message = fault { try Manifest(path: broken) }
        for line in 1...3 { #expect(message.contains("line \(line): expected a name, a path")) }
    }

    // All of them.

    @Test("a format is named before the path, and a file that is called so is the file")
    func override() throws {
        let folder = try corpus()
        let list = try folder.write("u1 audio/a.wav 500 hello\n", to: "list.txt")
        #expect(fault { try Manifest(path: list) }.contains("not a JSON object"))
        #expect(try Manifest(path: "flashlight:" + list).utterances.map(\.text) == ["hello"])
        #expect(fault { try Manifest(path: "tape:" + list) }.contains("no such file or folder"))
    }

    @Test("fairseq's words are read where its letters are missing")
    func fairseqWords() throws {
        let folder = try corpus()
        let path = try folder.write("\(folder.path)/audio\na.wav\t8000\n", to: "train.tsv")
        try folder.write("HELLO WORLD\n", to: "train.wrd")
        #expect(try Manifest(path: path).utterances.map(\.text) == ["HELLO WORLD"])
        #expect(fault { try Manifest(path: path, labels: .phones) }.contains("train.phn are missing"))
    }

    @Test("unmeasured durations are 0, and recordings need not be there")
    func unmeasured() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write(
            #"{"audio": "absent.wav", "text": "x"}"# + "\n"
                + #"{"audio": "b.wav", "duration": 2, "text": "y"}"#,
            to: "train.jsonl")
        #expect(
            try Manifest(path: path, measuresDurations: false).utterances.map(\.durationSeconds) == [0, 2])
    }

    @Test("what is no file is not read")
    func devices() throws {
        let folder = try TemporaryDirectory()
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/endless.jsonl", withDestinationPath: "/dev/zero")
        #expect(
            fault { try Manifest(path: folder.path + "/endless.jsonl") }.contains("cannot be read as a file"))
    }
}
