import type { Protocol } from '@portolan/netfilter'
import { goto, ports, protocol, rule } from '../../model/build.ts'
import type { Target } from '../../model/option/target.ts'
import type { Rule } from '../../model/ruleset.ts'

/** A rule for one port of one protocol. */
export interface DispatchEntry {
  readonly protocol: Protocol
  readonly port: number
  readonly rule: Rule
}

/** The rules of the root, and the chains below it by name. */
export interface DispatchTree {
  readonly root: readonly Rule[]
  readonly chains: ReadonlyMap<string, readonly Rule[]>
}

/** A chain with more rules than this is split. */
const leafSize = 16

const letters: Readonly<Record<Protocol, string>> = { tcp: 'T', udp: 'U', sctp: 'S' }
const protocols: readonly Protocol[] = ['tcp', 'udp', 'sctp']

/**
 * Lays rules out so that a packet passes few of them. A chain of up to 16 rules is a list. A longer one is split by
 * protocol, then by the four hexadecimal digits of the port, first digit first. The split of a chain depends only on
 * its own entries. So one more mapping changes a handful of lines, and only in its own branch.
 *
 * @param root - the chain at the root of the tree; its children are named `ROOT-T`, `ROOT-T-8XXX`, `ROOT-T-80XX`, ...
 * @param entries - in the order in which the rules of one port are matched
 * @param miss - the target for a packet that no entry matches; null: the packet goes on after the jump to the root
 * @example
 * dispatch('PORTOLAN-DNAT', [], null).root // []
 */
export const dispatch = (
  root: string,
  entries: readonly DispatchEntry[],
  miss: Target | null,
): DispatchTree => {
  const chains = new Map<string, readonly Rule[]>()
  const last = miss === null ? [] : [rule([], miss)]
  const list = (some: readonly DispatchEntry[]): readonly Rule[] => [...some.map((one) => one.rule), ...last]

  /** The entries all share the first `depth` digits of their port. */
  const node = (
    name: string,
    letter: string,
    some: readonly DispatchEntry[],
    depth: number,
  ): readonly Rule[] => {
    const [first] = some
    if (some.length <= leafSize || depth === 4 || first === undefined) return list(some)
    const rules: Rule[] = []
    const shift = 4 * (3 - depth)
    for (const [digits, members] of groups(some, (one) => one.port >> shift)) {
      const shown = digits
        .toString(16)
        .toUpperCase()
        .padStart(depth + 1, '0')
        .padEnd(4, 'X')
      const child = `${name}-${letter}-${shown}`
      chains.set(child, node(name, letter, members, depth + 1))
      const lowest = digits << shift
      rules.push(rule(ports(first.protocol, lowest, lowest + (1 << shift) - 1), goto(child)))
    }
    return [...rules, ...last]
  }

  if (entries.length <= leafSize) return { root: list(entries), chains }
  const rules: Rule[] = []
  for (const one of protocols) {
    const members = entries.filter((entry) => entry.protocol === one)
    if (members.length === 0) continue
    const child = `${root}-${letters[one]}`
    chains.set(child, node(root, letters[one], members, 0))
    rules.push(rule([protocol(one)], goto(child)))
  }
  return { root: [...rules, ...last], chains }
}

const groups = <T>(
  items: readonly T[],
  key: (item: T) => number,
): readonly (readonly [number, readonly T[]])[] => {
  const found = new Map<number, T[]>()
  for (const item of items) {
    const group = found.get(key(item))
    if (group === undefined) found.set(key(item), [item])
    else group.push(item)
  }
  return [...found].toSorted(([left], [right]) => left - right)
}

const nodeName = /^(.+?)-[TUS](?:-[0-9A-F][0-9A-FX]{3})?$/

/** The root of a chain's tree, where it is one of `roots`; else the chain itself. */
export const rootOf = (chain: string, roots: readonly string[]): string => {
  const root = nodeName.exec(chain)?.[1]
  return root !== undefined && roots.includes(root) ? root : chain
}
