import { existsSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { acquireAddress, acquireSubnet } from '@portolan/core'
import { openLeaseStore } from '@portolan/host'
import { oneService } from './host-facts.ts'
import { commandLine, portolan, run } from './portolan.ts'
import { temporaryFolder } from './temporary-folder.ts'

const two = `name: shop
services: {web: {image: nginx, networks: [front, back]}}
networks: {front: {}, back: {}}
`
const neighbours = {
  ...{ version: 1, cluster: 'test', host: 'host-a', revision: 7, blocks: ['10.96.0.0/16'] },
  others: [
    { block: '10.97.0.0/16', host: 'host-b', via: null },
    { block: '10.98.0.0/16', host: 'host-c', via: '192.0.2.3' },
    { block: '10.99.0.0/16', host: 'host-b', via: null },
  ],
}
const program = `#!/bin/sh\nexec ${commandLine.map((word) => `'${word}'`).join(' ')} "$@"\n`
const facts = '{"interfaces": [{"name": "eth7"}, {"name": "wg7"}]}'
const folder = temporaryFolder({
  'compose.yaml': oneService,
  'two.yaml': two,
  'tools.yaml': 'services: {web: {image: nginx}, debug: {image: nginx, profiles: [tools, test]}}',
  'member/cluster-neighbours.json': JSON.stringify(neighbours),
  'host.json': facts,
  'bin/portolan': program,
})
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
  [['attach', '-f', 'two.yaml', 'f'], 'front'],
  [['attach', 'web', '--parent', 'l'], 'lo'],
  [['attach', 'web', '--driver', 'ipv'], 'ipvlan:l2 ipvlan:l3 ipvlan:l3s'],
  // bash has cut the word at the colon.
  [['attach', 'web', '--driver', 'macvlan', ':', 'p'], 'private passthru'],
  [['attach', 'web', '--driver', '=', 'macvlan', ':'], 'bridge vepa private passthru'],
  [['cluster', 're'], 'release reclaim'],
  [['explain', '--host', 'host.json', '--in', ''], 'eth7 wg7'],
  [['plan', '-f', 'tools.yaml', '--profile', 't'], 'test tools'],
  // bash takes the two colons as one word.
  [['attach', '-f', 'two.yaml', '--address', 'fd00', '::', '5', 'f'], 'front'],
  [['watch', '--metrics', '127.0.0.1', ':', '9'], '9469'],
  [['cluster', 'reclaim', '--state', 'member', '--member', ''], 'host-b host-c'],
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

/** What is offered on a host that has these interfaces, each with its alias. */
const offeredOn = async (
  links: readonly (readonly [name: string, alias: string])[],
  words: readonly string[],
  where = folder,
): Promise<readonly string[]> => {
  const host = links
    .map(([name, alias]) => `ip link add ${name} type bridge; ip link set ${name} alias '${alias}'`)
    .join('; ')
  const { stdout, stderr } = await portolan(['complete', '--', ...words], {
    folder: where,
    under: [
      ...['unshare', '--user', '--map-root-user', '--net', '--mount', '--'],
      ...['sh', '-ec', `mount -t sysfs sysfs /sys; ${host}; exec "$@"`, 'sh'],
    ],
  })
  expect(stderr).toBe('')
  return stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== ':4')
    .sort()
}

const nowhere = temporaryFolder({})
const state = temporaryFolder({})

/** In the state directory a network is leased on an interface of the host, and an endpoint on it. */
beforeAll(async () => {
  const store = openLeaseStore(state)
  await store.transact((before) => {
    const subnet = acquireSubnet(before, {
      kind: 'subnet',
      project: 'wire',
      network: 'lan',
      family: 'ip',
      subnet: '192.0.2.0/24',
      gateway: '192.0.2.1',
      movedFrom: null,
      parented: {
        driver: { kind: 'macvlan', mode: 'bridge' },
        parent: 'eth1',
        mtu: null,
        router: '192.0.2.1',
        ipRange: null,
      },
    })
    const address = acquireAddress(subnet.state, {
      on: { project: null, network: 'eth1' },
      holder: { project: 'wire', service: 'printer', replica: 1 },
      ...{ subnet: '192.0.2.0/24', gateway: '192.0.2.1', ipRange: null, address: null, mac: null },
    })
    return { ...address, changes: [...subnet.changes, ...address.changes], result: null }
  })
  await store.close()
})

