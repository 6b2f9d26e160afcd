import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Entry } from '../entry.ts'
import { measureInTurn, peerOf } from '../measure.ts'

const command = fileURLToPath(new URL('../../../packages/portolan/bin/portolan.js', import.meta.url))

const runNode = (...words: readonly string[]): void => {
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${words.join(' ')} exited with ${status}: ${stderr}`)
}

export const entry: Entry = {
  about: 'how soon the command is there',
  needs: 'nothing',
  measure: async ({ rounds }) => {
    const directory = mkdtempSync(join(tmpdir(), 'portolan-bench-'))
    // A host of which nothing is known: what is left is the loading of the code.
    const facts = join(directory, 'facts.json')
    writeFileSync(facts, '{}')
    const { version, help, subnet, node } = await measureInTurn(
      {
        version: { run: () => runNode(command, '--version') },
        help: { run: () => runNode(command, '--help') },
        subnet: { run: () => runNode(command, 'subnet', '--host', facts) },
        node: { run: () => runNode('-e', '0') },
      },
      { count: rounds(15), warmUp: rounds(2) },
    )
    rmSync(directory, { recursive: true })
    return [
      {
        what: 'portolan --version',
        unit: 'ms',
        measured: version,
        mark: { ratioAtMost: 2 },
        peers: [peerOf('node -e 0', version, node)],
      },
      {
        what: 'portolan --help',
        unit: 'ms',
        measured: help,
        mark: null,
        peers: [peerOf('node -e 0', help, node)],
      },
      {
        what: 'portolan subnet, from a file',
        unit: 'ms',
        measured: subnet,
        mark: null,
        peers: [peerOf('node -e 0', subnet, node)],
      },
    ]
  },
}
