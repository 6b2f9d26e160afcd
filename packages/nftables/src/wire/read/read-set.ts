import type { NamedSet } from '../../model/index.ts'
import {
  NFT_DATA_VERDICT,
  NFT_SET_ANONYMOUS,
  NFT_SET_CONSTANT,
  NFT_SET_INTERVAL,
  NFT_SET_MAP,
  NFTA_SET_COUNT,
  NFTA_SET_DATA_LEN,
  NFTA_SET_DATA_TYPE,
  NFTA_SET_DESC,
  NFTA_SET_FLAGS,
  NFTA_SET_HANDLE,
  NFTA_SET_KEY_LEN,
  NFTA_SET_KEY_TYPE,
  NFTA_SET_NAME,
  NFTA_SET_TABLE,
  NFTA_SET_TYPE,
  NFTA_SET_USERDATA,
  UDATA_SET_COMMENT,
  UDATA_SET_DATA_INTERVAL,
  UDATA_SET_DATA_TYPEOF,
  UDATA_SET_DATABYTEORDER,
  UDATA_SET_KEY_TYPEOF,
  UDATA_SET_KEYBYTEORDER,
  UDATA_SET_MERGE_ELEMENTS,
} from '../constants.ts'
import { type Attributes, attributesIn, handleIn, numberIn, type Span, textIn } from './attributes.ts'
import type { ElementTypes } from './read-element.ts'
import { isTypeof } from './type-of.ts'
import { commentIn, type UserData, userDataIn } from './user-data.ts'

/** A set or map in the kernel, without its elements. */
export interface SetHead {
  readonly name: string
  readonly types: ElementTypes
  /** True: the set belongs to a rule, and nft lists it as part of that rule. */
  readonly isAnonymous: boolean
  readonly isInterval: boolean
  /** The set as nft lists it; null for an anonymous set. */
  readonly listed: NamedSet | null
}

/** nft's numbers for types (nftables, `include/datatype.h`). A concatenation has six bits for each type. */
const typeNames: ReadonlyMap<number, string> = new Map([
  [4, 'integer'],
  [7, 'ipv4_addr'],
  [8, 'ipv6_addr'],
  [12, 'inet_proto'],
  [13, 'inet_service'],
  [41, 'ifname'],
])
const TYPE_BITS = 6

/** The names of the types in a type number; null when our sets never have one of them. */
const typesOf = (joined: number | null): readonly string[] | null => {
  if (joined === null || joined === 0) return null
  const names: string[] = []
  for (let rest = joined; rest > 0; rest >>>= TYPE_BITS) {
    const name = typeNames.get(rest & ((1 << TYPE_BITS) - 1))
    if (name === undefined) return null
    names.unshift(name)
  }
  return names
}

const known = [
  ...[NFTA_SET_TABLE, NFTA_SET_NAME, NFTA_SET_FLAGS, NFTA_SET_KEY_TYPE, NFTA_SET_KEY_LEN],
  ...[NFTA_SET_DATA_TYPE, NFTA_SET_DATA_LEN, NFTA_SET_DESC, NFTA_SET_USERDATA, NFTA_SET_HANDLE],
  ...[NFTA_SET_TYPE, NFTA_SET_COUNT],
]

const dataTypes = (attributes: Attributes): readonly string[] | null => {
  const type = numberIn(attributes, NFTA_SET_DATA_TYPE)
  return type === NFT_DATA_VERDICT ? ['verdict'] : typesOf(type)
}

/** The types of a set; null when our sets never have one of them. */
const readTypes = (attributes: Attributes, isMap: boolean, isInterval: boolean): ElementTypes | null => {
  const key = typesOf(numberIn(attributes, NFTA_SET_KEY_TYPE))
  const data = isMap ? dataTypes(attributes) : null
  if (key === null || (isMap && data === null)) return null
  // The kernel compares intervals byte by byte, so their numbers are in network order. Other numbers are in the byte
  // order of the machine.
  return { key: isInterval ? key : key.map((type) => (type === 'integer' ? 'host_integer' : type)), data }
}

/** Does nft list the types by their names, and not as `typeof`? */
const areNamed = (data: UserData): boolean =>
  [UDATA_SET_KEY_TYPEOF, UDATA_SET_DATA_TYPEOF].every((type) => {
    const span = data.get(type)
    return span === undefined || !isTypeof(span)
  })

const userTypes = [
  ...[UDATA_SET_KEYBYTEORDER, UDATA_SET_DATABYTEORDER, UDATA_SET_MERGE_ELEMENTS],
  UDATA_SET_DATA_INTERVAL,
  ...[UDATA_SET_KEY_TYPEOF, UDATA_SET_DATA_TYPEOF, UDATA_SET_COMMENT],
]

/** Is a number in user data zero or absent? Absent means zero. */
const isZero = (data: UserData, type: number): boolean => {
  const span = data.get(type)
  if (span === undefined) return true
  for (let at = span.start; at < span.end; at += 1) if (span.view.getUint8(at) !== 0) return false
  return true
}

/**
 * Does user data add nothing to nft's listing but the comment? Elements are then not merged, and the data of a map is
 * not an interval.
 */
const isPlain = (data: UserData): boolean =>
  [...data.keys()].every((type) => userTypes.includes(type)) &&
  isZero(data, UDATA_SET_MERGE_ELEMENTS) &&
  isZero(data, UDATA_SET_DATA_INTERVAL) &&
  areNamed(data)

/** Reads the attributes of an NFT_MSG_NEWSET; null when the set has a form that ours never have. */
export const readSet = (span: Span): SetHead | null => {
  const attributes = attributesIn(span, known)
  if (attributes === null) return null
  const name = textIn(attributes, NFTA_SET_NAME)
  const handle = handleIn(attributes, NFTA_SET_HANDLE)
  const flags = numberIn(attributes, NFTA_SET_FLAGS) ?? 0
  const data = userDataIn(attributes.get(NFTA_SET_USERDATA))
  const isMap = (flags & NFT_SET_MAP) !== 0
  const isInterval = (flags & NFT_SET_INTERVAL) !== 0
  const types = readTypes(attributes, isMap, isInterval)
  const description = attributes.get(NFTA_SET_DESC)
  const isDescribed = description !== undefined && description.end > description.start
  if (name === null || handle === null || data === null || types === null || isDescribed) return null
  if ((flags & NFT_SET_ANONYMOUS) !== 0) {
    const rest = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_INTERVAL | NFT_SET_MAP
    return (flags & ~rest) === 0 ? { name, types, isAnonymous: true, isInterval, listed: null } : null
  }
  const comment = commentIn(data, UDATA_SET_COMMENT)
  const isOwn = (flags & ~(NFT_SET_INTERVAL | NFT_SET_MAP)) === 0 && isPlain(data)
  const areOwn = [...types.key, ...(types.data ?? [])].every((type) => !type.endsWith('integer'))
  if (!isOwn || !areOwn || comment === undefined) return null
  const listed: NamedSet = {
    kind: isMap ? 'map' : 'set',
    name,
    handle,
    comment,
    keyType: { kind: 'names', names: types.key },
    dataType: types.data === null ? null : { kind: 'names', names: types.data },
    flags: isInterval ? ['interval'] : [],
    elements: [],
    attributes: null,
  }
  return { name, types, isAnonymous: false, isInterval, listed }
}
