// Audio files as mono float32, through libsndfile and libsoxr.
#pragma once
#include <stdint.h>

typedef struct parp_audio parp_audio;

// Opens a file of any format libsndfile reads. Returns NULL and writes a message on failure.
parp_audio *parp_audio_open(const char *path, char *message, int capacity);
// Opens the bytes from `start` to `end` of a file, with others put before them, as if they were a file.
parp_audio *parp_audio_open_piece(const char *path, int64_t start, int64_t end, const uint8_t *prefix,
                                  int64_t prefix_length, char *message, int capacity);
void parp_audio_close(parp_audio *audio);
int32_t parp_audio_sample_rate(const parp_audio *audio);
int32_t parp_audio_channels(const parp_audio *audio);
// Frames as the header states them; a truncated file has fewer.
int64_t parp_audio_stated_frames(const parp_audio *audio);
// Moves to a frame. Returns 0, or -1 on failure.
int parp_audio_seek(parp_audio *audio, int64_t frame);
// Reads up to `frames` frames, the channels averaged whose entry in `heard` is not 0; there is an entry a channel, and
// one of them at least is not 0. Returns the frames read, or -1 on a decoding fault.
int64_t parp_audio_read(parp_audio *audio, const uint8_t *heard, float *mono, int64_t frames);
void parp_audio_message(parp_audio *audio, char *message, int capacity);

// Resamples mono audio piece by piece; the output does not depend on the pieces.
typedef struct parp_resampler parp_resampler;

// Returns NULL and writes a message on failure.
parp_resampler *parp_resampler_open(double input_rate, double output_rate, char *message, int capacity);
void parp_resampler_close(parp_resampler *resampler);
// Takes up to `count` samples, or none if there are no more (`input` NULL), and says how many in `taken`. `output` has
// room for `capacity` samples; returns those written, or -1 with a message.
int64_t parp_resampler_process(parp_resampler *resampler, const float *input, int64_t count, int64_t *taken,
                               float *output, int64_t capacity, char *message, int message_capacity);
