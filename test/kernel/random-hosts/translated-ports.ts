import type { Machine } from '../../lab/machine.ts'

/**
 * The source ports with which flows leave the host, by the protocol and port that they came with: a masquerade may
 * give them another.
 */
export const translatedPorts = async (host: Machine): Promise<ReadonlyMap<string, readonly number[]>> => {
  const found = new Map<string, number[]>()
  for (const family of ['ipv4', 'ipv6']) {
    const { stdout } = await host.run(['conntrack', '-L', '-f', family])
    for (const line of stdout.split('\n')) {
      // The answer is awaited at the port that the receiver sees.
      const [, protocol, port, seen] = /^(\w+) .*?sport=(\d+) .*?sport=\d+ dport=(\d+)/.exec(line) ?? []
      if (protocol === undefined || port === undefined || seen === undefined) continue
      const key = `${protocol} ${port}`
      found.set(key, [...(found.get(key) ?? []), Number(seen)])
    }
  }
  return found
}
