import JSON
import TestSupport
import Testing

@testable import Checkpoints

/// Values of configurations that refer to others, as omegaconf writes them.
struct StatedKeysTests {
    private let whole = """
        {"model": {"normalize": "${task.normalize}", "rate": "${.inner}", "inner": "${task.rate}",
                   "loop": "${model.loop}", "a": "${model.b}", "b": "${model.a}",
                   "absent": "${task.nothing}", "half": "${task.normalize", "partial": "x${task.name}",
                   "environment": "${oc.env:HOME}", "null": "${task.null}", "plain": "a text",
                   "part": "${task}"},
         "task": {"normalize": true, "rate": 8000, "name": "audio", "null": null}}
        """

    private func keys(roots: Bool = true) throws -> StatedKeys {
        let value = try JSONValue(parsing: Array(whole.utf8))
        return StatedKeys(value["model"], path: "x.pt", roots: roots ? [value] : [])
    }

    @Test("a reference is what it refers to, through others, from the root or beside it")
    func resolved() throws {
        let keys = try keys()
        #expect(try keys.boolean("normalize") == true)
        #expect(try keys.integer("rate") == 8000 && keys.integer("inner") == 8000)
        #expect(try keys.string("null") == nil && keys.string("missing") == nil)
        #expect(try keys.string("plain") == "a text")
        #expect(try keys.part("part")?.boolean("normalize") == true)
    }

    @Test(
        "one that leads nowhere, in a circle or to another type is refused with its key, never a default",
        arguments: [
            ("absent", "refers to nothing in it"), ("half", "refers to nothing in it"),
            ("partial", "refers to nothing in it"), ("environment", "refers to nothing in it"),
            ("loop", "refers to itself"), ("a", "refers to itself"),
        ])
    func refused(key: String, sentence: String) throws {
        let keys = try keys()
        for message in [
            fault { try keys.string(key) }, fault { try keys.boolean(key) }, fault { try keys.integer(key) },
            fault { try keys.part(key) },
        ] { #expect(message.contains("x.pt: \(key) is \"") && message.contains(sentence), "\(message)") }
        #expect(fault { try keys.boolean("rate") }.contains("rate is 8000; it must be true or false"))
    }

    @Test("where nothing can be referred to, such a text is but a text, and no flag")
    func texts() throws {
        let keys = try keys(roots: false)
        #expect(try keys.string("normalize") == "${task.normalize}")
        #expect(fault { try keys.boolean("normalize") }.contains("it must be true or false"))
    }
}
