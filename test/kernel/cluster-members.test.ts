import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { bothWays, type ClusterLab, openClusterLab } from '../lab/cluster/cluster-lab.ts'
import type { EtcdMember } from '../lab/cluster/etcd-member.ts'
import { hasJoined } from '../lab/cluster/has-joined.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type CommandOn, commandOn } from '../lab/resident/command-on.ts'
import type { RunOutcome } from '../lab/run.ts'
import { until } from '../lab/until.ts'

const folder = mkdtempSync(join(tmpdir(), 'portolan-members-'))

let opened: ClusterLab | null = null
const lab = (): ClusterLab => {
  if (opened === null) throw new Error('etcd has not been started')
  return opened
}
const member = (at: number): EtcdMember => {
  const found = lab().members[at]
  if (found === undefined) throw new Error(`there is no member ${at}`)
  return found
}

const machine = () => {
  const [host] = lab().hosts
  if (host === undefined) throw new Error('there is no host')
  return host.machine
}
const environment = { NODE_OPTIONS: '', HOME: folder }
let started: CommandOn | null = null
const command = (): CommandOn => {
  started ??= commandOn(machine(), environment)
  return started
}
const wordsOf = (host: string, words: readonly string[]): readonly string[] => [
  ...words,
  ...['--cluster', `etcd://${lab().endpoints.join(',')}/prod`, '--state', join(folder, host)],
]
const argvOf = (host: string, words: readonly string[]): readonly string[] =>
  command().argv(wordsOf(host, words))
const run = (host: string, ...words: readonly string[]): Promise<RunOutcome> =>
  command().run(wordsOf(host, words))
const json = async (host: string, ...words: readonly string[]) => {
  const { exitCode, stdout, stderr } = await run(host, ...words, '--json')
  // Where a command failed, its output says why.
  const printed = exitCode === 0 ? null : stdout
  expect({ exitCode, stderr, printed }).toEqual({ exitCode: 0, stderr: '', printed: null })
  return JSON.parse(stdout)
}
const joined = (host: string) => json(host, 'cluster', 'join', '--member', host)

/** The members that are off. They are started again after each test. */
const off: EtcdMember[] = []
const turnOff = async (...members: readonly EtcdMember[]): Promise<void> => {
  off.push(...members)
  for (const one of members) await one.kill()
}

/** Cuts a member off from the two others. Hosts still reach it. */
const isolate = (one: EtcdMember): Promise<void> =>
  lab().cut(
    bothWays(
      [one.address],
      lab().members.flatMap(({ address }) => (address === one.address ? [] : [address])),
    ),
  )

/** Cuts all members off from each other. */
const isolateAll = (): Promise<void> => {
  const all = lab().members.map(({ address }) => address)
  return lab().cut(bothWays(all, all))
}

