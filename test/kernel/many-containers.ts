/** The number of containers that are started side by side. For more: PORTOLAN_CONTAINERS=100. */
export const containerCount = (usual: number): number => Number(process.env.PORTOLAN_CONTAINERS ?? usual)

/** The number of containers that start at once. An engine has its own queue, and the machine has two processors. */
const AT_ONCE = 8

/** Calls a function for each item, for some of them at once. */
export const forMany = async <Item, Result>(
  items: readonly Item[],
  act: (item: Item, at: number) => Promise<Result>,
): Promise<readonly Result[]> => {
  const results: Result[] = []
  for (let first = 0; first < items.length; first += AT_ONCE)
    results.push(
      ...(await Promise.all(items.slice(first, first + AT_ONCE).map((item, at) => act(item, first + at)))),
    )
  return results
}
