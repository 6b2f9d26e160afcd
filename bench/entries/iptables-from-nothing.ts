import { createRunner } from '@portolan/host'
import { apply, compile, diff, emptyRuleset, restoreText, type Variant } from '@portolan/iptables'
import type { Entry } from '../entry.ts'
import { flushIptables } from '../flush-iptables.ts'
import { desiredOf } from '../mappings.ts'
import { measureInTurn, peerOf } from '../measure.ts'
import { runProgram } from '../program.ts'
import type { Row } from '../row.ts'

const variants: readonly Variant[] = ['iptables-nft', 'iptables-legacy']

export const entry: Entry = {
  about: 'many mappings from nothing, both variants of iptables',
  needs: 'namespace',
  measure: async ({ count, rounds }) => {
    const ports = count(10_000)
    const desired = desiredOf(ports)
    const runner = createRunner()
    const changes = diff(emptyRuleset, compile(desired))
    const lines = restoreText(changes, 'ip')
    const rows: Row[] = []
    for (const variant of variants) {
      const after = () => flushIptables(variant)
      const { whole, alone, restore } = await measureInTurn(
        {
          whole: { run: () => apply(diff(emptyRuleset, compile(desired)), runner, variant), after },
          alone: { run: () => apply(changes, runner, variant), after },
          restore: { run: () => runProgram([`${variant}-restore`, '--noflush', '-w'], lines), after },
        },
        { count: rounds(7), warmUp: rounds(2) },
      )
      const name = `${variant}-restore of the same lines`
      rows.push(
        {
          what: `${variant}: ${ports} mappings from nothing: compile, diff, apply`,
          unit: 'ms',
          measured: whole,
          mark: { ratioAtMost: 1.3 },
          peers: [peerOf(name, whole, restore)],
        },
        {
          what: `${variant}: ${ports} mappings from nothing: apply alone`,
          unit: 'ms',
          measured: alone,
          mark: null,
          peers: [peerOf(name, alone, restore)],
        },
      )
    }
    return rows
  },
}
