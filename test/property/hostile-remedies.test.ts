import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { packetsOfDesired } from '@portolan/core'
import { findAnomalies, visibleLine } from '@portolan/netfilter'
import type { Passage } from '@portolan/netfilter/advice'
import fc from 'fast-check'
import { lowerRules, noRules } from 'portolan'
import { iptablesCommand, iptablesDeletion } from '../../packages/netfilter/src/advice/iptables-command.ts'
import { nftCommand, nftDeletion } from '../../packages/netfilter/src/advice/nft-command.ts'
import { nftKeywords } from '../../packages/netfilter/src/advice/nft-keywords.ts'
import { fromJson } from '../from-json.ts'
import { describeOnKernel } from '../lab/gate.ts'
import { hostileChain, kernelInterface } from './arbitrary/hostile-names.ts'
import { hostFacts, lookAt } from './conflicts/look.ts'
import { accept, drop, source } from './conflicts/nft-rules.ts'
import { listNftables } from './support/load.ts'
import { insist, type Namespace, openNamespace } from './support/namespace.ts'
import { runs } from './support/runs.ts'

/** A rule as the kernel lists it, without its counters. */
interface Listed {
  readonly chain: string
  readonly handle: number
  readonly expr: string
}

const anything: Passage = {
  family: 'ip',
  in: null,
  out: null,
  protocol: 6,
  source: '172.30.1.0/24',
  sourcePort: null,
  destination: '192.0.2.7',
  destinationPort: 80,
  answers: false,
}

