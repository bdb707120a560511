"""The collector of cycles in processes that stay: web, worker, measurements."""

import gc


def settle() -> None:
    """Leave what lives as long as the process alone, and look for cycles seldom.

    A full collection walks half a million such objects: 85 milliseconds, once in some three hundred
    requests. Frozen, they are not looked at again. What a request or job makes goes with its last
    reference: looking for cycles every 700 objects, a hundred times a page, cost 3 to 7 % of it,
    and a tenth of a bulk check.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
