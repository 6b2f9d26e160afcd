import type { ByteWriter } from '@portolan/core/netlink'
import { type Family, families } from '@portolan/netfilter'
import type { CtExpression, Expression, FibExpression, NumgenExpression } from '../../model/index.ts'
import {
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFT_CMP_EQ,
  NFT_CT_DIRECTION,
  NFT_CT_DST_IP,
  NFT_CT_DST_IP6,
  NFT_CT_SRC_IP,
  NFT_CT_SRC_IP6,
  NFT_CT_STATE,
  NFT_CT_STATUS,
  NFT_FIB_RESULT_ADDRTYPE,
  NFT_META_IIFNAME,
  NFT_META_L4PROTO,
  NFT_META_NFPROTO,
  NFT_META_OIFNAME,
  NFT_NG_INCREMENTAL,
  NFT_NG_RANDOM,
  NFT_PAYLOAD_NETWORK_HEADER,
  NFT_PAYLOAD_TRANSPORT_HEADER,
  NFT_REG_1,
  NFTA_CT_DIRECTION,
  NFTA_CT_DREG,
  NFTA_CT_KEY,
  NFTA_FIB_DREG,
  NFTA_FIB_F_DADDR,
  NFTA_FIB_F_SADDR,
  NFTA_FIB_FLAGS,
  NFTA_FIB_RESULT,
  NFTA_META_DREG,
  NFTA_META_KEY,
  NFTA_NG_DREG,
  NFTA_NG_MODULUS,
  NFTA_NG_OFFSET,
  NFTA_NG_TYPE,
  NFTA_PAYLOAD_BASE,
  NFTA_PAYLOAD_DREG,
  NFTA_PAYLOAD_LEN,
  NFTA_PAYLOAD_OFFSET,
} from '../constants.ts'
import { byteSymbols } from '../symbols.ts'
import type { RuleContext } from './context.ts'
import { registerAt, wordsOf, writeCompare, writeInstruction, writeNumber } from './instruction.ts'
import { unwritable } from './unwritable.ts'

/** A field that a rule can load from a packet. */
export interface Loadable {
  /** The type of the field: one of `data-type.ts` or `symbols.ts`. */
  readonly type: string
  readonly size: number
  /** The family or protocol that the packet must have for the field to exist. */
  readonly needs: { readonly family?: Family; readonly protocol?: number }
  /** Writes the load of the field. @param length - the number of bytes to load, from the first */
  readonly load: (writer: ByteWriter, register: number, length: number) => void
}

const protocolNumbers = { icmp: 1, icmpv6: 58 } as const

const familyNumbers: Readonly<Record<Family, number>> = { ip: NFPROTO_IPV4, ip6: NFPROTO_IPV6 }

const metaKey = (key: number, type: string, size: number): Loadable => ({
  type,
  size,
  needs: {},
  load: (writer, register) =>
    writeInstruction(writer, 'meta', () => {
      writeNumber(writer, NFTA_META_KEY, key)
      writeNumber(writer, NFTA_META_DREG, register)
    }),
})

const headerField = (
  base: number,
  offset: number,
  size: number,
  type: string,
  needs: Loadable['needs'],
): Loadable => ({
  type,
  size,
  needs,
  load: (writer, register, length) =>
    writeInstruction(writer, 'payload', () => {
      writeNumber(writer, NFTA_PAYLOAD_DREG, register)
      writeNumber(writer, NFTA_PAYLOAD_BASE, base)
      writeNumber(writer, NFTA_PAYLOAD_OFFSET, offset)
      writeNumber(writer, NFTA_PAYLOAD_LEN, length)
    }),
})

const network = (family: Family, offset: number): Loadable =>
  family === 'ip'
    ? headerField(NFT_PAYLOAD_NETWORK_HEADER, offset, 4, 'ipv4_addr', { family })
    : headerField(NFT_PAYLOAD_NETWORK_HEADER, offset, 16, 'ipv6_addr', { family })

const icmpType = (family: Family, name: keyof typeof protocolNumbers): Loadable =>
  headerField(NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, `${name}_type`, { family, protocol: protocolNumbers[name] })

const ports = (offset: number): Loadable =>
  headerField(NFT_PAYLOAD_TRANSPORT_HEADER, offset, 2, 'inet_service', {})

/** Offsets of fields are those of RFC 791, RFC 8200, RFC 792 and RFC 4443. */
const loadables: ReadonlyMap<string, Loadable> = new Map([
  ['meta iifname', metaKey(NFT_META_IIFNAME, 'ifname', 16)],
  ['meta oifname', metaKey(NFT_META_OIFNAME, 'ifname', 16)],
  ['meta nfproto', metaKey(NFT_META_NFPROTO, 'nf_proto', 1)],
  ['meta l4proto', metaKey(NFT_META_L4PROTO, 'inet_proto', 1)],
  ['payload ip saddr', network('ip', 12)],
  ['payload ip daddr', network('ip', 16)],
  ['payload ip6 saddr', network('ip6', 8)],
  ['payload ip6 daddr', network('ip6', 24)],
  ['payload icmp type', icmpType('ip', 'icmp')],
  ['payload icmpv6 type', icmpType('ip6', 'icmpv6')],
  ['payload th sport', ports(0)],
  ['payload th dport', ports(2)],
])

interface CtKey {
  readonly key: number
  readonly type: string
  readonly size: number
  readonly isDirected: boolean
}

