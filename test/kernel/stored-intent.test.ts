import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { attach } from '../lab/attach.ts'
import { type Lab, openLab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type Etcd, startEtcd } from '../lab/neighbour/etcd.ts'
import type { Running } from '../lab/run.ts'
import { addresses } from '../lab/topology.ts'
import { pilotOf } from './lifecycle/pilot.ts'
import { followEvents, type Watcher } from './live/watcher.ts'

const log = '/run/lab/events'
const key = '/prod/shop'
const url = `etcd://${key}`

const shop = (...ports: readonly string[]): string =>
  `services: {nginx: {ports: [${ports.map((port) => `'${port}'`).join(', ')}]}}\n`

let opened: { readonly lab: Lab; readonly etcd: Etcd } | null = null
const here = () => {
  if (opened === null) throw new Error('there is no lab')
  return opened
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const ask = (path: string, body: object): Promise<string> =>
  here().etcd.machine.mustRun([
    ...['curl', '--silent', '--fail', '--data', JSON.stringify(body)],
    `http://${here().etcd.inside}/v3/kv/${path}`,
  ])
const put = (text: string): Promise<string> => ask('put', { key: base64(key), value: base64(text) })

const cluster = (): readonly string[] => ['--cluster', `etcd://${here().etcd.inside}/prod`]

const argv = (...words: readonly string[]): readonly string[] => [
  ...[...here().lab.command, 'watch', '--intent', url, ...cluster()],
  ...['--backend', 'nftables', '--json', ...words],
]

const served = async (port: number): Promise<boolean> => {
  const { lab } = here()
  const destination = addresses.ip.host
  return (await lab.client.probe({ protocol: 'tcp', destination, port })).delivered
}

const reaches = async (port: number): Promise<boolean> => {
  const { lab } = here()
  return (await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port })).delivered
}

let running: Running | null = null
let next: Watcher['next'] = async () => {
  throw new Error('nothing watches')
}

const startWatch = async (): Promise<void> => {
  const { lab } = here()
  await lab.host.writeText(log, '')
  running = lab.host.start(['sh', '-c', `exec "$@" >> ${log}`, 'sh', ...argv()], { timeoutMs: 300_000 })
  next = followEvents(lab, log).next
}

const stopWatch = async (): Promise<void> => {
  running?.kill('SIGTERM')
  const ended = await running?.outcome
  running = null
  expect(ended?.exitCode ?? 0).toBe(0)
}

const inForce = (): Promise<unknown> => next('watching', ({ kind }) => kind === 'watching', 30_000)
const refused = async (): Promise<string> => {
  const event = await next('failed', ({ kind }) => kind === 'failed', 30_000)
  return event.kind === 'failed' ? `${event.error.code}: ${event.error.message}` : ''
}

/** Why a text was not taken; what was in force is watched again then. */
const untaken = async (): Promise<string> => {
  const why = await refused()
  await inForce()
  return why
}

