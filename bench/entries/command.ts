import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Entry } from '../entry.ts'
import { measureInTurn, peerOf, spreadOf } from '../measure.ts'
import { processorTime } from '../processor-time.ts'
import type { Row, Spread } from '../row.ts'

const command = fileURLToPath(new URL('../../../packages/portolan/bin/portolan.js', import.meta.url))
const example = fileURLToPath(new URL('../../../examples/compose.yaml', import.meta.url))

/** Exit code 2: the plan has changes to make. */
const runNode = (...words: readonly string[]): void => {
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  if (status !== 0 && status !== 2)
    throw new Error(`node ${words.join(' ')} exited with ${status}: ${stderr}`)
}

export const entry: Entry = {
  about: 'how soon the command is there',
  needs: 'nothing',
  measure: async ({ isQuick, rounds }) => {
    const directory = mkdtempSync(join(tmpdir(), 'portolan-bench-'))
    // A host without any known facts, so that only loading the code and its first run are measured.
    const facts = join(directory, 'facts.json')
    writeFileSync(facts, '{}')
    const plan = ['plan', '-f', example, '--host', facts]
    const { version, help, subnet, planned, node } = await measureInTurn(
      {
        version: { run: () => runNode(command, '--version') },
        help: { run: () => runNode(command, '--help') },
        subnet: { run: () => runNode(command, 'subnet', '--host', facts) },
        planned: { run: () => runNode(command, ...plan) },
        node: { run: () => runNode('-e', '0') },
      },
      // The first run of each keeps V8's compiled code for the later runs.
      { count: rounds(15), warmUp: Math.max(rounds(2), 1) },
    )
    const times = isQuick ? 1 : 4
    const processor = Array.from({ length: rounds(9) }, () =>
      processorTime(times, () => runNode(command, ...plan)),
    )
    rmSync(directory, { recursive: true })
    const row = (what: string, measured: Spread, mark: Row['mark']): Row => ({
      ...{ what, unit: 'ms', measured, mark },
      peers: [peerOf('node -e 0', measured, node)],
    })
    return [
      row('portolan --version', version, { ratioAtMost: 1.2 }),
      row('portolan --help', help, { ratioAtMost: 1.5 }),
      row('portolan subnet, from a file', subnet, null),
      row('portolan plan, from files', planned, null),
      {
        what: 'portolan plan, from files, processor time',
        unit: 'ms',
        measured: spreadOf(processor, 0),
        mark: { atMost: 200 },
        peers: [],
      },
    ]
  },
}