describeBeside('portolan cluster with three servers of etcd', ['etcd'], () => {
  beforeAll(async () => {
    opened = await openClusterLab(1)
    await json('web-1', 'cluster', 'init', '--pool', '10.64.0.0/12:24')
  })
  afterEach(async () => {
    await lab().cut([])
    for (const one of off.splice(0)) one.start()
    await lab().leader()
  })
  afterAll(async () => {
    await started?.[Symbol.asyncDispose]()
    await opened?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  test('each command works while one member is off, and prints nothing about it', async () => {
    await turnOff(member(0))
    await lab().leader()
    const { claimed } = await joined('web-1')
    expect(claimed).toHaveLength(1)
    expect(await joined('web-1')).toMatchObject({ claimed: [] })
    expect(await json('web-1', 'cluster', 'status')).toMatchObject({
      reachable: true,
      own: [{ block: claimed[0] }],
    })
    expect(await json('web-1', 'cluster', 'release')).toMatchObject({ released: claimed })
  })

  test('hosts join while the packets to one member are lost', async () => {
    const [lost] = lab().endpoints
    await lab().cut([[lab().hosts[0]?.address ?? '', lost?.replace(/:\d+$/, '') ?? '']])
    for (const host of ['web-1', 'web-2', 'web-3']) expect((await joined(host)).claimed).toHaveLength(1)
  })

  test('hosts join while one member is cut off from the two others', async () => {
    await isolate(member(1))
    for (const host of ['web-1', 'web-2', 'web-3']) expect(await joined(host)).toMatchObject({ claimed: [] })
  })

  test('join --watch keeps its host alive when the leader is killed, and hosts that join meanwhile get their blocks', async () => {
    const watcher = machine().start(argvOf('web-4', ['cluster', 'join', '--watch', '--member', 'web-4']), {
      environment,
      timeoutMs: 120_000,
    })
    const isAlive = async (): Promise<boolean> =>
      (await json('web-1', 'cluster', 'status')).hosts.some(
        ({ host, alive }: { host: string; alive: boolean }) => host === 'web-4' && alive,
      )
    await hasJoined(watcher, 'web-4')
    const leader = await lab().leader()
    const joining = ['web-5', 'web-6', 'web-7'].map(joined)
    await turnOff(leader)
    for (const { claimed } of await Promise.all(joining)) expect(claimed).toHaveLength(1)
    expect(await isAlive()).toBe(true)
    watcher.kill('SIGTERM')
    expect(await watcher.outcome).toMatchObject({ exitCode: 0 })
    expect(await isAlive()).toBe(false)
  })

  test('each command waits for an election that lasts longer than the timeout of one request', async () => {
    await joined('web-9')
    await isolateAll()
    const outcomesOfAll = [
      joined('web-10'),
      json('web-9', 'cluster', 'release'),
      json('web-1', 'cluster', 'status'),
      json('web-1', 'cluster', 'init', '--pool', '10.64.0.0/12:24', '--pool', '10.80.0.0/16:24'),
    ]
    const reclaiming = run('web-1', 'cluster', 'reclaim', '--all', '--grace', '0', '--yes')
    // Each command waits three times the timeout of one request, from its first request on. A command that began late
    // on a busy machine waits even longer. The servers still run, and only have to elect a leader.
    await delay(6_000)
    await lab().cut([])
    const [claimed, released, shown, changedPools] = await Promise.all(outcomesOfAll)
    expect(claimed.claimed).toHaveLength(1)
    expect(released.released).toHaveLength(1)
    expect(shown).toMatchObject({ reachable: true })
    expect(changedPools).toMatchObject({ changed: true })
    expect(await reclaiming).toMatchObject({ exitCode: 0 })
  })

  test('join --watch reports that etcd does not answer and that it answers again, in turn', async () => {
    const stderrFile = join(folder, 'said')
    const words = argvOf('web-8', ['cluster', 'join', '--watch', '--member', 'web-8'])
    const watcher = machine().start(
      ['sh', '-c', 'said=$1; shift; exec "$@" 2> "$said"', 'sh', stderrFile, ...words],
      {
        environment,
        timeoutMs: 120_000,
      },
    )
    const lines = async (text: string): Promise<readonly string[]> =>
      (await readFile(stderrFile, 'utf8').catch(() => '')).split('\n').filter((line) => line.includes(text))
    const untilPrinted = (text: string): Promise<unknown> =>
      until(`"${text}"`, async () => (await lines(text)).length > 0, {
        beside: watcher,
        shows: () => lines(''),
      })
    await hasJoined(watcher, 'web-8')
    await turnOff(member(1), member(2))
    await untilPrinted('does not answer')
    // The message about a server that is off differs from that about one that lost the others.
    await turnOff(member(0))
    for (const one of off.splice(0)) one.start()
    await lab().leader()
    await untilPrinted('answers again')
    watcher.kill('SIGTERM')
    expect(await watcher.outcome).toMatchObject({ exitCode: 0 })
    // Servers may be unavailable again for a moment after an election.
    const printed = (await lines('')).slice(0, -1)
    for (const [place, line] of printed.entries())
      expect(line).toMatch(place % 2 === 0 ? /^portolan: .*does not answer/ : /^portolan: etcd answers again/)
  })

  test('without a majority each command says so, and status and plan use the stored blocks', async () => {
    await writeFile(join(folder, 'compose.yaml'), 'services: {web: {networks: [web]}}\nnetworks: {web: {}}\n')
    const [block = ''] = (await joined('web-1')).blocks.map((one: { block: string }) => one.block)
    await turnOff(member(1), member(2))
    const verbs = [
      ['cluster', 'status'],
      ['cluster', 'join'],
      ['cluster', 'release'],
      ['cluster', 'reclaim', '--all', '--grace', '0', '--yes'],
    ]
    const outcomes = await Promise.all(verbs.map((words) => run('web-1', ...words)))
    for (const { exitCode, stderr } of outcomes) {
      expect(exitCode).toBe(1)
      expect(stderr).toMatch(
        /^portolan: etcd at 192\.0\.2\.11:2379, .* does not answer: .*Blocks that this host/,
      )
    }
    expect(outcomes[0]?.stdout).toContain(`\n${block}       0       253`)
    const plan = await run('web-1', 'plan', '-p', 'shop', '-f', join(folder, 'compose.yaml'))
    expect(plan.stderr).toContain('Routes to other hosts are planned as this host saw the cluster last.')
    expect(plan).toMatchObject({ exitCode: 2, stdout: expect.stringContaining(block) })
    for (const one of off.splice(0)) one.start()
    await lab().leader()
    // None of this changed the blocks of the host.
    expect(await joined('web-1')).toMatchObject({ claimed: [], moves: [] })
  })
})
