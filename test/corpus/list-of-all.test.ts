import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { packetsOfDesired } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { findAnomalies } from '@portolan/netfilter'
import { lowerRules, noRules } from 'portolan'
import { printAnomalies } from '../../packages/portolan/src/hygiene/print-anomalies.ts'
import { listConflicts } from '../../packages/portolan/src/plan/print/list-conflicts.ts'
import { hostFacts, lookAt } from '../property/conflicts/look.ts'
import { filesIn, withCorpus } from './iptables-files.ts'

const words = (texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + text.split(/\s+/).filter(Boolean).length, 0)

const owners = join(import.meta.dirname, 'owners')

const files = (): readonly string[] => [
  ...readdirSync(owners)
    .filter((name) => /^(firewalld-iptables|ufw)\.listing$/.test(name))
    .map((name) => join(owners, name)),
  ...filesIn('real-dumps').filter((file) => /shorewall|rlworkman|memphis|docker_topos/i.test(file)),
]

withCorpus('the list of everything that is odd on a real host', () => {
  test('has a quarter of the words that tell it in full, on each host, and names every kind', async () => {
    let hosts = 0
    for (const file of files()) {
      const rules = { ...noRules, 'iptables-nft': iptables.parse(readFileSync(file, 'utf8'), file) }
      const { plan } = await lookAt({ rules, facts: hostFacts })
      const anomalies = findAnomalies(lowerRules(rules), { packets: packetsOfDesired(plan.desired) })
      const full = [...plan.conflicts, ...anomalies].flatMap(({ message, remedy }) => [
        message,
        ...(remedy === null ? [] : [remedy.text, ...remedy.commands]),
      ])
      const list = [...listConflicts(plan.conflicts, () => false), ...printAnomalies(anomalies)]
      expect({ file, isShort: words(list) * 4 <= words(full) }).toEqual({ file, isShort: true })
      for (const { kind } of [...plan.conflicts, ...anomalies]) expect(list.join('\n')).toContain(kind)
      hosts += 1
    }
    expect(hosts).toBeGreaterThan(4)
  })
})
