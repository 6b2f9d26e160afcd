import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import {
  findAnomalies,
  type NetfilterRuleset,
  type NetfilterTable,
  ownerOf,
  type PacketBox,
} from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { corpus } from './iptables-files.ts'

const folder = join(import.meta.dirname, 'owners')

const read = (text: string, name: string): NetfilterRuleset =>
  text.startsWith('{')
    ? nftables.lower(nftables.parse(text, name), { readElsewhere: nftables.isIptablesTable })
    : iptables.lower(iptables.parse(text, name))

/** The rules that belong to another program, or to none. */
const strayRules = ({ tables }: NetfilterRuleset, program: string): readonly string[] =>
  tables.flatMap((table) =>
    table.chains.flatMap((chain) =>
      chain.rules.flatMap((rule) => {
        const owner = ownerOf(table, chain, rule)
        return owner === program ? [] : [`${table.name} ${chain.name} ${rule.source.text}: ${owner}`]
      }),
    ),
  )

/** The dropping policies that belong to another program, or to none. */
const strayPolicies = ({ tables }: NetfilterRuleset, program: string): readonly string[] =>
  tables.flatMap((table) =>
    table.chains.flatMap((chain) =>
      chain.base?.policy !== 'drop' || ownerOf(table, chain, null) === program
        ? []
        : [`${table.name} ${chain.name}: ${ownerOf(table, chain, null)}`],
    ),
  )

const rulesOf = (tables: readonly NetfilterTable[]): number =>
  tables.reduce((sum, { chains }) => chains.reduce((count, { rules }) => count + rules.length, sum), 0)

const programOf = (name: string): string => name.replace(/[-+.].*$/, '')

describe('every rule and every dropping policy of a host on which one program wrote all rules is that program’s', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.listing'))
  test.each(files)('%s', (name) => {
    const ruleset = read(readFileSync(join(folder, name), 'utf8'), name)
    expect(rulesOf(ruleset.tables)).toBeGreaterThan(0)
    expect(strayRules(ruleset, programOf(name))).toEqual([])
    expect(strayPolicies(ruleset, programOf(name))).toEqual([])
  })
})

describe('what is redundant', () => {
  const any = {
    hooks: null,
    protocols: null,
    sources: null,
    destinations: null,
    ports: null,
    in: null,
    out: null,
  }
  const packets: readonly PacketBox[] = [
    { ...any, family: 'ip' },
    { ...any, family: 'ip6' },
  ]
  const told = (ruleset: NetfilterRuleset): readonly string[] =>
    findAnomalies([ruleset], { packets }).map(({ kind, rule }) => `${kind} ${rule.chain} ${rule.position}`)

  // Users' own rules, and firewalld's direct rules, are in chains that engines leave to the administrator.
  const files = readdirSync(folder).filter((name) => name.endsWith('.listing'))
  test.each(files)('is not told of an engine and its own rules: %s', (name) => {
    const found = told(read(readFileSync(join(folder, name), 'utf8'), name))
    expect(found.filter((line) => !/^Shadowing|ufw-user-/.test(line))).toEqual([])
  })

  test('is told of an administrator, in chains of their own and in those that an engine leaves to them', () => {
    const text = `*filter
:FORWARD ACCEPT [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -s 10.0.0.1/32 -j DROP
-A FORWARD -s 10.0.0.0/8 -j DROP
-A DOCKER-USER -s 10.0.0.1/32 -j DROP
-A DOCKER-USER -s 10.0.0.0/8 -j DROP
-A DOCKER-USER -j RETURN
COMMIT
`
    expect(told(read(text, 'administrator'))).toEqual(
      expect.arrayContaining(['Redundancy FORWARD 2', 'Redundancy DOCKER-USER 1']),
    )
  })
})

/** The folder of rules that other programs were seen to write. */
const peers = join(corpus, '../peers/listings')

const saved = (text: string, program: string): string =>
  new RegExp(`^===== ${program}\n([^=]*?)(?=^=====|(?![\\s\\S]))`, 'm').exec(text)?.[1]?.trim() ?? ''

;(existsSync(peers) ? describe : describe.skip)('listings of the peers', () => {
  const files = existsSync(peers) ? readdirSync(peers).toSorted() : []
  test.each(files)('%s', (name) => {
    const text = readFileSync(join(peers, name), 'utf8')
    for (const source of ['iptables-save', 'ip6tables-save']) {
      const ruleset = read(`${saved(text, source)}\n`, name)
      expect(strayRules(ruleset, programOf(name))).toEqual([])
      expect(strayPolicies(ruleset, programOf(name))).toEqual([])
    }
  })
})
