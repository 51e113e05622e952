#include "store/s3_fault.h"

#include "data/xml.h"

enum { TEXT_MAX = 300 };

typedef struct FaultReader {
        S3Fault *fault;
        Arena *arena;
} FaultReader;

static bool see_element(void *user, Str path, Str text, Error *err) {
        const FaultReader *reader = user;
        S3Fault *fault = reader->fault;
        Str value = str_trim(text);

        (void) err;
        if (value.len > TEXT_MAX)
                value.len = TEXT_MAX;
        if (str_equal(path, STR("Error/Code")))
                fault->code = arena_copy(reader->arena, value);
        else if (str_equal(path, STR("Error/Message"))) {
                value.len -= str_ends_with(value, STR("."));
                fault->message = arena_copy(reader->arena, value);
        } else if (str_equal(path, STR("Error/Region")))
                fault->region = arena_copy(reader->arena, value);
        return true;
}

S3Fault s3_fault_read(const HttpReply *reply, Arena *arena) {
        AUTO(error_clear) Error not_xml = { 0 };
        S3Fault fault = { .status = reply->status, .code = STR(""), .message = STR(""), .region = STR("") };
        FaultReader reader = { &fault, arena };

        /* A proxy's page or no body at all: then the status has to do. */
        if (!xml_read(buf_str(&reply->body), "the answer", see_element, &reader, &not_xml))
                fault.code = fault.message = fault.region = STR("");
        return fault;
}

typedef enum Meaning { /* of a code, when we give up */
                       PLAIN,
                       NO_OBJECT,
                       CHANGED,
                       REFUSED,
                       WRONG
} Meaning;

/* What a code or, without one, a status means.  The sentence may name the bucket. */
static const struct {
        const char *code;
        int status;
        S3Remedy remedy;
        Meaning meaning;
        const char *sentence;
} known[] = {
        { "NoSuchKey", 404, S3_GIVE_UP, NO_OBJECT, "there is no such object" },
        { "NoSuchBucket", 0, S3_GIVE_UP, WRONG,
          "there is no such bucket: make it, or mend the location's bucket and region" },
        { "NoSuchUpload", 0, S3_GIVE_UP, CHANGED, "somebody else ended the upload" },
        { "PreconditionFailed", 412, S3_GIVE_UP, CHANGED, "somebody else changed it meanwhile" },
        { "InvalidAccessKeyId", 0, S3_GIVE_UP, REFUSED, "the server does not know the access key" },
        { "SignatureDoesNotMatch", 0, S3_GIVE_UP, REFUSED,
          "the secret key does not belong to the access key, or a proxy changes requests" },
        { "ExpiredToken", 0, S3_RENEW_KEYS, REFUSED, "the credentials have expired" },
        { "TokenRefreshRequired", 0, S3_RENEW_KEYS, REFUSED, "the credentials have expired" },
        { "InvalidToken", 0, S3_RENEW_KEYS, REFUSED, "the session token is not valid" },
        { "RequestTimeTooSkewed", 0, S3_SET_CLOCK, REFUSED,
          "the clocks of this machine and of the server are too far apart: set them right" },
        { "RequestExpired", 0, S3_SET_CLOCK, REFUSED,
          "the clocks of this machine and of the server are too far apart: set them right" },
        { "AuthorizationHeaderMalformed", 0, S3_CHANGE_REGION, WRONG, NULL },
        { "IncorrectEndpoint", 0, S3_CHANGE_REGION, WRONG, NULL },
        { "PermanentRedirect", 301, S3_CHANGE_REGION, WRONG, NULL },
        { "TemporaryRedirect", 307, S3_CHANGE_REGION, WRONG, NULL },
        { "IllegalLocationConstraintException", 0, S3_CHANGE_REGION, WRONG, NULL },
        { "AccessDenied", 403, S3_GIVE_UP, REFUSED,
          "access denied: the keys need to list the bucket, to get, put and delete its objects and to "
          "list and abort uploads" },
        { "BadDigest", 0, S3_TRY_AGAIN, PLAIN, NULL },
        { "XAmzContentSHA256Mismatch", 0, S3_TRY_AGAIN, PLAIN, NULL },
        { "XAmzContentChecksumMismatch", 0, S3_TRY_AGAIN, PLAIN, NULL },
        { "IncompleteBody", 0, S3_TRY_AGAIN, PLAIN, NULL },
        { "RequestTimeout", 408, S3_TRY_AGAIN, PLAIN, NULL },
        { "OperationAborted", 409, S3_TRY_AGAIN, PLAIN, NULL },
        { "NotImplemented", 501, S3_GIVE_UP, WRONG,
          "the server does not know something of this request; without checksums "
          "(config.checksumAlgorithm: \"\") or tags it may" },
        { "SlowDown", 429, S3_TRY_AGAIN, PLAIN, NULL },
};

