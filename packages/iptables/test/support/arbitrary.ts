import type {
  DesiredMapping,
  DesiredNetwork,
  DesiredOpening,
  DesiredState,
  DesiredTarget,
  GatewayMode,
  OpeningSource,
} from '@portolan/core'
import type { Family, Protocol } from '@portolan/netfilter'
import fc from 'fast-check'
import { network } from './desired.ts'

const modes: readonly GatewayMode[] = ['nat', 'nat-unprotected', 'routed', 'isolated']
const protocols: readonly Protocol[] = ['tcp', 'udp', 'sctp']

const networks: fc.Arbitrary<readonly DesiredNetwork[]> = fc
  .array(
    fc.record({
      mode: fc.constantFrom(...modes),
      internal: fc.boolean(),
      icc: fc.boolean(),
      families: fc.constantFrom<readonly Family[]>(['ip'], ['ip6'], ['ip', 'ip6']),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) =>
    all.map(({ mode, internal, icc, families }, index) =>
      network(`n${index}`, index + 1, { mode, families, icc, internal: internal || mode === 'isolated' }),
    ),
  )

const containerAddress = (family: Family, network: number, last: number): string =>
  family === 'ip' ? `10.200.${network}.${last}` : `fd00:200:${network}::${last.toString(16)}`

interface Draft {
  readonly network: number
  readonly family: Family
  readonly protocol: Protocol
  readonly port: number
  readonly containerPort: number
  readonly bound: boolean
  readonly entry: boolean
  readonly allowed: number
  readonly weights: readonly number[]
  readonly label: string
}

const draft: fc.Arbitrary<Draft> = fc.record({
  network: fc.nat(3),
  family: fc.constantFrom<Family>('ip', 'ip6'),
  protocol: fc.constantFrom(...protocols),
  // Ports close to each other and far apart, so that trees of all depths occur.
  port: fc.oneof(fc.integer({ min: 8000, max: 8050 }), fc.integer({ min: 1, max: 65535 })),
  containerPort: fc.integer({ min: 1, max: 65535 }),
  bound: fc.boolean(),
  entry: fc.boolean(),
  allowed: fc.integer({ min: -1, max: 3 }),
  weights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
  // A label is a user's name for a service. A library that made it may not have checked it.
  label: fc.string({ unit: 'binary', maxLength: 40 }),
})

const allowList = (family: Family, count: number): readonly string[] | null =>
  count < 0
    ? null
    : Array.from({ length: count }, (_, index) =>
        family === 'ip' ? `192.0.${index}.0/24` : `2001:db8:${index + 1}::/48`,
      )

const toMapping = (all: readonly DesiredNetwork[], one: Draft): readonly DesiredMapping[] => {
  const index = one.network % all.length
  const on = all[index]
  const subnet = on?.[one.family]
  if (on === undefined || subnet === null || subnet === undefined || on.internal) return []
  const direct = subnet.mode === 'routed'
  const targets = one.weights.map(
    (weight, position): DesiredTarget => ({
      service: 's',
      replica: position + 1,
      network: on.name,
      address: containerAddress(one.family, index + 1, position + 2),
      port: direct ? one.port : one.containerPort,
      weight,
    }),
  )
  const [first, ...rest] = targets
  if (first === undefined) return []
  return [
    {
      label: one.label,
      family: one.family,
      protocol: one.protocol,
      kind: direct ? 'direct' : 'nat',
      hostAddress: one.bound && !direct ? (one.family === 'ip' ? '192.0.2.2' : '2001:db8::2') : null,
      hostPort: one.port,
      interface: one.entry ? 'eth0' : null,
      allowFrom: allowList(one.family, one.allowed),
      targets: direct ? [first] : [first, ...rest],
    },
  ]
}

const socketOf = (one: DesiredMapping): string =>
  [one.family, one.protocol, one.hostAddress, one.interface, one.hostPort].join(' ')

interface OpeningDraft {
  readonly network: number
  readonly family: Family
  readonly last: number | null
  readonly from: 'interface' | 'prefix' | 'everyone' | 'network' | 'container'
  readonly other: number
  readonly ports: readonly number[]
  readonly protocol: Protocol
  readonly label: string
}

const openingDraft: fc.Arbitrary<OpeningDraft> = fc.record({
  network: fc.nat(3),
  family: fc.constantFrom<Family>('ip', 'ip6'),
  last: fc.option(fc.integer({ min: 2, max: 9 })),
  from: fc.constantFrom('interface', 'prefix', 'everyone', 'network', 'container'),
  other: fc.nat(3),
  ports: fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { maxLength: 3 }),
  protocol: fc.constantFrom(...protocols),
  label: fc.string({ unit: 'binary', maxLength: 40 }),
})

const toOpening = (all: readonly DesiredNetwork[], one: OpeningDraft): DesiredOpening => {
  const { family, last } = one
  const at = one.network % all.length
  const other = one.other % all.length
  const everyone = family === 'ip' ? '0.0.0.0/0' : '::/0'
  const source = (): OpeningSource => {
    switch (one.from) {
      case 'interface':
        return { kind: 'interface', name: 'wg0' }
      case 'prefix':
        return { kind: 'prefix', prefix: allowList(family, 1)?.[0] ?? everyone }
      case 'everyone':
        return { kind: 'prefix', prefix: everyone }
      case 'network':
        return { kind: 'network', network: `n${other}` }
      case 'container':
        return { kind: 'container', network: `n${other}`, address: containerAddress(family, other + 1, 7) }
    }
  }
  const hasPorts = one.from === 'container' && last !== null && one.ports.length > 0
  return {
    label: one.label,
    family,
    network: `n${at}`,
    address: last === null ? null : containerAddress(family, at + 1, last),
    from: source(),
    ports: hasPorts ? one.ports.map((port) => ({ protocol: one.protocol, port })) : null,
  }
}

/** Any state that core may give to a compiler, with labels that core would refuse. */
export const desiredStates = (project = 'demo', maxMappings = 60): fc.Arbitrary<DesiredState> =>
  fc
    .record({
      networks,
      drafts: fc.array(draft, { maxLength: maxMappings }),
      openings: fc.array(openingDraft, { maxLength: 5 }),
      guardForwarding: fc.boolean(),
      external: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    })
    .map(({ networks: all, drafts, openings, guardForwarding, external }) => {
      const mappings = drafts.flatMap((one) => toMapping(all, one))
      const known = new Set<string>()
      return {
        project,
        networks: all.map((one, at) => ({
          ...one,
          bridge: `${project}-${one.name}`,
          external: external[at] === true,
        })),
        endpoints: [],
        guardForwarding,
        openings: openings.map((one) => toOpening(all, one)),
        mappings: mappings.filter((one) => !known.has(socketOf(one)) && known.add(socketOf(one)).size > 0),
      }
    })
