import { describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import { quietHost } from './host-facts.ts'
import { commandLine, type Outcome, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const compose = 'name: shop\nservices: {web: {image: nginx, ports: ["8080:80"]}}\n'
/** A program that runs longer than a plan waits silently. */
const slow = `#!/bin/sh\necho $$ >> "$HOME/started"\nexec $SLOW\n`
/** A program that ends once the command has printed that it waits. */
const untilTold = '#!/bin/sh\nuntil grep -q Control-C "$HOME/told"; do sleep 0.05; done\n'
/** A foreign table. Without any, the command starts no program to list them. */
const foreign = '/usr/sbin/nft add table ip other'
const folder = temporaryFolder({
  'compose.yaml': compose,
  'host.json': quietHost,
  'bin/nft': slow,
  'bin/iptables-nft-save': slow,
  'bin/until-told': untilTold,
})
const command = commandLine.map((word) => `'${word}'`).join(' ')

const shell = (script: string, waits: string): Promise<Outcome> =>
  run(['unshare', '--net', 'bash', '-c', `chmod +x bin/*; rm -f started told; ${foreign}; ${script}`], {
    folder,
    environment: { PATH: `${folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin`, SLOW: waits, TERM: 'xterm' },
  })

const plan = `${command} plan --backend nftables --state state`
const line = 'portolan: reading this host and planning ... (Control-C ends it)'

describe('what takes longer than a second', () => {
  test('is told on a terminal, and the line is erased before anything else is written', async () => {
    const { stdout } = await shell(`script -qefc "${plan}" told`, 'until-told')
    expect(stdout).toContain(`${line}\r\u001b[K`)
    expect(stdout.split(line)).toHaveLength(2)
  })

  test('is not told where standard error is none, nor with --json', async () => {
    const outcome = await shell(`${plan}; echo; script -qec "${plan} --json" /dev/null`, 'sleep 2')
    expect(outcome.stdout + outcome.stderr).not.toContain('Control-C')
  })
})

describe('Control-C', () => {
  const interrupted = (words: string): string =>
    `set -m; ${words} & until test -s started; do sleep 0.1; done; kill -INT -- -$!; wait $!; echo "code $?"`

  test('before anything is changed ends the command with 130, and says so', async () => {
    const { stdout, stderr } = await shell(interrupted(plan), 'sleep infinity')
    expect(stdout).toBe('code 130\n')
    expect(stderr).toBe('portolan: interrupted. Nothing was changed.\n')
  })

  test('is an error as JSON too', async () => {
    const { stdout, stderr } = await shell(interrupted(`${plan} --json`), 'sleep infinity')
    expect(stderr).toBe('')
    expect(stdout.endsWith('code 130\n')).toBe(true)
    expect(fromJson(stdout.slice(0, stdout.lastIndexOf('code')))).toEqual({
      error: { code: 'INTERRUPTED', message: 'interrupted. Nothing was changed.' },
    })
  })
})

describe('Control-C where facts come from files', () => {
  /** The command waits for a pipe that is never written to. The signal comes after the command has opened the pipe. */
  const interrupted = (words: string): string =>
    `set -m; rm -f pipe; mkfifo pipe; ${words} & exec 3>pipe; sleep 0.2; kill -INT -- -$!; wait $!; echo "code $?"`

  test.each(['plan --host pipe', 'plan --host pipe --json', 'subnet --host pipe', 'conflicts --host pipe'])(
    'ends %s with 130, and without a word',
    async (words) => {
      const { stdout, stderr } = await shell(interrupted(`${command} ${words}`), 'true')
      expect({ stdout, stderr }).toEqual({ stdout: 'code 130\n', stderr: '' })
    },
  )

  test('ends a script around the command too', async () => {
    const script = `bash -c "${command} plan --host pipe; echo went on"`
    const { stdout } = await shell(interrupted(script), 'true')
    expect(stdout).toBe('code 130\n')
  })
})

test.each([
  ['plan --host host.json --rules', 'head -n 1'],
  ['plan --host host.json --json', 'head -n 1'],
  ['--help', 'true'],
  ['--version', 'true'],
  ['help plan', 'true'],
  ['completion bash', 'true'],
  ['completion zsh', 'true'],
  ['inspect', 'true'],
])('%s | %s says nothing on standard error', async (words, reader) => {
  const { stderr } = await shell(`${command} ${words} | ${reader}`, 'true')
  expect(stderr).toBe('')
})