const ctKeys: Readonly<Record<string, CtKey>> = {
  state: { key: NFT_CT_STATE, type: 'ct_state', size: 4, isDirected: false },
  status: { key: NFT_CT_STATUS, type: 'ct_status', size: 4, isDirected: false },
  direction: { key: NFT_CT_DIRECTION, type: 'ct_dir', size: 1, isDirected: false },
  'ip saddr': { key: NFT_CT_SRC_IP, type: 'ipv4_addr', size: 4, isDirected: true },
  'ip daddr': { key: NFT_CT_DST_IP, type: 'ipv4_addr', size: 4, isDirected: true },
  'ip6 saddr': { key: NFT_CT_SRC_IP6, type: 'ipv6_addr', size: 16, isDirected: true },
  'ip6 daddr': { key: NFT_CT_DST_IP6, type: 'ipv6_addr', size: 16, isDirected: true },
}

const directions: ReadonlyMap<string | null, number> = new Map(byteSymbols.ct_dir)

const ofFlow = (expression: CtExpression): Loadable => {
  const found = Object.hasOwn(ctKeys, expression.key) ? ctKeys[expression.key] : undefined
  const direction = directions.get(expression.direction)
  const isKnown = found?.isDirected === (expression.direction !== null) && expression.family === null
  if (found === undefined || !isKnown) throw unwritable(expression)
  return {
    type: found.type,
    size: found.size,
    needs: {},
    load: (writer, register) =>
      writeInstruction(writer, 'ct', () => {
        writeNumber(writer, NFTA_CT_KEY, found.key)
        writeNumber(writer, NFTA_CT_DREG, register)
        if (direction !== undefined) writer.attribute(NFTA_CT_DIRECTION, () => writer.u8(direction))
      }),
  }
}

const addressType = ({ result, flags }: FibExpression): Loadable => {
  const [flag, more] = flags
  if (result !== 'type' || more !== undefined || (flag !== 'daddr' && flag !== 'saddr'))
    throw unwritable({ result, flags })
  return {
    type: 'fib_addrtype',
    size: 4,
    needs: {},
    load: (writer, register) =>
      writeInstruction(writer, 'fib', () => {
        writeNumber(writer, NFTA_FIB_FLAGS, flag === 'daddr' ? NFTA_FIB_F_DADDR : NFTA_FIB_F_SADDR)
        writeNumber(writer, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE)
        writeNumber(writer, NFTA_FIB_DREG, register)
      }),
  }
}

const drawn = ({ mode, modulus, offset }: NumgenExpression): Loadable => {
  if (mode !== 'random' && mode !== 'inc') throw unwritable(mode)
  return {
    type: 'integer',
    size: 4,
    needs: {},
    load: (writer, register) =>
      writeInstruction(writer, 'numgen', () => {
        writeNumber(writer, NFTA_NG_DREG, register)
        writeNumber(writer, NFTA_NG_MODULUS, modulus)
        writeNumber(writer, NFTA_NG_TYPE, mode === 'random' ? NFT_NG_RANDOM : NFT_NG_INCREMENTAL)
        writeNumber(writer, NFTA_NG_OFFSET, offset)
      }),
  }
}

/**
 * The field that an expression of our table loads.
 * @throws Unwritable for an expression that our table never has
 */
export const loadableOf = (expression: Expression): Loadable => {
  switch (expression.kind) {
    case 'meta':
      return named(`meta ${expression.key}`)
    case 'payload':
      return named(`payload ${expression.protocol} ${expression.field}`)
    case 'ct':
      return ofFlow(expression)
    case 'fib':
      return addressType(expression)
    case 'numgen':
      return drawn(expression)
    default:
      throw unwritable(expression)
  }
}

const named = (name: string): Loadable => {
  const found = loadables.get(name)
  if (found === undefined) throw unwritable(name)
  return found
}

/** The fields of a key: several for a concatenation, else one. */
export const loadablesOf = (key: Expression): readonly Loadable[] =>
  (key.kind === 'concat' ? key.parts : [key]).map(loadableOf)

/**
 * Writes the checks of family and protocol that a header field needs, unless the rule made them before. nft writes them
 * by itself (src/payload.c: payload_gen_dependency) and lists them as part of the field.
 */
const writeNeeds = (context: RuleContext, { needs: { family, protocol } }: Loadable): void => {
  const { writer } = context
  if (family !== undefined && context.family !== family) {
    if (context.family !== null) throw unwritable(family)
    named('meta nfproto').load(writer, NFT_REG_1, 1)
    writeCompare(writer, NFT_CMP_EQ, () => writer.u8(familyNumbers[family]))
    context.family = family
  }
  if (protocol !== undefined && context.protocol !== protocol) {
    if (context.protocol !== null) throw unwritable(protocol)
    named('meta l4proto').load(writer, NFT_REG_1, 1)
    writeCompare(writer, NFT_CMP_EQ, () => writer.u8(protocol))
    context.protocol = protocol
  }
}

/** Loads the fields of a key into consecutive registers, from the first one. */
export const writeLoads = (context: RuleContext, parts: readonly Loadable[], length?: number): void => {
  for (const part of parts) writeNeeds(context, part)
  let word = 0
  for (const part of parts) {
    part.load(context.writer, registerAt(word), length ?? part.size)
    word += wordsOf(part.size)
  }
}

/** The family of a number of `meta nfproto`; null when unknown. */
export const familyOf = (number: number): Family | null =>
  families.find((family) => familyNumbers[family] === number) ?? null
