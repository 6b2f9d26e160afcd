import { eachAttribute, type MessageView, readText } from '@portolan/core/netlink'
import type { TableFamily } from '@portolan/netfilter'
import { toldProcessName } from '../facts/processes.ts'
import type { RulesNotice, TouchedTable } from './notice.ts'

/** include/uapi/linux/netfilter/nfnetlink.h */
export const NFNL_SUBSYS_NFTABLES = 10
const NFGENMSG_LENGTH = 4

/** include/uapi/linux/netfilter/nf_tables.h */
const NFT_MSG_NEWTABLE = 0
const NFT_MSG_DELTABLE = 2
const NFT_MSG_NEWGEN = 15
const NFTA_GEN_ID = 1
const NFTA_GEN_PROC_PID = 2
const NFTA_GEN_PROC_NAME = 3
/**
 * NFTA_TABLE_NAME, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE, ...: the number of the table's name is the same in every message.
 */
const TABLE_NAME = 1

/** NFT_MSG_NEWCHAIN, NEWRULE, NEWSET, NEWSETELEM, NEWOBJ, NEWFLOWTABLE. */
const additions = new Set([3, 6, 9, 12, 18, 22])
/** NFT_MSG_DELCHAIN, DELRULE, DELSET, DELSETELEM, DELOBJ, DELFLOWTABLE. */
const removals = new Set([5, 8, 11, 14, 20, 24])

/** include/uapi/linux/netfilter.h, NFPROTO_*. */
const families: Readonly<Record<number, TableFamily>> = {
  1: 'inet',
  2: 'ip',
  3: 'arp',
  5: 'netdev',
  7: 'bridge',
  10: 'ip6',
}

/** Collects the messages of each transaction in turn. */
export interface TransactionReader {
  /** @returns the transaction, for the message that ends it; null for any other message */
  take(message: MessageView): RulesNotice | null
}

type Gathered = { -readonly [Key in keyof TouchedTable]: TouchedTable[Key] }

/**
 * Reads the messages of the group NFNLGRP_NFTABLES. The kernel sends those of one transaction together and in order,
 * with NFT_MSG_NEWGEN last, under the lock that commits it (net/netfilter/nf_tables_api.c, `nf_tables_commit`).
 */
export const openTransactionReader = (): TransactionReader => {
  let tables = new Map<string, Gathered>()
  return {
    take: (message) => {
      const type = message.type - (NFNL_SUBSYS_NFTABLES << 8)
      if (type === NFT_MSG_NEWGEN) {
        const gathered = [...tables.values()]
        tables = new Map()
        return { kind: 'rules', ...readGeneration(message), tables: gathered }
      }
      // The kernel itself reports a used-up quota, outside any transaction (`nft_quota_obj_eval`).
      if (isFromKernel(message)) return null
      if (type === NFT_MSG_NEWTABLE || type === NFT_MSG_DELTABLE || additions.has(type) || removals.has(type))
        gather(tables, message, type)
      return null
    },
  }
}

/**
 * Tells whether the kernel itself caused the message. nlmsg_pid, the port of the requesting socket, stands right before
 * the payload.
 */
const isFromKernel = ({ view, start }: MessageView): boolean => view.getUint32(start - 4) === 0

const gather = (tables: Map<string, Gathered>, { view, start, end }: MessageView, type: number): void => {
  const family = families[view.getUint8(start)]
  if (family === undefined) return
  let name = ''
  eachAttribute(view, start + NFGENMSG_LENGTH, end, (attribute, from, to) => {
    if (attribute === TABLE_NAME) name = readText(view, from, to)
  })
  const key = `${family} ${name}`
  let table = tables.get(key)
  if (table === undefined) {
    table = { family, name, action: 'changed', added: 0, removed: 0 }
    tables.set(key, table)
  }
  if (type === NFT_MSG_NEWTABLE) table.action = table.action === 'removed' ? 'replaced' : 'new'
  else if (type === NFT_MSG_DELTABLE) table.action = 'removed'
  else if (additions.has(type)) table.added += 1
  else table.removed += 1
}

const readGeneration = ({ view, start, end }: MessageView): Pick<RulesNotice, 'generation' | 'process'> => {
  let generation: number | null = null
  let pid: number | null = null
  let name = ''
  eachAttribute(view, start + NFGENMSG_LENGTH, end, (attribute, from, to) => {
    if (attribute === NFTA_GEN_ID) generation = view.getUint32(from)
    else if (attribute === NFTA_GEN_PROC_PID) pid = view.getUint32(from)
    else if (attribute === NFTA_GEN_PROC_NAME) name = readText(view, from, to)
  })
  return { generation, process: pid === null ? null : { pid, name: toldProcessName(pid, name) } }
}
