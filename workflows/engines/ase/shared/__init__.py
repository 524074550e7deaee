"""One loaded potential for many workers: their cells meet in one call of the model.

A graph neural network on a GPU needs about as long for thirty cells of 200 ions as for one. Each worker runs a
relaxation or an MD segment of its own, as it always does; only the forces come from a process that holds the model and
computes whatever cells wait for it together. Fireworks, checkpoints and results are those of single cells.
"""
