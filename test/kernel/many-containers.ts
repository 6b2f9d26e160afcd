/** How many containers are started beside each other. More of them: PORTOLAN_CONTAINERS=100. */
export const containerCount = (usual: number): number => Number(process.env.PORTOLAN_CONTAINERS ?? usual)

/** So many start at once: an engine has its own queue, and the machine two processors. */
const AT_ONCE = 8

/** Does the same for each of many, some at once. */
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
