"""From networks to bundles and engines. Knows nothing of the stage or of training."""
