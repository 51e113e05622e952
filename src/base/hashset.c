#include "base/hashset.h"

#include "base/mem.h"
#include "base/siphash.h"
#include "base/thread.h"

enum { FIRST_SLOTS = 1024 };

/* Open addressing; a slot of zeros is free.  At most three quarters are taken. */
struct HashSet {
        SipKey key;
        Mutex lock;
        SipHash *slots GUARDED_BY(&lock);
        size_t slot_count GUARDED_BY(&lock);
        size_t len GUARDED_BY(&lock);
};

HashSet *hash_set_new(void) {
        HashSet *set = xnew0(HashSet);

        set->key = sip_key_random();
        mutex_init(&set->lock);
        mutex_lock(&set->lock);
        set->slot_count = FIRST_SLOTS;
        set->slots = xcalloc(set->slot_count, sizeof *set->slots);
        mutex_unlock(&set->lock);
        return set;
}

void hash_set_free(HashSet *set) {
        if (set == NULL)
                return;

        mutex_lock(&set->lock);
        free(set->slots);
        mutex_unlock(&set->lock);
        mutex_destroy(&set->lock);
        free(set);
}

static SipHash hash_of(const HashSet *set, const Str *parts, size_t count) {
        SipHash hash = sip_hash(set->key, parts, count);

        if (hash.low == 0 && hash.high == 0)
                hash.low = 1;
        return hash;
}

static bool is_free(const SipHash *slot) {
        return slot->low == 0 && slot->high == 0;
}

/* The slot that holds `hash`, or the free one where it belongs. */
static SipHash *find_slot(SipHash *slots, size_t slot_count, SipHash hash) {
        size_t mask = slot_count - 1;

        for (size_t i = hash.low & mask;; i = (i + 1) & mask)
                if (is_free(&slots[i]) || (slots[i].low == hash.low && slots[i].high == hash.high))
                        return &slots[i];
}

static SipHash *grow_slots(const SipHash *old, size_t old_count) {
        SipHash *slots = xcalloc(2 * old_count, sizeof *slots);

        for (size_t i = 0; i < old_count; i++)
                if (!is_free(&old[i]))
                        *find_slot(slots, 2 * old_count, old[i]) = old[i];
        return slots;
}

bool hash_set_add(HashSet *set, const Str *parts, size_t count) {
        SipHash hash = hash_of(set, parts, count);

        mutex_lock(&set->lock);
        SipHash *slot = find_slot(set->slots, set->slot_count, hash);
        bool is_new = is_free(slot);
        if (is_new) {
                *slot = hash;
                set->len++;
                if (set->len > set->slot_count / 4 * 3) {
                        SipHash *grown = grow_slots(set->slots, set->slot_count);
                        free(set->slots);
                        set->slots = grown;
                        set->slot_count *= 2;
                }
        }
        mutex_unlock(&set->lock);
        return is_new;
}

bool hash_set_has(HashSet *set, const Str *parts, size_t count) {
        SipHash hash = hash_of(set, parts, count);

        mutex_lock(&set->lock);
        bool found = !is_free(find_slot(set->slots, set->slot_count, hash));
        mutex_unlock(&set->lock);
        return found;
}

size_t hash_set_len(HashSet *set) {
        mutex_lock(&set->lock);
        size_t len = set->len;
        mutex_unlock(&set->lock);
        return len;
}
