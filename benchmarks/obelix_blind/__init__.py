"""Twenty disordered Li conductors of OBELiX, chosen by rule and seed, sent through the funnel and compared with experiment."""