const bridges = [
  ['br0', 'portolan project=shop network=web'],
  ['br1', 'portolan project=other network=web'],
  ['br2', 'portolan project=other network=solo'],
] as const

test('networks on this host and in the state are offered to attach, in words that it understands', async () => {
  const offered = (words: readonly string[], where: string): Promise<readonly string[]> =>
    offeredOn(bridges, ['attach', '--state', state, ...words, ''], where)
  expect(await offered([], nowhere)).toEqual(['lan', 'other/web', 'shop/web', 'solo'])
  expect(await offered(['-p', 'other'], nowhere)).toEqual(['solo', 'web'])
  // With a file, a plain name is one of its project.
  expect(await offered(['-f', 'two.yaml'], folder)).toEqual([
    ...['back', 'front', 'other/solo', 'other/web', 'web', 'wire/lan'],
  ])
  expect(await offeredOn(bridges, ['destroy', '--state', state, '-p', ''], nowhere)).toEqual([
    ...['other', 'shop', 'wire'],
  ])
}, 60_000)

test('what is attached is offered to detach, of the project that is named', async () => {
  const links = [
    ['ve0', 'portolan project=shop network=web endpoint=web-1'],
    ['ve1', 'portolan project=other network=web endpoint=job'],
    ['ve2', 'portolan project=shop network=web endpoint=x%1b'],
    ['br0', 'portolan project=shop network=web'],
  ] as const
  const offered = (...words: readonly string[]): Promise<readonly string[]> =>
    offeredOn(links, ['detach', '--state', state, ...words, ''])
  expect(await offered()).toEqual(['job', 'printer', 'web-1'])
  expect(await offered('-p', 'shop')).toEqual(['web-1'])
}, 60_000)

test('Tab makes no state directory', async () => {
  await offeredOn(bridges, ['attach', '--state', `${nowhere}/state`, ''], nowhere)
  expect(existsSync(`${nowhere}/state`)).toBe(false)
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
    'portolan cluster re',
    'portolan help mov',
    'portolan attach web --driver macvlan:pr',
    'portolan watch --metrics 127.0.0.1:',
  ]
  const asked = lines.map((line) => `complete -C '${line}'; echo .`).join('\n')
  const stdout = await shell(['fish', '--no-config', '-c', `portolan completion fish | source\n${asked}`])
  const offered = stdout.split('\n').map((line) => line.split('\t')[0])
  expect(offered).toEqual([
    ...[
      'plan',
      '.',
      'iptables-legacy',
      '.',
      'back',
      'front',
      '.',
      'two.yaml',
      '.',
      'reclaim',
      'release',
      '.',
    ],
    ...['move', '.', 'macvlan:private', '.', '127.0.0.1:9469', '.', ''],
  ])
  expect(stdout).toContain('release\tGive the blocks of this host back.\n')
  expect(stdout).toMatch(/\nmove\tShow the plan that gives a network another subnet/)
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
    ask $'portolan cluster relea\\t'
    ask $'portolan attach web --driver macvlan:pr\\t'
    ask $'portolan attach web --driver=ipvlan:l3s\\t'
    ask $'portolan watch --metrics 127.0.0.1:\\t'
    ask $'portolan plan -f tools.yaml --profile to\\t'
    ask $'portolan explain --from 2001:db8::1 --host host.json --in wg\\t'
    ask $'portolan plan --state b\\t'
    ask $'portolan plan -f $(touch ran) --backend iptables-l\\t\\x15'
    ask $'exit'
    while zpty -r inner line; do :; done`
  await shell(['zsh', '-f', '-c', script])
  const { stdout } = await run(['cat', 'lines'], { folder })
  expect(stdout.split('\n').map((line) => line.trim())).toEqual([
    'ran plan',
    'ran plan --backend iptables-legacy',
    'ran move -f two.yaml front',
    'ran plan -f two.yaml',
    'ran cluster release',
    'ran attach web --driver macvlan:private',
    'ran attach web --driver=ipvlan:l3s',
    'ran watch --metrics 127.0.0.1:9469',
    'ran plan -f tools.yaml --profile tools',
    'ran explain --from 2001:db8::1 --host host.json --in wg7',
    'ran plan --state bin',
    '',
  ])
  expect(existsSync(`${folder}/ran`)).toBe(false)
})
