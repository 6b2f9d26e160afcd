import { describe, expect, test } from '@jest/globals'
import { bridgeAlias, emptyLeases, type HeldBlocks, readCompose, resolve } from '@portolan/core'
import { findLostBlocks, lostBlockNotes } from '@portolan/core/planning'
import type { HostFacts } from '@portolan/netfilter'
import { networkPlaceNotes } from '../../src/route/network-place-notes.ts'

const [four, six] = ['10.64.12.0/24', 'fd00:64:0:6c::/64']
const held: HeldBlocks = {
  ...{ cluster: 'prod', pools: ['10.64.0.0/20:24', 'fd00:64::/56:64'], join: 'JOIN' },
  ...{ blocks: [], lost: [] },
}
const lost = (takenBy: string | null, takenBy6 = takenBy): HeldBlocks => ({
  ...held,
  lost: [
    { block: four, takenBy },
    { block: six, takenBy: takenBy6 },
  ],
})
const intent = readCompose(
  'name: shop\nnetworks: {web: {enable_ipv6: true}}\nservices: {a: {networks: [web]}}\n',
  {
    source: 'compose.yaml',
  },
)
/** The present bridge of the network. */
const facts: HostFacts = {
  interfaces: [
    {
      name: 'br-web',
      alias: bridgeAlias({ project: 'shop', network: 'web' }),
      addresses: ['10.64.12.1/24', 'fd00:64:0:6c::1/64'],
    },
  ],
}
const resolved = (blocks: HeldBlocks, more: { readonly isLive?: boolean } = {}) =>
  resolve(intent, facts, { blocks, leases: emptyLeases, ...more })

describe('a network that lost its blocks of both families is told once', () => {
  test.each([
    ['web-2', 'web-2'],
    ['web-2', 'web-3'],
    [null, 'web-3'],
  ])('with the commands that move it, where %s and %s have them now', (one, other) => {
    const { conflicts } = resolved(lost(one, other))
    expect(conflicts).toMatchObject([{ kind: 'SubnetOverlap', severity: 'error', network: 'web' }])
    const [told] = conflicts
    expect(told).not.toHaveProperty('prefix')
    expect(told?.message).toMatch(
      new RegExp(
        `^The subnets ${four} and ${six} of network web overlap ${four}: block ${four} .*; and ${six}: block ${six} .*\\. Packets`,
      ),
    )
    expect(told?.message.match(/Packets for the overlap can only go one way/g)).toHaveLength(1)
    expect(told?.remedy.commands).toEqual(['JOIN', 'portolan move web'])
    // Blocks without room count as none.
    const blocks = ['10.64.13.0/24', 'fd00:64:0:6d::/64']
    const withBlocks = (...addresses: readonly string[]) =>
      resolve(
        intent,
        { interfaces: [...(facts.interfaces ?? []), { name: 'br-x', addresses }] },
        { blocks: { ...lost(one, other), blocks }, leases: emptyLeases },
      ).conflicts.map(({ remedy: { commands } }) => commands)
    expect(withBlocks()).toEqual([['portolan move web']])
    expect(withBlocks('10.64.13.1/24')).toEqual([['JOIN --count 2', 'portolan move web']])
    // As `status` reports the present network.
    const up = findLostBlocks({ network: 'web', subnets: [four, six] }, lost(one, other), false)
    expect(up.map(({ message, remedy: { commands } }) => ({ message, commands }))).toEqual([
      { message: told?.message, commands: told?.remedy.commands },
    ])
  })

  test('where a program holds it, too', () => {
    const { conflicts } = resolved(lost('web-2'), { isLive: true })
    expect(conflicts.map(({ remedy }) => remedy.commands)).toEqual([['JOIN']])
    expect(findLostBlocks({ network: 'web', subnets: [four, six] }, lost('web-2'), true)).toMatchObject([
      { remedy: conflicts[0]?.remedy },
    ])
  })

  test('and one that lost its block of one family with that one', () => {
    const { conflicts } = resolved({
      ...lost('web-2'),
      lost: [{ block: six, takenBy: 'web-2' }],
      blocks: [four],
    })
    expect(conflicts).toMatchObject([
      { prefix: six, message: expect.stringContaining(`The subnet ${six} of`) },
    ])
  })

  test.each([
    ['web-2', 'web-2', 'host web-2 has them now'],
    ['web-2', null, `host web-2 has ${four}, no host has ${six} now`],
  ])('as that of another project (%s, %s)', (one, other, told) => {
    const networks = ['blog/web']
    const blocks = lost(one, other).lost.map((block) => ({ ...block, networks }))
    const others = [{ block: '10.64.1.0/24', host: 'web-2', via: null }]
    expect(lostBlockNotes(blocks, { blocks: [], others }, held)).toEqual([
      `Blocks ${four}, ${six} no longer belong to this host: ${told}. Networks of this host are in them: blog/web. Each has to move. This host has no other IPv4 block, so it keeps no routes to IPv4 blocks of other hosts: replies from there could not reach it. Claim another block: \`JOIN\`.`,
    ])
  })
})

test('a network that has to leave blocks of both families, or is outside them with both, is told once', () => {
  const notes = (blocks: HeldBlocks): readonly string[] => {
    const { subnets, desired } = resolved(blocks)
    return networkPlaceNotes(subnets, desired.networks, { intent, blocks, pools: null })
  }
  expect(notes({ ...held, blocks: [four, six], leaving: [four, six] })).toEqual([
    `No pool of cluster prod has blocks ${four}, ${six} any more, and network web (${four}, ${six}) is in them. It works as before, and the blocks stay this host's until it has moved. Give it another subnet: \`portolan move web\`. The next \`JOIN\` gives the blocks back then.`,
  ])
  const elsewhere = {
    ...held,
    pools: ['10.72.0.0/20:24', 'fd00:72::/56:64'],
    blocks: ['10.72.1.0/24', 'fd00:72::/64'],
  }
  expect(notes(elsewhere)).toEqual([
    expect.stringMatching(
      `^Network web \\(${four}, ${six}\\) is outside the blocks of this host in cluster prod`,
    ),
  ])
})
