import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { NetlinkSocket, Runner } from '@portolan/core'
import { MissingToolError } from '@portolan/netfilter'
import fc from 'fast-check'
import { compile, inspect, inspectAll, parse, printScript, type Ruleset } from '../../src/index.ts'
import { emptyRuleset, identity } from '../../src/model/index.ts'
import { desiredState } from '../arbitrary/desired-state.ts'
import { network, state } from '../arbitrary/example.ts'
import { openRelay } from '../arbitrary/netlink-relay.ts'
import { hasNamespaces, type NetworkNamespace, openNetworkNamespace } from '../arbitrary/network-namespace.ts'
import { everyKind } from '../wire/read/example.ts'

// Without namespaces these tests fail in CI, where a skipped suite would not be noticed.
const suite = hasNamespaces() || process.env.CI === 'true' ? describe : describe.skip

/** Sorts the elements of named sets: nft sorts them, and the kernel does not. All else stays. */
const sorted = (ruleset: Ruleset): Ruleset => ({
  ...ruleset,
  tables: ruleset.tables.map((table) => ({
    ...table,
    sets: table.sets.map((set) => ({
      ...set,
      elements: set.elements.toSorted((a, b) => (identity(a.key) < identity(b.key) ? -1 : 1)),
    })),
  })),
})

