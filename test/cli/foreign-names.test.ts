import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { busyHost, oneService } from './host-facts.ts'
import { portolan } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { onTerminal } from './terminal.ts'

const evil = '\u001b]0;owned\u0007\u001b[2J\u009b1m\u202e\nportolan: all is well'
const facts = {
  ...fromJson<{ interfaces: readonly object[] }>(busyHost),
  sockets: [{ protocol: 'tcp', address: '0.0.0.0', port: 8080, process: evil }],
  networks: [{ engine: 'podman', name: `net${evil}`, subnets: ['10.42.0.0/16'], file: `/etc/${evil}.json` }],
  routes: [{ destination: '10.0.0.0/16', interface: 'w\u001b[2Jg', table: 51820 }],
}
const saved = [
  '*filter',
  ':FORWARD DROP [0:0]',
  '-A FORWARD -m comment --comment "\u001b[2J\u202e" -p tcp -j DROP',
  '-A FORWARD -m comment --comment "\u001b[2J" -p tcp -j DROP',
  'COMMIT',
  '',
].join('\n')

const folder = temporaryFolder({
  'compose.yaml': oneService,
  'host.json': JSON.stringify(facts),
  'rules.txt': saved,
  'größe.yaml': 'name: shop\nservices: {web: {ports: ["8080:80"], networks: {default: {}}, nope: 1}}\n',
  'kanji.json': JSON.stringify({
    ...fromJson<object>(busyHost),
    networks: [{ engine: 'docker', name: '名前', subnets: ['172.17.0.0/16'], file: '/var/lib/名前' }],
  }),
})
const host = ['--host', 'host.json', '--iptables-save', 'rules.txt']

/** Expects no characters that control a terminal or are invisible, except newlines and the tabs of scripts. */
const expectPlain = (text: string): void => {
  expect(text).toMatch(/^([\n\t]|[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}])*$/u)
  expect(text).not.toMatch(/^portolan: all is well/m)
}

/** The same for the output on a terminal, with its own line ends and Portolan's colours. */
const expectPlainOnTerminal = (text: string): void => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins a colour
  expectPlain(text.replaceAll('\r\n', '\n').replaceAll(/\u001b\[(?:0|1|2|31|32|33)m/g, ''))
}

const evilName = 'a\u001b[2J\u202eb'
const commandLines: readonly (readonly string[])[] = [
  ['plan', ...host],
  ['plan', '--json', ...host],
  ['conflicts', '--all', ...host],
  ['conflicts', '--all', '--json', ...host],
  ['explain', '--to', '192.0.2.2:8080', ...host],
  ['explain', '--to', '192.0.2.2:8080', '--json', ...host],
  ['report', '-o', '-', ...host],
  ['report', '-o', evilName, '--json', '-f', 'compose.yaml', '--host', 'none.json'],
  ['subnet', '--map', '--host', 'host.json'],
  ['subnet', '--map', '--json', '--host', 'host.json'],
  ['subnet', '--svg', '-', '--host', 'host.json'],
  ['script', '--format', 'nft', ...host],
  [evilName],
  ['plan', evilName],
  ['plan', `--${evilName}`],
  ['plan', '-f', evilName],
  ['plan', '-f', evilName, '--json'],
  ['plan', '--backend', evilName],
  ['plan', '-p', evilName],
  ['explain', '--to', evilName],
  ['explain', '--to', '192.0.2.2:8080', '--from', '192.0.2.9', '--in', evilName, ...host],
  ['subnet', '--pool', evilName],
  ['parse', evilName],
]

describe('names of others that would act on a terminal are written out', () => {
  test.each(commandLines.map((words) => [JSON.stringify(words.slice(0, 4)).slice(0, 60), words] as const))(
    'by %s',
    async (_, words) => {
      const { stdout, stderr } = await portolan(words, { folder })
      expect(stdout + stderr).not.toBe('')
      expectPlain(stdout)
      expectPlain(stderr)
    },
  )

  test('in colour too', async () => {
    for (const words of commandLines.slice(0, 7)) {
      const { stdout } = await onTerminal(words, { folder, environment: { TERM: 'xterm' } })
      expect(stdout).not.toBe('')
      expectPlainOnTerminal(stdout)
    }
  })

  test('and JSON still says what they are', async () => {
    const { stdout } = await portolan(['plan', '--json', ...host], { folder })
    const { conflicts } = fromJson<{
      conflicts: readonly { culprit: { owner: string } | null }[]
    }>(stdout)
    expect(conflicts.map(({ culprit }) => culprit?.owner)).toContain(evil)
  })
})

test.each([
  ['plan', '-f', 'a\nb'],
  ['plan', '-p', 'a\nb'],
  ['plan', '--backend', 'a\tb'],
  ['a\nb'],
  ['subnet', '--pool', 'a\nb'],
  ['plan', '-f', 'compose.yaml', '--pool', '10.0.0.0/30', '--host', 'host.json', '--size', 'a\nb'],
  ['destroy', '-p', 'a\nb', '--yes', '--state', join(folder, 'state')],
])('a message stands on one line, whatever is in it: %j', async (...words) => {
  const { stderr } = await portolan(words, { folder })
  expect(stderr).toMatch(/^portolan: [^\n\t]+\n$/)
})

describe('names in any script are printed as they are', () => {
  test.each([['größe.yaml'], ['compose.yaml']])('in a plan of %s', async (file) => {
    const { stdout, stderr } = await portolan(['plan', '-f', file, '--host', 'kanji.json'], { folder })
    expect(stderr).toBe('')
    expect(stdout).toContain('名前')
    if (file !== 'compose.yaml') expect(stdout).toContain(`${file}:2:`)
  })

  test('on a terminal', async () => {
    const { stdout } = await onTerminal(['plan', '--host', 'kanji.json'], { folder })
    expect(stdout).toContain('名前')
  })
})

describe('what a program reads', () => {
  test('goes to a pipe byte by byte, and is shown on a terminal, with a word about it', async () => {
    const raw = readFileSync(join(folder, 'rules.txt'), 'utf8')
    const piped = await portolan(['parse', 'rules.txt'], { folder })
    expect(piped.stdout).toContain('--comment "\u001b[2J\u202e"')
    expect(raw).toContain('--comment "\u001b[2J\u202e"')
    const shown = await onTerminal(['parse', 'rules.txt'], { folder, environment: { TERM: 'xterm' } })
    expectPlainOnTerminal(shown.stdout)
    expect(shown.stdout).toContain('--comment "\\x1b[2J\\u{202e}"')
    expect(shown.stdout).toContain('Send the output to a file to have it as it is.')
    const plain = await onTerminal(['subnet', '--svg', '-', '--host', 'host.json'], { folder })
    expect(plain.stdout).not.toContain('Send the output')
  })
})
