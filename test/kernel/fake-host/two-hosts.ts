import type { Flow, FlowSource } from '@portolan/core'
import { type HostFacts, parseHostFacts } from '@portolan/netfilter'
import type { Delivery, FakeHost, RuleTexts } from '@portolan/testing'
import { fromJson } from '../../from-json.ts'
import type { Backend } from '../../lab/backend.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import { addresses } from '../../lab/topology.ts'
import { emptyLegacy, feed } from '../differential/host-rules.ts'
import { contain, inShopAgain, type Leased } from '../live/in-live-host.ts'

/** The calls of a live project, as code that both hosts run. */
export const script = `
  await host.ensureNetwork('web', { pool: 'classic', ipv6: true })
  await host.ensureNetwork('back', { pool: 'classic', ipv6: true, internal: true })
  const leases = [await leased('web', 'web-1'), await leased('web', 'web-2'), await leased('back', 'db-1')]
  await host.publish([
    { hostPort: 8080, to: { endpoint: 'web-1', port: 80 } },
    { hostPort: 8081, to: { endpoint: 'web-2', port: 81 }, allowFrom: ['${addresses.ip.client}', '${addresses.ip6.client}'] },
    { hostPort: 8082, to: { endpoint: 'web-1', port: 80 }, interface: 'eth1' },
    { hostPort: 8083, to: { endpoint: 'web-1', port: 81 }, hostAddress: '127.0.0.1' },
    { hostPort: 8084, to: { endpoint: 'web-1', port: 81 } },
    { hostPort: 'auto', protocol: 'udp', to: { endpoint: 'web-1', port: 53 } },
  ])
  await host.unpublish({ hostPort: 8084 })
  report({ leases, networks: host.networks(), endpoints: host.endpoints(), published: host.published() })`

/** The results of these calls on a host. */
export interface Report {
  readonly leases: readonly Leased[]
  readonly networks: readonly unknown[]
  readonly endpoints: readonly unknown[]
  readonly published: readonly { readonly hostPort: number; readonly protocol: string }[]
}

export const runInLab = async (lab: Lab, backend: Backend): Promise<Report> =>
  (await inShopAgain(lab, backend, script)) as Report

type Body = (host: object, leased: unknown, report: (value: unknown) => void) => Promise<void>

const AsyncFunction = (async () => {}).constructor as new (...words: readonly string[]) => Body

/** Runs the same calls on a simulated host. The report has values as JSON would carry them. */
export const runOnFake = async (fake: FakeHost, backend: Backend): Promise<Report> => {
  await using host = await fake.openHost({ backend, project: 'shop' })
  const leased = async (network: string, name: string): Promise<unknown> => {
    const { ip, ip6, mac } = await host.lease(network, name)
    const of = host.networks().find((one) => one.name === network)
    return { name, ip, ip6, mac, bridge: of?.bridge, network: of }
  }
  let reported = 'null'
  await new AsyncFunction('host', 'leased', 'report', script)(host, leased, (value) => {
    reported = JSON.stringify(value)
  })
  const report = fromJson<Report>(reported)
  for (const { name, bridge } of report.leases) {
    fake.addInterface(`v-${name}`)
    await host.attachPort(`v-${name}`, bridge)
  }
  return report
}

/** The facts of a lab's host, for simulated hosts. */
export const factsOf = async (lab: Lab): Promise<HostFacts> =>
  parseHostFacts((await lab.portolan(['inspect'])).stdout, 'portolan inspect')

/** Deletes all rules, and loads those of another program. */
export const loadForeign = (lab: Lab, { nft, ...saved }: RuleTexts): Promise<string> =>
  lab.host.mustRun(['sh', '-e'], {
    input: [
      'nft flush ruleset',
      ...['iptables', 'ip6tables'].map((program) => feed(`${program}-legacy-restore`, emptyLegacy)),
      ...(nft === undefined ? [] : [feed('nft -f -', nft)]),
      ...(['iptables', 'ip6tables', 'iptablesLegacy', 'ip6tablesLegacy'] as const).flatMap((tool) => {
        const text = saved[tool]
        const program = tool.endsWith('Legacy') ? tool.replace('Legacy', '-legacy') : `${tool}-nft`
        return text === undefined ? [] : [feed(`${program}-restore`, text)]
      }),
      'conntrack -F >/dev/null 2>&1 || true',
    ].join('\n'),
  })

