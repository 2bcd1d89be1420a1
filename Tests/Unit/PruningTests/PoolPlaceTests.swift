import Pruning
import Tensors
import Testing

struct PoolPlaceTests {
    @Test("a name in Hugging Face's or fairseq's spelling says block, kind, and weight or bias")
    func names() {
        let cases: [(String, Int?, ProjectionKind, Bool)] = [
            ("wav2vec2.encoder.layers.3.attention.k_proj.weight", 3, .key, false),
            ("encoder.layers.11.attention.out_proj.bias", 11, .output, true),
            ("wav2vec2.encoder.layers.0.feed_forward.intermediate_dense.weight", 0, .firstFeedForward, false),
            ("w2v_encoder.w2v_model.encoder.layers.2.self_attn.v_proj.bias", 2, .value, true),
            ("encoder.layers.2.fc2.weight", 2, .secondFeedForward, false),
            ("bert.encoder.layer.4.attention.self.query.weight", 4, .query, false),
            ("bert.encoder.layer.4.attention.output.dense.bias", 4, .output, true),
            ("encoder.layer.0.intermediate.dense.weight", 0, .firstFeedForward, false),
            ("bert.encoder.layer.10.output.dense.weight", 10, .secondFeedForward, false),
            ("bert.pooler.dense.weight", nil, .other, false),
            ("transformer.layer.7.rel_attn.o", 7, .output, false),
            ("transformer.layer.7.ff.layer_1.bias", 7, .firstFeedForward, true),
            ("transformer.layer.7.rel_attn.r", 7, .other, false),
            ("lm_head.weight", nil, .other, false), ("", nil, .other, false), ("layers", nil, .other, false),
            ("layers.99999999999999999999.q_proj.weight", nil, .query, false),
        ]
        for (name, layer, kind, isBias) in cases {
            let place = PoolPlace(name)
            #expect(place.layer == layer && place.kind == kind && place.isBias == isBias, "\(name)")
        }
    }

    @Test("places sort as the pool has them: blocks by number, kinds as registered, a weight before its bias")
    func order() {
        let ordered = [
            "layers.2.attention.k_proj.weight", "layers.2.attention.k_proj.bias",
            "layers.2.attention.v_proj.weight", "layers.2.attention.q_proj.weight",
            "layers.2.attention.out_proj.weight", "layers.2.feed_forward.intermediate_dense.weight",
            "layers.2.feed_forward.output_dense.weight", "layers.10.attention.k_proj.weight", "other.a",
            "other.b",
        ]
        #expect(ordered.sorted().sorted { PoolPlace($0) < PoolPlace($1) } == ordered)
    }

    @Test("groups of a block are runs of the pool, one for the whole where it is ranked together")
    func groups() {
        let pool = PoolFixture(sizes: [3, 4, 5, 6], layers: [0, 0, 1, 0]).pool
        #expect(pool.groups(.layer).map(\.poolRange) == [0..<7, 7..<12, 12..<18])
        #expect(pool.groups(.global).map(\.poolRange) == [0..<18])
        #expect(PoolFixture(sizes: []).pool.groups(.layer).isEmpty)
    }
}
