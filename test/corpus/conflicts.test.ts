import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { type Culprit, endpointAddresses } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import { prepare } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import { type HostRules, noRules } from 'portolan'
import { findUncheckedConflicts } from '../../packages/core/src/conflict/find-rule-conflicts.ts'
import { fateOf } from '../property/conflicts/fate.ts'
import { hostFacts, lookAt, type Seen, tell } from '../property/conflicts/look.ts'
import { filesIn, named, rulesetFiles, withCorpus } from './iptables-files.ts'
import { place, withoutCulprits } from './without-culprit.ts'

/** An intent with ports that the hosts of the corpus use, one of them bound to an address. */
const intent = `
name: shop
networks:
  web:
    enable_ipv6: true
    ipam:
      {config: [{subnet: 172.30.1.0/24, gateway: 172.30.1.1}, {subnet: "fd00:30:1::/64", gateway: "fd00:30:1::1"}]}
    driver_opts: {com.docker.network.bridge.name: pt-web}
services:
  nginx:
    networks: {web: {ipv4_address: 172.30.1.10, ipv6_address: "fd00:30:1::10"}}
    ports: ["8080:80", "443:443", "53:53/udp", "192.0.2.2:9000:9000"]
  worker: {networks: {web: {ipv4_address: 172.30.1.11}}}
`

interface Dump {
  readonly name: string
  readonly rules: HostRules
}

/** The names of files by their text. A fifth of the files are copies of others, and would be the same host again. */
const namesByText = (files: readonly string[]): ReadonlyMap<string, string> => {
  const names = new Map<string, string>()
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    if (!names.has(text)) names.set(text, named(file))
  }
  return names
}

const savedDumps = (): readonly Dump[] =>
  [...namesByText(rulesetFiles())].map(([text, name]) => ({
    name,
    rules: { ...noRules, 'iptables-legacy': iptables.parse(text, name) },
  }))

const nftDumps = (): readonly Dump[] => {
  const files = ['nft-json/kernel', 'docker/nft-json'].flatMap(filesIn)
  return [...namesByText(files.filter((file) => file.endsWith('.json')))].map(([text, name]) => ({
    name,
    rules: { ...noRules, nftables: nftables.parse(text, name) },
  }))
}

/** Counters for the printed summary. */
class Counts {
  readonly #counts = new Map<string, number>()

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1)
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0
  }

  toString(): string {
    return [...this.#counts].map(([what, many]) => `${many} ${what}`).join(', ')
  }
}

/** Complaints about witnesses that do not behave in the evaluator as their conflict says. */
const complaintsOfWitnesses = ({ conflicts, fate }: Seen, counts: Counts): readonly string[] =>
  conflicts.flatMap((conflict) => {
    const { kind, severity, certainty } = conflict
    counts.add('conflicts')
    counts.add(`${severity}s`)
    counts.add(kind)
    if (certainty === 'possible') counts.add('possible ones')
    const fared = fate(conflict)
    const isTrue =
      kind === 'DnatShadows'
        ? fared === 'works'
        : fared === 'fails' || (certainty === 'possible' && fared === 'may fail')
    return isTrue ? [] : [`${tell(conflict)}: ${fared}: ${JSON.stringify(conflict.witness)}`]
  })

/** Complaints about wrong culprits. Without its culprit a witness must pass, or fail by another rule. */
const complaintsOfCulprits = (seen: Seen, counts: Counts): readonly string[] => {
  const { desired } = seen.plan
  return seen.conflicts.flatMap((conflict) => {
    const { culprit, kind, certainty, witness } = conflict
    if (!isRule(culprit) || witness === null || kind === 'DnatShadows' || certainty === 'possible') return []
    const without = prepare(seen.facts, withoutCulprits(seen.rulesets, [culprit]), {
      endpoints: endpointAddresses(desired),
    })
    const outcome = without.evaluate(witness)
    const works = fateOf(conflict, desired, seen.facts, without) === 'works'
    counts.add(works ? 'witnesses that work without the culprit' : 'witnesses that another stops then')
    const isBlamedAgain = outcome.culprit !== null && place(outcome.culprit) === place(culprit)
    return isBlamedAgain ? [`${tell(conflict)}: fails by what is not there any more`] : []
  })
}

const isRule = (culprit: Culprit | null): culprit is Culprit => culprit !== null && culprit.table !== null

const mostRounds = 12

/**
 * Complaints about errors. The culprits of all errors are removed, round by round, until the host has no errors left.
 */
const complaintsOfErrors = (seen: Seen, counts: Counts): readonly string[] => {
  const { desired } = seen.plan
  let rules = seen.rulesets
  for (let round = 0; round < mostRounds; round += 1) {
    // The first round uses the plan's own search of the unchanged host.
    const found = round === 0 ? seen.conflicts : findUncheckedConflicts(desired, hostFacts, rules)
    const errors = found.filter(({ severity }) => severity === 'error')
    if (errors.length === 0) {
      if (round > 0) counts.add('hosts mended by taking away what was named')
      return []
    }
    const culprits = errors.map(({ culprit }) => culprit).filter(isRule)
    if (culprits.length === 0) return [`errors that name no rule: ${errors.map(tell).join('; ')}`]
    rules = withoutCulprits(rules, culprits)
  }
  return [`errors after ${mostRounds} rounds`]
}

withCorpus('conflicts with rules of others', () => {
  test.each([
    ['iptables', savedDumps],
    ['nftables', nftDumps],
  ] as const)(
    'of %s: every witness fails, and by its culprit',
    async (tool, dumps) => {
      const counts = new Counts()
      const complaints: string[] = []
      for (const { name, rules } of dumps()) {
        const seen = await lookAt({ rules, facts: hostFacts, intent })
        counts.add('hosts')
        if (seen.conflicts.length === 0) counts.add('hosts without a conflict')
        const own = [
          ...complaintsOfWitnesses(seen, counts),
          ...complaintsOfCulprits(seen, counts),
          ...complaintsOfErrors(seen, counts),
        ]
        complaints.push(...own.map((complaint) => `${name}: ${complaint}`))
      }
      process.stderr.write(`conflicts with rules of ${tool}: ${counts}\n`)
      expect(complaints).toEqual([])
      expect(counts.of('hosts')).toBeGreaterThan(100)
      expect(counts.of('conflicts')).toBeGreaterThan(100)
      expect(counts.of('hosts without a conflict')).toBeGreaterThan(10)
    },
    600_000,
  )
})
