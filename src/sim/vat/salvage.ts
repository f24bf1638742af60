/** The salvage bundle for players: asks the copy of a player what it holds. */
export const salvage = (root: { estate(): unknown }): unknown => root.estate()
