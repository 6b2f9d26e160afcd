import type { BaseChain, Chain, Table } from '../../model/index.ts'
import {
  NFT_CHAIN_BASE,
  NFTA_CHAIN_FLAGS,
  NFTA_CHAIN_HANDLE,
  NFTA_CHAIN_HOOK,
  NFTA_CHAIN_NAME,
  NFTA_CHAIN_POLICY,
  NFTA_CHAIN_TABLE,
  NFTA_CHAIN_TYPE,
  NFTA_CHAIN_USE,
  NFTA_CHAIN_USERDATA,
  NFTA_HOOK_HOOKNUM,
  NFTA_HOOK_PRIORITY,
  NFTA_TABLE_FLAGS,
  NFTA_TABLE_HANDLE,
  NFTA_TABLE_NAME,
  NFTA_TABLE_USE,
  NFTA_TABLE_USERDATA,
  UDATA_COMMENT,
} from '../constants.ts'
import { type Attributes, attributesIn, handleIn, numberIn, type Span, textIn } from './attributes.ts'
import { commentIn, userDataIn } from './user-data.ts'

/** The comment in user data. Null: no comment. Undefined: user data with more than a comment. */
const onlyComment = (span: Span | undefined): string | null | undefined => {
  const data = userDataIn(span)
  if (data === null || data.size > (data.has(UDATA_COMMENT) ? 1 : 0)) return undefined
  return commentIn(data, UDATA_COMMENT)
}

/** A table without its content, and the number of sets, chains and other objects that the kernel counts in it. */
export interface TableHead {
  readonly table: Omit<Table, 'family' | 'sets' | 'chains' | 'opaque'>
  readonly objects: number
}

const tableTypes = [
  ...[NFTA_TABLE_NAME, NFTA_TABLE_FLAGS, NFTA_TABLE_USE, NFTA_TABLE_HANDLE, NFTA_TABLE_USERDATA],
]

/** Reads the attributes of an NFT_MSG_NEWTABLE; null when the table has a form that ours never has. */
export const readTable = (span: Span): TableHead | null => {
  const attributes = attributesIn(span, tableTypes)
  if (attributes === null) return null
  const name = textIn(attributes, NFTA_TABLE_NAME)
  const handle = handleIn(attributes, NFTA_TABLE_HANDLE)
  const objects = numberIn(attributes, NFTA_TABLE_USE)
  const comment = onlyComment(attributes.get(NFTA_TABLE_USERDATA))
  if (name === null || handle === null || objects === null || comment === undefined) return null
  // The table is dormant, or another program owns it.
  if (numberIn(attributes, NFTA_TABLE_FLAGS) !== 0) return null
  return { table: { name, handle, comment, flags: [] }, objects }
}

/** include/uapi/linux/netfilter.h: enum nf_inet_hooks. */
const hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting']
/** include/uapi/linux/netfilter.h: NF_DROP and NF_ACCEPT. */
const policies = ['drop', 'accept']

const readBase = (attributes: Attributes, hook: Span): BaseChain | null => {
  const place = attributesIn(hook, [NFTA_HOOK_HOOKNUM, NFTA_HOOK_PRIORITY])
  const type = textIn(attributes, NFTA_CHAIN_TYPE)
  const policy = policies[numberIn(attributes, NFTA_CHAIN_POLICY) ?? -1]
  if (place === null || type === null || policy === undefined) return null
  const name = hooks[numberIn(place, NFTA_HOOK_HOOKNUM) ?? -1]
  const priority = numberIn(place, NFTA_HOOK_PRIORITY)
  return name === undefined || priority === null
    ? null
    : { type, hook: name, priority: priority | 0, policy, devices: [] }
}

const chainTypes = [
  ...[NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, NFTA_CHAIN_HANDLE, NFTA_CHAIN_HOOK, NFTA_CHAIN_POLICY],
  ...[NFTA_CHAIN_USE, NFTA_CHAIN_TYPE, NFTA_CHAIN_FLAGS, NFTA_CHAIN_USERDATA],
]

/**
 * Reads the attributes of an NFT_MSG_NEWCHAIN, without its rules; null when the chain has a form that ours never have.
 */
export const readChain = (span: Span): Chain | null => {
  const attributes = attributesIn(span, chainTypes)
  if (attributes === null) return null
  const name = textIn(attributes, NFTA_CHAIN_NAME)
  const handle = handleIn(attributes, NFTA_CHAIN_HANDLE)
  const comment = onlyComment(attributes.get(NFTA_CHAIN_USERDATA))
  const flags = numberIn(attributes, NFTA_CHAIN_FLAGS) ?? 0
  if (name === null || handle === null || comment === undefined || (flags & ~NFT_CHAIN_BASE) !== 0)
    return null
  const hook = attributes.get(NFTA_CHAIN_HOOK)
  const base = hook === undefined ? null : readBase(attributes, hook)
  return hook !== undefined && base === null ? null : { name, handle, comment, base, rules: [] }
}