describeOnKernel('a remedy that a person pastes', 'nftables', () => {
  let namespace: Namespace
  let folder: string
  beforeAll(() => {
    namespace = openNamespace()
    folder = mkdtempSync(join(tmpdir(), 'portolan-remedy-'))
  })
  afterAll(() => {
    namespace[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  })

  const chain = (
    table: string,
    name: string,
    ...rules: readonly (readonly object[])[]
  ): readonly object[] => [
    {
      add: {
        chain: { family: 'ip', table, name, type: 'filter', hook: 'forward', prio: 0, policy: 'accept' },
      },
    },
    ...rules.map((expr) => ({ add: { rule: { family: 'ip', table, chain: name, expr } } })),
  ]

  /** Loads a host that is empty except for one chain with the given name, and for a table that must not change. */
  const load = (table: string, name: string, ...rules: readonly (readonly object[])[]): void => {
    const nftables = [
      { flush: { ruleset: null } },
      { add: { table: { family: 'ip', name: 'keep' } } },
      { add: { chain: { family: 'ip', table: 'keep', name: 'c' } } },
      { add: { rule: { family: 'ip', table: 'keep', chain: 'c', expr: [drop] } } },
      { add: { table: { family: 'ip', name: table } } },
      ...chain(table, name, ...rules),
    ]
    insist(namespace, 'nft', ['-j', '-f', '-'], JSON.stringify({ nftables }))
  }

  const list = (): { readonly rules: readonly Listed[]; readonly rest: readonly string[] } => {
    const { nftables } = fromJson<{
      nftables: readonly Record<string, Record<string, unknown>>[]
    }>(insist(namespace, 'nft', ['-j', '-a', 'list', 'ruleset']))
    return {
      rules: nftables.flatMap(({ rule }) =>
        rule === undefined
          ? []
          : [
              {
                chain: JSON.stringify([rule.table, rule.chain]),
                handle: Number(rule.handle),
                expr: JSON.stringify(rule.expr, (key, value) => (key === 'counter' ? null : value)),
              },
            ],
      ),
      rest: nftables.flatMap((object) => ('rule' in object ? [] : [JSON.stringify(object)])),
    }
  }

  /** Runs a command in a shell, and returns the rules that it added and removed. */
  const paste = (
    command: string,
  ): { readonly added: readonly Listed[]; readonly gone: readonly Listed[] } => {
    // The command must look the same on a terminal, so that a copied command is the same text.
    expect(visibleLine(command)).toBe(command)
    const before = list()
    const { exitCode, stderr } = namespace.run('sh', ['-c', `cd '${folder}' && ${command}`])
    expect({ command, exitCode, stderr }).toEqual({ command, exitCode: 0, stderr: '' })
    const after = list()
    expect(after.rest).toEqual(before.rest)
    expect(readdirSync(folder)).toEqual([])
    const isIn = (rules: readonly Listed[], one: Listed): boolean =>
      rules.some(
        ({ handle, expr, chain }) => handle === one.handle && expr === one.expr && chain === one.chain,
      )
    return {
      added: after.rules.filter((one) => !isIn(before.rules, one)),
      gone: before.rules.filter((one) => !isIn(after.rules, one)),
    }
  }

  /** The interface name that the first rule matches, read from its bytes: nft lists `a*` in several ways. */
  const linkAsked = (): string => {
    const listing = insist(namespace, 'nft', ['--debug=netlink', 'list', 'ruleset'])
    const words =
      /meta load iifname => reg 1 \]\s+\[ cmp eq reg 1 ((?:0x[0-9a-f]+ ?)+)\]/.exec(listing)?.[1] ?? ''
    const bytes = Buffer.alloc(16)
    for (const [at, word] of words.trim().split(' ').entries()) bytes.writeUInt32LE(Number(word), at * 4)
    return bytes.toString().replace(/\0+$/, '')
  }

  const plain = (name: string): boolean => /^[A-Za-z][A-Za-z0-9_]*$/.test(name)

  test('lets packets pass the chain that stops them and changes nothing else, whatever tables and chains are called', async () => {
    let pasted = 0
    await fc.assert(
      fc.asyncProperty(hostileChain, hostileChain, async (table, name) => {
        fc.pre(table !== 'keep')
        load(table, name, [drop])
        const rules = { ...noRules, nftables: listNftables(namespace) }
        const { conflicts } = await lookAt({ rules, facts: hostFacts })
        const dropped = conflicts.find(({ kind }) => kind === 'ForwardDropped')
        expect(dropped?.culprit).toMatchObject({ table, chain: name })
        const commands = dropped?.remedy.commands ?? []
        for (const command of commands) {
          const { added, gone } = paste(command)
          expect(gone).toEqual([])
          expect(added).toMatchObject([{ chain: JSON.stringify([table, name]) }])
          expect(added[0]?.expr).toMatch(/\{"accept":null\}\]$/)
          pasted += 1
        }
        // The accept must be before the rule that drops.
        if (commands.length > 0)
          expect(
            list()
              .rules.filter(({ chain: one }) => one === JSON.stringify([table, name]))
              .at(-1),
          ).toMatchObject({
            expr: JSON.stringify([drop]),
          })
      }),
      { ...runs(40), examples: [['mine', 'a accept; flush ruleset #']] },
    )
    expect(pasted).toBeGreaterThan(0)
  })

  test('deletes the one rule that is not needed, whatever tables and chains are called', async () => {
    let pasted = 0
    await fc.assert(
      fc.asyncProperty(hostileChain, hostileChain, async (table, name) => {
        fc.pre(table !== 'keep')
        const same = [source('172.30.1.10'), accept]
        load(table, name, same, [drop], same)
        const rules = { ...noRules, nftables: listNftables(namespace) }
        const { plan } = await lookAt({ rules: noRules, facts: hostFacts })
        const anomalies = findAnomalies(lowerRules(rules), { packets: packetsOfDesired(plan.desired) })
        const commands = anomalies.flatMap(({ remedy }) => remedy?.commands ?? [])
        expect(anomalies.some(({ remedy }) => remedy !== null)).toBe(true)
        const [command] = commands
        if (command === undefined) return
        const { added, gone } = paste(command)
        expect(added).toEqual([])
        expect(gone).toMatchObject([{ chain: JSON.stringify([table, name]) }])
        pasted += 1
      }),
      { ...runs(30), examples: [['mine', 'a accept; flush ruleset #']] },
    )
    expect(pasted).toBeGreaterThan(0)
  })

  test('asks for interfaces by the names that they have', () => {
    let written = 0
    fc.assert(
      fc.property(kernelInterface, hostileChain, fc.boolean(), (link, name, isPlain) => {
        const place = {
          family: 'ip',
          table: 'mine',
          chain: isPlain ? 'c' : name,
          handle: null,
          before: 1,
        } as const
        load(place.table, place.chain, [drop])
        const command = nftCommand({ ...place, isTracked: true }, { ...anything, in: link })
        if (command === null) {
          expect(/^@|\\\*$|\ufffd/.test(link) || place.chain.includes('\ufffd')).toBe(true)
          return
        }
        expect(paste(command).added).toHaveLength(1)
        expect(linkAsked()).toBe(link)
        written += 1
      }),
      {
        ...runs(60),
        examples: [
          ['a*', 'c', true],
          ['@a', 'c', true],
          ['x"y', 'c', true],
          ['a\\', 'c', true],
        ],
      },
    )
    expect(written).toBeGreaterThan(0)
  })

  test('names tables and chains that are called as keywords are', () => {
    for (const word of nftKeywords) {
      load(word, word, [drop])
      const command = nftDeletion(
        { family: 'ip', table: word, chain: word },
        list().rules.at(-1)?.handle ?? 0,
      )
      expect(paste(command ?? '').gone).toHaveLength(1)
    }
  })

  test('of iptables touches the one chain, or is not printed', () => {
    let written = 0
    fc.assert(
      fc.property(hostileChain, kernelInterface, (name, link) => {
        fc.pre(!['INPUT', 'FORWARD', 'OUTPUT'].includes(name))
        load('filter', 'FORWARD', [drop])
        const more = [
          { add: { chain: { family: 'ip', table: 'filter', name } } },
          { add: { rule: { family: 'ip', table: 'filter', chain: name, expr: [drop] } } },
          { add: { rule: { family: 'ip', table: 'filter', chain: name, expr: [accept] } } },
        ]
        insist(namespace, 'nft', ['-j', '-f', '-'], JSON.stringify({ nftables: more }))
        const place = { variant: 'iptables-nft', table: 'filter', chain: name, before: 2 } as const
        const inserting = iptablesCommand(place, { ...anything, in: link })
        if (inserting !== null) {
          const { added, gone } = paste(inserting)
          expect(gone).toEqual([])
          expect(added).toMatchObject([{ chain: JSON.stringify(['filter', name]) }])
          expect(linkAsked()).toBe(link)
          written += 1
        }
        const deleting = iptablesDeletion({ program: 'iptables-nft', table: 'filter', chain: name }, 1)
        if (deleting === null) {
          expect(plain(name) && name.length < 29).toBe(false)
          return
        }
        const { added, gone } = paste(deleting)
        expect(added).toEqual([])
        expect(gone).toMatchObject([
          { chain: JSON.stringify(['filter', name]), expr: JSON.stringify([drop]) },
        ])
      }),
      {
        ...runs(60),
        examples: [
          ['MINE', 'eth+'],
          ['MINE', '!'],
          ['MINE', '-x'],
          ["q'`$x", "a'b"],
        ],
      },
    )
    expect(written).toBeGreaterThan(0)
  })
})
