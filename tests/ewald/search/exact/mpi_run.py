"""Runs an exact search as a process of its own, for the test that starts ranks."""

from ewald.parallel.transport import world_communicator
from ewald.search.exact import search
from tests.ewald.search.exact.spaces import salt


def main():
    comm = world_communicator()
    space = salt(4)
    found = search(space.form, space.group, keep=6, comm=comm, progress=False)
    if comm is None or comm.Get_rank() == 0:
        print("ranks", found.ranks)  # noqa: T201
        for energy_eV, multiplicity, occupation in found.lowest:
            print(energy_eV.hex(), multiplicity, occupation.tobytes().hex())  # noqa: T201


if __name__ == "__main__":
    main()