suite('our table, read over netlink', () => {
  let namespace: NetworkNamespace
  let socket: NetlinkSocket
  /** The programs that were started since the last reset. */
  const asked: string[] = []

  beforeAll(() => {
    namespace = openNetworkNamespace()
    socket = openRelay(namespace)
  })
  afterAll(() => {
    socket.close()
    namespace.close()
  })

  const runner: Runner = {
    run: async (command, args) => {
      asked.push([command, ...args].join(' '))
      return namespace.runner.run(command, args)
    },
  }
  const listed = (): Ruleset =>
    sorted(parse(namespace.nft(['-j', 'list', 'table', 'inet', 'portolan']), 'nft'))

  const load = (script: string): void => {
    namespace.nft(['flush', 'ruleset'])
    namespace.nft(['-f', '-'], script)
  }

  /** The ruleset read over the socket, and whether nft was started for it. */
  const read = async (
    over: NetlinkSocket = socket,
  ): Promise<{ readonly ruleset: Ruleset; readonly byNft: boolean }> => {
    asked.length = 0
    return { ruleset: sorted(await inspect(runner, { socket: over })), byNft: asked.length > 0 }
  }

  test('is what nft lists, handles and all, whatever we write, and no program is started', async () => {
    await fc.assert(
      fc.asyncProperty(desiredState(), async (desired) => {
        const compiled = compile(desired)
        fc.pre(compiled.tables.length > 0)
        load(printScript(compiled, 'nft'))
        expect(await read()).toEqual({ ruleset: listed(), byNft: false })
      }),
      { numRuns: 40 },
    )
  })

  test('is what nft lists of every kind of rule, set and map that we write', async () => {
    load(printScript(everyKind, 'nft'))
    const answers: string[][] = []
    const recording: NetlinkSocket = {
      request: async (datagram, expect) => {
        const replies = await socket.request(datagram, expect)
        answers.push(replies.map((message) => Buffer.from(message).toString('hex')))
        return replies
      },
      close: () => {},
    }
    expect(await read(recording)).toEqual({ ruleset: listed(), byNft: false })
    if (process.env.PORTOLAN_RECORD === 'write')
      writeFileSync(
        join(import.meta.dirname, '../wire/read/recorded.json'),
        `${JSON.stringify(answers, null, 1)}\n`,
      )
  })

  test('is nothing where there is none, which no program has to say', async () => {
    load('table inet other { chain c { tcp dport 22 accept; }\n}\ntable ip portolan { chain c { }\n}\n')
    expect(await read()).toEqual({ ruleset: emptyRuleset, byNft: false })
  })

  test('is told from tables of others that have chains and sets of the same names', async () => {
    const compiled = compile(state())
    load(
      `table inet other { comment "x"; set bridges { type mark; }\n chain forward { counter ct mark 1 accept; }\n}\n${printScript(compiled, 'nft')}`,
    )
    expect(await read()).toEqual({ ruleset: listed(), byNft: false })
  })

  const foreignObjects: readonly (readonly [what: string, script: string])[] = [
    ['a set with timeouts', 'set s { type ipv4_addr; flags timeout; elements = { 192.0.2.1 timeout 1h }; }'],
    ['a set of a size', 'set s { type ipv4_addr; size 12; }'],
    ['a set that joins its elements', 'set s { type ipv4_addr; flags interval; auto-merge; }'],
    ['a set of the type of an expression', 'set s { typeof ip saddr; elements = { 192.0.2.1 }; }'],
    [
      'a set of the type of several expressions',
      'set s { typeof ip saddr . tcp dport; elements = { 192.0.2.1 . 22 }; }',
    ],
    ['prefixes of names', 'set s { type ifname; flags interval; elements = { "br*" }; }'],
    [
      'concatenated intervals',
      'set s { type ipv4_addr . inet_service; flags interval; elements = { 192.0.2.0/24 . 1-10 }; }',
    ],
    ['a set of marks', 'set s { type mark; elements = { 1 }; }'],
    ['elements that count', 'set s { type ipv4_addr; counter; elements = { 192.0.2.1 }; }'],
    ['a named counter', 'counter c { }'],
    ['a quota', 'quota q { over 1 mbytes }'],
    ['a chain of a device', 'chain i { type filter hook ingress device lo priority 0; }'],
    ['a sleeping table', 'flags dormant;'],
    ['addresses of IPv6 in the old form', 'set s { type ipv6_addr; elements = { ::192.0.2.1 }; }'],
  ]
  test.each(foreignObjects)('goes by nft where it has %s', async (_what, script) => {
    load(`table inet portolan {\n${script}\n}\n`)
    expect(await read()).toEqual({ ruleset: listed(), byNft: true })
  })

  /** Rules that nft lists in ways of its own: what is read of them by the socket has to be the same. */
  const foreignRules: readonly (readonly [rule: string, byNft: boolean])[] = [
    ['counter accept', true],
    ['limit rate 1/second accept', true],
    ['log prefix "x" accept', true],
    ['tcp dport 80 accept', true],
    ['th dport 80 accept', true],
    ['meta l4proto icmp accept', true],
    ['meta nfproto ipv4 meta l4proto tcp accept', true],
    ['meta nfproto ipv4 iifname "x" ip saddr 192.0.2.1 accept', true],
    ['ct state new accept', false],
    ['ct state != new accept', true],
    ['ct state ! new accept', true],
    ['ct state { new, established } accept', true],
    ['ct original ip saddr 192.0.2.1 accept', true],
    ['iifname "x*" accept', true],
    ['iifname { "a", "b" } accept', true],
    ['ip saddr & 255.0.0.255 == 10.0.0.1 accept', true],
    ['ip saddr >= 10.0.0.1 accept', true],
    ['@nh,96,32 0x0a000001 accept', true],
    ['ip saddr 10.0.0.0/12 ip daddr 10.0.0.0/31 accept', false],
    ['ip6 saddr != fe80::/10 accept', false],
    ['ip saddr { 10.0.0.1, 10.0.0.9 } accept', false],
    ['ip6 saddr != { fe80::1, fe80::2, fd00::/8 } accept', false],
    ['ip saddr 10.0.0.1-10.0.0.9 accept', false],
    ['ip saddr vmap { 10.0.0.0/8 : drop, 11.0.0.0/8 : accept }', false],
    ['ip saddr . ip daddr { 10.0.0.1 . 10.0.0.2 } accept', true],
    ['icmp type echo-request accept', false],
    ['icmp type echo-reply accept', true],
    ['reject', true],
    ['notrack', true],
    ['meta mark set 1', true],
    ['accept comment "said by others"', false],
  ]
  test.each(foreignRules)('with the rule "%s" of others is what nft lists', async (rule, byNft) => {
    load(`table inet portolan {\n chain c { type filter hook prerouting priority -305; ${rule}\n }\n}\n`)
    expect(await read()).toEqual({ ruleset: listed(), byNft })
  })

  test.each([
    ['masquerade random', true],
    ['masquerade', false],
    ['snat ip to 192.0.2.1', false],
    ['snat ip to 192.0.2.1-192.0.2.9', true],
    ['snat ip to ip saddr map { 10.0.0.1 : 192.0.2.1 }', true],
  ] as const)('with the translation "%s" of others is what nft lists', async (rule, byNft) => {
    load(`table inet portolan {\n chain c { type nat hook postrouting priority 95; ${rule}\n }\n}\n`)
    expect(await read()).toEqual({ ruleset: listed(), byNft })
  })

  test.each([1, 2, 3, 4, 5, 9])(
    'is of one moment, though a rule comes in after question %i',
    async (after) => {
      load(printScript(compile(state({ networks: [network({ ip6: null })] })), 'nft'))
      let questions = 0
      const interrupted: NetlinkSocket = {
        request: async (datagram, expect) => {
          const replies = await socket.request(datagram, expect)
          questions += 1
          if (questions === after)
            namespace.nft(['insert', 'rule', 'inet', 'portolan', 'forward', 'iifname', 'later', 'drop'])
          return replies
        },
        close: () => {},
      }
      expect(await read(interrupted)).toEqual({ ruleset: listed(), byNft: true })
    },
  )

  describe('all tables of a host', () => {
    const without: Runner = {
      run: async (command) => {
        asked.push(command)
        throw new MissingToolError(command, 'nftables')
      },
    }
    const guard = 'table inet guard { chain c { }\n}\ntable ip filter { chain c { }\n}\n'

    test('are read without a program where there are none of others', async () => {
      load(printScript(compile(state()), 'nft'))
      const { ruleset, unread } = await inspectAll(without, { socket })
      expect({ ruleset: sorted(ruleset), unread }).toEqual({ ruleset: listed(), unread: [] })
    })

    test('are read by nft where there are some', async () => {
      load(guard + printScript(compile(state()), 'nft'))
      const { ruleset, unread } = await inspectAll(namespace.runner, { socket })
      expect(ruleset.tables.map(({ name }) => name)).toEqual(['guard', 'filter', 'portolan'])
      expect(unread).toEqual([])
    })

    test('are named without nft, but for those that are read elsewhere, and ours is read', async () => {
      load(guard + printScript(compile(state()), 'nft'))
      const { ruleset, unread } = await inspectAll(without, {
        socket,
        elsewhere: async () => [{ family: 'ip', name: 'filter' }],
      })
      expect(sorted(ruleset)).toEqual(listed())
      expect(unread).toEqual([
        'The nftables table inet guard could not be read: nft is not installed. Install the package nftables and run this again.',
      ])
      expect((await inspectAll(without, { socket })).unread).toEqual([
        expect.stringMatching(/^The nftables tables inet guard, ip filter could not be read: /),
      ])
    })

    test('of which ours takes nft to read, without nft, are an error that says so', async () => {
      load('table inet portolan { chain c { counter; }\n}\n')
      await expect(inspectAll(without, { socket })).rejects.toMatchObject({
        code: 'MISSING_TOOL',
        unread: expect.stringMatching(/^The table inet portolan of nftables could not be read/),
      })
    })
  })
})