enum { KNOWN = sizeof known / sizeof *known };

static size_t find_known(const S3Fault *fault) {
        for (size_t i = 0; i < KNOWN; i++)
                if (fault->code.len > 0 ? str_equal(fault->code, str_of(known[i].code))
                                        : fault->status == known[i].status)
                        return i;
        return KNOWN;
}

S3Remedy s3_fault_remedy(const S3Fault *fault) {
        size_t i = find_known(fault);

        if (i < KNOWN)
                return known[i].remedy;
        if (fault->status / 100 == 2 && fault->code.len > 0) /* a 5xx that came too late for the status */
                return S3_TRY_AGAIN;
        return fault->status == 429 || fault->status >= 500 ? S3_TRY_AGAIN : S3_GIVE_UP;
}

static bool set_region(const S3Fault *fault, Str bucket, Str region, Error *err) {
        if (fault->region.len > 0)
                return error_set(err, ERROR_INVALID,
                                 "bucket \"" STR_FMT "\" is in region \"" STR_FMT "\", not \"" STR_FMT
                                 "\": set config.region of the location",
                                 STR_ARG(bucket), STR_ARG(fault->region), STR_ARG(region));
        return error_set(err, ERROR_INVALID,
                         "bucket \"" STR_FMT "\" is not served from region \"" STR_FMT
                         "\" or under this address: set config.region and config.s3Url of the location",
                         STR_ARG(bucket), STR_ARG(region));
}

static bool set_plain(const S3Fault *fault, Error *err) {
        ErrorCode code = s3_fault_remedy(fault) == S3_TRY_AGAIN ? ERROR_UNAVAILABLE : ERROR_INVALID;

        if (fault->code.len == 0 && fault->status / 100 == 2)
                return error_set(err, code,
                                 "the answer is not that of an S3 server: is there a proxy in between?");
        if (fault->code.len == 0)
                return error_set(err, code, "the server answers with HTTP status %d", fault->status);
        return error_set(err, code, "the server answers " STR_FMT " (HTTP status %d)%s" STR_FMT,
                         STR_ARG(fault->code), fault->status, fault->message.len > 0 ? ": " : "",
                         STR_ARG(fault->message));
}

bool s3_fault_set(const S3Fault *fault, Str bucket, Str region, Error *err) {
        static const ErrorCode codes[] = { [PLAIN] = ERROR_INVALID,
                                           [NO_OBJECT] = ERROR_NOT_FOUND,
                                           [CHANGED] = ERROR_CONFLICT,
                                           [REFUSED] = ERROR_FORBIDDEN,
                                           [WRONG] = ERROR_INVALID };
        size_t i = find_known(fault);

        if (i < KNOWN && known[i].remedy == S3_CHANGE_REGION)
                return set_region(fault, bucket, region, err);
        if (i == KNOWN || known[i].meaning == PLAIN)
                return set_plain(fault, err);
        if (fault->code.len == 0)
                return error_set(err, codes[known[i].meaning], "%s", known[i].sentence);
        return error_set(err, codes[known[i].meaning], "%s (" STR_FMT ")", known[i].sentence,
                         STR_ARG(fault->code));
}
