"""Twenty disordered Li conductors of OBELiX, chosen by rule and seed, through the funnel and against experiment."""
