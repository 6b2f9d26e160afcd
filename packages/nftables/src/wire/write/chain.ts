import { type ByteWriter, NLA_F_NESTED } from '@portolan/core/netlink'
import type { BaseChain, Chain } from '../../model/index.ts'
import {
  NFTA_CHAIN_HOOK,
  NFTA_CHAIN_NAME,
  NFTA_CHAIN_POLICY,
  NFTA_CHAIN_TABLE,
  NFTA_CHAIN_TYPE,
  NFTA_CHAIN_USERDATA,
  NFTA_HOOK_HOOKNUM,
  NFTA_HOOK_PRIORITY,
  UDATA_CHAIN_COMMENT,
} from '../constants.ts'
import { writeName } from '../message-parts.ts'
import { writeNumber } from './instruction.ts'
import { unwritable } from './unwritable.ts'
import { writeUserText } from './user-data.ts'

/** include/uapi/linux/netfilter.h: enum nf_inet_hooks. */
const hooks: ReadonlyMap<string, number> = new Map([
  ['prerouting', 0],
  ['input', 1],
  ['forward', 2],
  ['output', 3],
  ['postrouting', 4],
])

/** NF_DROP and NF_ACCEPT. */
const policies: ReadonlyMap<string | null, number> = new Map([
  ['drop', 0],
  ['accept', 1],
])

const writeBase = (writer: ByteWriter, base: BaseChain): void => {
  const hook = hooks.get(base.hook)
  const policy = policies.get(base.policy)
  if (hook === undefined || policy === undefined || base.devices.length > 0) throw unwritable(base)
  writeNumber(writer, NFTA_CHAIN_POLICY, policy)
  writeName(writer, NFTA_CHAIN_TYPE, base.type)
  writer.attribute(NLA_F_NESTED | NFTA_CHAIN_HOOK, () => {
    writeNumber(writer, NFTA_HOOK_HOOKNUM, hook)
    writeNumber(writer, NFTA_HOOK_PRIORITY, base.priority)
  })
}

/** The attributes of NFT_MSG_NEWCHAIN. */
export const writeChain = (writer: ByteWriter, table: string, { name, base, comment }: Chain): void => {
  writeName(writer, NFTA_CHAIN_TABLE, table)
  writeName(writer, NFTA_CHAIN_NAME, name)
  if (base !== null) writeBase(writer, base)
  if (comment !== null)
    writer.attribute(NFTA_CHAIN_USERDATA, () => writeUserText(writer, UDATA_CHAIN_COMMENT, comment))
}
