/**
 * Says how to add pools to a cluster, on any host: a part of a sentence. One command names all pools, because a call
 * that leaves out a pool removes it.
 *
 * @param pools - the present pools
 * @param added - placeholders for the new pools
 * @param written - writes a command about the cluster
 */
export const addPoolsText = (
  pools: readonly string[],
  added: readonly string[],
  written: (command: string) => string,
): string => {
  const named = [...pools, ...added].map((pool) => ` --pool ${pool}`).join('')
  return `add a pool (\`${written(`portolan cluster init${named}`)}\`, with ${added.length === 1 ? 'the new one' : 'new ones'} for ${added.join(' and ')})`
}
