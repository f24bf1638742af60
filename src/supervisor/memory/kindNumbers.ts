/**
 * The allocation of kind numbers: they are part of the names of stored objects (`o+d7/12`), so they never
 * change.
 *
 * | number | kind                                         |
 * |--------|----------------------------------------------|
 * | 1      | handles of kinds: `o+d1/7` is that of kind 7 |
 * | 2 … 5  | collections: map, weak map, set, weak set    |
 * | 6      | named exports                                |
 * | 7 … 9  | reserved                                     |
 * | 10 …   | user kinds, in creation order                |
 *
 * The name also shows whether a collection is durable: `o+d2/1` or `o+v2/1`.
 */
export const kindNumbers = {
  handle: 1,
  map: 2,
  weakMap: 3,
  set: 4,
  weakSet: 5,
  namedExport: 6,
  firstOfUsers: 10,
} as const
