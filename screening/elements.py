"""Which elements count as anions, so that the host of a mobile ion can be split into cations and anions."""

ANIONS = frozenset({"H", "N", "O", "F", "S", "Cl", "Se", "Br", "Te", "I"})
