"""样例 (samples): made-up regions of any size, with every difference that was put into them written down.

Nothing here is read by the computations: a sample knows the public arithmetic by its own simple means, so that what it
expects is a second opinion.
"""
