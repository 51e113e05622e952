#include "fuzz.h"

#include <assert.h>

#include "kube/exec.h"

/* A failure is never taken for exit 0, and every end but exit 0 says why. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(exec_result_clear) ExecResult result = { 0 };
        Str text = { (const char *) data, size };

        exec_status_decode(text, &result);
        assert(result.end == EXEC_EXITED || result.end == EXEC_REFUSED || result.end == EXEC_BROKEN);
        assert(result.end == EXEC_EXITED || result.exit_code == 0);
        assert((result.message == NULL) == (result.end == EXEC_EXITED && result.exit_code == 0));
        return 0;
}
