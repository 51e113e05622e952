#include "fuzz.h"

#include <assert.h>

#include "store/s3_profile.h"

static void check(const S3Profile *profile) {
        AUTO(error_clear) Error err = { 0 };
        bool has_id = s3_profile_has(profile, S3_ACCESS_KEY_ID);
        bool has_token_file = s3_profile_has(profile, S3_TOKEN_FILE);

        for (S3Setting i = 0; i < S3_SETTINGS; i++)
                assert(!s3_profile_has(profile, i) || (profile->is_there && profile->places[i]));
        if (!s3_profile_check(profile, &err))
                assert(err.code == ERROR_INVALID && err.message);
        else if (has_id)
                assert(s3_profile_has(profile, S3_SECRET_ACCESS_KEY));
        else
                assert(has_token_file == s3_profile_has(profile, S3_ROLE_ARN));
}

/* The text as a file of each form, one upon the other. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const Str text = { (const char *) data, size };
        AUTO(s3_profile_clear) S3Profile profile = { .name = STR("default") };

        for (S3FileForm form = S3_FILE_EITHER; form <= S3_FILE_CONFIG; form++) {
                AUTO(error_clear) Error err = { 0 };

                if (s3_profile_add(&profile, text, form, "the file", &err))
                        check(&profile);
                else
                        assert(err.code == ERROR_INVALID && err.message);
        }
        return 0;
}
