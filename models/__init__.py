"""Networks: torch only. Knows nothing of devices, clocks, files of sound, or how anything is trained."""
