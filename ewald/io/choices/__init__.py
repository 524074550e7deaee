"""What is chosen where a crystal file leaves it open: charges, the mobile ion, whole numbers of ions, distances."""
