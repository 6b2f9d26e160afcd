import type { Machine } from '../../lab/machine.ts'

/** A flow with ports, as connection tracking of the host has it. */
export interface HostFlow {
  readonly protocol: string
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
  /** The address that the answer is awaited from. */
  readonly answerer: string
  /** The port that the answer is awaited at: the one that the receiver sees. */
  readonly seenPort: number
}

const line =
  /^(\w+) .*?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?src=(\S+) dst=\S+ sport=\d+ dport=(\d+)/gm

/** The flows of both families that the host knows. */
export const hostFlows = async (host: Machine): Promise<readonly HostFlow[]> => {
  const flows: HostFlow[] = []
  for (const family of ['ipv4', 'ipv6']) {
    const { stdout } = await host.run(['conntrack', '-L', '-f', family])
    for (const found of stdout.matchAll(line)) {
      const [, protocol = '', source = '', destination = '', from, to, answerer = '', seen] = found
      const ports = { sourcePort: Number(from), destinationPort: Number(to), seenPort: Number(seen) }
      flows.push({ protocol, source, destination, answerer, ...ports })
    }
  }
  return flows
}
