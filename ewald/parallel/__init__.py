"""Work shared among threads and MPI ranks, with checkpoints."""
