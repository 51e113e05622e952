#include "backup/order.h"

#include <stdint.h>

Order order_decode(JsonVal *ordered_resources, Arena *arena) {
        size_t i, count = yyjson_obj_size(ordered_resources);
        Order order = { 0 };
        JsonVal *key, *value;

        if (count == 0)
                return order;
        order.items = arena_alloc(arena, count * sizeof(*order.items));
        yyjson_obj_foreach(ordered_resources, i, count, key, value) {
                OrderedKind kind = { .key = json_str(key) };

                strs_split(json_str(value), ',', arena, &kind.names);
                order.items[order.len++] = kind;
        }
        return order;
}

const Strs *order_of(const Order *order, const Discovery *discovery, const KubeResource *resource) {
        for (size_t i = 0; i < order->len; i++) {
                Str key = order->items[i].key;

                if (str_equal(key, resource->name) || discovery_find(discovery, key) == resource)
                        return &order->items[i].names;
        }
        return NULL;
}

void order_split(Str entry, Str *ret_namespace, Str *ret_name) {
        const char *slash = memchr(entry.ptr, '/', entry.len);

        *ret_namespace = slash ? (Str) { entry.ptr, (size_t) (slash - entry.ptr) } : STR("");
        *ret_name = slash ? str_skip(entry, ret_namespace->len + 1) : entry;
}

size_t order_rank(const Strs *names, Str namespace, Str name) {
        for (size_t i = 0; names && i < names->len; i++) {
                Str ordered_namespace, ordered_name;

                order_split(names->items[i], &ordered_namespace, &ordered_name);
                if (str_equal(ordered_namespace, namespace) && str_equal(ordered_name, name))
                        return i;
        }
        return SIZE_MAX;
}

bool order_is_served(const OrderedKind *kind, const Discovery *discovery) {
        return discovery_find(discovery, kind->key) != NULL;
}
