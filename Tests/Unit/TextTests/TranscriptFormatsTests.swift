import Testing
import Text

struct TranscriptFormatsTests {
    private func word(_ text: String, _ start: Double, _ end: Double) -> TimedWord {
        TimedWord(text: text, start: start, end: end, confidence: 0.875)
    }

    @Test("subtitles break after 42 characters, two lines, a pause of a second, and seven seconds")
    func cues() {
        let words = [
            word("buenos", 0.5, 0.9), word("días", 1, 1.4), word("extraordinariamente", 1.5, 2.5),
            word("desproporcionados", 2.6, 3.6), word("sí", 3.7, 3.8), word("internacionalmente", 3.9, 4.5),
            word("incomprensiblemente", 4.6, 5.5), word("no", 6.6, 6.7), word("ya", 13.4, 13.8),
        ]
        #expect(
            subRip(words) == """
                1
                00:00:00,500 --> 00:00:04,500
                buenos días extraordinariamente
                desproporcionados sí internacionalmente

                2
                00:00:04,600 --> 00:00:05,500
                incomprensiblemente

                3
                00:00:06,600 --> 00:00:07,300
                no

                4
                00:00:13,400 --> 00:00:14,100
                ya

                """)
    }

    @Test("the web's subtitles have their own header and point, and marks stand for signs")
    func web() {
        #expect(
            webVTT([word("a<b>&c", 3599.9996, 3601)]) == """
                WEBVTT

                01:00:00.000 --> 01:00:01.000
                a&lt;b&gt;&amp;c

                """)
        #expect(webVTT([]) == "WEBVTT\n" && subRip([]) == "")
    }

    @Test("time-marked words have six fields, whatever the recording is called")
    func timeMarked() {
        #expect(
            timeMarkedWords([word("sí", 0.5, 0.75), word("no", 61, 62.0004)], recording: "my file.wav")
                == "my_file.wav 1 0.500 0.250 sí 0.875\nmy_file.wav 1 61.000 1.000 no 0.875\n")
    }

    @Test("Praat's intervals cover the recording without gap or overlap, and quotes are doubled")
    func praat() {
        let text = textGrid([word("a\"b", 0.5, 1), word("c", 0.9, 1.5)], seconds: 2)
        let numbers = text.split(separator: "\n").filter { $0.contains("xm") }
            .map { $0.split(separator: "=")[1].trimmingPrefix(" ") }
        #expect(
            numbers == [
                "0", "2.000000", "0", "2.000000", "0.000000", "0.500000", "0.500000", "1.000000", "1.000000",
                "1.500000", "1.500000", "2.000000",
            ])
        #expect(text.contains("text = \"a\"\"b\"") && text.contains("intervals: size = 4"))
    }
}
