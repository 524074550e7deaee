"""What this machine has for IonSieve: `ionsieve doctor`."""
