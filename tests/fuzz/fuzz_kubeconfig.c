/* A kubeconfig, as two files when it has a line "%": read, or refused with a message.  No path of it is followed out of
 * the folder that does not exist, as far as relative ones go. */
#include "kube/config.h"

#include <assert.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        AUTO(kube_config_clear) KubeConfig config = { 0 };
        AUTO(error_clear) Error err = { 0 };
        Str text = { (const char *) data, size };
        const char *mark = memmem(data, size, "\n%\n", 3);
        Str first = mark ? (Str) { text.ptr, (size_t) (mark - text.ptr) } : text;
        const KubeConfigFile files[] = {
                { STR("one"), STR("/nonexistent"), first },
                { STR("two"), STR("/nonexistent"), mark ? str_skip(text, first.len + 3) : STR("") },
        };

        if (!kube_config_merge(files, 2, STR(""), &config, &err)) {
                assert(err.code != ERROR_NONE && err.message[0]);
                return 0;
        }
        assert(config.server.len > 0 && config.context.len > 0 && config.cluster.len > 0);
        assert(!config.exec.is_set || config.exec.command.len > 0);
        assert((config.client_cert_pem.len == 0) == secret_is_empty(&config.client_key_pem));
        return 0;
}
