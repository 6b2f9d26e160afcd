import { describe, expect, test } from '@jest/globals'
import { withOwnOptions } from '../../src/command/options/with-own-options.ts'
import { bridge, forwards, intentOf, planOf } from '../shop.ts'

describe('a plan of a host that lost blocks of its cluster', () => {
  test('writes the command that moves a network out of a block without a pool for its project', () => {
    const blocks = {
      ...{ cluster: 'prod', pools: ['10.64.0.0/12:24'], blocks: ['10.8.1.0/24'], lost: [] },
      ...{ leaving: ['10.8.1.0/24'], join: 'portolan cluster join' },
    }
    const facts = {
      ...forwards,
      interfaces: [{ name: bridge, alias: 'portolan project=shop network=web', addresses: ['10.8.1.1/24'] }],
    }
    const ownCommand = withOwnOptions({ project: 'shop' })
    expect(planOf({ facts, blocks, ownCommand }).notes.map(({ text }) => text)).toEqual([
      expect.stringContaining('`portolan move --project shop web`'),
    ])
  })

  const blocks = {
    ...{ cluster: 'lab', pools: ['10.64.0.0/20:24'], blocks: [], join: 'portolan cluster join --state /s' },
    lost: [{ block: '10.64.1.0/24', takenBy: 'h2' }],
  }
  const neighbours = {
    ...{ cluster: 'lab', host: 'h1', revision: 7, blocks: [] },
    others: [{ block: '10.64.1.0/24', host: 'h2', via: '192.0.2.12' }],
  }
  const fixed = (subnet: string) =>
    intentOf(`services: {a: {networks: [web]}}\nnetworks: {web: {ipam: {config: [{subnet: ${subnet}}]}}}`)
  const lostNotes = (wish: Parameters<typeof planOf>[0]) =>
    planOf({ intent: fixed('10.9.0.0/24'), neighbours, ...wish })
      .notes.map(({ text }) => text)
      .filter((text) => text.includes('no longer belong'))
  const lost = (...networks: readonly string[]) => [{ block: '10.64.1.0/24', takenBy: 'h2', networks }]

  test('tells one that no network is in, as its routes go with it', () => {
    expect(lostNotes({ blocks, lost: lost() })).toEqual([
      'Block 10.64.1.0/24 no longer belongs to this host: host h2 has it now. No network of this host is in it. This host has no other IPv4 block, so it keeps no routes to IPv4 blocks of other hosts: replies from there could not reach it. Claim another block: `portolan cluster join --state /s`.',
    ])
    expect(lostNotes({ blocks: null, lost: lost() })).toHaveLength(1)
  })

  test('tells one with networks of other projects, and none of which a conflict tells', () => {
    expect(lostNotes({ blocks, lost: lost('other/web', 'shop/web') })).toEqual([
      expect.stringMatching(/Networks of this host are in it: other\/web\. Each has to move/),
    ])
    const inside = { intent: fixed('10.64.1.0/25'), blocks, lost: lost() }
    expect(lostNotes(inside)).toEqual([])
    expect(planOf(inside).conflicts).toMatchObject([{ kind: 'SubnetOverlap' }])
    expect(lostNotes({ blocks, lost: lost('shop/web') })).toEqual([])
    // No conflict reports it without a named cluster.
    expect(lostNotes({ blocks: null, lost: lost('shop/web') })).toHaveLength(1)
  })

  test('tells networks of other projects on a host that has left the cluster, and claims no block for it', () => {
    const left = { ...blocks, left: true as const }
    expect(lostNotes({ blocks: left, lost: lost('other/web') })).toEqual([
      'Block 10.64.1.0/24 no longer belongs to this host: host h2 has it now. Networks of this host are in it: other/web. Each has to move out of the cluster. This host has left the cluster. To join it again: `portolan cluster join --state /s`.',
    ])
  })

  test('tells a network in a block that no pool has any more, which is no conflict', () => {
    const leaving = ['10.64.1.0/24']
    const held = { ...blocks, blocks: leaving, leaving, lost: [] }
    const facts = {
      interfaces: [
        {
          ...{ name: 'br-x', kind: 'bridge', up: true, alias: 'portolan project=shop network=web' },
          addresses: ['10.64.1.1/25'],
        },
      ],
    }
    const plan = planOf({
      intent: intentOf('services: {a: {networks: [web]}}\nnetworks: {web: {}}'),
      facts,
      blocks: held,
    })
    expect(plan.conflicts).toEqual([])
    expect(plan.notes.map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^No pool of cluster lab has block 10\.64\.1\.0\/24 any more, and network web \(10\.64\.1\.0\/25\) is in it.*`portolan move web`/,
      ),
    ])
  })

  test('tells many of one family together, and says nothing of routes where a block is left', () => {
    const many = ['10.64.1.0/24', '10.64.2.0/24'].map((block) => ({ block, takenBy: null, networks: [] }))
    const left = { ...neighbours, blocks: ['10.64.3.0/24'] }
    expect(lostNotes({ blocks, lost: many, neighbours: left })).toEqual([
      'Blocks 10.64.1.0/24, 10.64.2.0/24 no longer belong to this host: no host has them now. No network of this host is in them. `portolan cluster join --state /s` verifies the blocks of this host, and says what has to be done.',
    ])
  })
})
