#include "store/s3_sts.h"

#include "base/clock.h"
#include "data/xml.h"
#include "net/url.h"

bool s3_sts_url(Str region, Arena *arena, Str *ret_url, Error *err) {
        static const struct {
                Str prefix;
                const char *domain;
        } partitions[] = {
                { STR("cn-"), "amazonaws.com.cn" }, { STR("us-isob-"), "sc2s.sgov.gov" },
                { STR("us-iso-"), "c2s.ic.gov" },   { STR("eusc-"), "amazonaws.eu" },
                { STR(""), "amazonaws.com" },
        };
        size_t i = 0;

        if (region.len == 0) {
                *ret_url = STR("https://sts.amazonaws.com");
                return true;
        }
        for (size_t at = 0; at < region.len; at++)
                if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", region.ptr[at]) ||
                    region.ptr[at] == '\0')
                        return error_set(err, ERROR_INVALID,
                                         "\"" STR_FMT
                                         "\" is no region of AWS, so its token service cannot be "
                                         "asked: expected one such as eu-west-1",
                                         STR_ARG(region));
        while (!str_starts_with(region, partitions[i].prefix))
                i++;
        *ret_url = str_of(
                arena_printf(arena, "https://sts." STR_FMT ".%s", STR_ARG(region), partitions[i].domain));
        return true;
}

static void add_field(Buf *form, const char *name, Str value) {
        buf_printf(form, "%s%s=", form->len > 0 ? "&" : "", name);
        url_escape(value, form);
}

void s3_sts_form(const S3WebIdentity *identity, Str token, Buf *into) {
        add_field(into, "Action", STR("AssumeRoleWithWebIdentity"));
        add_field(into, "Version", STR("2011-06-15"));
        add_field(into, "RoleArn", identity->role_arn);
        add_field(into, "RoleSessionName",
                  identity->session_name.len > 0 ? identity->session_name : STR("grapnel"));
        add_field(into, "WebIdentityToken", token);
}

/* What is kept of an answer. */
typedef enum Part { PART_ID, PART_KEY, PART_TOKEN, PART_EXPIRES, PART_CODE, PART_MESSAGE, PARTS } Part;

typedef struct Answer {
        Secret parts[PARTS];
} Answer;

static void answer_clear(Answer *answer) {
        for (size_t i = 0; i < PARTS; i++)
                secret_clear(&answer->parts[i]);
}

static bool see_element(void *user, Str path, Str text, Error *err) {
        static const Str ends[PARTS] = {
                [PART_ID] = STR("/Credentials/AccessKeyId"),
                [PART_KEY] = STR("/Credentials/SecretAccessKey"),
                [PART_TOKEN] = STR("/Credentials/SessionToken"),
                [PART_EXPIRES] = STR("/Credentials/Expiration"),
                [PART_CODE] = STR("/Error/Code"),
                [PART_MESSAGE] = STR("/Error/Message"),
        };
        Answer *answer = user;

        (void) err;
        for (size_t i = 0; i < PARTS; i++)
                if (str_ends_with(path, ends[i])) {
                        secret_clear(&answer->parts[i]);
                        answer->parts[i] = secret_copy(str_trim(text));
                }
        return true;
}

static Str part(const Answer *answer, Part which) {
        return secret_reveal(&answer->parts[which]);
}

static bool refused(int status, const Answer *answer, Error *err) {
        Str code = part(answer, PART_CODE), message = part(answer, PART_MESSAGE);
        bool is_passing = status >= 500 || status == 429 || str_equal(code, STR("Throttling")) ||
                          str_equal(code, STR("IDPCommunicationError"));

        return error_set(err, is_passing ? ERROR_UNAVAILABLE : ERROR_FORBIDDEN,
                         "the token service answers with HTTP status %d%s" STR_FMT "%s" STR_FMT, status,
                         code.len > 0 ? ", " : "", STR_ARG(code), message.len > 0 ? ": " : "",
                         STR_ARG(message));
}

bool s3_sts_answer(int status, Str body, S3Found *ret_found, Error *err) {
        AUTO(answer_clear) Answer answer = { 0 };
        AUTO(error_clear) Error no_xml = { 0 };
        int64_t expires_ms = INT64_MAX;

        bool is_xml = xml_read(body, "the token service's answer", see_element, &answer, &no_xml);
        if (status != 200)
                return refused(status, &answer, err);
        if (!is_xml)
                return error_set(err, no_xml.code, "%s", no_xml.message);
        const S3Keys keys = { answer.parts[PART_ID], answer.parts[PART_KEY], answer.parts[PART_TOKEN] };
        if (secret_is_empty(&keys.access_key_id) || secret_is_empty(&keys.secret_access_key))
                return error_set(err, ERROR_CORRUPT, "the token service's answer has no keys");
        if (!s3_keys_check(&keys, "the token service's answer", err))
                return false;
        if (part(&answer, PART_EXPIRES).len > 0 &&
            !clock_parse_rfc3339(part(&answer, PART_EXPIRES), &expires_ms, err))
                return error_prefix(err, "the end of the keys in the token service's answer");
        *ret_found = (S3Found) { s3_keys_copy(&keys), expires_ms };
        return true;
}
