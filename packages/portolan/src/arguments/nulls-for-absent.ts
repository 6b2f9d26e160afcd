/** The keys that become null where they are absent. */
export type NullKeys<Item> = readonly (keyof Item & string)[]

/**
 * Sets absent keys to null in each item. There may be a hundred thousand items, and most have all of their keys.
 *
 * @param items - of any kind, as JavaScript hands them in
 * @returns the same list where no key is absent
 */
export const nullsInAll = <Item extends object>(
  items: readonly Item[],
  keys: NullKeys<Item>,
): readonly Item[] =>
  items.every((item) => isWhole(item, keys)) ? items : items.map((item) => nullsIn(item, keys))

/** Sets absent keys to null in one value. A value that is no object stays as it is. */
export const nullsIn = <Item>(item: Item, keys: NullKeys<Item>): Item =>
  typeof item !== 'object' || item === null || isWhole(item, keys)
    ? item
    : { ...Object.fromEntries(keys.map((key) => [key, null])), ...definedIn(item) }

const isWhole = <Item extends object>(item: Item, keys: NullKeys<Item>): boolean => {
  for (const key of keys) if (item[key] === undefined) return false
  return true
}

/** Drops the keys whose value is undefined. Such a key counts as absent. */
const definedIn = <Item extends object>(item: Item): Item =>
  Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as Item
