#include "CAudio.h"
#include "../System/Sndfile/shim.h"
#include "../System/Soxr/shim.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A piece of a file after a prefix of our own, presented to libsndfile as a file.
typedef struct {
    int descriptor;
    int64_t start, length, position;
    int64_t prefix_length;
    uint8_t *prefix;
} piece;

struct parp_audio {
    SNDFILE *file;
    SF_INFO info;
    piece piece;
};

static sf_count_t piece_length(void *data) {
    const piece *piece = data;
    return piece->prefix_length + piece->length;
}

static sf_count_t piece_seek(sf_count_t offset, int whence, void *data) {
    piece *piece = data;
    int64_t base = whence == SEEK_CUR ? piece->position : whence == SEEK_END ? piece_length(data) : 0;
    if (base + offset < 0) return -1;
    piece->position = base + offset;
    return piece->position;
}

static sf_count_t piece_read(void *target, sf_count_t count, void *data) {
    piece *piece = data;
    int64_t done = 0;
    while (done < count) {
        int64_t place = piece->position - piece->prefix_length;
        int64_t left = place < 0 ? -place : piece->length - place;
        int64_t want = count - done < left ? count - done : left;
        if (want <= 0) break;
        int64_t got = want;
        if (place < 0)
            memcpy((char *)target + done, piece->prefix + piece->position, (size_t)want);
        else
            got = pread(piece->descriptor, (char *)target + done, (size_t)want, (off_t)(piece->start + place));
        if (got <= 0) break;
        done += got;
        piece->position += got;
    }
    return done;
}

static sf_count_t piece_tell(void *data) { return ((piece *)data)->position; }

static parp_audio *give_up(parp_audio *audio, const char *fault, char *message, int capacity) {
    snprintf(message, (size_t)capacity, "%s", fault);
    if (audio) {
        if (audio->piece.descriptor >= 0) close(audio->piece.descriptor);
        free(audio->piece.prefix);
        free(audio);
    }
    return NULL;
}

static parp_audio *make(const char *path, char *message, int capacity) {
    parp_audio *audio = calloc(1, sizeof *audio);
    if (!audio) return give_up(NULL, "out of memory", message, capacity);
    audio->piece.descriptor = -1;
    // A pipe would wait for its writer, a device might never end. libsndfile reports a missing file.
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return give_up(audio, S_ISDIR(status.st_mode) ? "a folder, not a file" : "not a regular file", message,
                       capacity);
    return audio;
}

parp_audio *parp_audio_open(const char *path, char *message, int capacity) {
    parp_audio *audio = make(path, message, capacity);
    if (!audio) return NULL;
    audio->file = sf_open(path, SFM_READ, &audio->info);
    return audio->file ? audio : give_up(audio, sf_strerror(NULL), message, capacity);
}

parp_audio *parp_audio_open_piece(const char *path, int64_t start, int64_t end, const uint8_t *prefix,
                                  int64_t prefix_length, char *message, int capacity) {
    parp_audio *audio = make(path, message, capacity);
    if (!audio) return NULL;
    piece *piece = &audio->piece;
    piece->descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (piece->descriptor < 0) return give_up(audio, "cannot be read", message, capacity);
    piece->start = start;
    piece->length = end - start;
    piece->prefix = malloc((size_t)prefix_length + 1);
    if (!piece->prefix) return give_up(audio, "out of memory", message, capacity);
    memcpy(piece->prefix, prefix, (size_t)prefix_length);
    piece->prefix_length = prefix_length;
    SF_VIRTUAL_IO io = {.get_filelen = piece_length, .seek = piece_seek, .read = piece_read, .tell = piece_tell};
    audio->file = sf_open_virtual(&io, SFM_READ, &audio->info, piece);
    return audio->file ? audio : give_up(audio, sf_strerror(NULL), message, capacity);
}

void parp_audio_close(parp_audio *audio) {
    sf_close(audio->file);
    if (audio->piece.descriptor >= 0) close(audio->piece.descriptor);
    free(audio->piece.prefix);
    free(audio);
}

int32_t parp_audio_sample_rate(const parp_audio *audio) { return audio->info.samplerate; }
int32_t parp_audio_channels(const parp_audio *audio) { return audio->info.channels; }
int64_t parp_audio_stated_frames(const parp_audio *audio) { return audio->info.frames; }

int parp_audio_seek(parp_audio *audio, int64_t frame) {
    return sf_seek(audio->file, frame, SEEK_SET) == frame ? 0 : -1;
}

int64_t parp_audio_read(parp_audio *audio, const uint8_t *heard, float *mono, int64_t frames) {
    enum { kBlock = 4096 };
    int channels = audio->info.channels, count = 0;
    for (int channel = 0; channel < channels; channel++) count += heard[channel] != 0;
    if (channels == 1) {
        sf_count_t got = sf_readf_float(audio->file, mono, frames);
        return got == 0 && sf_error(audio->file) != SF_ERR_NO_ERROR ? -1 : got;
    }
    float *block = malloc(sizeof *block * kBlock * (size_t)channels);
    if (!block) return -1;
    int64_t done = 0;
    while (done < frames) {
        int64_t want = frames - done < kBlock ? frames - done : kBlock;
        sf_count_t got = sf_readf_float(audio->file, block, want);
        for (sf_count_t frame = 0; frame < got; frame++) {
            float sum = 0;
            for (int channel = 0; channel < channels; channel++)
                if (heard[channel]) sum += block[frame * channels + channel];
            mono[done + frame] = sum / (float)count;
        }
        done += got;
        if (got < want) break;
    }
    free(block);
    return done == 0 && sf_error(audio->file) != SF_ERR_NO_ERROR ? -1 : done;
}

void parp_audio_message(parp_audio *audio, char *message, int capacity) {
    snprintf(message, (size_t)capacity, "%s", sf_strerror(audio->file));
}

struct parp_resampler {
    soxr_t soxr;
};

parp_resampler *parp_resampler_open(double input_rate, double output_rate, char *message, int capacity) {
    soxr_error_t fault = NULL;
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    parp_resampler *resampler = malloc(sizeof *resampler);
    if (resampler) resampler->soxr = soxr_create(input_rate, output_rate, 1, &fault, NULL, &quality, NULL);
    if (resampler && !fault) return resampler;
    snprintf(message, (size_t)capacity, "%s", resampler ? soxr_strerror(fault) : "out of memory");
    free(resampler);
    return NULL;
}

void parp_resampler_close(parp_resampler *resampler) {
    soxr_delete(resampler->soxr);
    free(resampler);
}

int64_t parp_resampler_process(parp_resampler *resampler, const float *input, int64_t count, int64_t *taken,
                               float *output, int64_t capacity, char *message, int message_capacity) {
    size_t read = 0, written = 0;
    soxr_error_t fault = soxr_process(resampler->soxr, input, input ? (size_t)count : 0, input ? &read : NULL,
                                      output, (size_t)capacity, &written);
    if (fault) {
        snprintf(message, (size_t)message_capacity, "%s", soxr_strerror(fault));
        return -1;
    }
    *taken = (int64_t)read;
    return (int64_t)written;
}
