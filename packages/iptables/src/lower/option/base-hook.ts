import type { BaseHook, Hook } from '@portolan/netfilter'
import type { Chain } from '../../model/ruleset.ts'
import type { Variant } from '../../model/variant.ts'

const hooks: Readonly<Record<string, Hook>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
}

/**
 * The priorities of the tables, from enum nf_ip_hook_priorities (include/uapi/linux/netfilter_ipv4.h). nat is not here,
 * because it has two.
 */
const priorities: Readonly<Record<string, number>> = { raw: -300, mangle: -150, filter: 0, security: 50 }

/**
 * The priority that iptables-nft uses is 150, though NF_IP_PRI_SECURITY is 50 (1.8.11, iptables/nft.c `xtables_ipv4`).
 */
const SECURITY_OF_NFT = 150

const priorityOf = (table: string, hook: Hook, tool: Variant): number | undefined => {
  if (table === 'security' && tool === 'iptables-nft') return SECURITY_OF_NFT
  if (table !== 'nat') return priorities[table]
  return hook === 'prerouting' || hook === 'output' ? -100 : 100
}

/**
 * The type of a base chain. After mangle OUTPUT changes a mark or an address, the kernel routes the packet again
 * (net/ipv4/netfilter/iptable_mangle.c).
 */
const typeOf = (table: string, hook: Hook): BaseHook['type'] => {
  if (table === 'nat') return 'nat'
  return table === 'mangle' && hook === 'output' ? 'route' : 'filter'
}

/** The hook of a built-in chain; null for other chains, which are reached by jumps only. */
export const baseHook = (table: string, chain: Chain, tool: Variant): BaseHook | null => {
  const hook = chain.kind === 'built-in' ? hooks[chain.name] : undefined
  const priority = hook === undefined ? undefined : priorityOf(table, hook, tool)
  if (chain.kind !== 'built-in' || hook === undefined || priority === undefined) return null
  return {
    type: typeOf(table, hook),
    hook,
    priority,
    policy: chain.policy === 'DROP' ? 'drop' : 'accept',
    devices: [],
  }
}
