import Testing

@testable import Recipe

struct TOMLReaderTests {
    private func value(_ text: String) throws -> RecipeValue? {
        try TOMLReader.document("key = \(text)\n").entries.first?.value
    }

    private func fault(_ text: String) -> String {
        do {
            _ = try TOMLReader.document(text)
            return ""
        } catch {
            return error.sentence
        }
    }

    @Test("keys come with their sections and lines, whatever stands between them")
    func document() throws {
        let text =
            "\u{FEFF}seed = 1 # one\r\n\n# nothing\n [ a . b ]\t# a\n\"c d\" = 'x'\nlist = [ # two\n  1,\n  2,\n]\ne.f = true"
        let document = try TOMLReader.document(text)
        #expect(document.sections.map(\.name) == ["a.b"] && document.sections.map(\.line) == [4])
        #expect(
            document.entries == [
                TOMLEntry(section: "", name: "seed", value: .integer(1), line: 1),
                TOMLEntry(section: "a.b", name: "c d", value: .string("x"), line: 5),
                TOMLEntry(section: "a.b", name: "list", value: .array([.integer(1), .integer(2)]), line: 6),
                TOMLEntry(section: "a.b.e", name: "f", value: .boolean(true), line: 10),
            ])
    }

    @Test("numbers are those of TOML")
    func numbers() throws {
        let whole = ["0": 0, "+7": 7, "-1_000": -1000, "9223372036854775807": .max]
        for (text, number) in whole { #expect(try value(text) == .integer(number), "\(text)") }
        let numbers = [
            "1.5": 1.5, "-0.25": -0.25, "5e-5": 5e-5, "1E+3": 1000, "6.0_2e2": 602, "inf": Double.infinity,
        ]
        for (text, number) in numbers { #expect(try value(text) == .number(number), "\(text)") }
        let none = [
            "01", "1_", "_1", "1__0", "--1", "1.", ".5", "1e", "0x10", "9223372036854775808", "1979-05-27",
            "yes",
        ]
        for text in none {
            #expect(fault("key = \(text)").hasSuffix("is not a value; a text needs quotes"), "\(text)")
        }
    }

    @Test("texts in double quotes have escapes, and those in single quotes stand as they are")
    func texts() throws {
        #expect(try value(#""a \"b\" \\ \t\n\u00e9\U0001F600""#) == .string("a \"b\" \\ \t\né😀"))
        #expect(try value(#"'C:\new'"#) == .string(#"C:\new"#))
        for text in [
            #""\q""#, #""\ud800""#, #""\u12""#, "\"a\nb\"", "\"a", "'a", "\"\"\"a\"\"\"", "\"\u{1}\"",
        ] {
            #expect(fault("key = \(text)").hasPrefix("line 1: "), "\(text)")
        }
        let odd = RecipeValue.string("\u{1}\n\t\"\\é")
        #expect(try value(odd.toml) == odd)
    }

    @Test(
        "what recipes do not use, and what no TOML is, are refused with the line",
        arguments: [
            ("a = 1\n\na = 2", "line 3: a is already on line 1"),
            ("[s]\n[t]\n[s]", "line 3: [s] is already on line 1"),
            ("a = {b = 1}", "line 1: a recipe cannot contain a table in braces; write a [section]"),
            ("a = [1 2]", "line 1: a list must continue with \",\" or end with \"]\""),
            ("a = [1,\n2", "line 2: a list must continue with \",\" or end with \"]\""),
            ("a 1", "line 1: a must be followed by \"=\" and a value"), ("a =", "line 1: a value is missing"),
            ("a = 1 2", "line 1: the line continues where it should end"),
            ("\n= 1", "line 2: a key or a [section] is expected here"),
            ("a = 1 # \0", "line 1: holds a zero byte"),
            ("a = [[[[[[[[[1]]]]]]]]]", "line 1: a recipe cannot contain lists nested this deep"),
        ])
    func refused(text: String, sentence: String) { #expect(fault(text) == sentence) }
}
