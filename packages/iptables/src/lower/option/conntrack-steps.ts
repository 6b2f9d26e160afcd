import {
  between,
  bitwise,
  compare,
  conntrackState,
  conntrackStatus,
  type Expression,
  type Family,
  type MatchStep,
  oneOf,
} from '@portolan/netfilter'
import type { ConntrackMatch, ConntrackTest, StateMatch } from '../../model/option/match.ts'
import { inPrefix, unknownMatch } from './address-value.ts'

const state: Expression = { kind: 'conntrack', key: 'state' }
const status: Expression = { kind: 'conntrack', key: 'status' }
const direction: Expression = { kind: 'conntrack', key: 'direction' }

const states: Readonly<Record<string, number>> = {
  INVALID: conntrackState.invalid,
  NEW: conntrackState.new,
  RELATED: conntrackState.related,
  ESTABLISHED: conntrackState.established,
  UNTRACKED: conntrackState.untracked,
}

const statuses: Readonly<Record<string, number>> = {
  EXPECTED: conntrackStatus.expected,
  SEEN_REPLY: conntrackStatus['seen-reply'],
  ASSURED: conntrackStatus.assured,
  CONFIRMED: conntrackStatus.confirmed,
  SNAT: conntrackStatus.snat,
  DNAT: conntrackStatus.dnat,
}

const anyBit = (mask: number, negated: boolean): MatchStep =>
  compare(bitwise('and', status, mask), oneOf(0), !negated)

/**
 * Lowers a test of states. SNAT and DNAT are bits of the status and not states. They are set in both directions of the
 * flow.
 */
const stateStep = (names: readonly string[], negated: boolean): MatchStep => {
  const real = names.flatMap((name) => states[name] ?? [])
  const translated = names.reduce(
    (mask, name) => mask | (name === 'SNAT' || name === 'DNAT' ? (statuses[name] ?? 0) : 0),
    0,
  )
  const plain = compare(state, oneOf(...real), negated)
  if (translated === 0) return plain
  const alternatives = [[compare(state, oneOf(...real))], [anyBit(translated, false)]]
  return { kind: 'any-of', alternatives, negated }
}

/** Lowers `-m state`. */
export const oldStateStep = ({ states: names, negated }: StateMatch): MatchStep => stateStep(names, negated)

const tuples: Readonly<
  Record<
    string,
    { readonly key: 'saddr' | 'daddr' | 'sport' | 'dport'; readonly direction: 'original' | 'reply' }
  >
> = {
  ctorigsrc: { key: 'saddr', direction: 'original' },
  ctorigdst: { key: 'daddr', direction: 'original' },
  ctreplsrc: { key: 'saddr', direction: 'reply' },
  ctrepldst: { key: 'daddr', direction: 'reply' },
  ctorigsrcport: { key: 'sport', direction: 'original' },
  ctorigdstport: { key: 'dport', direction: 'original' },
  ctreplsrcport: { key: 'sport', direction: 'reply' },
  ctrepldstport: { key: 'dport', direction: 'reply' },
}

const testStep = ({ option, value, negated }: ConntrackTest, family: Family): MatchStep => {
  const tuple = tuples[option]
  if (tuple !== undefined) {
    const expression: Expression = { kind: 'conntrack-tuple', ...tuple, family }
    if (tuple.key === 'saddr' || tuple.key === 'daddr') return inPrefix(expression, value, negated, family)
    const [first = '0', last = first] = value.split(':')
    return compare(expression, between(Number(first), Number(last)), negated)
  }
  switch (option) {
    case 'ctstate':
      return stateStep(value.split(','), negated)
    case 'ctproto': {
      const key = { kind: 'conntrack-tuple', key: 'l4proto', direction: 'original', family: null } as const
      const number = Number(value)
      return Number.isInteger(number)
        ? compare(key, oneOf(number), negated)
        : unknownMatch(`-m conntrack --ctproto ${value}`)
    }
    case 'ctstatus': {
      const mask = value.split(',').reduce((sum, name) => sum | (statuses[name] ?? 0), 0)
      return anyBit(mask, negated)
    }
    case 'ctdir':
      return compare(direction, oneOf(value === 'REPLY' ? 1 : 0), negated)
    default:
      return unknownMatch(`-m conntrack ${negated ? '! ' : ''}--${option} ${value}`)
  }
}

/**
 * Lowers `-m conntrack`. For a packet without an entry only the state is tested, and all other tests pass
 * (net/netfilter/xt_conntrack.c `conntrack_mt`).
 */
export const conntrackSteps = ({ tests }: ConntrackMatch, family: Family): readonly MatchStep[] => {
  const [states, others] = [
    tests.filter(({ option }) => option === 'ctstate').map((test) => testStep(test, family)),
    tests.filter(({ option }) => option !== 'ctstate').map((test) => testStep(test, family)),
  ]
  if (states.length === 0 || others.length === 0) return [...states, ...others]
  const noEntry = compare(state, oneOf(conntrackState.invalid, conntrackState.untracked))
  return [...states, { kind: 'any-of', alternatives: [[noEntry], others], negated: false }]
}
