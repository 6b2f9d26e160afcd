import {
  ct,
  type Expression,
  type FibExpression,
  meta,
  type NumgenExpression,
  payload,
} from '../../../model/index.ts'
import {
  NFT_BYTEORDER_HTON,
  NFT_CT_DIRECTION,
  NFT_CT_DST_IP,
  NFT_CT_STATE,
  NFT_CT_STATUS,
  NFT_FIB_RESULT_ADDRTYPE,
  NFT_META_IIFNAME,
  NFT_META_L4PROTO,
  NFT_META_NFPROTO,
  NFT_META_OIFNAME,
  NFT_NG_INCREMENTAL,
  NFT_NG_RANDOM,
  NFTA_BYTEORDER_DREG,
  NFTA_BYTEORDER_LEN,
  NFTA_BYTEORDER_OP,
  NFTA_BYTEORDER_SIZE,
  NFTA_BYTEORDER_SREG,
  NFTA_CT_DIRECTION,
  NFTA_CT_DREG,
  NFTA_CT_KEY,
  NFTA_FIB_DREG,
  NFTA_FIB_F_DADDR,
  NFTA_FIB_FLAGS,
  NFTA_FIB_RESULT,
  NFTA_META_DREG,
  NFTA_META_KEY,
  NFTA_NG_DREG,
  NFTA_NG_MODULUS,
  NFTA_NG_OFFSET,
  NFTA_NG_TYPE,
} from '../../constants.ts'
import { type Attributes, attributesIn, numberIn, type Span } from '../attributes.ts'
import type { RuleReading } from './reading.ts'
import type { Loaded } from './register.ts'

const loaded = (expression: Expression, type: string, bytes: number): Loaded => ({
  kind: 'loaded',
  expression,
  type,
  bytes,
  mask: null,
})

const metas: ReadonlyMap<number, Loaded> = new Map([
  [NFT_META_IIFNAME, loaded(meta('iifname'), 'ifname', 16)],
  [NFT_META_OIFNAME, loaded(meta('oifname'), 'ifname', 16)],
  [NFT_META_NFPROTO, loaded(meta('nfproto'), 'nf_proto', 1)],
  [NFT_META_L4PROTO, loaded(meta('l4proto'), 'inet_proto', 1)],
])

export const readMeta = ({ registers }: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, [NFTA_META_DREG, NFTA_META_KEY])
  if (attributes === null) return false
  const found = metas.get(numberIn(attributes, NFTA_META_KEY) ?? -1)
  return found !== undefined && registers.put(numberIn(attributes, NFTA_META_DREG), found)
}

const ctProperties: ReadonlyMap<number, Loaded> = new Map([
  [NFT_CT_STATE, loaded(ct('state'), 'ct_state', 4)],
  [NFT_CT_STATUS, loaded(ct('status'), 'ct_status', 4)],
  [NFT_CT_DIRECTION, loaded(ct('direction'), 'ct_dir', 1)],
])

/** The destination in the original tuple and in the reply tuple: enum ip_conntrack_dir. */
const destinations: readonly Loaded[] = (['original', 'reply'] as const).map((direction) =>
  loaded(ct('ip daddr', direction), 'ipv4_addr', 4),
)

const destinationIn = (attributes: Attributes): Loaded | null => {
  const span = attributes.get(NFTA_CT_DIRECTION)
  if (span === undefined || span.end - span.start !== 1) return null
  return destinations[span.view.getUint8(span.start)] ?? null
}

export const readCt = ({ registers, network }: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, [NFTA_CT_DREG, NFTA_CT_KEY, NFTA_CT_DIRECTION])
  if (attributes === null) return false
  const key = numberIn(attributes, NFTA_CT_KEY)
  const register = numberIn(attributes, NFTA_CT_DREG)
  if (key === NFT_CT_DST_IP) {
    const destination = destinationIn(attributes)
    return network === null && destination !== null && registers.put(register, destination)
  }
  const found = ctProperties.get(key ?? -1)
  return found !== undefined && !attributes.has(NFTA_CT_DIRECTION) && registers.put(register, found)
}

const isLocal: FibExpression = { kind: 'fib', result: 'type', flags: ['daddr'] }
const destinationType = loaded(isLocal, 'fib_addrtype', 4)

export const readFib = ({ registers }: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, [NFTA_FIB_DREG, NFTA_FIB_RESULT, NFTA_FIB_FLAGS])
  return (
    attributes !== null &&
    numberIn(attributes, NFTA_FIB_RESULT) === NFT_FIB_RESULT_ADDRTYPE &&
    numberIn(attributes, NFTA_FIB_FLAGS) === NFTA_FIB_F_DADDR &&
    registers.put(numberIn(attributes, NFTA_FIB_DREG), destinationType)
  )
}

const modes: ReadonlyMap<number | null, string> = new Map([
  [NFT_NG_INCREMENTAL, 'inc'],
  [NFT_NG_RANDOM, 'random'],
])

export const readNumgen = ({ registers }: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, [NFTA_NG_DREG, NFTA_NG_MODULUS, NFTA_NG_TYPE, NFTA_NG_OFFSET])
  if (attributes === null) return false
  const mode = modes.get(numberIn(attributes, NFTA_NG_TYPE))
  const modulus = numberIn(attributes, NFTA_NG_MODULUS)
  const offset = numberIn(attributes, NFTA_NG_OFFSET)
  if (mode === undefined || modulus === null || offset === null) return false
  const numgen: NumgenExpression = { kind: 'numgen', mode, modulus, offset }
  return registers.put(numberIn(attributes, NFTA_NG_DREG), loaded(numgen, 'host_integer', 4))
}

const byteOrderTypes = [
  ...[NFTA_BYTEORDER_SREG, NFTA_BYTEORDER_DREG, NFTA_BYTEORDER_OP, NFTA_BYTEORDER_LEN, NFTA_BYTEORDER_SIZE],
]

/** Reads the conversion of a number to network order before a lookup in intervals. nft does not list the conversion. */
export const readByteOrder = ({ registers }: RuleReading, span: Span): boolean => {
  const attributes = attributesIn(span, byteOrderTypes)
  if (attributes === null) return false
  const register = numberIn(attributes, NFTA_BYTEORDER_SREG)
  const held = registers.takeLoaded(register)
  const isWhole = [NFTA_BYTEORDER_LEN, NFTA_BYTEORDER_SIZE].every((type) => numberIn(attributes, type) === 4)
  return (
    held?.type === 'host_integer' &&
    isWhole &&
    numberIn(attributes, NFTA_BYTEORDER_OP) === NFT_BYTEORDER_HTON &&
    numberIn(attributes, NFTA_BYTEORDER_DREG) === register &&
    registers.put(register, { ...held, type: 'integer' })
  )
}

/** A destination port, whatever the transport protocol. */
export const destinationPort: Loaded = loaded(payload('th', 'dport'), 'inet_service', 2)
export const field = (protocol: string, name: string, type: string, bytes: number): Loaded =>
  loaded(payload(protocol, name), type, bytes)
