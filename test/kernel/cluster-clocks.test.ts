import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { BlockEntry } from '@portolan/core'
import { openEtcdStore } from '@portolan/etcd'
import { fromJson } from '../from-json.ts'
import { startHostProcess } from '../lab/cluster/host-process.ts'
import { jumpingClock } from '../lab/jumping-clock.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type Etcd, patient, startEtcd } from '../lab/neighbour/etcd.ts'
import { type CommandOn, commandOn } from '../lab/resident/command-on.ts'
import { printedBy } from '../lab/run.ts'
import { until } from '../lab/until.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-clocks-'))
const at = (name: string): string => join(folder, name)

let server: Etcd | null = null
const etcd = (): Etcd => {
  if (server === null) throw new Error('etcd has not been started')
  return server
}

const environment = { NODE_OPTIONS: '', HOME: folder }
let started: CommandOn | null = null
const command = (): CommandOn => {
  started ??= commandOn(etcd().machine, environment)
  return started
}
const wordsOf = (host: string, words: readonly string[]): readonly string[] => [
  ...['cluster', ...words, '--cluster', `etcd://${etcd().inside}/prod`],
  ...['--state', at(host), '--json'],
]
const argvOf = (host: string, ...words: readonly string[]): readonly string[] =>
  command().argv(wordsOf(host, words))
const json = async (host: string, ...words: readonly string[]) => {
  const outcome = await command().run(wordsOf(host, words))
  return JSON.parse(printedBy(argvOf(host, ...words), {}, outcome))
}
const joined = (host: string) => json(host, 'join', '--member', host)

/** Sends a request to etcd itself. */
const askEtcd = async (path: string, body: object) => {
  const url = `http://${etcd().inside}/v3/${path}`
  return JSON.parse(await etcd().machine.mustRun(['curl', '-s', '--data', JSON.stringify(body), url]))
}

/** The seconds until a host's lease expires, by etcd's clock. */
const secondsLeft = async (host: string): Promise<number> => {
  const key = Buffer.from(`/portolan/v1/prod/hosts/${host}`).toString('base64')
  const { kvs } = await askEtcd('kv/range', { key })
  const { TTL } = await askEtcd('lease/timetolive', { ID: kvs[0].lease })
  return Number(TTL)
}

/** Resolves once a host's lease was renewed; fails when it expired. */
const leaseRenewed = async (host: string): Promise<void> => {
  let least = await secondsLeft(host)
  for (let now = least; now <= least; now = await secondsLeft(host)) {
    least = now
    await delay(200)
  }
}

describeBeside('a host clock that jumps by a day', ['etcd', 'faketime'], () => {
  beforeAll(async () => {
    server = await startEtcd()
    await json('any', 'init', '--pool', '10.64.0.0/12:24')
  })
  afterAll(async () => {
    await started?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  test('no claim or release fails while the clock jumps every few milliseconds', async () => {
    const clock = jumpingClock(at('host-clock'))
    const { machine, inside } = etcd()
    await using host = await startHostProcess(
      machine,
      { cluster: 'requests', endpoints: [inside], ...patient },
      clock.environment,
    )
    let jumps = 0
    const jumping = setInterval(() => {
      jumps += 1
      clock.set(jumps % 2 === 0 ? '+1d' : '-1d')
    }, 3)
    const me = { host: 'web-1', incarnation: 'i' }
    const outcomes = [await host.call('setUp', { pools: ['10.64.0.0/12:24'] })]
    for (let round = 0; round < 40; round += 1)
      outcomes.push(
        await host.call('claim', { ...me, count: 2 }),
        await host.call('release', { ...me, blocks: null }),
      )
    clearInterval(jumping)
    expect(jumps).toBeGreaterThan(0)
    expect(outcomes.filter(({ kind }) => kind !== 'done')).toEqual([])
  })

  test('join --watch keeps its host alive, and reclaim leaves the blocks of a host that comes back during the grace period', async () => {
    const store = openEtcdStore({ cluster: 'prod', endpoints: [etcd().endpoint], ...patient })
    const keyOf = async (key: string): Promise<BlockEntry | undefined> =>
      (await store.read()).entries.find((entry) => entry.key === key)
    const clocks = ['+1d', '-1d'].map((offset, index) => ({ offset, ...jumpingClock(at(`clock-${index}`)) }))
    const sites = clocks.map((clock, index) => ({
      clock,
      stays: `stays-${index}`,
      silent: `silent-${index}`,
      said: at(`said-${index}`),
    }))
    await Promise.all(sites.map(({ silent }) => joined(silent)))
    const deletions = sites.map(({ silent }) => ({ kind: 'delete' as const, key: `hosts/${silent}` }))
    await store.commit({ when: [], writes: deletions })
    const running = sites.map(({ clock, stays, silent, said }) => {
      const own = { environment: { ...environment, ...clock.environment, SAID: said } }
      const words = ['reclaim', '--member', silent, '--grace', '40', '--yes']
      const withStderrInFile = ['sh', '-c', 'exec "$@" 2>"$SAID"', 'sh', ...argvOf('reclaimer', ...words)]
      return {
        watcher: etcd().machine.start(argvOf(stays, 'join', '--watch', '--member', stays), own),
        reclaimer: etcd().machine.start(withStderrInFile, own),
      }
    })
    for (const [index, { stays, said }] of sites.entries()) {
      const { watcher, reclaimer } = running[index] ?? {}
      await until(`the key of ${stays}`, () => keyOf(`hosts/${stays}`), { beside: watcher })
      const printed = (): string => (existsSync(said) ? readFileSync(said, 'utf8') : '')
      await until('the advice of reclaim', () => printed().includes('Reclaim only'), {
        beside: reclaimer,
        shows: printed,
      })
    }
    const before = await Promise.all(sites.map(({ stays }) => keyOf(`hosts/${stays}`)))
    for (const { clock } of sites) clock.set(clock.offset)
    const renewals = Promise.all(sites.map(({ stays }) => leaseRenewed(stays)))
    const rejoined = await Promise.all(sites.map(({ silent }) => joined(silent)))
    expect(rejoined).toMatchObject(sites.map(() => ({ claimed: [], moves: [] })))
    for (const { reclaimer } of running)
      expect(fromJson((await reclaimer.outcome).stdout)).toMatchObject({
        reclaimed: [],
        kept: [{ host: expect.stringMatching(/^silent-/) }],
      })
    await renewals
    // The lease is unchanged, because the key was written only once.
    expect(await Promise.all(sites.map(({ stays }) => keyOf(`hosts/${stays}`)))).toEqual(before)
    for (const { watcher } of running) {
      watcher.kill('SIGTERM')
      expect(await watcher.outcome).toMatchObject({ exitCode: 0, stderr: '' })
    }
    const hosts = sites.flatMap(({ stays, silent }) => [stays, silent])
    const shown = await Promise.all(hosts.map((host) => json(host, 'status')))
    expect(shown).toMatchObject(hosts.map(() => ({ own: [{}], lost: [] })))
    await store.close()
  })
})
