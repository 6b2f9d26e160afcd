import type { Machine } from './machine.ts'
import { addresses } from './topology.ts'

/**
 * Asks host ports from one machine, all at once. A port that has to answer may take its time: the first packet may be
 * lost on a busy machine, and TCP sends it again after a second.
 * @param open - the ports that have to answer. All others must not
 * @returns a line for each port that did not do as it had to, with what happened instead
 */
export const wrongPorts = async (
  from: Machine,
  ports: readonly number[],
  open: ReadonlySet<number>,
  families: readonly ('ip' | 'ip6')[] = ['ip'],
): Promise<readonly string[]> => {
  const asked = ports.flatMap((port) =>
    families.map((family) => ({ port, destination: addresses[family].host })),
  )
  const lines = await Promise.all(
    asked.map(async ({ port, destination }) => {
      const probe = { protocol: 'tcp', destination, port } as const
      const outcome = await (open.has(port) ? from.reach(probe) : from.probe(probe))
      return outcome.delivered === open.has(port)
        ? []
        : [`${from.name}: ${destination} ${port} ${JSON.stringify(outcome)}`]
    }),
  )
  return lines.flat()
}
