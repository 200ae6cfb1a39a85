"""Edge cases made from a policy itself: for every bound, cap, window and date the claims on both sides of it, computed by the engine."""
