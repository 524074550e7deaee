"""What is chosen where a crystal file leaves it open: charges, mobile ion, occupancies, numbers of ions, distances."""
