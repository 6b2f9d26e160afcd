import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'
import { planSubnets, releaseProject } from '@portolan/core'
import { readHeldBlocks, readJoinedBlocks } from '@portolan/host'
import { fromJson } from '../../from-json.ts'
import type { RunOutcome } from '../../lab/run.ts'
import { bridgeOn } from './bridge-on.ts'
import { blocksOf, memoryIn, silence } from './command-cluster.ts'
import type { CommandEtcd } from './command-etcd.ts'
import { leaseInBlock } from './lease-in-block.ts'

const program = fileURLToPath(new URL('../../../packages/portolan/bin/portolan.js', import.meta.url))

/** A block that no pool contains any more, or that another host has. */
export const lostBlocks = ({ etcd, open }: CommandEtcd): void => {
  test('a block that was reclaimed and went to another host is reported as a move as long as a network uses it', async () => {
    const cluster = await open('10.64.0.0/23:24')
    const [lost = ''] = blocksOf(await cluster.join('web-1'))
    await (await leaseInBlock(cluster.state('web-1'), lost)).close()
    expect((await cluster.run('web-1', 'release')).stderr).toContain('networks shop/web')
    const reclaim = ['reclaim', '--member', 'web-1', '--grace', '0', '--yes'] as const
    expect((await cluster.run('web-2', ...reclaim)).stderr).toContain('host web-1 is alive')
    await silence(cluster, 'web-1')
    expect(await cluster.json('web-2', ...reclaim)).toMatchObject({
      reclaimed: [{ block: lost, host: 'web-1' }],
    })
    expect(blocksOf(await cluster.join('web-2', '--count', '2'))).toContain(lost)
    expect(await cluster.json('web-1', 'status')).toMatchObject({ lost: [lost] })
    // The same when there is no room for another block.
    const staying = await cluster.run('web-1', 'join', '--watch')
    expect(staying).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('No block is free') })
    expect(staying.stderr).toMatch(`block ${lost} no longer belongs to this host: web-2 has it now`)
    await cluster.json('any', 'init', '--pool', '10.64.0.0/23:24', '--pool', '10.65.0.0/24:24')
    for (const claimed of [['10.65.0.0/24'], []]) {
      const { stdout, stderr } = await cluster.run('web-1', 'join', '--json')
      const move = { block: lost, takenBy: 'web-2', networks: ['shop/web'] }
      expect(fromJson(stdout)).toMatchObject({ claimed, moves: [move] })
      // The remedy names the cluster: without it the network would leave that cluster.
      expect(stderr).toMatch(
        /Give it another subnet: `portolan move --cluster etcd:\S+ --state \S+ -f FILE web` with the Compose file of project shop/,
      )
    }
  })

  test('a block that no pool contains any more is kept as long as a network uses it', async () => {
    const cluster = await open('10.64.0.0/24:26')
    const [old = ''] = blocksOf(await cluster.join('web-1'))
    const leases = await leaseInBlock(cluster.state('web-1'), old)
    await cluster.json('any', 'init', '--pool', '10.65.0.0/24:26')
    const { stdout, stderr } = await cluster.run('web-1', 'join', '--json')
    const leavingBlocks = [{ block: old, networks: ['shop/web'] }]
    expect(fromJson(stdout)).toMatchObject({
      claimed: [expect.stringMatching(/^10\.65\./)],
      released: [],
      leaving: leavingBlocks,
      moves: [],
    })
    expect(stderr).toContain(`no pool has block ${old} any more, and networks of this host use it: shop/web`)
    // No other network gets this subnet.
    const url = `etcd://192.0.2.1/${cluster.name}`
    const [newBlock = ''] = JSON.parse(stdout).claimed
    const storedBlocks = await readHeldBlocks(url, cluster.state('web-1'))
    expect(storedBlocks).toMatchObject({ blocks: expect.arrayContaining([old, newBlock]), leaving: [old] })
    expect(planSubnets({}, [{ network: 'db', family: 'ip' }], [], { blocks: storedBlocks })[0]?.subnet).toBe(
      newBlock,
    )
    await leases.transact((state) => releaseProject(state, 'shop'))
    await leases.close()
    // The host gave the block back itself, so it did not lose it.
    expect(await cluster.json('web-1', 'join')).toMatchObject({
      claimed: [],
      released: [old],
      leaving: [],
      moves: [],
    })
    expect(await readHeldBlocks(url, cluster.state('web-1'))).not.toHaveProperty('leaving')
  })

  test('a block that no pool contains any more is kept where a bridge uses it, also after the leases were lost', async () => {
    const { machine } = etcd()
    const cluster = await open('10.64.0.0/24:26', 'fd00:64::/60:64')
    const [old = '', old6 = ''] = blocksOf(await cluster.join('web-1'))
    const at = old.replace(/\d+\/26$/, (last) => String(Number.parseInt(last, 10) + 1))
    await using _web = await bridgeOn(machine, 'br-web', `${at}/26`)
    await using _pods = await bridgeOn(machine, 'br-pods', old6.replace('::/', '::1/'))
    await machine.ip(
      'link set br-web alias "portolan project=shop network=web"',
      'link set br-pods alias "portolan project=cni network=pods"',
    )
    rmSync(cluster.state('web-1'), { recursive: true })
    await silence(cluster, 'web-1')
    await cluster.json('any', 'init', '--pool', '10.65.0.0/24:26', '--pool', 'fd00:65::/60:64')
    // With --count, which claims more blocks, and without.
    for (const more of [['--takeover'], [], ['--count', '2']]) {
      const { stdout, stderr } = await cluster.run('web-1', 'join', '--member', 'web-1', ...more, '--json')
      const result = JSON.parse(stdout)
      expect(result).toMatchObject({ released: [], collisions: [], skipped: [], moves: [] })
      expect(result.leaving).toEqual([
        { block: old, networks: ['shop/web'] },
        { block: old6, networks: ['cni/pods'] },
      ])
      expect(stderr).toContain(
        `no pool has block ${old} any more, and networks of this host use it: shop/web`,
      )
    }
    const refused = await cluster.run('web-1', 'release')
    expect(refused).toMatchObject({ exitCode: 1 })
    expect(refused.stderr).toContain(`block ${old} is in use (networks shop/web)`)
    expect(refused.stderr).toContain(`block ${old6} is in use (networks cni/pods)`)
    const { own } = await cluster.json('web-1', 'status')
    expect(own).toContainEqual(expect.objectContaining({ block: old, networks: ['shop/web'] }))
    const state = ['--state', cluster.state('web-1')]
    const shown = await machine.run([process.execPath, program, 'status', ...state, '--json'], {
      environment: { NODE_OPTIONS: '', HOME: cluster.state('web-1') },
    })
    expect(shown.stderr).toContain(`No pool of cluster ${cluster.name} has block ${old} any more`)
    expect(fromJson(shown.stdout)).toMatchObject({
      conflicts: [],
      notes: [expect.stringContaining(old), expect.stringContaining(old6)],
    })
    await machine.ip('link del br-web', 'link del br-pods')
    const { released } = await cluster.json('web-1', 'join')
    expect(new Set(released)).toEqual(new Set([old, old6]))
  })

  test('each command that finds a block lost stores that, and then no command picks a subnet in it', async () => {
    const cluster = await open('10.64.0.0/23:24')
    const [kept = '', lost = ''] = blocksOf(await cluster.join('web-1', '--count', '2'))
    const state = cluster.state('web-1')
    await (await leaseInBlock(state, kept)).close()
    const store = cluster.store()
    const { entries } = await store.read()
    const third = Number(lost.split('.')[2]).toString(16).padStart(2, '0')
    const { key = '' } = entries.find((entry) => entry.key.endsWith(`0a40${third}00-24`)) ?? {}
    await store.commit({ when: [], writes: [{ kind: 'delete', key }] })
    await store.close()
    const text = join(state, '..', `${cluster.name}.yaml`)
    writeFileSync(text, 'name: other\nnetworks: {front: {}}\nservices: {one: {networks: [front]}}\n')
    const before = memoryIn(state)
    const verb = (...words: readonly string[]): Promise<RunOutcome> => cluster.run('web-1', ...words)
    const runOnText = (...words: readonly string[]): Promise<RunOutcome> =>
      cluster.portolan('web-1', ...words, '-f', text, '--cluster', cluster.url)
    const commands: readonly (readonly [string, () => Promise<RunOutcome>])[] = [
      ['status', () => verb('status')],
      ['release, which is refused', () => verb('release')],
      ['reclaim', () => verb('reclaim', '--all', '--grace', '0', '--yes')],
      ['plan', () => runOnText('plan')],
      ['conflicts', () => runOnText('conflicts')],
      ['script', () => runOnText('script', '--format', 'sh')],
      ['move', () => runOnText('move', 'front', '--yes')],
      ['apply', () => runOnText('apply', '--yes')],
    ]
    expect((await cluster.portolan('web-1', 'subnet')).stdout).toContain(lost.replace('0/24', ''))
    for (const [name, find] of commands) {
      for (const [file, content] of before) writeFileSync(join(state, file), content)
      await find()
      expect({ name, blocks: (await readJoinedBlocks(state))?.blocks }).toEqual({ name, blocks: [kept] })
    }
    expect(await cluster.portolan('web-1', 'subnet')).toMatchObject({ exitCode: 4, stdout: '' })
  })

  test('a join that is refused because another machine has the name stores that the blocks are lost', async () => {
    const cluster = await open('10.64.0.0/23:24')
    await cluster.join('web-1')
    await silence(cluster, 'web-1')
    await cluster.json('clone', 'join', '--member', 'web-1', '--takeover')
    expect(await cluster.portolan('web-1', 'subnet')).toMatchObject({ exitCode: 0 })
    expect(await cluster.run('web-1', 'join')).toMatchObject({ exitCode: 1 })
    expect(await cluster.portolan('web-1', 'subnet')).toMatchObject({ exitCode: 4, stdout: '' })
    // The message is repeated until `join` or `release` has settled it.
    for (const _again of [1, 2])
      expect((await cluster.run('web-1', 'status')).stderr).toContain('no longer belongs to this host')
  })
}
