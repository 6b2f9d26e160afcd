/**
 * What adds pools to those of a cluster, on any host: a part of a sentence. One command names all of them, as a call that leaves
 * one out takes that away.
 *
 * @param pools - those that are there
 * @param added - what stands for the new ones
 * @param written - how a command about the cluster is written
 */
export const addPoolsText = (
  pools: readonly string[],
  added: readonly string[],
  written: (command: string) => string,
): string => {
  const named = [...pools, ...added].map((pool) => ` --pool ${pool}`).join('')
  return `add a pool (\`${written(`portolan cluster init${named}`)}\`, with ${added.length === 1 ? 'the new one' : 'new ones'} for ${added.join(' and ')})`
}
