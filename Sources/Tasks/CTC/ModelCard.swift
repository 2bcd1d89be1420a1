internal import Foundation
internal import Models
internal import Program
internal import Pruning
internal import Recipe
internal import Text
internal import Training

/// The `README.md` of a model directory: what the model is, how to use it, and how it was made.
struct ModelCard {
    let recipe: Recipe
    let family: ModelFamily
    /// The languages of the training set, if stated.
    let languages: [String]
    /// Seconds of audio, and recordings, of the training set.
    let training: (seconds: Double, utterances: Int)
    let update: Int
    let sparsity: Double
    /// What the updates took.
    let cost: RunCost
    let result: EvaluationResult?

    /// The card, with the front matter that model hubs read.
    var text: String {
        ([frontMatter, heading, use, data, method] + (result.map { [results($0)] } ?? []) + [limits])
            .joined(separator: "\n\n") + "\n"
    }

    /// The metadata that a hub reads (Hugging Face, "Model Cards"); what only the user knows is left to them.
    private var frontMatter: String {
        var lines = ["---"]
        if !languages.isEmpty { lines += ["language:"] + languages.map { "- \(quoted($0))" } }
        lines += [
            "# license: yours to state, as the data and the base model allow",
            "# base_model: the hub's name of \(recipe.model.path)", "library_name: transformers",
            "pipeline_tag: automatic-speech-recognition", "tags:", "- automatic-speech-recognition",
            "- \(family.rawValue)", "- ctc",
        ]
        if sparsity > 0 { lines += ["- pruning", "- sparse"] }
        lines.append("- parp")
        if let result { lines += index(result) }
        return (lines + ["---"]).joined(separator: "\n")
    }

    private func index(_ result: EvaluationResult) -> [String] {
        let name = URL(fileURLWithPath: recipe.data.valid).deletingPathExtension().lastPathComponent
        var lines = [
            "model-index:", "- name: \(quoted(title))", "  results:", "  - task:",
            "      type: automatic-speech-recognition", "    dataset:", "      name: \(quoted(name))",
            "      type: \(quoted(recipe.data.valid))", "    metrics:",
        ]
        func add(_ words: ErrorRate, _ characters: ErrorRate, _ how: String) {
            for (type, rate) in [("wer", words.rate), ("cer", characters.rate)] {
                lines += [
                    "    - type: \(type)", String(format: "      value: %.2f", 100 * rate),
                    "      name: \(quoted("\(type.uppercased()), %" + how))",
                ]
            }
        }
        add(result.words, result.characters, "")
        if let searched = result.searched {
            add(searched.words, searched.characters, ", by \(searchText)")
        }
        return lines
    }

    /// What searched, as a reader of results needs to know it.
    private var searchText: String {
        let decoding = recipe.decoding
        func name(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }
        var parts = ["a search with \(decoding.width) beams"]
        if !decoding.languageModel.isEmpty {
            parts.append(
                "language model \(name(decoding.languageModel)), α \(decoding.alpha), β \(decoding.beta)")
        }
        if !decoding.lexicon.isEmpty { parts.append("lexicon \(name(decoding.lexicon))") }
        if !decoding.hotwords.isEmpty { parts.append("hotwords") }
        return parts.joined(separator: ", ")
    }

    /// A text as YAML has it between quotes (YAML 1.2, section 7.3.1); control characters, which it may not have, are spaces.
    private func quoted(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}": quoted += " "
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return "\"\(quoted)\""
    }

    private var title: String { sparsity > 0 ? "A sparse speech recogniser" : "A speech recogniser" }

    private var heading: String {
        "# \(title)\n\n"
            + "Fine-tuned from `\(recipe.model.path)` by `parp` \(parpVersion), with connectionist temporal classification "
            + "(CTC): it writes what it hears, without a language model."
    }

    private var use: String {
        """
        ## Use

        ```python
        import soundfile
        import torch
        from transformers import AutoModelForCTC, AutoProcessor

        folder = "."  # this model's folder, or its name on a hub
        processor = AutoProcessor.from_pretrained(folder)
        model = AutoModelForCTC.from_pretrained(folder).eval()
        samples, rate = soundfile.read("recording.wav", dtype="float32")  # one channel
        inputs = processor(samples, sampling_rate=rate, return_tensors="pt")
        with torch.no_grad():
            logits = model(inputs.input_values).logits
        print(processor.batch_decode(logits.argmax(-1))[0])
        ```

        Recordings must have the rate in `preprocessor_config.json`. `parp transcribe --model . recording.wav` takes any
        rate and length, and also writes subtitles and word times.
        """
    }

    private var data: String {
        "## Data\n\n"
            + String(
                format: "%@ of speech with transcripts, %d recordings: `%@`.",
                Progress.duration(training.seconds),
                training.utterances, recipe.data.train)
            + (languages.isEmpty ? "" : " Languages: \(languages.joined(separator: ", ")).")
    }

    private var method: String {
        let pruning = recipe.pruning
        var lines = [
            "## Method and cost", "",
            "Method `\(pruning.method.rawValue)`, \(update) updates of \(recipe.data.batchSeconds) s of audio"
                + (recipe.model.freezeFeatureEncoder
                    ? ", the convolutional feature encoder frozen." : "."),
            "",
            String(
                format:
                    "The updates and their evaluations took %.2f core-hours, at last on %d rank%@ of %d thread%@.",
                cost.coreHours, cost.ranks, cost.ranks == 1 ? "" : "s", cost.threads,
                cost.threads == 1 ? "" : "s"),
            "",
            String(
                format:
                    "%.4f %% of the weights and biases of all attention and feed-forward projections are exactly zero.",
                100 * sparsity),
        ]
        if sparsity > 0 {
            lines.append(
                "They are stored as zeros, so that every program reads them; `parp pack` stores only the others."
            )
        }
        return lines.joined(separator: "\n")
    }

    private func results(_ result: EvaluationResult) -> String {
        var lines = [
            "## Results", "", "| set | WER | CER | utterances |", "|---|---|---|---|",
            String(
                format: "| `%@` | %.2f %% | %.2f %% | %d |", recipe.data.valid, 100 * result.words.rate,
                100 * result.characters.rate, result.utterances),
        ]
        for (language, errors) in result.languages.sorted(by: { $0.key < $1.key }) {
            lines.append(
                String(
                    format: "| %@ | %.2f %% | %.2f %% | %d |", language, 100 * errors.words.rate,
                    100 * errors.characters.rate, errors.utterances))
        }
        if let searched = result.searched {
            lines.append(
                String(
                    format: "| `%@`, by %@ | %.2f %% | %.2f %% | %d |", recipe.data.valid, searchText,
                    100 * searched.words.rate, 100 * searched.characters.rate, result.utterances))
        }
        lines += [
            "",
            result.searched == nil
                ? "Without a language model, by the likeliest token of each frame."
                : "Where no search is named, without a language model, by the likeliest token of each frame.",
        ]
        return lines.joined(separator: "\n")
    }

    private var limits: String {
        """
        ## Limits

        The model was evaluated only on the set above: it may do worse on other voices, microphones, noises and ways
        of speaking, and if settings were chosen on that set, its numbers are optimistic. It may output text where
        nobody speaks, and for languages that it has not heard. The licences of its training data and of its base
        model may bind its users.
        """
    }
}