/** Starts the containers that have leases. */
export const startContainers = async (lab: Lab, { leases }: Report): Promise<void> => {
  for (const one of leases) await contain(lab, one)
  await lab.host.areUp(leases.flatMap(({ bridge, name }) => [bridge, `v-${name}`]))
}

interface Sender {
  readonly machine: Machine
  readonly source: (family: 'ip' | 'ip6') => FlowSource
}

/** The data of a project that a comparison needs: the addresses of its containers, and the published UDP port. */
export interface ComparedProject {
  readonly leases: readonly {
    readonly name: string
    readonly ip: string | null
    readonly ip6: string | null
    readonly network: { readonly name: string }
  }[]
  readonly published: Report['published']
}

const sendersOf = (lab: Lab, { leases }: ComparedProject): readonly Sender[] => {
  const machines = (['client', 'neighbour', 'outside'] as const).map(
    (name): Sender => ({
      machine: lab[name],
      source: (family) => ({
        kind: 'machine',
        address: addresses[family][name],
        interface: name === 'outside' ? 'eth1' : 'eth0',
      }),
    }),
  )
  const containers = leases.flatMap(({ name, network, ...own }): Sender[] => {
    const machine = lab.containers.get(name)
    const of = network.name
    return machine === undefined
      ? []
      : [{ machine, source: (family) => ({ kind: 'container', network: of, address: own[family] ?? '' }) }]
  })
  return [
    ...machines,
    { machine: lab.host, source: (): FlowSource => ({ kind: 'host', address: null }) },
    ...containers,
  ]
}

interface Aim {
  readonly protocol: 'tcp' | 'udp'
  readonly address: string
  readonly port: number
}

const aimsOf = (family: 'ip' | 'ip6', { leases, published }: ComparedProject): readonly Aim[] => {
  const { host, hostOutside, loopback } = addresses[family]
  const automatic = published.find(({ protocol }) => protocol === 'udp')?.hostPort ?? 0
  return [
    ...[8080, 8081, 8082, 8084].map((port): Aim => ({ protocol: 'tcp', address: host, port })),
    { protocol: 'tcp', address: hostOutside, port: 8082 },
    { protocol: 'udp', address: host, port: automatic },
    { protocol: 'tcp', address: loopback, port: 8083 },
    ...leases.map((one): Aim => ({ protocol: 'tcp', address: one[family] ?? '', port: 80 })),
  ]
}

/** The outcome of one flow on both hosts. */
export interface Compared {
  readonly flow: Flow
  readonly simulated: Delivery
  /** The container that answered, and the source that it saw; null: no answer. */
  readonly real: { readonly by: string; readonly source: string } | null
}

/**
 * Sends the same flows on both hosts. Left out: flows that no rule decides for certain, and flows that leave the lab.
 */
export const compareFlows = async (
  lab: Lab,
  fake: FakeHost,
  report: ComparedProject,
): Promise<readonly Compared[]> => {
  const flows = (['ip', 'ip6'] as const).flatMap((family) =>
    sendersOf(lab, report).flatMap(({ machine, source }) =>
      aimsOf(family, report).flatMap(({ protocol, ...to }) => {
        const flow: Flow = { family, protocol, from: source(family), to }
        // A machine sends no packet to its own address on the wire, and packets to loopback stay on it.
        const isOwn = flow.from.address === to.address
        const staysIn = to.address === addresses[family].loopback && flow.from.kind !== 'host'
        return isOwn || staysIn ? [] : [{ machine, flow, simulated: fake.send(flow) }]
      }),
    ),
  )
  const decided = flows.filter(
    ({ simulated: { certainty, outcome } }) => certainty === 'certain' && outcome !== 'forwarded',
  )
  return Promise.all(
    decided.map(async ({ machine, flow, simulated }): Promise<Compared> => {
      const answered = await machine.probe({
        protocol: flow.protocol as 'tcp' | 'udp',
        destination: flow.to.address,
        port: flow.to.port,
        timeoutMs: simulated.outcome === 'delivered' ? 4000 : 400,
      })
      const real = answered.delivered ? { by: answered.by, source: answered.source } : null
      return { flow, simulated, real }
    }),
  )
}
