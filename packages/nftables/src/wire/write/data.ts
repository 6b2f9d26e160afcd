import { type ByteWriter, NLA_F_NESTED } from '@portolan/core/netlink'
import type { Expression, Verdict } from '../../model/index.ts'
import { NFTA_DATA_VALUE, NFTA_DATA_VERDICT, NFTA_VERDICT_CHAIN, NFTA_VERDICT_CODE } from '../constants.ts'
import { writeName } from '../message-parts.ts'
import { unwritable } from './unwritable.ts'
import { valueWriter } from './value.ts'

/**
 * The kernel's numbers of verdicts; negative ones as two's complement (include/uapi/linux/netfilter.h and nf_tables.h:
 * enum nft_verdicts).
 */
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

/** Writes an attribute with data; `write` writes the value. */
export const writeData = (writer: ByteWriter, type: number, write: () => void): void =>
  writer.attribute(NLA_F_NESTED | type, () => writer.attribute(NFTA_DATA_VALUE, write))

/** Writes an attribute with a verdict. */
export const writeVerdict = (writer: ByteWriter, type: number, verdict: Verdict): void =>
  writer.attribute(NLA_F_NESTED | type, () =>
    writer.attribute(NLA_F_NESTED | NFTA_DATA_VERDICT, () => {
      writer.attribute(NFTA_VERDICT_CODE, () => writer.be32(verdicts[verdict.kind]))
      if (verdict.kind !== 'jump' && verdict.kind !== 'goto') return
      writeName(writer, NFTA_VERDICT_CHAIN, verdict.target)
    }),
  )

/** Makes a writer for the data of a map with these types. It is made once for many elements. */
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
