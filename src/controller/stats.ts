/** Figures of the vats, as the host receives them. */
