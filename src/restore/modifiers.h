/* modifiers.h - the user's rules for changing objects on their way back.
 *
 * Rules come from a ConfigMap with one key, as Velero's resource modifiers; they are checked whole before anything
 * is restored, regular expressions compiled and values typed.  Many threads may apply them at once.
 * Source: spec/restore-behaviour.md 3.11, without splicing values into JSON text. */
#pragma once
#include "restore/item.h"

typedef struct Modifiers Modifiers;

/* `config_map` is the whole object; errors name the rule and the field. */
bool modifiers_decode(JsonVal *config_map, Modifiers **ret_modifiers, Error *err) MUST_CHECK;
void modifiers_free(Modifiers *modifiers);
DEFINE_AUTO(Modifiers, modifiers_free)

/* Conditions are looked at before the first rule changes anything.  What a rule could not do is added to `problems`;
 * the item stays restorable. */
void modifiers_apply(const Modifiers *modifiers, RestoreItem *item, Strs *problems);
