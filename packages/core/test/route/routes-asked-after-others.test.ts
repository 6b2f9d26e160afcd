import { describe, expect, test } from '@jest/globals'
import type { HostFacts } from '@portolan/netfilter'
import { withNeighbours } from '../../src/index.ts'
import { desired, facts, neighbours } from './cluster-neighbours.ts'

describe('routes to the blocks of other hosts', () => {
  describe('with a foreign route in a table that a rule asks before main', () => {
    const others = [
      { block: '10.64.2.0/24', host: 'h2', via: '192.0.2.12' },
      { block: 'fd64:2::/64', host: 'h2', via: '2001:db8::12' },
    ]
    const both = { ...neighbours(), blocks: ['10.64.1.0/24', 'fd64:1::/64'], others }
    const links = [{ name: 'eth0', up: true, addresses: ['192.0.2.11/24', '2001:db8::11/64'] }]
    const foreign = [
      { destination: '10.64.0.0/16', gateway: '192.0.2.99', table: 77 },
      { destination: 'fd64::/16', gateway: '2001:db8::99', table: 77 },
    ]
    const ask = { priority: 100, table: 77 }
    const told = (rules: HostFacts['rules'] = [], more: HostFacts['routes'] = []) => {
      const host = facts({ interfaces: links, routes: [...foreign, ...more], rules })
      return withNeighbours(desired(), host, both).conflicts
    }
    const blocksOf = (found: ReturnType<typeof told>) => found.map(({ prefix }) => prefix)
    const [four, six] = others.map(({ block }) => block)
    const main = { table: 254, priority: 99 }
    const local = { table: 255, priority: 0 }
    const target = { table: 78, priority: 200 }

    test('is told for each block, with a command of its family that is the same in the sentence', () => {
      const conflicts = told([ask])
      expect(blocksOf(conflicts)).toEqual([four, six])
      for (const [at, command] of [
        `ip rule add to ${four} lookup main`,
        `ip -6 rule add to ${six} lookup main`,
      ].entries())
        expect(conflicts[at]?.remedy).toEqual({
          text: expect.stringContaining(`\`${command}\``),
          commands: [command],
        })
    })

    test.each([
      ['what the remedy says is ahead', [{ ...main, to: '10.64.2.0/24' }], [six]],
      [
        'it is so in both families',
        [
          { ...main, to: '10.64.2.0/24' },
          { ...main, to: 'fd64:2::/64' },
        ],
        [],
      ],
      ['all goes by main first, but for its default routes', [{ ...main, suppressPrefixLength: 0 }], []],
      ['main is asked first for none of these routes', [{ ...main, suppressPrefixLength: 64 }], [four, six]],
      ['main is asked first for one half of the block', [{ ...main, to: '10.64.2.0/25' }], [four, six]],
      [
        'main is asked first for either half of it',
        [
          { ...main, to: '10.64.2.0/25' },
          { ...main, to: '10.64.2.128/25' },
        ],
        [six],
      ],
      ['main is asked first for what comes in by one interface', [{ ...main, in: 'eth0' }], [four, six]],
      ['main is asked first for another mark', [{ ...main, mark: 1, invert: true }], [four, six]],
      [
        'the rule that asks main is passed over',
        [{ priority: 50, action: 'goto', gotoPriority: 100 }, main],
        [four, six],
      ],
      ['main is asked first for the other family', [{ ...main, family: 'ip6' as const }], [four]],
      ['a rule leads past it', [{ priority: 50, action: 'goto', gotoPriority: 200 }, target], []],
      [
        'a rule leads one block past it',
        [{ priority: 50, action: 'goto', gotoPriority: 200, to: '10.64.2.0/24' }, target],
        [six],
      ],
      [
        'a rule leads what comes in by one interface past it',
        [{ priority: 50, action: 'goto', gotoPriority: 200, in: 'eth0' }, target],
        [four, six],
      ],
      ['a rule leads to no other', [{ priority: 50, action: 'goto', gotoPriority: 200 }], [four, six]],
    ])('is told or not as the kernel follows the rules: %s', (_, ahead, blocks) => {
      expect(blocksOf(told([ask, ...ahead]))).toEqual(blocks)
    })

    test.each([
      ['one family alone', { ...ask, family: 'ip' as const }, [four]],
      ['another destination', { ...ask, to: '10.64.3.0/24' }, []],
      ['a part of the block', { ...ask, to: '10.64.2.128/25' }, [four]],
      ['all but what it names', { ...ask, to: '10.64.3.0/24', invert: true }, [four]],
      ['all but what the block is in', { ...ask, to: '10.0.0.0/8', invert: true }, []],
      ['all but what comes in there for it', { ...ask, to: '10.0.0.0/8', in: 'eth0', invert: true }, [four]],
      ['what is more exact than its routes', { ...ask, suppressPrefixLength: 16 }, []],
      ['what main does not lead on', { ...ask, priority: 32_766 }, []],
    ])('is told where the rule is for %s', (_, rule, blocks) => {
      expect(blocksOf(told([rule]))).toEqual(blocks)
    })

    test.each([
      ['the same', { protocol: 6, destinationPorts: { first: 80 } }, []],
      ['more', { protocol: 6, destinationPorts: { first: 80 }, in: 'eth0' }, []],
      ['less', { protocol: 6 }, [four, six]],
      ['another port', { protocol: 6, destinationPorts: { first: 443 } }, [four, six]],
      ['all but the same', { protocol: 6, destinationPorts: { first: 80 }, invert: true }, [four, six]],
    ])(
      'is told or not behind one that asks main for a port, where the rule asks for %s',
      (_, asked, blocks) => {
        const ahead = { ...main, protocol: 6, destinationPorts: { first: 80 } }
        expect(blocksOf(told([ahead, { ...ask, ...asked }]))).toEqual(blocks)
      },
    )

    test.each([
      ['of the block', { action: 'unreachable', to: '10.64.2.0/24' }, [four], 'certain'],
      ['of a range around it', { action: 'blackhole', to: '10.64.0.0/16' }, [four], 'certain'],
      ['of an address in it', { action: 'prohibit', to: 'fd64:2::7/128' }, [six], 'certain'],
      [
        'of what comes in there for it',
        { action: 'prohibit', to: 'fd64:2::/64', in: 'eth0' },
        [six],
        'possible',
      ],
      ['of all', { action: 'prohibit', family: 'ip' as const }, [four], 'certain'],
      ['of a mark', { action: 'unreachable', mark: 1 }, [], null],
      ['of what is elsewhere', { action: 'unreachable', to: '10.65.0.0/16' }, [], null],
      ['that main comes before', { action: 'unreachable', to: '10.64.2.0/24', priority: 32_767 }, [], null],
    ])('is a rule that refuses packets, %s', (_, rule, blocks, certainty) => {
      const refusing = { priority: 100, ...rule }
      const conflicts = told([local, refusing])
      expect(blocksOf(conflicts)).toEqual(blocks)
      for (const conflict of conflicts)
        expect(conflict).toMatchObject({ certainty, culprit: { tool: 'rule' } })
      const ahead = [four, six].map((to = '') => ({ ...main, to }))
      expect(told([local, refusing, ...ahead])).toEqual([])
    })

    test.each([
      ['the kernel puts one ahead by itself', [local, ask], 'ip rule add to 10.64.2.0/24 lookup main'],
      [
        'the rule for addresses of the host is behind',
        [ask, { ...local, priority: 200 }],
        'ip rule add to 10.64.2.0/24 lookup main pref 99',
      ],
      [
        'no rule can come ahead',
        [local, { ...ask, priority: 0, to: '10.64.0.0/16' }],
        'ip rule del pref 0 from all to 10.64.0.0/16 lookup 77',
      ],
      [
        'no rule can come ahead of one that refuses',
        [local, { priority: 0, action: 'unreachable', to: '10.64.0.0/16' }],
        'ip rule del pref 0 from all to 10.64.0.0/16 unreachable',
      ],
    ])('has a command that works where %s', (_, rules, command) => {
      expect(told(rules)[0]?.remedy).toEqual({
        text: expect.stringContaining(`\`${command}\``),
        commands: [command],
      })
    })

    test('has no command where the rule that has to go cannot be named', () => {
      const [first] = told([local, { ...ask, priority: 0, other: ['tun_id'] }])
      expect(first?.remedy).toEqual({ text: expect.stringContaining('Delete that rule'), commands: [] })
    })

    test('is an address of this host, without a rule that would be behind that of table local', () => {
      const routes = [
        { destination: '10.64.2.1/32', interface: 'lan0', table: 255, type: 'local', scope: 'host' },
        { destination: 'fd64:2::1/128', interface: 'lo', table: 255, type: 'local', scope: 'host' },
      ]
      const lan = { name: 'lan0', up: true, addresses: ['10.64.2.1/16'] }
      const host = facts({ interfaces: [...links, lan, { name: 'lo' }], routes, rules: [local] })
      const { conflicts } = withNeighbours(desired(), host, both)
      expect(conflicts.map(({ remedy }) => remedy)).toEqual([
        { text: expect.stringMatching(/^It is an address of lan0: /), commands: [] },
        {
          text: expect.stringContaining('Delete that route'),
          commands: ['ip route del local fd64:2::1/128 dev lo table 255'],
        },
      ])
    })

    test('is none where that table throws the block back', () => {
      const thrown = { destination: '10.64.2.0/24', type: 'throw', table: 77 }
      expect(blocksOf(told([ask], [thrown]))).toEqual([six])
    })
  })
})
