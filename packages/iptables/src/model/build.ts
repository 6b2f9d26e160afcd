import type { Match } from './option/match.ts'
import type { Target } from './option/target.ts'
import type { Rule } from './ruleset.ts'

const noOptions: readonly never[] = []

/** Makes a rule with zero counters. */
export const rule = (matches: readonly Match[], target: Target): Rule => ({
  // `slice` makes a list of the exact length. A list made by spreading others reserves room for seventeen items, and a
  // hundred thousand rules have one each.
  matches: matches.slice(),
  target,
  counters: null,
})

export const accept: Target = { kind: 'verdict', verdict: 'ACCEPT' }
export const drop: Target = { kind: 'verdict', verdict: 'DROP' }
export const returns: Target = { kind: 'verdict', verdict: 'RETURN' }
export const jump = (chain: string): Target => ({ kind: 'jump', chain })
export const goto = (chain: string): Target => ({ kind: 'goto', chain })
export const snat = (to: string): Target => ({ kind: 'snat', to, options: [] })
export const dnat = (to: string): Target => ({ kind: 'dnat', to, options: noOptions })
export const masquerade: Target = { kind: 'masquerade', ports: null, options: [] }

export const from = (prefix: string): Match => ({ kind: 'source', prefix, negated: false })
export const notFrom = (prefix: string): Match => ({ kind: 'source', prefix, negated: true })
export const to = (prefix: string): Match => ({ kind: 'destination', prefix, negated: false })
export const inBy = (name: string): Match => ({ kind: 'in', name, negated: false })
export const notInBy = (name: string): Match => ({ kind: 'in', name, negated: true })
export const notOutBy = (name: string): Match => ({ kind: 'out', name, negated: true })
export const outBy = (name: string): Match => ({ kind: 'out', name, negated: false })
export const protocol = (name: string): Match => ({ kind: 'protocol', protocol: name, negated: false })
export const comment = (text: string): Match => ({ kind: 'comment', text })

/** Made once: a hundred thousand rules may use them. */
const ofProtocol = { tcp: protocol('tcp'), udp: protocol('udp'), sctp: protocol('sctp') } as const

/** `-p tcp -m tcp --dport first:last`. */
export const ports = (module: 'tcp' | 'udp' | 'sctp', first: number, last: number): readonly Match[] => [
  ofProtocol[module],
  { kind: 'port', module, source: null, destination: { first, last, negated: false }, flags: null },
]

export const state = (...states: readonly string[]): Match => ({
  kind: 'conntrack',
  tests: [{ option: 'ctstate', value: states.join(','), negated: false }],
})

export const notInState = (...states: readonly string[]): Match => ({
  kind: 'conntrack',
  tests: [{ option: 'ctstate', value: states.join(','), negated: true }],
})

export const originalDestination = (prefix: string): Match => ({
  kind: 'conntrack',
  tests: [{ option: 'ctorigdst', value: prefix, negated: false }],
})

/** Matches packets of one direction that came in with a destination in `prefix`, even after translation. */
export const sentTo = (prefix: string, direction: 'ORIGINAL' | 'REPLY'): Match => ({
  kind: 'conntrack',
  tests: [
    { option: direction === 'ORIGINAL' ? 'ctorigdst' : 'ctrepldst', value: prefix, negated: false },
    { option: 'ctdir', value: direction, negated: false },
  ],
})

/** Matches packets of established flows, except flows whose first packet was sent to `prefix`. */
export const establishedPast = (prefix: string): Match => ({
  kind: 'conntrack',
  tests: [
    { option: 'ctstate', value: 'ESTABLISHED', negated: false },
    { option: 'ctorigdst', value: prefix, negated: true },
  ],
})

export const isReply: Match = {
  kind: 'conntrack',
  tests: [{ option: 'ctdir', value: 'REPLY', negated: false }],
}

export const toLocal: Match = {
  kind: 'address-type',
  source: null,
  destination: { types: ['LOCAL'], negated: false },
  limit: null,
}
