import { describe, expect, test } from '@jest/globals'
import { readCompose } from '@portolan/core'
import { blockingConflicts } from '../../src/plan/blocking-conflicts.ts'
import { plan } from '../../src/plan/plan-intent.ts'
import { printPlan } from '../../src/plan/print/print-plan.ts'
import { joinedMember, stateFolder } from '../joined-host.ts'

const folder = stateFolder()

const bridge = (network: string, ...addresses: readonly string[]) => ({
  ...{ name: `br-${network}`, up: true, alias: `portolan project=shop network=${network}`, addresses },
})

const lost = ['10.64.1.0/24', '10.64.2.0/24', 'fd64:1::/64'].map((block) => ({
  ...{ block, takenBy: 'web-2', revision: 7 },
}))

const planned = (text: string, interfaces: readonly object[], move: readonly string[]) =>
  plan(readCompose(`name: shop\n${text}`, { source: 'compose.yaml' }), {
    facts: { interfaces },
    ...{ rules: null, backend: 'nftables', stateDirectory: folder.path, move },
  })

describe('a move goes on', () => {
  const join = () =>
    folder.join({
      pools: ['10.64.0.0/12:24', 'fd64::/32:64'],
      blocks: [...joinedMember.blocks.map((one) => ({ ...one, block: '10.64.9.0/24' }))],
      lost,
    })

  test('with one family where the block of the other is lost, and there is no room for that one', async () => {
    await join()
    const up = [bridge('web', '10.64.1.1/24', 'fd64:1::1/64')]
    const text = 'networks: {web: {enable_ipv6: true}}\nservices: {a: {networks: [web]}}\n'
    const moved = await planned(text, up, ['web'])
    expect(moved.subnets.map(({ subnet }) => subnet)).toEqual(['10.64.9.0/24', 'fd64:1::/64'])
    expect(moved.conflicts).toMatchObject([{ kind: 'SubnetOverlap', severity: 'error', network: 'web' }])
    expect(blockingConflicts(moved, ['web'])).toEqual([])
    expect(printPlan(moved, undefined, ['web'])).toContain('1 conflict to mend.')
    // For a plan without a move it is still an error.
    const stays = await planned(text, up, [])
    expect(blockingConflicts(stays)).toHaveLength(1)
    expect(String(stays)).toContain('Blocked by 1 conflict.')
  })

  test('where another network of the project is in a block that is lost', async () => {
    await join()
    const up = [bridge('web', '10.64.1.1/24'), bridge('db', '10.64.2.1/24')]
    const text = 'networks: {web: {}, db: {}}\nservices: {a: {networks: [web, db]}}\n'
    const moved = await planned(text, up, ['web'])
    expect(moved.conflicts).toMatchObject([{ kind: 'SubnetOverlap', severity: 'error', network: 'db' }])
    expect(blockingConflicts(moved, ['web'])).toEqual([])
  })

  test('and not where the file names a subnet that overlaps', async () => {
    await join()
    const up = [bridge('web', '10.64.1.1/24')]
    const text =
      'networks: {web: {}, db: {ipam: {config: [{subnet: 10.64.2.0/24}]}}}\nservices: {a: {networks: [web, db]}}\n'
    const moved = await planned(text, up, ['web'])
    expect(blockingConflicts(moved, ['web'])).toMatchObject([{ network: 'db' }])
    expect(printPlan(moved, undefined, ['web'])).toContain('Blocked by 1 conflict.')
  })
})
