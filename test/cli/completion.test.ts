import { existsSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { oneService } from './host-facts.ts'
import { commandLine, portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const two = `name: shop
services: {web: {image: nginx, networks: [front, back]}}
networks: {front: {}, back: {}}
`
const program = `#!/bin/sh\nexec ${commandLine.map((word) => `'${word}'`).join(' ')} "$@"\n`
const folder = temporaryFolder({ 'compose.yaml': oneService, 'two.yaml': two, 'bin/portolan': program })
const path = `${folder}/bin:/usr/local/bin:/usr/bin:/bin`

/** Runs a script in which `portolan` is on the PATH, as for a user. */
const shell = async (words: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await run(['sh', '-c', 'chmod +x bin/portolan; exec "$@"', 'sh', ...words], {
    folder,
    environment: { PATH: path, TERM: 'xterm' },
    timeoutMs: 100_000,
  })
  expect(stderr).toBe('')
  return stdout
}

/** The words that bash offers after Tab at the end of each line. A line's words are those of COMP_WORDS. */
const bashOffers = async (lines: readonly (readonly string[])[]): Promise<readonly string[]> => {
  const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
  const asked = lines.map(
    (words) =>
      `COMP_WORDS=(portolan ${words.map(quoted).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _portolan portolan; echo "\${COMPREPLY[*]}"`,
  )
  // compopt works only during a completion, and here is none, so it is replaced.
  const script = `source <(portolan completion bash); source <(portolan completion bash)
    compopt() { echo "compopt $*"; }; ${asked.join('\n')}`
  return (await shell(['bash', '--norc', '-c', script])).replace(/\n$/, '').split('\n')
}

const cases: readonly [words: readonly string[], offers: string][] = [
  [['pla'], 'plan'],
  [['--'], '--help --version'],
  [['destroy', '--ke'], '--keep-leases'],
  [['destroy', '--ipv'], ''],
  [['plan', '--backend', 'iptables-l'], 'iptables-legacy'],
  [['plan', '--backend', '=', 'iptables-l'], 'iptables-legacy'],
  [['script', '--format', 'nft'], 'nft nft-json'],
  [['subnet', '--pool', 'c'], 'classic'],
  [['move', ''], 'default'],
  [['move', '-f', 'two.yaml', ''], 'front back'],
  [['move', '-f', '/dev/stdin', ''], ''],
  [['destroy', '-f', 'two.yaml', '-p', ''], 'shop'],
  [['explain', '--in', 'l'], 'lo'],
  [['help', 'com'], 'completion'],
]

describe('bash', () => {
  test('completes commands, options, their values, and names of projects, networks and interfaces', async () => {
    expect(await bashOffers(cases.map(([words]) => words))).toEqual(cases.map(([, offers]) => offers))
  })

  test('completes names of files by itself, and of folders', async () => {
    expect(
      await bashOffers([
        ['plan', '-f', 'tw'],
        ['parse', ''],
      ]),
    ).toEqual([...['compopt -o default', ''], ...['compopt -o default', '']])
    expect(await bashOffers([['plan', '--state', 'b']])).toEqual(['compopt -o filenames', 'bin'])
  })

  test('runs nothing that is typed', async () => {
    await bashOffers([
      ['plan', '-f', '$(touch ran)', '--backend', ''],
      ['plan', '`touch ran`', ''],
      ['plan', '>', 'ran', '-f', ''],
      ['plan', ';touch ran;', ''],
    ])
    expect(existsSync(`${folder}/ran`)).toBe(false)
  })
})

test('what is offered of names is plain, and an unreadable file is no message', async () => {
  const { code, stdout, stderr } = await portolan(['complete', '--', 'move', '-f', 'bin/portolan', ''], {
    folder,
  })
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: ':4\n', stderr: '' })
})

test('what is attached is offered to detach, of the project that is named', async () => {
  const links = [
    ['ve0', 'portolan project=shop network=web endpoint=web-1'],
    ['ve1', 'portolan project=other network=web endpoint=job'],
    ['ve2', 'portolan project=shop network=web endpoint=x%1b'],
    ['br0', 'portolan project=shop network=web'],
  ] as const
  const host = links
    .map(([name, alias]) => `ip link add ${name} type bridge; ip link set ${name} alias '${alias}'`)
    .join('; ')
  const offered = async (...words: readonly string[]): Promise<readonly string[]> => {
    const { stdout, stderr } = await portolan(['complete', '--', 'detach', ...words, ''], {
      folder,
      under: [
        ...['unshare', '--user', '--map-root-user', '--net', '--mount', '--'],
        ...['sh', '-ec', `mount -t sysfs sysfs /sys; ${host}; exec "$@"`, 'sh'],
      ],
    })
    expect(stderr).toBe('')
    return stdout
      .split('\n')
      .map((line) => line.trim())
      .sort()
  }
  expect(await offered()).toEqual(['', ':4', 'job', 'web-1'])
  expect(await offered('-p', 'shop')).toEqual(['', ':4', 'web-1'])
})

test('an unknown shell is an error that names those there are', async () => {
  const { code, stdout, stderr } = await portolan(['completion', 'bsh'], { folder })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/expected one of bash, zsh, fish\. Did you mean bash\?/)
})

const has = (program: string): boolean => existsSync(`/usr/bin/${program}`)

/** script/bootstrap --tests installs these programs. Without one of them its test is skipped; in CI it fails. */
const testWith = (program: string) =>
  has(program) || process.env.CI === 'true' ? test : (test.skip as typeof test)

testWith('fish')('fish completes commands, values and names', async () => {
  const lines = [
    'portolan pla',
    'portolan plan --backend iptables-l',
    'portolan move -f two.yaml ',
    'portolan plan -f tw',
  ]
  const asked = lines.map((line) => `complete -C '${line}'; echo .`).join('\n')
  const stdout = await shell(['fish', '--no-config', '-c', `portolan completion fish | source\n${asked}`])
  const offered = stdout.split('\n').map((line) => line.split('\t')[0])
  expect(offered).toEqual(['plan', '.', 'iptables-legacy', '.', 'back', 'front', '.', 'two.yaml', '.', ''])
})

testWith('zsh')('zsh completes what is typed, with names and files', async () => {
  // zsh gets a terminal of its own. Tab is pressed, and echo runs the completed line.
  const script = `
    zmodload zsh/zpty
    zpty inner zsh -f -i
    ask() { zpty -w inner "$1"; }
    ask "PS1='' PS2='' TERM=dumb; unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D; source <(portolan completion zsh); portolan() { if [[ \\$1 == complete ]] { command portolan \\"\\$@\\" } else { echo ran \\"\\$@\\" >> lines } }"
    ask $'portolan pla\\t'
    ask $'portolan plan --backend iptables-l\\t'
    ask $'portolan move -f two.yaml fr\\t'
    ask $'portolan plan -f tw\\t'
    ask $'exit'
    while zpty -r inner line; do :; done`
  await shell(['zsh', '-f', '-c', script])
  const { stdout } = await run(['cat', 'lines'], { folder })
  expect(stdout.split('\n').map((line) => line.trim())).toEqual([
    'ran plan',
    'ran plan --backend iptables-legacy',
    'ran move -f two.yaml front',
    'ran plan -f two.yaml',
    '',
  ])
})
