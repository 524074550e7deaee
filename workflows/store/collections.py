"""What IonSieve's own collections hold, field by field; the reference page is written from it."""

_KEY = {
    "campaign": "name of the campaign",
    "revision": "hash of the settings that results depend on",
    "subject": "composition, candidate or reference phase",
    "stage": "what was done to it",
    "inputs_hash": "hash of everything that the result depends on",
}
_HISTORY = {
    "document": "the value itself, as the models of the result formats write it",
    "superseded": "true once a result of other inputs took its place; kept as history",
    "created_on": "when it was written (UTC)",
}

COLLECTIONS: dict[str, dict[str, str]] = {
    "ionsieve_campaigns": {
        "name": "name of the campaign; unique together with the revision",
        "revision": "hash of the settings that results depend on",
        "campaign": "the campaign file with all defaults filled in",
        "folder": "where its files are",
        "base_dir": "folder that relative paths of the campaign file start from",
        "version": "IonSieve that submitted it last",
        "created_on": "when it was submitted first (UTC)",
        "stopped": "true when workers leave its work alone",
    },
    "ionsieve_results": _KEY
    | _HISTORY
    | {
        "seconds": "wall-clock time it took",
        "host": "machine that did it",
        "version": "IonSieve that made it",
    },
    "ionsieve_decisions": _KEY | _HISTORY,
    "ionsieve_failures": {
        "campaign": "name of the campaign",
        "revision": "hash of the settings that results depend on",
        "key": "stage and subject of the work; unique within a revision",
        "subject": "composition, candidate or reference phase",
        "stage": "what was tried",
        "kind": "reason in one word, which `status` groups by and `rerun --reason` looks for",
        "reason": "reason in a sentence",
        "attempts": "how often it was tried",
        "at": "when it failed last (UTC)",
    },
    "ionsieve_losses": {
        "campaign": "name of the campaign",
        "revision": "hash of the settings that results depend on",
        "key": "work during which a process died",
        "times": "how often that happened",
    },
    "ionsieve_derived": {
        "campaign": "name of the campaign",
        "revision": "hash of the settings that results depend on",
        "name": "what the numbers are",
        "key": "hash of everything that they were computed from; of another key they are computed again",
        "subjects": "candidates",
        "values": "their numbers, in the same order",
    },
    "ionsieve_meta": {
        "version": "version of these collections; a later one is refused",
        "indexes": "number of the set of indexes; those of a lower one are completed",
        "ionsieve": "IonSieve that made the collections",
    },
}
