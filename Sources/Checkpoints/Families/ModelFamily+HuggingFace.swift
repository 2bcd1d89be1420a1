package import JSON
package import Models

extension ModelFamily {
    /// transformers' class with this network and a CTC head.
    package var recognizerClass: String { className + "ForCTC" }

    /// transformers' class with this network as pre-trained.
    package func pretrainedClass(hasQuantizer: Bool) -> String {
        className + (hasQuantizer ? "ForPreTraining" : "Model")
    }

    private var className: String {
        switch self {
        case .wav2vec2: "Wav2Vec2"
        case .hubert: "Hubert"
        }
    }
}

extension JSONValue {
    /// A configuration whose weights are written in float32, whatever they were read from: transformers casts
    /// to the type stated here.
    package var inFloat32: JSONValue {
        var config = self
        for key in ["dtype", "torch_dtype"] where config[key] != nil { config[key] = .string("float32") }
        return config
    }
}
