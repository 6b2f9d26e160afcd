import { type Conflict, findRuleConflicts, type HostFacts, type NetfilterRuleset } from '@portolan/core'
import { parse } from '@portolan/iptables'
import { compile } from '@portolan/nftables'
import { lowerRules, noRules } from 'portolan'
import type { Entry } from '../entry.ts'
import { grownFirewall } from '../grown-firewall.ts'
import { desiredOf } from '../mappings.ts'
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

/** The rules of others, with ours as they will be. */
const hostOf = (mappings: number, count: number): readonly NetfilterRuleset[] =>
  lowerRules({
    ...noRules,
    nftables: compile(desiredOf(mappings)),
    'iptables-legacy': parse(grownFirewall(count)),
  })

/** Each mapping of as many as these rules can spoil has to be found spoiled, or the rules were not looked at. */
const check = (conflicts: readonly Conflict[], mappings: number): void => {
  const kinds = new Set(conflicts.map(({ kind }) => kind))
  const found = new Set(conflicts.flatMap(({ mapping }) => (mapping === null ? [] : [mapping])))
  if (!kinds.has('ForwardDropped') || found.size < mappings)
    throw new Error(`${found.size} of ${mappings} mappings have a conflict: ${[...kinds].join(', ')}`)
  if (conflicts.some(({ severity }) => severity === 'error'))
    throw new Error('bans of a few are no errors, and some were told as such')
}

export const entry: Entry = {
  about: 'what many foreign rules do to many mappings, and how that grows',
  needs: 'nothing',
  measure: async ({ count, rounds }) => {
    const rows: Row[] = []
    for (const full of [100, 1_000])
      for (const fullRules of [1_000, 10_000]) {
        const [mappings, foreign] = [count(full), count(fullRules)]
        const desired = desiredOf(mappings)
        let host: readonly NetfilterRuleset[] = []
        const measured = await measure(
          {
            // Another model each time: nothing that a round learned of it serves the next.
            before: () => {
              host = hostOf(mappings, foreign)
            },
            run: () => check(findRuleConflicts(desired, facts, host), mappings),
          },
          { count: rounds(7), warmUp: rounds(2) },
        )
        rows.push({
          what: `all conflicts of ${mappings} mappings with ${foreign} foreign rules`,
          unit: 'ms',
          measured,
          mark: full === 1_000 && fullRules === 10_000 ? { atMost: 300 } : null,
          peers: [],
        })
      }
    return rows
  },
}
