#include "fuzz.h"

#include <assert.h>

#include "store/s3_sts.h"

/* A first byte that is a digit makes it a refusal. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(error_clear) Error err = { 0 };
        int status = size > 0 && data[0] >= '0' && data[0] <= '9' ? 403 : 200;
        Str body = { (const char *) data, size };
        S3Found found = { 0 };

        if (!s3_sts_answer(status, status == 200 ? body : str_skip(body, 1), &found, &err)) {
                assert(err.code != ERROR_NONE && err.message);
                return 0;
        }
        assert(status == 200 && !secret_is_empty(&found.keys.access_key_id));
        assert(s3_keys_check(&found.keys, "the answer", &err));
        s3_keys_clear(&found.keys);
        return 0;
}
