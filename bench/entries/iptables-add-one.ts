import { createRunner } from '@portolan/host'
import { adopt, apply, applyTo, diff, inspect, type Variant } from '@portolan/iptables'
import { openHost } from 'portolan'
import type { Entry } from '../entry.ts'
import { flushIptables } from '../flush-iptables.ts'
import { applyPorts, newState } from '../live-host.ts'
import { desiredOf, firstPort, target } from '../mappings.ts'
import { measure, measureInTurn, peerOf } from '../measure.ts'
import { runProgram } from '../program.ts'
import type { Row } from '../row.ts'

const variants: readonly Variant[] = ['iptables-nft', 'iptables-legacy']

export const entry: Entry = {
  about: 'adding one mapping to many, both variants of iptables',
  needs: 'namespace',
  measure: async ({ count, rounds }) => {
    const ports = count(10_000)
    const hostPort = firstPort + ports
    const runner = createRunner()
    const rows: Row[] = []
    for (const variant of variants) {
      await applyPorts(ports, variant)
      const before = await inspect(runner, variant, {
        legacyTables: { ip: ['nat', 'mangle', 'filter'], ip6: [] },
      })
      // Measures a process that remembers the rules it wrote, and does not read them again.
      const mapped = desiredOf(ports + 1).mappings.slice(-1)
      const more = { ...desiredOf(0), project: 'more', networks: [], mappings: mapped }
      const changes = diff(before, adopt(before, more, 'more'))
      const back = diff(applyTo(before, changes), before)
      const host = await openHost({ backend: variant, state: newState() })
      const rule = [
        'BENCH',
        '-p',
        'tcp',
        '--dport',
        '9001',
        '-j',
        'DNAT',
        '--to-destination',
        '172.17.0.10:80',
      ]
      const plain = (verb: string) => () => runProgram([variant, '-w', '-t', 'nat', verb, ...rule])
      runProgram([variant, '-w', '-t', 'nat', '-N', 'BENCH'])
      const some = { count: rounds(9), warmUp: rounds(2) }
      const { known, append } = await measureInTurn(
        {
          known: { run: () => apply(changes, runner, variant), after: () => apply(back, runner, variant) },
          append: { run: plain('-A'), after: plain('-D') },
        },
        some,
      )
      // Measured after the others, because this process must read the rules again when another program has changed
      // them.
      const publish = await measure(
        { run: () => host.publish({ hostPort, to: target }), after: () => host.unpublish({ hostPort }) },
        some,
      )
      await host.close()
      flushIptables(variant)
      const name = `one ${variant} -A`
      const at = `${variant}, at ${ports}`
      rows.push(
        {
          what: `${at}: publish(), no other program changing rules`,
          unit: 'ms',
          measured: publish,
          mark: { ratioAtMost: 3 },
          peers: [peerOf(name, publish, append)],
        },
        {
          what: `${at}: apply of one mapping more, the rules known`,
          unit: 'ms',
          measured: known,
          mark: null,
          peers: [peerOf(name, known, append)],
        },
      )
    }
    return rows
  },
}
