import type { Conflict, DesiredState } from '@portolan/core'
import { findRuleConflicts } from '@portolan/core/planning'
import { parse } from '@portolan/iptables'
import type { HostFacts, NetfilterRuleset } from '@portolan/netfilter'
import { compile } from '@portolan/nftables'
import { lowerRules, noRules } from 'portolan'
import type { Entry } from '../entry.ts'
import { grownFirewall } from '../grown-firewall.ts'
import { desiredOf, desiredOfNetworks } from '../mappings.ts'
import { measure } from '../measure.ts'
import type { Row } from '../row.ts'

const facts: HostFacts = {
  interfaces: [
    { name: 'lo', up: true, addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', up: true, addresses: ['192.0.2.2/24'] },
    { name: 'eth1', up: true, addresses: ['10.0.0.2/8'] },
  ],
  routes: [{ destination: 'default', gateway: '192.0.2.1', interface: 'eth0' }],
  sysctls: { 'net.ipv4.ip_forward': '1', 'net.bridge.bridge-nf-call-iptables': '1' },
}

/** The foreign rules, together with the rules that Portolan would write. */
const hostOf = (desired: DesiredState, count: number): readonly NetfilterRuleset[] =>
  lowerRules({
    ...noRules,
    nftables: compile(desired),
    'iptables-legacy': parse(grownFirewall(count)),
  })

/**
 * The foreign rules conflict with every mapping for some clients. Fewer conflicts mean that the rules were not read.
 */
const check = (conflicts: readonly Conflict[], mappings: number): void => {
  const kinds = new Set(conflicts.map(({ kind }) => kind))
  const spoiled = conflicts.filter(({ kind }) => kind === 'ForwardDropped').length
  if (spoiled < mappings)
    throw new Error(`${spoiled} of ${mappings} mappings have a conflict: ${[...kinds].join(', ')}`)
  if (conflicts.some(({ severity }) => severity === 'error'))
    throw new Error('bans of a few are no errors, and some were told as such')
}

interface Size {
  readonly mappings: number
  readonly rules: number
  readonly mark?: number
  /** Each mapping leads to a container of its own. */
  readonly apart?: true
  /** The number of networks that share the mappings. Each mapping leads to a container of its own. */
  readonly networks?: number
}

const sizes: readonly Size[] = [
  { mappings: 100, rules: 1_000 },
  { mappings: 100, rules: 10_000 },
  { mappings: 1_000, rules: 1_000 },
  { mappings: 1_000, rules: 10_000, mark: 150 },
  { mappings: 1_000, rules: 10_000, mark: 150, apart: true },
  { mappings: 300, rules: 10_000, mark: 150, networks: 30 },
]

export const entry: Entry = {
  about: 'what many foreign rules do to many mappings, and how that grows',
  needs: 'nothing',
  measure: async ({ count, rounds }) => {
    const rows: Row[] = []
    for (const { mappings: full, rules, mark, apart = false, networks = null } of sizes) {
      const [wanted, foreign] = [count(full), count(rules)]
      const desired =
        networks === null
          ? desiredOf(wanted, apart)
          : desiredOfNetworks(networks, Math.ceil(wanted / networks))
      const mappings = desired.mappings.length
      const where =
        networks === null
          ? apart
            ? ', a container each,'
            : ''
          : ` of ${networks} networks, a container each,`
      let host: readonly NetfilterRuleset[] = []
      const measured = await measure(
        {
          // Each round has a new model, because results are cached in the model.
          before: () => {
            host = hostOf(desired, foreign)
          },
          run: () => check(findRuleConflicts(desired, facts, host), mappings),
        },
        { count: rounds(7), warmUp: rounds(3) },
      )
      rows.push({
        what: `all conflicts of ${mappings} mappings${where} with ${foreign} foreign rules`,
        unit: 'ms',
        measured,
        mark: mark === undefined ? null : { atMost: mark },
        peers: [],
      })
    }
    return rows
  },
}
