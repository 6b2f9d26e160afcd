import type { Family } from '../../address/index.ts'
import type { Hook, NetfilterRuleset, TableFamily } from '../../model/index.ts'
import type { Compiler } from '../value/compiler.ts'
import { type BaseProgram, compileTable } from '../value/program.ts'

/** NF_IP_PRI_CONNTRACK, NF_IP_PRI_NAT_DST and NF_IP_PRI_NAT_SRC (include/uapi/linux/netfilter_ipv4.h). */
const CONNTRACK = -200
const NAT: Readonly<Record<string, number>> = { prerouting: -100, output: -100, input: 100, postrouting: 100 }

/** An item of a hook: connection tracking, a base chain, or the dispatcher of all nat chains. */
export type HookItem =
  | { readonly kind: 'conntrack' }
  | { readonly kind: 'chain'; readonly base: BaseProgram }
  /** The nat chains by priority; those of equal priority together, newest first. */
  | { readonly kind: 'nat'; readonly groups: readonly (readonly BaseProgram[])[] }

/** One priority of a hook: several items when their order is not known, newest first. */
export interface HookGroup {
  readonly items: readonly HookItem[]
  /** Whether the order of the items may change the result. */
  readonly contested: boolean
}

export type HookLists = Readonly<Record<Hook, readonly HookGroup[]>>

const hooks: readonly Hook[] = [
  'ingress',
  'prerouting',
  'input',
  'forward',
  'output',
  'postrouting',
  'egress',
]

/**
 * Orders the base chains that see packets of a family, all tools together (NETFILTER: iptables-legacy, iptables-nft
 * and nftables register in one list).
 */
export const buildHooks = (
  rulesets: readonly NetfilterRuleset[],
  families: readonly TableFamily[],
  compiler: Compiler,
): HookLists => {
  const bases: BaseProgram[] = []
  for (const { tables } of rulesets)
    for (const table of tables) {
      if (table.dormant || !families.includes(table.family)) continue
      const compiled = compileTable(table, compiler)
      for (const { name, base } of table.chains) {
        const program = base === null ? null : compiled.find(name)
        if (base !== null && program !== null) bases.push({ program, base, tables: compiled })
      }
    }
  // Of equal priorities the newest chain comes first (net/netfilter/core.c `nf_hook_entries_grow`).
  const newestFirst = bases.reverse()
  const list = (hook: Hook): readonly HookGroup[] =>
    listHook(
      hook,
      newestFirst.filter(({ base }) => base.hook === hook),
    )
  return Object.fromEntries(hooks.map((hook) => [hook, list(hook)])) as Record<Hook, readonly HookGroup[]>
}

/** netdev chains hang on ingress and egress only, and see every family. */
export const familiesSeen: Readonly<Record<Family, readonly TableFamily[]>> = {
  ip: ['ip', 'inet', 'netdev'],
  ip6: ['ip6', 'inet', 'netdev'],
}

const listHook = (hook: Hook, bases: readonly BaseProgram[]): readonly HookGroup[] => {
  const items: { readonly priority: number; readonly item: HookItem }[] = []
  if (hook === 'prerouting' || hook === 'output')
    items.push({ priority: CONNTRACK, item: { kind: 'conntrack' } })
  for (const base of bases)
    if (base.base.type !== 'nat') items.push({ priority: base.base.priority, item: { kind: 'chain', base } })
  const priority = NAT[hook]
  if (priority !== undefined) {
    // nf_nat keeps its own list: a nat chain's priority orders it among nat chains only (nf_nat_core.c).
    const nat = bases.filter(({ base }) => base.type === 'nat')
    const groups = byPriority(nat.map((base) => ({ priority: base.base.priority, item: base })))
    items.push({ priority, item: { kind: 'nat', groups } })
  }
  return byPriority(items).map((group) => ({ items: group, contested: isContested(group) }))
}

const byPriority = <T>(
  items: readonly { readonly priority: number; readonly item: T }[],
): readonly (readonly T[])[] => {
  const groups = new Map<number, T[]>()
  for (const { priority, item } of items.toSorted((a, b) => a.priority - b.priority)) {
    const group = groups.get(priority)
    if (group === undefined) groups.set(priority, [item])
    else group.push(item)
  }
  return [...groups.values()]
}

/** Whether the order of the items matters. Chains that only filter may run in any order: one drop is enough. */
const isContested = (group: readonly HookItem[]): boolean =>
  group.length > 1 &&
  group.some((item) => {
    if (item.kind === 'chain') return item.base.program.leavesTraces
    return item.kind === 'conntrack' || item.groups.length > 0
  })
