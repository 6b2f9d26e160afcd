import type { Family } from '@portolan/netfilter'
import { dataTypesOf } from '../../compile/maps/skeleton-sets.ts'
import type {
  Expression,
  MapExpression,
  NatStatement,
  Statement,
  VerdictMapStatement,
} from '../../model/index.ts'
import {
  NF_NAT_RANGE_PROTO_SPECIFIED,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  NFT_BYTEORDER_HTON,
  NFT_NAT_DNAT,
  NFT_NAT_SNAT,
  NFT_REG_1,
  NFT_REG_VERDICT,
  NFTA_BYTEORDER_DREG,
  NFTA_BYTEORDER_LEN,
  NFTA_BYTEORDER_OP,
  NFTA_BYTEORDER_SIZE,
  NFTA_BYTEORDER_SREG,
  NFTA_IMMEDIATE_DATA,
  NFTA_IMMEDIATE_DREG,
  NFTA_NAT_FAMILY,
  NFTA_NAT_FLAGS,
  NFTA_NAT_REG_ADDR_MIN,
  NFTA_NAT_REG_PROTO_MIN,
  NFTA_NAT_TYPE,
} from '../constants.ts'
import { hasIntervals } from './anonymous-set.ts'
import { type RuleContext, referenceOf } from './context.ts'
import { isVerdict, writeVerdict } from './data.ts'
import { sizeOf } from './data-type.ts'
import {
  registerAt,
  wordsOf,
  writeImmediate,
  writeInstruction,
  writeLookup,
  writeNumber,
} from './instruction.ts'
import { type Loadable, loadablesOf, writeLoads } from './load.ts'
import { writeMatch } from './match.ts'
import { unwritable } from './unwritable.ts'
import { writePlainValue } from './value.ts'

const typesOfParts = (parts: readonly Loadable[]): readonly string[] => parts.map(({ type }) => type)

const writeVerdictMap = (context: RuleContext, { key, data }: VerdictMapStatement): void => {
  if (data.kind !== 'reference') throw unwritable(data)
  writeLoads(context, loadablesOf(key))
  writeLookup(context.writer, { name: data.name, id: null }, NFT_REG_VERDICT)
}

const familyOf = ({ family }: NatStatement): Family => {
  if (family !== 'ip' && family !== 'ip6') throw unwritable(family)
  return family
}

const addressTypes: Readonly<Record<Family, string>> = { ip: 'ipv4_addr', ip6: 'ipv6_addr' }

const writeNat = (
  { writer }: RuleContext,
  statement: NatStatement,
  addressRegister: number,
  portRegister: number | null,
  flags: number,
): void =>
  writeInstruction(writer, 'nat', () => {
    writeNumber(writer, NFTA_NAT_TYPE, statement.kind === 'snat' ? NFT_NAT_SNAT : NFT_NAT_DNAT)
    writeNumber(writer, NFTA_NAT_FAMILY, familyOf(statement) === 'ip' ? NFPROTO_IPV4 : NFPROTO_IPV6)
    writeNumber(writer, NFTA_NAT_REG_ADDR_MIN, addressRegister)
    if (portRegister !== null) writeNumber(writer, NFTA_NAT_REG_PROTO_MIN, portRegister)
    if (flags !== 0) writeNumber(writer, NFTA_NAT_FLAGS, flags)
  })

/** Converts a random number to network order. A lookup in an interval map needs that order. */
const writeNetworkOrder = ({ writer }: RuleContext): void =>
  writeInstruction(writer, 'byteorder', () => {
    writeNumber(writer, NFTA_BYTEORDER_SREG, NFT_REG_1)
    writeNumber(writer, NFTA_BYTEORDER_DREG, NFT_REG_1)
    writeNumber(writer, NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON)
    writeNumber(writer, NFTA_BYTEORDER_LEN, 4)
    writeNumber(writer, NFTA_BYTEORDER_SIZE, 4)
  })

const isDrawnByIntervals = ({ key, data }: MapExpression): boolean =>
  key.kind === 'numgen' && data.kind === 'set' && hasIntervals(data)

/** Writes a translation whose address and port come from a map. */
const writeMapped = (context: RuleContext, statement: NatStatement, map: MapExpression): void => {
  const { key, data } = map
  const family = familyOf(statement)
  const dataTypes = [addressTypes[family], 'inet_service']
  if (data.kind === 'reference' && dataTypesOf(data.name)?.join() !== dataTypes.join()) throw unwritable(data)
  const parts = loadablesOf(key)
  const set = referenceOf(context, data, { keyTypes: typesOfParts(parts), dataTypes })
  if (set === null) throw unwritable(data)
  writeLoads(context, parts)
  if (isDrawnByIntervals(map)) writeNetworkOrder(context)
  writeLookup(context.writer, set, NFT_REG_1)
  writeNat(context, statement, NFT_REG_1, registerAt(wordsOf(sizeOf(addressTypes[family]))), 0)
}

const writePlain = (
  context: RuleContext,
  statement: NatStatement,
  address: Expression,
  port: Expression | null,
): void => {
  const { writer } = context
  const type = addressTypes[familyOf(statement)]
  writeImmediate(writer, NFT_REG_1, () => writePlainValue(writer, type, address))
  if (port === null) {
    writeNat(context, statement, NFT_REG_1, null, 0)
    return
  }
  // nft puts address and port into sixteen-byte registers of their own.
  const portRegister = NFT_REG_1 + 1
  writeImmediate(writer, portRegister, () => writePlainValue(writer, 'inet_service', port))
  writeNat(context, statement, NFT_REG_1, portRegister, NF_NAT_RANGE_PROTO_SPECIFIED)
}

const writeTranslation = (context: RuleContext, statement: NatStatement): void => {
  const { kind, family, address, port, flags, typeFlags } = statement
  if (flags.length > 0 || typeFlags.length > 0) throw unwritable(statement)
  if (kind === 'masquerade' && family === null && address === null && port === null) {
    writeInstruction(context.writer, 'masq', () => {})
    return
  }
  if ((kind !== 'dnat' && kind !== 'snat') || address === null) throw unwritable(statement)
  if (address.kind !== 'map') writePlain(context, statement, address, port)
  else if (port === null) writeMapped(context, statement, address)
  else throw unwritable(statement)
}

/**
 * Writes a statement as kernel expressions.
 * @throws Unwritable for a statement that our table never has
 */
export const writeStatement = (context: RuleContext, statement: Statement): void => {
  const { writer } = context
  if (isVerdict(statement)) {
    writeInstruction(writer, 'immediate', () => {
      writeNumber(writer, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT)
      writeVerdict(writer, NFTA_IMMEDIATE_DATA, statement)
    })
    return
  }
  switch (statement.kind) {
    case 'match':
      writeMatch(context, statement)
      return
    case 'vmap':
      writeVerdictMap(context, statement)
      return
    case 'snat':
    case 'dnat':
    case 'masquerade':
      writeTranslation(context, statement)
      return
    default:
      throw unwritable(statement)
  }
}
