import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import type { Lab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { bareMachine, serves } from './attach/in-namespace.ts'

interface TextOptions {
  readonly service?: string
  readonly subnet?: string
  readonly length?: number
  readonly more?: string
  readonly ip6?: boolean
  readonly gateways?: readonly [string, string]
  readonly ipRange?: string
}

const textOf = ({
  service = '',
  subnet = '10.9.0',
  length = 24,
  more = '',
  ip6 = true,
  gateways,
  ipRange,
}: TextOptions): string => {
  const [four, six] = gateways === undefined ? ['', ''] : gateways.map((one) => `, gateway: "${one}"`)
  const range = ipRange === undefined ? '' : `, ip_range: ${ipRange}`
  const config = [
    `{subnet: ${subnet}.0/${length}${four}${range}}`,
    ...(ip6 ? [`{subnet: "fd09::/64"${six}}`] : []),
  ]
  return `name: shop
services: {web: {image: nginx, networks: {front: {${service}}}, ports: ["8080:80"]}}
networks: {front: {enable_ipv6: ${ip6}, ipam: {config: [${config.join(', ')}]}${more}}}
`
}

const mtu = (bytes: number): string => `, driver_opts: {com.docker.network.driver.mtu: ${bytes}}`

const nameOther = ', driver_opts: {com.docker.network.bridge.name: br-other}'

/**
 * Changes of one text, one after the other, while an endpoint stays attached: the note that the plan has, and whether its
 * commands detach and attach (`anew`) or only attach (`again`).
 */
const changes: readonly (readonly [string, TextOptions, RegExp | null, 'anew' | 'again' | null])[] = [
  [
    'ip_range and icc',
    { ipRange: '10.9.0.128/25', more: ', driver_opts: {com.docker.network.bridge.enable_icc: "false"}' },
    null,
    null,
  ],
  [
    'ipv4_address',
    { service: 'ipv4_address: 10.9.0.77' },
    /gets 10\.9\.0\.77 and keeps 10\.9\.0\.2 inside/,
    'anew',
  ],
  ['ipv6_address', { service: 'ipv6_address: "fd09::77"' }, /gets fd09::77 and keeps fd09::2 inside/, 'anew'],
  ['mac_address', { service: 'mac_address: "02:42:0a:09:00:99"' }, /gets the MAC 02:42:0a:09:00:99/, 'again'],
  ['gateway', { gateways: ['10.9.0.99', 'fd09::99'] }, /10\.9\.0\.99.*fd09::99/, 'again'],
  ['mtu', { more: mtu(1400) }, /keeps the MTU 1500 where the network gets 1400/, 'anew'],
  ['mtu, larger', { more: mtu(9000) }, /keeps the MTU 1400 where the network gets 9000/, 'anew'],
  ['enable_ipv6: false', { ip6: false }, /gives up fd09::\w+ and keeps it inside/, 'anew'],
  ['enable_ipv6: true', {}, /gets fd09::\w+ and lacks it inside/, 'again'],
  ['bridge name', { more: nameOther }, /belongs on br-other/, 'again'],
  [
    'subnet',
    { subnet: '10.10.0', more: nameOther },
    /gets 10\.10\.0\.\d+ and keeps 10\.9\.0\.\d+ inside/,
    'anew',
  ],
  [
    'subnet, larger',
    { subnet: '10.10.0', length: 16, more: nameOther },
    /keeps 10\.10\.0\.\d+\/24 inside where the subnet becomes 10\.10\.0\.0\/16/,
    'anew',
  ],
]

let lab: Lab
const run = (...words: readonly string[]) => lab.portolan(words)
const outputOf = async (...words: readonly string[]): Promise<string> => {
  const { stdout, stderr } = await run(...words)
  return `${stdout}${stderr}`
}
const commandsIn = (text: string): readonly string[] =>
  [...text.matchAll(/`(portolan [^`]*)`/g)].map(([, command = '']) => command)
const runAdvised = async (command: string, { pid }: Machine, ...more: readonly string[]): Promise<void> => {
  const words = [...command.replace('NAMESPACE', String(pid)).split(' ').slice(1), ...more]
  expect([command, await run(...words)]).toMatchObject([command, { exitCode: 0 }])
}
const apply = async (text: string): Promise<string> => {
  const file = await lab.write('compose.yaml', text)
  expect(await run('apply', '-f', file, '--yes')).toMatchObject({ exitCode: 0 })
  return file
}
const notesOf = async (file: string): Promise<readonly string[]> =>
  JSON.parse((await run('plan', '-f', file, '--json')).stdout).notes.map(({ text }: { text: string }) => text)
const statusNotes = async (): Promise<readonly string[]> =>
  JSON.parse((await run('status', '-p', 'shop', '--json')).stdout).notes ?? []

describe('a change of the Compose file of an attached service', () => {
  let web: Machine
  const reachesOutside = async (family: 'ip' | 'ip6'): Promise<boolean> =>
    (await web.reach({ protocol: 'tcp', destination: addresses[family].outside, port: 7 })).delivered

  beforeAll(async () => {
    lab = await workerLabs().open()
    await lab.outside.listen({ protocol: 'tcp', port: 7 })
    web = await bareMachine(lab, 'web')
    await apply(textOf({}))
    await runAdvised('portolan attach shop/front --name web --netns NAMESPACE', web)
  })
  afterAll(() => lab[Symbol.asyncDispose]())

  test.each(changes)(
    '%s: the note of plan, apply and status names the commands that bring it inside',
    async (name, options, expected, repair) => {
      const file = await lab.write('compose.yaml', textOf(options))
      const notes = await notesOf(file)
      expect(notes).toEqual(expected === null ? [] : [expect.stringMatching(expected)])
      const commands = commandsIn(notes[0] ?? '')
      expect(commands.map((command) => command.split(' ')[1])).toEqual(
        repair === null ? [] : repair === 'again' ? ['attach'] : ['detach', 'attach'],
      )
      const applied = await run('apply', '-f', file, '--yes')
      expect(applied.exitCode).toBe(0)
      for (const command of commands) expect(applied.stdout).toContain(command)
      // The note about the interface is repeated until it is repaired.
      const after = /gets (\S+) and keeps (\S+)/.exec(notes[0] ?? '')
      const former = /keeps (\S+\/\d+) inside/.exec(notes[0] ?? '')
      const still =
        after === null
          ? former === null
            ? []
            : [expect.stringContaining(`has ${former[1]} inside, and the subnet is `)]
          : [expect.stringContaining(`has ${after[1]} leased, and its interface inside has ${after[2]}/`)]
      expect([await statusNotes(), (await notesOf(file)).slice(0, 1)]).toEqual([
        still,
        repair === 'again' && name === 'bridge name' ? [expect.stringContaining('is on no bridge')] : still,
      ])
      for (const command of commands) await runAdvised(command, web)
      const families = options.ip6 === false ? (['ip'] as const) : (['ip', 'ip6'] as const)
      for (const family of families)
        expect([await serves(lab, family), await reachesOutside(family)]).toEqual(['web', true])
      expect([await notesOf(file), await statusNotes()]).toEqual([[], []])
    },
  )

  test('internal: the commands of the note give an endpoint its default route when the network is no longer internal', async () => {
    const open = 'name: shop\nservices: {web: {networks: [front]}}\nnetworks: {front: {}}'
    await runAdvised('portolan detach web -p shop', web)
    await apply(open.replace('front: {}', 'front: {internal: true}'))
    await runAdvised('portolan attach shop/front --name web --netns NAMESPACE', web)
    const file = await lab.write('compose.yaml', open)
    const [note = ''] = await notesOf(file)
    expect(note).toMatch(/was internal/)
    await apply(open)
    for (const command of commandsIn(note)) await runAdvised(command, web)
    expect(await reachesOutside('ip')).toBe(true)
    await apply(open.replace('front: {}', 'front: {internal: true}'))
    expect(await notesOf(file)).toEqual([])
  })
})

const twoNetworks = `name: shop
services: {web: {networks: [front, back], ports: ["8080:80"]}, api: {networks: [back]}}
networks: {front: {enable_ipv6: true, ipam: {config: [{subnet: 10.8.0.0/24}, {subnet: "fd08::/64"}]}}, back: {ipam: {config: [{subnet: 10.9.0.0/24}]}}}
`

describe('a Compose file that takes a network from an attached service', () => {
  let web: Machine
  let job: Machine
  beforeAll(async () => {
    lab = await workerLabs().open()
    ;[web, job] = [await bareMachine(lab, 'web'), await bareMachine(lab, 'job')]
    await apply(twoNetworks)
    await runAdvised('portolan attach shop/front --name web --netns NAMESPACE', web)
    await runAdvised('portolan attach shop/back --name web --interface eth1 --netns NAMESPACE', web)
  })
  afterAll(() => lab[Symbol.asyncDispose]())
  const servedBy = async (from: Machine, destination: string): Promise<unknown> => {
    const outcome = await from.probe({ protocol: 'tcp', destination, port: 80, timeoutMs: 2000 })
    return outcome.delivered ? outcome.by : null
  }

  test('the endpoint is named where the network stays, and no other endpoint gets its address before it is detached', async () => {
    const withoutBack = twoNetworks.replace('[front, back]', '[front]')
    const file = await lab.write('compose.yaml', withoutBack)
    const named = expect.stringMatching(
      /^Endpoint web is attached to network shop\/back, .* keeps 10\.9\.0\.\d until .* Detach takes it off front as well/,
    )
    expect(await notesOf(file)).toEqual([named])
    expect(await outputOf('watch', '-f', file, '--once')).toContain(
      'Endpoint web is attached to network shop/back',
    )
    const [note = ''] = await notesOf(file)
    expect(note).toEqual(named)
    const [address = ''] = /10\.9\.0\.\d/.exec(note) ?? []
    const withJobAtAddress = withoutBack.replace(
      'api: {networks: [back]}',
      `job: {networks: {back: {ipv4_address: ${address}}}}`,
    )
    const refused = await lab.write('refused.yaml', withJobAtAddress)
    expect(await outputOf('plan', '-f', refused)).toContain(
      `${address} of network back is on the interface of web`,
    )
    for (const command of commandsIn(note)) await runAdvised(command, web)
    await runAdvised('portolan attach shop/front --name web --netns NAMESPACE', web)
    expect(await notesOf(file)).toEqual([])
    await apply(withJobAtAddress)
    await runAdvised('portolan attach shop/back --name job --netns NAMESPACE', job)
    expect([await servedBy(lab.host, address), await serves(lab, 'ip')]).toEqual(['job', 'web'])
    await runAdvised('portolan detach job -p shop', job)
  })

  test('the endpoint is named where the network is removed, and another network gets its subnet', async () => {
    await apply(twoNetworks)
    await runAdvised('portolan attach shop/back --name web --interface eth1 --netns NAMESPACE', web)
    const nameOther = twoNetworks
      .replace('[front, back]', '[front]')
      .replace('api: {networks: [back]}', 'job: {networks: [other]}')
      .replace('back: {ipam', 'other: {ipam')
    const file = await lab.write('compose.yaml', nameOther)
    expect(await notesOf(file)).toEqual([
      expect.stringMatching(
        /^Endpoint web of network shop\/back is attached to a network that the project no longer has\. Its interface goes with the network, and 10\.9\.0\.\d is given up\. It stays on front\.$/,
      ),
    ])
    expect(await outputOf('watch', '-f', file, '--once')).toContain(
      'Endpoint web of network shop/back is attached',
    )
    expect(await web.mustRun(['ip', '-o', 'link'])).not.toContain('eth1')
    const attached = await run('attach', 'shop/other', '--name', 'job', '--netns', String(job.pid), '--json')
    const { ip } = JSON.parse(attached.stdout)
    expect(ip).toMatch(/^10\.9\.0\./)
    expect([await servedBy(lab.host, ip), await serves(lab, 'ip')]).toEqual(['job', 'web'])
    expect(await notesOf(file)).toEqual([])
  })

  test('the endpoint is named where its service is removed too, with the network that it can be attached to', async () => {
    const onFront = 'name: shop\nservices: {web: {networks: [front]}}\nnetworks: {front: {}}'
    const moved = await lab.write('compose.yaml', onFront.replaceAll('front', 'new'))
    expect((await notesOf(moved)).filter((text) => text.startsWith('Endpoint web'))).toEqual([
      expect.stringContaining('`portolan attach shop/new --name web --netns NAMESPACE`'),
    ])
    const withoutService = await lab.write(
      'compose.yaml',
      onFront.replaceAll('front', 'new').replaceAll('web', 'api'),
    )
    const [note = ''] = (await notesOf(withoutService)).filter((text) => text.startsWith('Endpoint web'))
    expect(commandsIn(note)).toEqual(['portolan detach web -p shop'])
    await runAdvised('portolan detach web -p shop', web)
    expect((await notesOf(withoutService)).filter((text) => text.startsWith('Endpoint web'))).toEqual([])
  })

  test('detach of the last endpoint of a removed network says that the next apply frees its subnet', async () => {
    await apply(twoNetworks)
    await runAdvised('portolan attach shop/back --name j3 --interface eth1 --netns NAMESPACE', web)
    await apply(twoNetworks.replace('[front, back]', '[front]').replace(', api: {networks: [back]}', ''))
    const detached = await run('detach', 'j3', '-p', 'shop', '--json')
    expect(fromJson<{ readonly notes: unknown }>(detached.stdout).notes).toEqual([
      expect.stringMatching(
        /^Network shop\/back is not on this host.* 10\.9\.0\.0\/24 stays leased .*applied again/,
      ),
    ])
    expect(detached.stderr).toContain('10.9.0.0/24 stays leased')
    expect((await run('detach', 'j3', '-p', 'shop')).stderr).toBe('')
  })
})
