import type { ByteWriter } from '@portolan/core/netlink'
import type { NamedSet } from '../../model/index.ts'
import {
  BYTEORDER_INVALID,
  NFT_DATA_VERDICT,
  NFT_SET_INTERVAL,
  NFT_SET_MAP,
  NFTA_SET_DATA_LEN,
  NFTA_SET_DATA_TYPE,
  NFTA_SET_FLAGS,
  NFTA_SET_ID,
  NFTA_SET_KEY_LEN,
  NFTA_SET_KEY_TYPE,
  NFTA_SET_NAME,
  NFTA_SET_TABLE,
  NFTA_SET_USERDATA,
  UDATA_SET_COMMENT,
  UDATA_SET_DATABYTEORDER,
  UDATA_SET_KEYBYTEORDER,
  UDATA_SET_MERGE_ELEMENTS,
} from '../constants.ts'
import { writeName } from '../message-parts.ts'
import { declarationOf, typesOf } from './data-type.ts'
import type { ElementForm } from './element.ts'
import { writeNumber } from './instruction.ts'
import { unwritable } from './unwritable.ts'
import { writeUserNumber, writeUserText } from './user-data.ts'

/** The declaration of a new set. */
export interface SetDeclaration {
  readonly name: string
  readonly flags: number
  readonly keyTypes: readonly string[]
  /** Empty: a set, which holds no data. */
  readonly dataTypes: readonly string[]
  readonly comment: string | null
  /** True: nft's user data says that adjacent intervals may be merged. */
  readonly mergesElements: boolean
}

/**
 * The properties of a set that decide how its elements are written.
 * @throws Unwritable for a set that our table never has
 */
export const formOf = (set: NamedSet): ElementForm => {
  const { keyType, dataType, flags, attributes } = set
  if (attributes !== null || flags.some((flag) => flag !== 'interval')) throw unwritable(set)
  const dataTypes = typesOf(dataType)
  if ((set.kind === 'map') !== dataTypes.length > 0) throw unwritable(set)
  return { keyTypes: typesOf(keyType), dataTypes, isInterval: flags.includes('interval') }
}

/**
 * The declaration of a named set of our table.
 * @throws Unwritable for a set that our table never has
 */
export const declarationOfNamed = (set: NamedSet): SetDeclaration => {
  const { keyTypes, dataTypes, isInterval } = formOf(set)
  return {
    name: set.name,
    flags: (isInterval ? NFT_SET_INTERVAL : 0) | (dataTypes.length > 0 ? NFT_SET_MAP : 0),
    keyTypes,
    dataTypes,
    comment: set.comment,
    mergesElements: false,
  }
}

const dataOf = (
  types: readonly string[],
): { readonly id: number; readonly size: number; readonly order: number } =>
  types[0] === 'verdict' ? { id: NFT_DATA_VERDICT, size: 0, order: BYTEORDER_INVALID } : declarationOf(types)

/** Writes the attributes of NFT_MSG_NEWSET. The user data is for nft, which needs it to list the set. */
export const writeSet = (writer: ByteWriter, table: string, set: SetDeclaration, id: number): void => {
  const key = declarationOf(set.keyTypes)
  const data = set.dataTypes.length === 0 ? null : dataOf(set.dataTypes)
  writeName(writer, NFTA_SET_TABLE, table)
  writeName(writer, NFTA_SET_NAME, set.name)
  writeNumber(writer, NFTA_SET_FLAGS, set.flags)
  writeNumber(writer, NFTA_SET_KEY_TYPE, key.id)
  writeNumber(writer, NFTA_SET_KEY_LEN, key.size)
  if (data !== null) {
    writeNumber(writer, NFTA_SET_DATA_TYPE, data.id)
    writeNumber(writer, NFTA_SET_DATA_LEN, data.size)
  }
  writeNumber(writer, NFTA_SET_ID, id)
  writer.attribute(NFTA_SET_USERDATA, () => {
    writeUserNumber(writer, UDATA_SET_KEYBYTEORDER, key.order)
    if (data !== null) writeUserNumber(writer, UDATA_SET_DATABYTEORDER, data.order)
    if (set.mergesElements) writeUserNumber(writer, UDATA_SET_MERGE_ELEMENTS, 1)
    if (set.comment !== null) writeUserText(writer, UDATA_SET_COMMENT, set.comment)
  })
}
