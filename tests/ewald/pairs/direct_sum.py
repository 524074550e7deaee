"""The energy of one arrangement by loops over ions and images: nothing shared with the code it is compared with."""

import itertools
import math

import numpy as np

from ewald.ions import VACANCY, element_of


def short_range_eV(space, occupation):
    """Pair functions and site energies of an arrangement, given the species index of every site."""
    model = space.pairs
    ions = [(site, name) for site, name in enumerate(space.species_of(occupation)) if name != VACANCY]
    total = []
    farthest = max((term.cutoff_A or model.cutoff_A for term in model.terms), default=0) if model else 0
    heights = 1 / np.linalg.norm(np.linalg.inv(space.lattice), axis=0)
    reach = [math.ceil(farthest / h) + 1 for h in heights]
    images = np.array(list(itertools.product(*(range(-n, n + 1) for n in reach))))
    for (i, one), (j, other) in itertools.product(ions, repeat=2):
        for term in model.terms if model else ():
            cutoff = term.cutoff_A or model.cutoff_A
            names = {
                (one, other),
                (element_of(one), other),
                (one, element_of(other)),
                (element_of(one), element_of(other)),
            }
            if not names & {term.between, term.between[::-1]}:
                continue
            steps = (space.frac_coords[j] + images - space.frac_coords[i]) @ space.lattice
            distances = np.sqrt((steps**2).sum(axis=1))
            near = distances[(distances > 1e-6) & (distances < cutoff)]
            total += (0.5 * term.function(near)).tolist()
    for site, name in ions:
        for key, energies in space.site_energies_eV.items():
            if key in {name, element_of(name)}:
                total.append(float(energies[site]))
    return math.fsum(total)
