"""The Quantum ESPRESSO engine: pw.x computes, IonSieve moves the ions."""
