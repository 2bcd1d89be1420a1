import JSON
import Testing

@testable import Training

struct NotFiniteCauseTests {
    @Test("a cause is a sentence with rank, host, utterance and tensor")
    func sentences() {
        let utterance = NotFiniteCause(
            rank: 2, host: "node", utterance: "train.jsonl:7: a.wav, 2.0 s, 9 tokens", what: "gradient",
            tensor: "lm_head.weight")
        #expect(
            utterance.description
                == "rank 2 on node: gradient not finite for train.jsonl:7: a.wav, 2.0 s, 9 tokens, first in lm_head.weight"
        )
        #expect(
            utterance.json["rank"]?.integer == 2 && utterance.json["tensor"]?.string == "lm_head.weight")
        let weights = NotFiniteCause(rank: 0, host: "node", what: "weights", tensor: "lm_head.bias")
        #expect(weights.description == "rank 0 on node: the weights lm_head.bias are not finite")
        #expect(weights.json["utterance"] == nil)
    }
}
