import type { DesiredMapping, Flow, FlowSource } from '@portolan/core'
import type { Family } from '@portolan/netfilter'
import type { Lab } from '../../lab/lab.ts'
import { addresses } from '../../lab/topology.ts'
import { brokenPromise, promiseFor, promisesAnswer } from './contract.ts'
import { machineOf } from './machine-of.ts'
import type { Planned } from './planned.ts'
import type { ExpectedFailure } from './scenario.ts'
import { outsidePort } from './stage.ts'

/** One flow of the contract's table, tested with live traffic. */
export interface LiveRow {
  /** The name of the row in scenarios: `machine ip tcp 192.0.2.2:8080 from client`. */
  readonly words: readonly string[]
  /** The mapping or the network that the row is about. */
  readonly mapping: string | null
  readonly network: string | null
  readonly flow: Flow
  readonly sender: string
}

/** The address of a service in a family, and its network. */
interface Endpoint {
  readonly service: string
  readonly network: string
  readonly address: string
}

const endpointsOf = ({ addresses: all }: Planned, family: Family): readonly Endpoint[] =>
  all.filter(({ address }) => address.includes(':') === (family === 'ip6'))

const fromContainer = ({ network, address }: Endpoint): FlowSource => ({
  kind: 'container',
  network,
  address,
})

const fromMachine = (name: 'client' | 'neighbour' | 'outside', family: Family): FlowSource => ({
  kind: 'machine',
  address: addresses[family][name],
  interface: name === 'outside' ? 'eth1' : 'eth0',
})

const fromHost: FlowSource = { kind: 'host', address: null }

const rowOf = (
  name: string,
  sender: string,
  flow: Flow,
  subject: Pick<LiveRow, 'mapping' | 'network'>,
): LiveRow => {
  const { address, port } = flow.to
  const place = address.includes(':') ? `[${address}]` : address
  return {
    words: [name, flow.family, flow.protocol, `${place}:${port}`, 'from', sender],
    flow,
    sender,
    ...subject,
  }
}

/** All senders test a mapping, at all addresses of the host where it is published. */
const rowsOfMapping = (planned: Planned, mapping: DesiredMapping): readonly LiveRow[] => {
  const { family, protocol, hostPort, hostAddress, label, kind, targets } = mapping
  const [{ network, service, address, port }] = targets
  const at = addresses[family]
  const row = (name: string, sender: string, from: FlowSource, to: string, toPort = hostPort): LiveRow =>
    rowOf(
      name,
      sender,
      { family, protocol, from, to: { address: to, port: toPort } },
      { mapping: label, network },
    )
  if (kind === 'direct') return [row('machine', 'neighbour', fromMachine('neighbour', family), address, port)]
  const answersAt = hostAddress ?? at.host
  const inside = endpointsOf(planned, family).filter((one) => !targets.some((t) => t.address === one.address))
  const self = { service, network, address }
  const sibling = inside.find((one) => one.network === network)
  const other = inside.find((one) => one.network !== network)
  return [
    row('machine', 'client', fromMachine('client', family), answersAt),
    ...(hostAddress === null
      ? [
          row('machine', 'client', fromMachine('client', family), at.hostSecond),
          row('machine', 'outside', fromMachine('outside', family), at.hostOutside),
        ]
      : []),
    row('local', 'host', fromHost, answersAt),
    row('loopback', 'host', fromHost, at.loopback),
    row('hairpin', service, fromContainer(self), answersAt),
    ...(sibling === undefined ? [] : [row('sibling', sibling.service, fromContainer(sibling), answersAt)]),
    ...(other === undefined ? [] : [row('bridge', other.service, fromContainer(other), answersAt)]),
  ]
}

/** The rows that need no mapping: to the outside, and directly to the container from near. */
const rowsOfNetwork = (planned: Planned, network: string, family: Family): readonly LiveRow[] => {
  const at = addresses[family]
  const [first, second] = endpointsOf(planned, family).filter((one) => one.network === network)
  if (first === undefined) return []
  return (['tcp', 'udp'] as const).flatMap((protocol) => {
    const row = (name: string, sender: string, from: FlowSource, address: string, port: number): LiveRow =>
      rowOf(name, sender, { family, protocol, from, to: { address, port } }, { mapping: null, network })
    return [
      row('egress', first.service, fromContainer(first), at.outside, outsidePort),
      row('egress', first.service, fromContainer(first), at.neighbour, outsidePort),
      row('direct', 'host', fromHost, first.address, 80),
      ...(second === undefined ? [] : [row('icc', second.service, fromContainer(second), first.address, 80)]),
    ]
  })
}

/** Every row of the contract that promises an answer, for each mapping and each network. */
export const liveRows = (planned: Planned): readonly LiveRow[] =>
  [
    ...planned.mappings.flatMap((mapping) => rowsOfMapping(planned, mapping)),
    ...planned.networks.flatMap(({ name }) =>
      (['ip', 'ip6'] as const).flatMap((family) => rowsOfNetwork(planned, name, family)),
    ),
  ].filter(({ flow }) => promisesAnswer(promiseFor(planned, flow)))

/** True: the scenario expects this row to fail. `*` stands for all rows. */
export const isExpected = ({ words }: LiveRow, failures: readonly ExpectedFailure[]): boolean =>
  failures.some((one) => one.words.every((word) => word === '*' || words.includes(word)))

export interface RowAnswer {
  readonly row: LiveRow
  /** Null: the contract was kept. */
  readonly failure: string | null
}

/**
 * Tests all rows at once.
 * @param failures - the rows that are expected to fail. Their probes wait for less time, because a drop costs the
 *   whole timeout
 */
export const probeRows = (
  lab: Lab,
  planned: Planned,
  rows: readonly LiveRow[],
  failures: readonly ExpectedFailure[],
): Promise<readonly RowAnswer[]> =>
  Promise.all(
    rows.map(async (row) => {
      const { protocol, to } = row.flow
      if (protocol === 'echo-request') throw new Error('no row of a scenario is a ping')
      const outcome = await machineOf(lab, row.sender).probe({
        protocol,
        destination: to.address,
        port: to.port,
        // A test of witnesses may have given the machine more addresses, so the source is fixed.
        ...(row.flow.from.address === null ? {} : { source: row.flow.from.address }),
        timeoutMs: isExpected(row, failures) ? 500 : 2500,
      })
      return { row, failure: brokenPromise(lab, planned, row.flow, outcome) }
    }),
  )
