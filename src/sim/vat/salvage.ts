/** What looks through a copy of a player's heap: it asks the player what it has. */
export const salvage = (root: { estate(): unknown }): unknown => root.estate()
