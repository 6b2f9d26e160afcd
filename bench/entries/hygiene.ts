import { packetsOfDesired } from '@portolan/core'
import { parse } from '@portolan/iptables'
import { type Anomaly, findAnomalies, type NetfilterRuleset } from '@portolan/netfilter'
import { lowerRules, noRules } from 'portolan'
import type { Entry } from '../entry.ts'
import { grownFirewall } from '../grown-firewall.ts'
import { desiredOf } from '../mappings.ts'
import { measure } from '../measure.ts'
import type { Row } from '../row.ts'

const hostOf = (count: number): readonly NetfilterRuleset[] =>
  lowerRules({ ...noRules, 'iptables-legacy': parse(grownFirewall(count)) })

/** Some of the rules ban a range and also a part of it. No finding means that the rules were not read. */
const check = (found: readonly Anomaly[]): void => {
  if (found.length === 0) throw new Error('nothing odd was found among rules that have odd ones')
}

export const entry: Entry = {
  about: 'what is odd among many foreign rules, and how that grows',
  needs: 'nothing',
  measure: async ({ count, rounds }) => {
    const packets = packetsOfDesired(desiredOf(count(1_000)))
    const rows: Row[] = []
    for (const full of [1_000, 3_000, 10_000]) {
      const foreign = count(full)
      let host: readonly NetfilterRuleset[] = []
      const measured = await measure(
        {
          // Each round has a new model, because results are cached in the model.
          before: () => {
            host = hostOf(foreign)
          },
          run: () => check(findAnomalies(host, { packets })),
        },
        { count: rounds(7), warmUp: rounds(2) },
      )
      rows.push({
        what: `what is odd among ${foreign} foreign rules`,
        unit: 'ms',
        measured,
        mark: full === 10_000 ? { atMost: 300 } : null,
        peers: [],
      })
    }
    return rows
  },
}
