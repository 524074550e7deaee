"""FireWorks workflows, engines that run external codes, the database and the command line of IonSieve."""
