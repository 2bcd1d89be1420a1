#include "CAudio.h"
#include "../System/Sndfile/shim.h"
#include "../System/Soxr/shim.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct parp_audio {
    SNDFILE *file;
    SF_INFO info;
};

parp_audio *parp_audio_open(const char *path, char *message, int capacity) {
    parp_audio *audio = calloc(1, sizeof *audio);
    if (!audio) {
        snprintf(message, (size_t)capacity, "out of memory");
        return NULL;
    }
    // A pipe would wait for its writer, a device might never end. What is no file at all is told by libsndfile.
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        snprintf(message, (size_t)capacity, "not a regular file");
        free(audio);
        return NULL;
    }
    audio->file = sf_open(path, SFM_READ, &audio->info);
    if (!audio->file) {
        snprintf(message, (size_t)capacity, "%s", sf_strerror(NULL));
        free(audio);
        return NULL;
    }
    return audio;
}

void parp_audio_close(parp_audio *audio) {
    sf_close(audio->file);
    free(audio);
}

int32_t parp_audio_sample_rate(const parp_audio *audio) { return audio->info.samplerate; }
int32_t parp_audio_channels(const parp_audio *audio) { return audio->info.channels; }
int64_t parp_audio_stated_frames(const parp_audio *audio) { return audio->info.frames; }

int parp_audio_seek(parp_audio *audio, int64_t frame) {
    return sf_seek(audio->file, frame, SEEK_SET) == frame ? 0 : -1;
}

int64_t parp_audio_read(parp_audio *audio, float *mono, int64_t frames) {
    enum { kBlock = 4096 };
    int channels = audio->info.channels;
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
            for (int channel = 0; channel < channels; channel++) sum += block[frame * channels + channel];
            mono[done + frame] = sum / (float)channels;
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

int64_t parp_resample(const float *input, int64_t count, double input_rate, double output_rate, float *output,
                      int64_t capacity, char *message, int message_capacity) {
    size_t written = 0;
    soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
    soxr_error_t fault = soxr_oneshot(input_rate, output_rate, 1, input, (size_t)count, NULL, output,
                                      (size_t)capacity, &written, NULL, &quality, NULL);
    if (fault) {
        snprintf(message, (size_t)message_capacity, "%s", soxr_strerror(fault));
        return -1;
    }
    return (int64_t)written;
}
