"""Work on compute nodes that reach no database: inputs travel with the job, results come back in files.

FireWorks' offline mode lets the queue's launcher reserve a Firework (`qlaunch -r`), runs it from a file
(`rlaunch --offline`) and reads its state back later (`lpad recover_offline`). IonSieve adds what its stages need and
leave: :mod:`workflows.offline.inputs` and :mod:`workflows.offline.journal`.
"""
