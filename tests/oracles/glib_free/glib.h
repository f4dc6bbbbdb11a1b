/* The little of glib that spice-common's codecs use, for little-endian machines. */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum {
    G_LOG_LEVEL_ERROR = 4,
    G_LOG_LEVEL_CRITICAL = 8,
    G_LOG_LEVEL_WARNING = 16,
    G_LOG_LEVEL_MESSAGE = 32,
    G_LOG_LEVEL_INFO = 64,
    G_LOG_LEVEL_DEBUG = 128
} GLogLevelFlags;
typedef int gboolean;
#define TRUE 1
#define FALSE 0
#define G_STRINGIFY_(x) #x
#define G_STRINGIFY(x) G_STRINGIFY_(x)
#define G_GNUC_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define G_STMT_START do
#define G_STMT_END while (0)
#define G_LIKELY(x) (__builtin_expect(!!(x), 1))
#define G_UNLIKELY(x) (__builtin_expect(!!(x), 0))
#define GUINT32_TO_LE(x) (x)
#define GUINT32_FROM_LE(x) (x)
#define ABS(x) ((x) < 0 ? -(x) : (x))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
