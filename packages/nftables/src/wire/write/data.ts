import { type ByteWriter, NLA_F_NESTED } from '@portolan/core/netlink'
import type { Expression, Verdict } from '../../model/index.ts'
import { NFTA_DATA_VALUE, NFTA_DATA_VERDICT, NFTA_VERDICT_CHAIN, NFTA_VERDICT_CODE } from '../constants.ts'
import { writeName } from '../message-parts.ts'
import { unwritable } from './unwritable.ts'
import { valueWriter } from './value.ts'

/** include/uapi/linux/netfilter.h and nf_tables.h: enum nft_verdicts, negative ones as two's complement. */
const verdicts: Readonly<Record<Verdict['kind'], number>> = {
  drop: 0,
  accept: 1,
  continue: 0xffffffff,
  jump: 0xfffffffd,
  goto: 0xfffffffc,
  return: 0xfffffffb,
}

export const isVerdict = (data: { readonly kind: string }): data is Verdict =>
  Object.hasOwn(verdicts, data.kind)

/** Data within an attribute: what `write` writes. */
export const writeData = (writer: ByteWriter, type: number, write: () => void): void =>
  writer.attribute(NLA_F_NESTED | type, () => writer.attribute(NFTA_DATA_VALUE, write))

/** A verdict within an attribute. */
export const writeVerdict = (writer: ByteWriter, type: number, verdict: Verdict): void =>
  writer.attribute(NLA_F_NESTED | type, () =>
    writer.attribute(NLA_F_NESTED | NFTA_DATA_VERDICT, () => {
      writer.attribute(NFTA_VERDICT_CODE, () => writer.be32(verdicts[verdict.kind]))
      if (verdict.kind !== 'jump' && verdict.kind !== 'goto') return
      writeName(writer, NFTA_VERDICT_CHAIN, verdict.target)
    }),
  )

/** Writes what a map of these types gives, for many elements. */
export const mapDataWriter = (
  types: readonly string[],
  type: number,
): ((writer: ByteWriter, data: Expression) => void) => {
  if (types[0] === 'verdict')
    return (writer, data) => {
      if (!isVerdict(data)) throw unwritable(data)
      writeVerdict(writer, type, data)
    }
  const write = valueWriter(types)
  return (writer, data) => {
    const start = writer.open(NLA_F_NESTED | type)
    const value = writer.open(NFTA_DATA_VALUE)
    write(writer, data)
    writer.close(value)
    writer.close(start)
  }
}
