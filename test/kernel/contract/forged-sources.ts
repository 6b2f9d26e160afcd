import { describe, expect, test } from '@jest/globals'
import type { Lab } from '../../lab/lab.ts'
import { addressOf, containers, type Family, isContainer, type Place, type Sender } from './scenario.ts'
import { traces } from './traces.ts'

/** A flow that begins with a forged source: the address of a container that did not send it. */
export interface ForgedFlow {
  readonly from: Sender
  readonly source: Place
  readonly to: Place
  readonly port: number
}

/** Tested with the kernel here, and with `reach` in contract-function.test.ts. */
export const forgedFlows: readonly ForgedFlow[] = [
  // The source is in the network to which the port leads. The container would see its gateway as source.
  { from: 'client', source: 'sibling', to: 'host', port: 8080 },
  { from: 'client', source: 'nginx', to: 'host', port: 8080 },
  { from: 'client', source: 'sibling', to: 'hostSecond', port: 8081 },
  { from: 'client', source: 'sibling', to: 'gateway of web', port: 8080 },
  { from: 'outside', source: 'sibling', to: 'hostOutside', port: 8080 },
  { from: 'client', source: 'q2', to: 'host', port: 8500 },
  { from: 'client', source: 'p1', to: 'host', port: 8400 },
  // The source is in another network.
  { from: 'client', source: 'far', to: 'host', port: 8080 },
  { from: 'client', source: 'i1', to: 'host', port: 8080 },
  { from: 'client', source: 's1', to: 'host', port: 8080 },
  // To containers that accept flows directly.
  { from: 'client', source: 'd2', to: 'd1', port: 80 },
  { from: 'client', source: 'sibling', to: 'd1', port: 80 },
  { from: 'client', source: 'o1', to: 'o1', port: 80 },
  { from: 'client', source: 'sibling', to: 'o1', port: 80 },
  // To containers that are open to named clients.
  { from: 'client', source: 't1', to: 't2', port: 80 },
  { from: 'client', source: 'far', to: 't1', port: 80 },
  { from: 'client', source: 'nginx', to: 't2', port: 80 },
  { from: 'outside', source: 't2', to: 't1', port: 80 },
  { from: 'outside', source: 'far', to: 't1', port: 80 },
  { from: 'sibling', source: 'far', to: 't1', port: 80 },
  { from: 'far', source: 'nginx', to: 't2', port: 80 },
  { from: 'client', source: 'l2', to: 'l1', port: 84 },
  { from: 'nginx', source: 'l2', to: 'l1', port: 84 },
  // Through the host: the packet would leave with the host's own address.
  { from: 'client', source: 'sibling', to: 'outside', port: 7000 },
  // Between bridges.
  { from: 'far', source: 'sibling', to: 'host', port: 8080 },
  { from: 'far', source: 'sibling', to: 'outside', port: 7000 },
  { from: 'far', source: 'd2', to: 'd1', port: 80 },
  { from: 'sibling', source: 'far', to: 'host', port: 8080 },
  { from: 's1', source: 'sibling', to: 'host', port: 8080 },
]

export const titleOf = ({ from, source, to, port }: ForgedFlow): string =>
  `${from} as ${source} to ${to}:${port}`

const deviceOf = (asker: Sender): string => {
  if (isContainer(asker)) return `pt-${containers[asker][0]}`
  return asker === 'outside' || asker === 'distant' ? 'eth1' : 'eth0'
}

/** Tests packets with forged sources, which ordinary sockets cannot send. */
export const forgedSourceCases = (currentLab: () => Lab): void => {
  describe.each(['ip', 'ip6'] as const)('a packet with a forged source, in family %s', (family: Family) => {
    test.each(forgedFlows.map((flow) => [titleOf(flow), flow] as const))(
      '%s reaches no machine and no service',
      async (_title, flow) => {
        const lab = currentLab()
        const sender = isContainer(flow.from) ? lab.containers.get(flow.from) : lab[flow.from]
        if (sender === undefined) throw new Error(`the lab has no ${flow.from}`)
        const packet = {
          source: addressOf(flow.source, family),
          destination: addressOf(flow.to, family),
          port: flow.port,
        }
        expect(await traces(lab, sender, deviceOf(flow.from), [packet])).toEqual([])
      },
    )

    test('the same packet with its own source leaves traces, so the other tests would find them', async () => {
      const lab = currentLab()
      const packet = {
        source: addressOf('client', family),
        destination: addressOf('host', family),
        port: 8080,
      }
      expect(await traces(lab, lab.client, 'eth0', [packet], ' at ')).not.toEqual([])
    })
  })
}