describeBeside('portolan watch --intent', ['etcd'], () => {
  beforeAll(async () => {
    const lab = await openLab()
    opened = { lab, etcd: await startEtcd(lab.host) }
    for (const words of [
      ['init', '--pool', '10.64.0.0/12:24'],
      ['join', '--member', 'web-1'],
    ])
      await lab.host.mustRun([...lab.command, 'cluster', ...words, ...cluster()])
  })
  afterAll(async () => {
    running?.kill('SIGKILL')
    await running?.outcome
    await opened?.etcd[Symbol.asyncDispose]()
    await opened?.lab[Symbol.asyncDispose]()
  })

  test('says where to put a text while there is none', async () => {
    const { exitCode, stdout } = await here().lab.host.run(argv('--once'))
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'INTENT_MISSING' })
    expect(JSON.parse(stdout).error.message).toContain(`etcdctl put ${key} < compose.yaml`)
  })

  test('applies the text under the key, and each change of it', async () => {
    await put(shop('8080:80'))
    await startWatch()
    await inForce()
    const { lab } = here()
    const planned = await pilotOf(lab, 'nftables', { state: null }).plan(
      `name: shop\n${shop('8080:80')}`,
      ...cluster(),
    )
    expect(planned.subnets).toMatchObject([{ subnet: expect.stringMatching(/^10\.[67]\d\./) }])
    await attach(lab, planned, 'nginx')
    expect(await reaches(8080)).toBe(true)
    await put(shop('9090:80'))
    await inForce()
    expect([await reaches(9090), await served(8080)]).toEqual([true, false])
  })

  test('tells of a text with an error where it is, and of files that it names, and keeps the last one in force', async () => {
    await put('services:\n  nginx: {ports: ["99999:80"]}\n')
    expect(await untaken()).toMatch(/etcd:\/\/\/prod\/shop:2:/)
    await put('include: [/etc/shadow]\n')
    expect(await untaken()).toContain('"/etc/shadow", and a text in etcd has no files beside it')
    await put(`services: {nginx: {extends: {file: other.yaml, service: web}}}\n`)
    expect(await untaken()).toContain('has no files beside it')
    await put(`name: other\n${shop('9090:80')}`)
    expect(await untaken()).toContain('project other now')
    expect(await reaches(9090)).toBe(true)
  })

  test('keeps the project when the key is deleted, and after a compaction takes a text that comes again', async () => {
    await ask('deleterange', { key: base64(key) })
    expect(await untaken()).toContain('INTENT_MISSING')
    expect(await reaches(9090)).toBe(true)
    const { header } = JSON.parse(await put(shop('9091:80')))
    await ask('compaction', { revision: header.revision })
    await inForce()
    expect(await reaches(9091)).toBe(true)
  })

  test('takes a text for which this host had no block as soon as it has one', async () => {
    const { lab } = here()
    await put("services: {nginx: {ports: ['9091:80']}, api: {networks: [back]}}\nnetworks: {back: {}}\n")
    expect(await untaken()).toContain(' --count 2`')
    expect(await reaches(9091)).toBe(true)
    await lab.host.mustRun([...lab.command, 'cluster', 'join', '--count', '2', ...cluster()])
    await inForce()
    const { stdout } = await lab.host.run(['ip', '-d', 'link', 'show', 'type', 'bridge'])
    expect(stdout).toContain('project=shop network=back')
    await put(shop('9091:80'))
    await inForce()
  })

  test('goes on without etcd, starts again without it, and takes the text once it is back', async () => {
    const { lab, etcd } = here()
    await etcd.kill()
    expect(await refused()).toContain('CLUSTER_UNREACHABLE')
    expect(await reaches(9091)).toBe(true)
    await stopWatch()
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    await startWatch()
    await inForce()
    expect(await reaches(9091)).toBe(true)
    await etcd.start()
    await put(shop('9092:80'))
    await inForce()
    expect(await reaches(9092)).toBe(true)
    await stopWatch()
  })

  test('holds a text back that would bring an error, says what and where, and applies it once that is gone', async () => {
    const { lab } = here()
    await startWatch()
    await inForce()
    await lab.host.listen({ protocol: 'tcp', port: 8300 })
    expect(await served(8300)).toBe(true)
    await put(shop('9092:80', '8300:80'))
    const taken = await untaken()
    expect(taken).toMatch(/^BLOCKED: .*HostPortTaken, etcd:\/\/\/prod\/shop:1:\d+: .*8300/)
    expect(taken).toContain('stays in force')
    expect(taken).toContain('etcdctl put /prod/shop < compose.yaml')
    // The program still answers, and what was in force is repaired.
    const by = async (port: number): Promise<unknown> => {
      const outcome = await lab.client.reach({ protocol: 'tcp', destination: addresses.ip.host, port })
      return outcome.delivered ? outcome.by : outcome
    }
    expect([await by(8300), await by(9092)]).toEqual(['host', 'nginx'])
    await lab.host.mustRun(['nft', 'flush', 'ruleset'])
    await next('a repair', (event) => event.kind === 'drift' && event.outcome === 'repaired')
    expect([await by(8300), await by(9092)]).toEqual(['host', 'nginx'])
    // Started anew, it holds what was in force, not the text that it held back.
    await stopWatch()
    expect(await once()).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/BLOCKED[\s\S]*"kind":"watching"/),
    })
    await startWatch()
    expect(await untaken()).toMatch(/^BLOCKED: /)
    expect([await by(8300), await by(9092)]).toEqual(['host', 'nginx'])
    await lab.host.unlisten('tcp', 8300)
    await inForce()
    expect([await by(8300), await by(9092)]).toEqual(['nginx', 'nginx'])

    const network = (subnet: string): string =>
      `services:\n  nginx: {ports: ['9092:80']}\n  db: {networks: [back]}\nnetworks:\n  back: {ipam: {config: [{subnet: ${subnet}}]}}\n`
    // In the block of no host, so it is none of this one.
    await put(network('10.64.0.0/24'))
    expect(await untaken()).toMatch(/^BLOCKED: .*SubnetOverlap, etcd:\/\/\/prod\/shop:5:/)
    expect(await bridges()).not.toContain('network=back')
    await put(network('192.168.77.0/24'))
    await inForce()
    expect(await bridges()).toContain('network=back')
    await put(shop('9092:80'))
    await inForce()
    await stopWatch()
  })

  test('a second watch of the project is refused, whatever it is read from, and names the process', async () => {
    const { lab } = here()
    await startWatch()
    await inForce()
    const file = await lab.write('shop.yaml', `name: shop\n${shop('7070:80')}`)
    const second = [...lab.command, 'watch', '-f', file, ...cluster(), '--once', '--backend', 'nftables']
    for (const words of [second, argv(), argv('--once')]) {
      const { exitCode, stdout, stderr } = await lab.host.run(words)
      expect({ exitCode, said: `${stdout}${stderr}` }).toEqual({
        exitCode: 1,
        said: expect.stringMatching(
          /project shop is held by another .*portolan watch.* \(process \d+\).* \(kill \d+,/,
        ),
      })
    }
    expect([await reaches(9092), await served(7070)]).toEqual([true, false])
    expect(await lab.host.run([...second, '--check'])).toMatchObject({ exitCode: 0 })
    await stopWatch()
  })

  const once = () => here().lab.host.run(argv('--once'))
  const remove = () => ask('deleterange', { key: base64(key) })
  const destroy = (...words: readonly string[]) =>
    here().lab.host.run([...here().lab.command, 'destroy', '--yes', ...words])
  const bridges = async (): Promise<string> =>
    here().lab.host.mustRun(['ip', '-d', 'link', 'show', 'type', 'bridge'])
  const state = '/var/lib/portolan'

  test('what has to move is moved with the commands that watch, plan and status print, as they are printed', async () => {
    const { lab } = here()
    await stopWatch()
    await put(shop('9092:80'))
    expect(await once()).toMatchObject({ exitCode: 0 })
    // Another host takes the blocks of this one.
    const prefix = '/portolan/v1/prod/blocks/'
    const found = JSON.parse(await ask('range', { key: base64(prefix), range_end: base64(`${prefix}~`) }))
    for (const { key: block, value } of found.kvs) {
      const taken = Buffer.from(value, 'base64').toString().replaceAll('"web-1"', '"web-9"')
      await ask('put', { key: block, value: base64(taken) })
    }
    await lab.host.run([...lab.command, 'cluster', 'join', ...cluster()])
    const run = (...words: readonly string[]) => lab.host.run([...lab.command, ...words])
    const commandIn = (conflicts: readonly { readonly remedy: { readonly commands: readonly string[] } }[]) =>
      conflicts.flatMap(({ remedy }) => remedy.commands).find((one) => one.startsWith('portolan move ')) ?? ''
    const typed = (command: string, ...words: readonly string[]) =>
      run(...command.split(' ').slice(1), ...words)
    const planned = await run('plan', '-p', 'shop', ...cluster(), '--json')
    const status = await run('status', '--json')
    const printed = [
      commandIn(JSON.parse(planned.stdout).conflicts),
      commandIn(JSON.parse(status.stdout).conflicts),
    ]
    const text = await run('status')
    expect(text.stdout).toContain(`To move the network: ${printed[1]}`)
    expect(text.stdout).toContain('"portolan status -p shop"')
    expect((await run('status', '-p', 'shop', ...cluster())).stdout).not.toContain('DRIFT ?')
    await startWatch()
    const told = await next('the lost block', (event) => event.kind === 'conflict', 30_000)
    printed.push(commandIn(told.kind === 'conflict' ? [told.conflict] : []))
    for (const command of printed) {
      expect(command).toContain(' --project shop ')
      const words = command.includes('--cluster') ? [] : cluster()
      expect(await typed(command, ...words)).toMatchObject({
        exitCode: 2,
        stdout: expect.stringContaining('default'),
      })
    }
    const moving = await typed(printed[2] ?? '', '--yes')
    expect(moving).toMatchObject({ exitCode: 0 })
    await stopWatch()
    const { conflicts } = JSON.parse((await run('plan', '-p', 'shop', ...cluster(), '--json')).stdout)
    expect(conflicts).toEqual([])
    await destroy('-p', 'shop')
  })

  test('a command that names the project goes by the backend that was named for the watch', async () => {
    await put(shop('9093:80'))
    const { lab } = here()
    const words = argv('--once').map((word) => (word === 'nftables' ? 'iptables-nft' : word))
    expect(await lab.host.run(words)).toMatchObject({ exitCode: 0 })
    const plan = async (...more: readonly string[]) => {
      const { stdout } = await lab.host.run([
        ...[...lab.command, 'plan', '-p', 'shop', ...cluster(), '--json', ...more],
      ])
      return JSON.parse(stdout)
    }
    expect(await plan()).toMatchObject({ backend: 'iptables-nft', summary: { add: 0, change: 0, remove: 0 } })
    expect(await plan('--backend', 'nftables')).toMatchObject({ backend: 'nftables' })
    await destroy('-p', 'shop')
  })

  test('destroy ends the project: what was in force does not come back once the key is gone', async () => {
    const { lab } = here()
    for (const words of [['-p', 'shop'], ['--all']]) {
      await put(shop('9092:80'))
      expect(await once()).toMatchObject({ exitCode: 0 })
      expect(await bridges()).toContain('project=shop')
      await lab.host.mustRun(['sh', '-c', `rm -f /run/lab/applied-*; cp ${state}/applied-* /run/lab/`])
      await remove()
      expect(await destroy(...words)).toMatchObject({ exitCode: 0 })
      expect(JSON.parse((await once()).stdout).error).toMatchObject({ code: 'INTENT_MISSING' })
      expect(await bridges()).not.toContain('project=shop')
      // As a destroy that did not know of it left it: nothing else is left.
      await lab.host.mustRun(['sh', '-c', `cp /run/lab/applied-* ${state}/`])
      expect(await destroy('-p', 'other')).toMatchObject({ exitCode: 1 })
      expect(await destroy(...words)).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('forgets the text of project shop that was in force last'),
      })
      expect(JSON.parse((await once()).stdout).error).toMatchObject({ code: 'INTENT_MISSING' })
      expect(await destroy(...words)).toMatchObject({ exitCode: words[0] === '--all' ? 0 : 1 })
    }
  })

  test('a watch that only tells remembers no text', async () => {
    await put(shop('9092:80'))
    await here().lab.host.run(argv('--once', '--check'))
    await remove()
    expect(JSON.parse((await once()).stdout).error).toMatchObject({ code: 'INTENT_MISSING' })
  })

  test('tells the conflicts that keep a first text from being applied, and what to change', async () => {
    const { lab } = here()
    await put(
      `${shop('9092:80')}networks: {default: {ipam: {config: [{subnet: ${addresses.ip.host.replace(/[0-9]+$/, '0/24')}}]}}}\n`,
    )
    const plain = argv('--once').filter((word) => word !== '--json')
    const { exitCode, stdout, stderr } = await lab.host.run(plain)
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: expect.stringMatching(/error SubnetOverlap: [\s\S]*What to do: /),
      stderr: expect.stringMatching(/ change the text under the key .*etcdctl put \/prod\/shop/),
    })
    expect(stderr).not.toContain('portolan apply')
    const [event = ''] = (await once()).stdout.split('\n')
    expect(JSON.parse(event)).toMatchObject({ kind: 'conflict', conflict: { kind: 'SubnetOverlap' } })
    // A conflict of a port names its line as well.
    await put('services:\n  one: {ports: ["9092:80"]}\n  two: {ports: ["9092:80"]}\n')
    expect((await lab.host.run(plain)).stderr).toMatch(/\(DuplicateHostPort, etcd:\/\/\/prod\/shop:3:\d+/)
    await remove()
  })
})
