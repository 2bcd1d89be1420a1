internal import Checkpoints
internal import Decoding
internal import Foundation
package import Recipe
internal import Tensors

/// What searches in evaluations take of a rank's memory.
package struct SearchMemory: Sendable, Equatable {
    /// What is held from the start on: the language model's pages, should all be touched, and its words as tokens.
    package private(set) var openBytes = 0
    /// The beams of one recording.
    private var beamBytes = 0
    /// What converting a language model takes, before the run has weights.
    package private(set) var conversionBytes = 0

    /// All that is held while evaluations search.
    package var bytes: Int { openBytes + beamBytes }

    /// A word's share of a lexicon: its nodes, and the list that these are made of.
    private static let wordBytes = 200
    /// The texts that a beam adds to the tree in a frame, and what each takes with its context.
    private static let (textsPerBeam, textBytes) = (2, 128)
    /// The most texts before those that no beam continues are forgotten, which doubles what arrays have reserved.
    private static let mostTexts = 1 << 18

    /// Nothing is searched.
    package init() {}

    /// What a recipe's searches take of recordings of so many frames.
    ///
    /// - Throws: What is wrong with a file that the recipe names.
    package init(_ recipe: Recipe.Decoding, frames: Int) throws {
        guard recipe.searches else { return }
        beamBytes = min(Self.mostTexts, frames * recipe.width * Self.textsPerBeam) * Self.textBytes
        if !recipe.languageModel.isEmpty {
            let path = recipe.languageModel
            let size = try naming(path) {
                try languageModelSize(name: path, try MappedBytes.file(path))
            }
            let words = recipe.unit == .word && recipe.lexicon.isEmpty ? size.words : 0
            openBytes = size.mappedBytes + words * Self.wordBytes
            conversionBytes = size.isConverted ? Tasks.conversionBytes + size.mappedBytes : 0
        }
        if !recipe.lexicon.isEmpty {
            var words = 0
            try forEachSentence(of: textSource(recipe.lexicon)) { _ in words += 1 }
            openBytes += words * Self.wordBytes
        }
    }
}
