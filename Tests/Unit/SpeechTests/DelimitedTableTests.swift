import Files
import Foundation
import Speech
import TestSupport
import Testing

/// CSV files, as a corpus of them is read.
struct DelimitedTableTests {
    /// Two recordings of half a second and one, as `audio/a.wav` and `audio/b.wav`.
    private func corpus() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try folder.write(waveFile([tone(440, seconds: 0.5)]), to: "audio/a.wav")
        try folder.write(waveFile([tone(440, seconds: 1)]), to: "audio/b.wav")
        return folder
    }

    @Test("a CSV file is read by RFC 4180, with the line ends of Windows and a byte order mark")
    func csv() throws {
        let folder = try corpus()
        let path = try folder.write(
            "\u{FEFF}path,sentence,locale\r\naudio/a.wav,\"a,\r\nb\",fr\r\n\r\n audio/b.wav, c , \r\n",
            to: "set.csv")
        let manifest = try Manifest(path: path)
        #expect(manifest.format == .csv)
        #expect(manifest.utterances.map(\.text) == ["a,\r\nb", "c"])
        #expect(manifest.utterances.map(\.language) == ["fr", nil])
        #expect(manifest.utterances.map(\.origin) == [path + ":2", path + ":5"])
    }

    @Test("every broken row of a CSV file is refused with its line")
    func brokenCSV() throws {
        let folder = try corpus()
        let path = try folder.write(
            "path,text,duration\naudio/a.wav,fine,0.5\naudio/b.wav,too few\naudio/b.wav,in \"side,1\n"
                + "audio/b.wav,\"behind\" it,1\naudio/b.wav,x,soon\n,x,1\naudio/b.wav,x,-1\naudio/b.wav,\"open,1\n",
            to: "set.csv")
        let message = fault { try Manifest(path: path) }
        let expected = [
            "line 3: 2 fields, but the header has 3", "line 4: a quote within a field",
            "line 5: text between a closing quote", "line 6: a duration of soon s", "line 7: no path",
            "line 8: a duration of -1 s", "line 9: a quote is opened and not closed",
        ]
        for sentence in expected { #expect(message.contains(sentence), "\(message)") }
        #expect(message.contains("\(expected.count) faults"))
        func header(_ line: String) throws -> String {
            fault { try Manifest(path: try folder.write(line + "\nx\n", to: "other.csv")) }
        }
        #expect(
            try header("name,text").contains(
                "line 1: no column for the recording: expected audio_filepath or"))
        #expect(try header("path,words").contains("line 1: no column for the text: expected text or"))
        #expect(try header("path,path").contains("line 1: a column occurs twice"))
        #expect(fault { try Manifest(path: try folder.write("", to: "e.csv")) }.contains("is empty"))
        #expect(
            fault { try Manifest(path: try folder.write("path,text\n\u{1}".utf8 + [0xFF], to: "b.csv")) }
                .contains("line 2: invalid UTF-8"))
        #expect(
            fault { try Manifest(path: try folder.write("x", to: "set.parquet")) }
                .contains("save the data set's paths and texts"))
    }

    @Test("a row that would fill the memory is refused, and so is a file of nothing but broken rows")
    func boundedCSV() throws {
        let folder = try corpus()
        let long = try folder.write(
            "path,text\naudio/a.wav,\"" + String(repeating: "x\n", count: 600_000) + "\"\n", to: "long.csv")
        #expect(fault { try Manifest(path: long) }.contains("line 2: "))
        let broken = try folder.write(
            "path,text\n" + String(repeating: "a\"\n", count: 100_000), to: "many.csv")
        #expect(fault { try Manifest(path: broken) }.contains("101 faults"))
        let wide = try folder.write("path,text" + String(repeating: ",x", count: 2000) + "\n", to: "wide.csv")
        #expect(fault { try Manifest(path: wide) }.contains("line 1: more than 1000 fields"))
        let line = try folder.write(
            String(repeating: " ", count: 2_000_000) + "\n{}\n", to: "line.jsonl")
        #expect(fault { try Manifest(path: line) }.contains("line 1: 2000000 bytes long"))
    }

    @Test("damaged tables are read or refused, nothing else")
    func mutatedTables() throws {
        let folder = try corpus()
        let csv = Array("path,text,duration\naudio/a.wav,\"x, \"\"y\"\"\",0.5\naudio/b.wav,z,1\n".utf8)
        for bytes in mutations(of: csv, count: 300, seed: 4) {
            let path = try folder.write(bytes, to: "set.csv")
            do {
                _ = try Manifest(path: path, measuresDurations: false)
            } catch {
                #expect(!error.faults.isEmpty)
            }
        }
    }
}
