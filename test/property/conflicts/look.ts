import { type Conflict, type ConflictKind, endpointAddresses } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { type HostFacts, type NetfilterRuleset, prepare } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { type Backend, type HostRules, lowerRules, noRules, type Plan, plan, readCompose } from 'portolan'
import { plannedFacts } from '../../../packages/core/src/conflict/search/planned-host/planned-facts.ts'
import { carriedOut } from '../../../packages/portolan/src/plan/carried-out.ts'
import { type Fate, fateOf } from './fate.ts'
import { type NftTable, nftListing } from './nft-rules.ts'

/** The present state of a host, and the intent for it. */
export interface Scene {
  /** The output of `iptables-save`; it may be the tables of both families in one text. */
  readonly saved?: string
  /** The output of `ip6tables-save`. */
  readonly saved6?: string
  readonly legacy?: string
  readonly nft?: readonly NftTable[]
  readonly facts?: HostFacts
  /** The text of a Compose file. */
  readonly intent?: string
  readonly backend?: Backend
  readonly sysctls?: boolean
}

export interface Seen {
  readonly plan: Plan
  readonly conflicts: readonly Conflict[]
  /** The conflicts as lines: `error ForwardDropped 0.0.0.0:8080/tcp by iptables-nft filter FORWARD 3`. */
  readonly told: readonly string[]
  readonly facts: HostFacts
  readonly rulesets: readonly NetfilterRuleset[]
  /** What happens to the conflict's witness in the evaluator. */
  readonly fate: (conflict: Conflict) => Fate
}

export const hostFacts: HostFacts = {
  interfaces: [
    { name: 'lo', up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24', '2001:db8::2/64'] },
    { name: 'eth1', up: true, addresses: ['203.0.113.2/24'] },
  ],
  routes: [
    { destination: 'default', gateway: '192.0.2.1', interface: 'eth0' },
    { destination: '::/0', gateway: '2001:db8::1', interface: 'eth0' },
  ],
  sysctls: {
    'net.ipv4.ip_forward': '1',
    'net.ipv6.conf.all.forwarding': '1',
    'net.bridge.bridge-nf-call-iptables': '0',
    'net.bridge.bridge-nf-call-ip6tables': '0',
  },
}

/** One container with a published port, and a neighbour. */
export const webIntent = `
name: shop
networks:
  web:
    ipam: {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}]}
    driver_opts: {com.docker.network.bridge.name: pt-web}
services:
  nginx: {networks: {web: {ipv4_address: 172.30.1.10}}, ports: ["8080:80"]}
  worker: {networks: {web: {ipv4_address: 172.30.1.11}}}
`

/** Plans an intent on a host, and returns the conflicts of the host's rules with it. */
export const look = async (scene: Scene = {}): Promise<Seen> => {
  const facts = scene.facts ?? hostFacts
  const read = (text: string | undefined, ...family: readonly 'ip6'[]) =>
    text === undefined ? iptables.emptyRuleset : iptables.parse(text, '<saved>', ...family)
  const rules: HostRules = {
    ...noRules,
    nftables: scene.nft === undefined ? nftables.emptyRuleset : nftables.parse(nftListing(scene.nft)),
    'iptables-nft': iptables.mergeRulesets(read(scene.saved), read(scene.saved6, 'ip6')),
    'iptables-legacy': read(scene.legacy),
  }
  return lookAt({ rules, facts, ...scene })
}

interface Given extends Pick<Scene, 'intent' | 'backend' | 'sysctls'> {
  readonly rules: HostRules
  readonly facts: HostFacts
}

/** The same for rules that have been parsed. */
export const lookAt = async ({
  rules,
  facts,
  intent = webIntent,
  backend = 'nftables',
  sysctls = true,
}: Given): Promise<Seen> => {
  const planned = await plan(readCompose(intent, { source: 'compose.yaml' }), {
    facts,
    rules,
    backend,
    sysctls,
  })
  const after = plannedFacts(planned.desired, facts, sysctls)
  const rulesets = lowerRules(carriedOut(rules, planned.changes))
  const conflicts = planned.conflicts.filter(({ kind }) => ruleKinds.includes(kind))
  const evaluator = prepare(after, rulesets, { endpoints: endpointAddresses(planned.desired) })
  return {
    plan: planned,
    conflicts,
    told: conflicts.map(tell),
    facts: after,
    rulesets,
    fate: (conflict) => fateOf(conflict, planned.desired, after, evaluator),
  }
}

/** The kinds of conflicts that are about packets. */
export const ruleKinds: readonly ConflictKind[] = [
  'Bypassed',
  'DnatShadowed',
  'DnatShadows',
  'EgressDropped',
  'ForwardDropped',
  'ForwardingDisabled',
  'MasqueradeMissing',
  'NetworkDropped',
  'Notrack',
  'OrderUndetermined',
  'OutputDropped',
  'PreroutingDropped',
  'ReplyDropped',
  'RouteLocalnetDisabled',
  'SourceRewritten',
]

export const tell = ({ severity, certainty, kind, mapping, network, culprit }: Conflict): string => {
  const subject = mapping?.split(' ')[0] ?? `network ${network}`
  const place = [culprit?.tool, culprit?.table, culprit?.chain, culprit?.position].filter(
    (word) => word !== null && word !== undefined,
  )
  const doubt = certainty === 'possible' ? ' possible' : ''
  return `${severity}${doubt} ${kind} ${subject} by ${place.join(' ')}`
}

/** The conflicts about packets that foreign rules let in against the contract. */
export const bypassesOf = ({ conflicts }: Seen): readonly string[] =>
  conflicts.filter(({ kind }) => kind === 'Bypassed').map(tell)
