import { describe, expect, test } from '@jest/globals'
import { type HeldBlocks, planSubnets } from '@portolan/core'
import { findLostBlock, findLostBlocks, lostBlockNotes, mayBeItself } from '@portolan/core/planning'
import { held, ip, join, plan } from './held.ts'

describe('subnets in blocks of a cluster', () => {
  test('are the blocks of this host, in their order', () => {
    const subnets = plan([ip('web'), ip('db'), { network: 'web', family: 'ip6' }])
    expect(subnets.map(({ subnet, gateway }) => [subnet, gateway])).toEqual([
      ['10.66.31.0/24', '10.66.31.1'],
      ['10.70.2.0/24', '10.70.2.1'],
      ['fd00:1234:0:7::/64', 'fd00:1234:0:7::1'],
    ])
  })

  test('a subnet in a block of another host is told as that, whatever route leads there', () => {
    const others = [{ block: '10.64.15.0/24', host: 'h2' }]
    const overlapsBeside = (destination: string) => {
      const facts = { routes: [{ destination, gateway: '192.0.2.12', interface: 'eth0' }] }
      const request = ip('web', { subnet: '10.64.15.128/25' })
      const [planned] = planSubnets(facts, [request], [], { blocks: { ...held, others } })
      return planned?.overlaps.map(({ kind, detail }) => [kind, detail])
    }
    const taken = ['cluster', expect.stringContaining('is held by host h2 now')]
    expect(overlapsBeside('10.64.15.0/24')).toEqual([taken])
    expect(overlapsBeside('10.64.15.128/26')).toEqual([taken])
    expect(overlapsBeside('10.64.0.0/16')).toEqual([['route', expect.any(String)], taken])
  })

  test('share a block where they are smaller', () => {
    const subnets = plan(['a', 'b', 'c'].map((name) => ip(name, { size: 26 })))
    expect(subnets.map(({ subnet }) => subnet)).toEqual([
      '10.66.31.0/26',
      '10.66.31.64/26',
      '10.66.31.128/26',
    ])
  })

  test('are of the size that a Compose file asks for', () => {
    const [web] = plan([ip('a', { subnet: '0.0.0.0/26' })])
    expect(web).toMatchObject({ subnet: '10.66.31.0/26', origin: 'picked' })
  })

  test('say how many blocks are missing, and what claims them', () => {
    expect(() => plan(['a', 'b', 'c', 'd'].map((name) => ip(name)))).toThrow(
      /No subnet is free for network c in the blocks of this host in cluster prod \(10\.66\.31\.0\/24: .*\)\. Claim 2 more, which asks etcd: `portolan cluster join --count 4`/,
    )
    const four = ['a', 'b', 'c', 'd', 'e'].map((name) => ip(name, { size: 26 }))
    expect(() => plan(four, { ...held, blocks: ['10.66.31.0/24'] })).toThrow(
      /Claim one more, .*--count 2`\. Where it finds none free, it says what is in the way, and how to add a pool:/,
    )
    expect(() => plan([ip('a')], { ...held, blocks: [] })).toThrow(
      /has no IPv4 block of cluster prod.*--count 1`/,
    )
  })

  test('a host whose name another machine has is told the way to another one, and then to its blocks', () => {
    const renamed = 'portolan cluster release && portolan cluster join --member NAME'
    const taken = {
      ...held,
      host: 'web-1',
      others: [{ block: '10.66.31.0/24', host: 'web-1' }],
      join: renamed,
    }
    expect(() => plan([ip('a')], { ...taken, blocks: [] })).toThrow(
      /Another machine now has the name web-1 in cluster prod.*`portolan cluster release && portolan cluster join --member NAME --count 1`/,
    )
    const lost = [{ block: '10.66.31.0/24', takenBy: 'web-1' }]
    const found = findLostBlock(
      { network: 'web', subnet: '10.66.31.0/24' },
      { ...taken, lost, blocks: [] },
      false,
    )
    expect(found?.remedy).toMatchObject({
      text: expect.stringMatching(/Another machine now has the name web-1.* Then: Move the network/),
      commands: [renamed, 'portolan move web'],
    })
  })

  describe('a network in a lost block is told', () => {
    const block = '10.66.31.0/24'
    const remedyOf = (more: Partial<HeldBlocks>, isLive = false) =>
      findLostBlock({ network: 'web', subnet: block }, { ...held, blocks: [], ...more }, isLive)?.remedy
    const free = [{ block, takenBy: null }]
    const taken = [{ block, takenBy: 'h2' }]
    const back = /^`portolan cluster join` gets the block back where no other host has it by then/

    test.each([false, true])('that a free block comes back, by a program: %s', (isLive) => {
      expect(remedyOf({ lost: free }, isLive)).toEqual({
        text: expect.stringMatching(back),
        commands: [join],
      })
      expect(remedyOf({ lost: free, blocks: ['10.70.2.0/24'] }, isLive)?.text).toMatch(back)
    })

    test('no claim where the block cannot come back', () => {
      const own = { blocks: ['10.70.2.0/24'] }
      const moved = { text: expect.stringMatching(/^Move the network/), commands: ['portolan move web'] }
      expect(remedyOf({ ...own, lost: [{ block, takenBy: null, cluster: 'test' }] })).toEqual(moved)
      expect(
        remedyOf({ ...own, lost: free, pools: ['10.64.0.0/12:24'], former: ['10.64.0.0/12:24'] }),
      ).toEqual(moved)
      expect(remedyOf({ lost: free, left: true, pools: [] })).toEqual(moved)
      expect(remedyOf({ ...own, lost: taken })).toEqual(moved)
    })

    test('to claim one more first where its own have no room', () => {
      const blocks = ['10.70.2.0/24', '10.71.2.0/24', 'fd00:1234:0:7::/64']
      const commandsWith = (used: readonly string[], more: Partial<HeldBlocks> = {}, subnet = block) =>
        findLostBlocks(
          { network: 'web', subnets: [subnet], used },
          { ...held, blocks, lost: taken, ...more },
          false,
        ).map(({ remedy }) => remedy.commands)
      const more = (count: number) => [[`${join} --count ${count}`, 'portolan move web']]
      const alone = [['portolan move web']]
      expect(commandsWith(['10.70.2.1/24'])).toEqual(alone)
      expect(commandsWith(['10.70.2.1/24', '10.71.2.1/25'])).toEqual(more(3))
      expect(commandsWith(['10.70.2.1/24', '10.71.2.1/25'], {}, '10.66.31.0/25')).toEqual(alone)
      expect(commandsWith(['10.70.0.0/16'], { leaving: ['10.71.2.0/24'] })).toEqual(more(2))
      // The host has further blocks of the other family, with room.
      const both = findLostBlocks(
        { network: 'web', subnets: [block, 'fd00:1234:0:1f::/64'], used: ['fd00:1234:0:7::/64'] },
        { ...held, blocks, lost: [...taken, { block: 'fd00:1234:0:1f::/64', takenBy: 'h2' }] },
        false,
      )
      expect(both.map(({ remedy }) => remedy.commands)).toEqual(more(2))
    })

    test('to claim a block first where it has none of that family to move to', () => {
      const first = /^First claim a block, which asks etcd: `portolan cluster join`\. Then: /
      const claimed = { text: expect.stringMatching(first), commands: [join, 'portolan move web'] }
      expect(remedyOf({ lost: taken })).toEqual(claimed)
      expect(remedyOf({ lost: taken, blocks: ['fd00:1234:0:7::/64'] })).toEqual(claimed)
      expect(remedyOf({ lost: taken, blocks: ['10.70.2.0/24'], leaving: ['10.70.2.0/24'] })).toEqual(claimed)
      expect(remedyOf({ lost: taken }, true)).toEqual({
        text: expect.stringMatching(first),
        commands: [join],
      })
      // The network moves out of the cluster, or nothing is known about where it may go.
      const alone = ['portolan move web']
      expect(remedyOf({ lost: taken, pools: ['fd00:1234::/48:64'] })?.commands).toEqual(alone)
      expect(remedyOf({ lost: taken, left: true, pools: [] })?.commands).toEqual(alone)
      expect(remedyOf({ lost: taken, pools: null })?.commands).toEqual(alone)
      expect(remedyOf({ lost: taken, elsewhere: 'This host is in another cluster.' })?.commands).toEqual(
        alone,
      )
    })
  })

  test('a host that may itself be the machine of its name is told to take its blocks back before it is told another name', () => {
    const block = '10.66.31.0/24'
    const disputed = {
      ...{ ...held, host: 'web-1', others: [{ block, host: 'web-1' }], disputed: [block], blocks: [] },
      ...{ lost: [{ block, takenBy: 'web-1' }], join: 'RENAME', takeover: 'TAKEOVER' },
    }
    expect(mayBeItself(disputed)).toBe(true)
    const order =
      /etcd lost data.*no other machine was given the name web-1.*`TAKEOVER` gets its blocks back.*`RENAME`/
    expect(() => plan([ip('a')], disputed)).toThrow(order)
    expect(findLostBlock({ network: 'web', subnet: block }, disputed, false)?.remedy).toEqual({
      text: expect.stringMatching(new RegExp(`${order.source}\\. Then: Move the network`)),
      commands: ['TAKEOVER'],
    })
    const [note, ...more] = lostBlockNotes(
      [{ block, takenBy: 'web-1', networks: [] }],
      { ...disputed, others: [{ block, host: 'web-1', via: null }] },
      disputed,
    )
    expect(note).toMatch(
      /another machine named web-1 has it.*`TAKEOVER` gets its blocks back.*`RENAME` gives/,
    )
    expect(more).toEqual([])
  })
})
