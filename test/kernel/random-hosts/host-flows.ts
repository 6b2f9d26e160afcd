import type { Machine } from '../../lab/machine.ts'

/** A flow with ports, as the host's connection tracking lists it. */
export interface HostFlow {
  readonly protocol: string
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
  /** The address from which the answer is expected. */
  readonly answerer: string
  /** The port at which the answer is expected, which is the source port that the receiver sees. */
  readonly seenPort: number
}

const line =
  /^(\w+) .*?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?src=(\S+) dst=\S+ sport=\d+ dport=(\d+)/gm

/** The flows of both families in the host's connection tracking. */
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
