import Checkpoints
import Tensors
import TestSupport
import Testing

struct ShardedSourceTests {
    /// The message, or the names, of an index with this map beside two shards: `a` and `b`, and `b` and `c`.
    private func open(_ index: String, second: String = "c") throws -> String {
        let folder = try TemporaryDirectory()
        func shard(_ names: [String]) -> [UInt8] {
            let entries = names.enumerated().map {
                #""\#($1)":{"dtype":"F32","shape":[1],"data_offsets":[\#(4 * $0),\#(4 * $0 + 4)]}"#
            }
            return safetensors(
                "{" + entries.joined(separator: ",") + "}",
                buffer: floatBytes(names.indices.map { Float($0) }))
        }
        try folder.write(shard(["a", "b"]), to: "1.safetensors")
        try folder.write(shard([second, "d"]), to: "2.safetensors")
        try folder.write(shard(["a"]), to: "below/3.safetensors")
        let path = try folder.write(index, to: "model.safetensors.index.json")
        return fault {
            let source = try ShardedSource(index: path)
            throw CheckpointError("names", source.names.joined(separator: " "))
        }
    }

    @Test("tensors of all shards are found, mentioned in the index or not")
    func honest() throws {
        let index = #"{"metadata":{},"weight_map":{"a":"1.safetensors","c":"2.safetensors"}}"#
        #expect(try open(index) == "names: a b c d")
    }

    @Test("an index that is broken, or points where it should not, is refused")
    func refused() throws {
        let cases = [
            ("", "ends too early"), ("{}", "no \"weight_map\""), (#"{"weight_map":{}}"#, "no \"weight_map\""),
            (#"{"weight_map":[]}"#, "no \"weight_map\""),
            (#"{"weight_map":{"a":1}}"#, "is not a file beside it"),
            (#"{"weight_map":{"a":"../1.safetensors"}}"#, "is not a file beside it"),
            (#"{"weight_map":{"a":"below/3.safetensors"}}"#, "is not a file beside it"),
            (#"{"weight_map":{"a":"/etc/passwd"}}"#, "is not a file beside it"),
            (#"{"weight_map":{"a":".."}}"#, "is not a file beside it"),
            (#"{"weight_map":{"a":"9.safetensors"}}"#, "9.safetensors: no such file"),
            (#"{"weight_map":{"z":"1.safetensors"}}"#, "tensor z is not in 1.safetensors"),
            (#"{"weight_map":{"a":"1.safetensors","a":"2.safetensors"}}"#, "occurs twice"),
            (#"{"weight_map":{"a":"model.safetensors.index.json"}}"#, "neither"),
        ]
        for (index, expected) in cases {
            let message = try open(index)
            #expect(message.contains(expected), "\(index): \(message)")
        }
    }

    @Test("a tensor in two shards is refused, since two readers could take either")
    func twice() throws {
        let index = #"{"weight_map":{"a":"1.safetensors","d":"2.safetensors"}}"#
        #expect(
            try open(index, second: "a").contains("tensor a is both in 1.safetensors and in 2.safetensors"))
    }
}
