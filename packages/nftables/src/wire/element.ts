import { type ByteWriter, NLA_F_NESTED } from '@portolan/core/netlink'
import { InvalidRequestError, tryParseAddress } from '@portolan/netfilter'
import type { Element, Expression, NamedSet, Verdict } from '../model/index.ts'
import {
  NFTA_DATA_VALUE,
  NFTA_DATA_VERDICT,
  NFTA_LIST_ELEM,
  NFTA_SET_ELEM_DATA,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_USERDATA,
  NFTA_VERDICT_CHAIN,
  NFTA_VERDICT_CODE,
  UDATA_SET_ELEM_COMMENT,
} from './constants.ts'
import { writeName } from './message-parts.ts'

/** IANA protocol numbers. */
const protocols: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132 }

/** include/uapi/linux/netfilter.h and nf_tables.h: enum nft_verdicts, negative ones as two's complement. */
const verdicts: Readonly<Record<Verdict['kind'], number>> = {
  drop: 0,
  accept: 1,
  continue: 0xffffffff,
  jump: 0xfffffffd,
  goto: 0xfffffffc,
  return: 0xfffffffb,
}

const refuse = (type: string, value: Expression): InvalidRequestError =>
  new InvalidRequestError(
    `${JSON.stringify(value)} is not a value of type ${type} that can be sent to the kernel.`,
  )

const IFNAMSIZ = 16

/** One part of a key or of data. Each takes a multiple of four bytes (netlink_padded_len in nft). */
const writePart = (writer: ByteWriter, type: string, value: Expression): void => {
  const start = writer.length
  if (type === 'inet_service' && value.kind === 'number') writer.be16(value.value)
  else if (value.kind !== 'text') throw refuse(type, value)
  else if (type === 'inet_proto') {
    const protocol = protocols[value.text]
    if (protocol === undefined) throw refuse(type, value)
    writer.u8(protocol)
  } else if (type === 'ifname') {
    writer.utf8(value.text)
    if (writer.length - start >= IFNAMSIZ) throw refuse(type, value)
    while (writer.length - start < IFNAMSIZ) writer.u8(0)
  } else {
    const address = tryParseAddress(value.text)
    if (address?.family === 'ip' && type === 'ipv4_addr') writer.be32(address.value)
    else if (address?.family === 'ip6' && type === 'ipv6_addr') {
      writer.be64(address.value >> 64n)
      writer.be64(address.value & 0xffff_ffff_ffff_ffffn)
    } else throw refuse(type, value)
  }
  // Not up to an aligned address: an attribute's value begins at one.
  for (let length = writer.length - start; length % 4 !== 0; length += 1) writer.u8(0)
}

const writeValue = (writer: ByteWriter, types: readonly string[], value: Expression): void => {
  const parts = value.kind === 'concat' ? value.parts : [value]
  if (parts.length !== types.length) throw refuse(types.join(' . '), value)
  for (const [at, part] of parts.entries()) writePart(writer, types[at] ?? '', part)
}

const isVerdict = (data: Expression): data is Verdict => data.kind in verdicts

const writeVerdict = (writer: ByteWriter, verdict: Verdict): void => {
  writer.attribute(NFTA_VERDICT_CODE, () => writer.be32(verdicts[verdict.kind]))
  if (verdict.kind !== 'jump' && verdict.kind !== 'goto') return
  writeName(writer, NFTA_VERDICT_CHAIN, verdict.target)
}

const writeData = (writer: ByteWriter, set: NamedSet, data: Expression): void => {
  if (isVerdict(data)) writer.attribute(NLA_F_NESTED | NFTA_DATA_VERDICT, () => writeVerdict(writer, data))
  else writer.attribute(NFTA_DATA_VALUE, () => writeValue(writer, typesOf(set.dataType), data))
}

const typesOf = (type: NamedSet['dataType']): readonly string[] => (type?.kind === 'names' ? type.names : [])

/** A comment as libnftables keeps it: type, length with the closing NUL, text. */
const writeComment = (writer: ByteWriter, comment: string): void => {
  writer.u8(UDATA_SET_ELEM_COMMENT)
  const counter = writer.length
  writer.u8(0)
  writer.utf8(comment)
  writer.u8(0)
  writer.setU8(counter, writer.length - counter - 1)
}

/**
 * One element of a set or map, as NFTA_LIST_ELEM.
 * @throws InvalidRequestError when a part of it does not fit the set's types, or has no wire form here
 */
export const writeElement = (
  writer: ByteWriter,
  set: NamedSet,
  { key, data, comment, attributes }: Element,
  what: 'key' | 'all',
): void => {
  if (attributes !== null) throw refuse('element', key)
  writer.attribute(NLA_F_NESTED | NFTA_LIST_ELEM, () => {
    writer.attribute(NLA_F_NESTED | NFTA_SET_ELEM_KEY, () => {
      writer.attribute(NFTA_DATA_VALUE, () => writeValue(writer, typesOf(set.keyType), key))
    })
    if (what === 'key') return
    if (data !== null) writer.attribute(NLA_F_NESTED | NFTA_SET_ELEM_DATA, () => writeData(writer, set, data))
    if (comment !== null) writer.attribute(NFTA_SET_ELEM_USERDATA, () => writeComment(writer, comment))
  })
}
