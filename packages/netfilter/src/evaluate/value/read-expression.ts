import {
  type BitwiseExpression,
  type ConntrackExpression,
  conntrackState,
  type Expression,
  type FieldExpression,
  type MapExpression,
} from '../../model/index.ts'
import type { World } from '../packet/world.ts'
import type { Compiler } from './compiler.ts'
import type { Read } from './read.ts'
import { compileFib } from './read-fib.ts'
import { isUnknown, type Reading, unknownValue } from './reading.ts'
import { MAYBE, NO } from './truth.ts'

/** Compiles an expression into its reader, so that its kind is decided once and not for every packet. */
export const compileExpression = (expression: Expression, compiler: Compiler): Read => {
  switch (expression.kind) {
    case 'field':
      return compileField(expression)
    case 'constant':
      return () => expression.value
    case 'bitwise':
      return compileBitwise(expression, compiler)
    case 'map':
      return compileMap(expression, compiler)
    case 'conntrack':
    case 'conntrack-tuple':
      return compileConntrack(expression)
    case 'fib':
      return compileFib(expression, compiler.host)
    case 'unknown': {
      const value = {
        random: expression.random,
        first: expression.range?.first ?? null,
        last: expression.range?.last ?? null,
      }
      return () => value
    }
  }
}

const compileField = ({ field, family, protocols }: FieldExpression): Read => {
  const read = readers[field]
  const only = protocols?.length === 1 ? (protocols[0] ?? null) : null
  if (only !== null && family === null) return readOf(field, only)
  if (family === null && protocols === null) return read
  if (protocols === null) return (world) => (world.family === family ? read(world) : undefined)
  return (world) =>
    (family === null || world.family === family) && protocols.includes(world.protocol)
      ? read(world)
      : undefined
}

/** The readers, by field and protocol. */
const readsOf = new Map<string, Read[]>()

/** Thousands of rules match on a port of TCP or UDP, and share one reader. */
const readOf = (field: FieldExpression['field'], only: number): Read => {
  const known = readsOf.get(field) ?? []
  readsOf.set(field, known)
  const before = known[only]
  if (before !== undefined) return before
  const read = readers[field]
  const made: Read = (world) => (world.protocol === only ? read(world) : undefined)
  known[only] = made
  return made
}

/** The index of an interface; unknown where the facts do not give it. */
const indexOf = (link: World['in']): Reading => (link === null ? 0 : (link.index ?? unknownValue))

/** The kinds that facts give for devices without link operations. */
const kindless: readonly string[] = ['loopback', 'ether', 'infiniband', 'ieee80211']

/**
 * The kind of an interface. A hardware device, or `lo`, has none: the nft rule then does not match, as without a device
 * (nft_meta.c).
 */
const kindOf = (link: World['in']): Reading => {
  if (link === null) return undefined
  const { kind } = link
  if (kind === null) return unknownValue
  return kindless.includes(kind) ? undefined : kind
}

const isIcmp = ({ protocol }: World): boolean => protocol === 1 || protocol === 58

const readers: Readonly<Record<FieldExpression['field'], Read>> = {
  nfproto: (world) => (world.family === 'ip' ? 2 : 10),
  l4proto: (world) => world.protocol,
  saddr: (world) => world.saddr,
  daddr: (world) => world.daddr,
  sport: (world) => portOf(world, world.sport),
  dport: (world) => portOf(world, world.dport),
  'tcp-flags': (world) => (world.protocol === 6 ? world.tcpFlags : undefined),
  'icmp-type': (world) => (isIcmp(world) ? world.icmpType : undefined),
  'icmp-code': (world) => (isIcmp(world) ? world.icmpCode : undefined),
  iifname: (world) => world.in?.name ?? '',
  oifname: (world) => world.out?.name ?? '',
  iif: (world) => indexOf(world.in),
  oif: (world) => indexOf(world.out),
  iifkind: (world) => kindOf(world.in),
  oifkind: (world) => kindOf(world.out),
  mark: (world) => world.mark,
  pkttype: (world) => world.packetType,
  fragment: () => 0,
  physin: (world) => (world.viaBridge ? (world.port?.name ?? unknownValue) : ''),
  physout: (world) => (world.bridged ? unknownValue : ''),
  bridged: (world) => (world.bridged ? 1 : 0),
  skuid: (world) => (world.in === null ? unknownValue : undefined),
  skgid: (world) => (world.in === null ? unknownValue : undefined),
  socket: () => unknownValue,
}

/** The port of a packet. Other protocols have other bytes there: those of ICMP are unknown. */
const portOf = ({ protocol }: World, port: number): Reading =>
  port >= 0 ? port : protocol === 1 || protocol === 58 ? unknownValue : undefined

const compileBitwise = ({ operator, left, right }: BitwiseExpression, compiler: Compiler): Read => {
  const a = compileExpression(left, compiler)
  const b = compileExpression(right, compiler)
  return (world) => {
    const x = a(world)
    const y = b(world)
    if (x === undefined || y === undefined || typeof x === 'string' || typeof y === 'string') return undefined
    if (isUnknown(x) || isUnknown(y)) return operator === 'and' && (x === 0 || y === 0) ? 0 : unknownValue
    return typeof x === 'number' && typeof y === 'number'
      ? compute32(operator, x, y)
      : compute128(operator, BigInt(x), BigInt(y))
  }
}

const compute32 = (operator: BitwiseExpression['operator'], x: number, y: number): number => {
  if (operator === 'and') return (x & y) >>> 0
  if (operator === 'or') return (x | y) >>> 0
  if (operator === 'xor') return (x ^ y) >>> 0
  if (y >= 32) return 0
  return operator === 'shl' ? (x << y) >>> 0 : x >>> y
}

const compute128 = (operator: BitwiseExpression['operator'], x: bigint, y: bigint): bigint => {
  if (operator === 'and') return x & y
  if (operator === 'or') return x | y
  if (operator === 'xor') return x ^ y
  return operator === 'shl' ? BigInt.asUintN(128, x << y) : x >> y
}

const compileMap = ({ key, table, part }: MapExpression, compiler: Compiler): Read => {
  const reads = key.map((one) => compileExpression(one, compiler))
  const find = compiler.index(table)
  return (world) => {
    const found = find(reads.map((read) => read(world)))
    if (found.hit === NO) return undefined
    const [data] = found.data
    if (found.data.length !== 1 || found.hit === MAYBE) return { ...unknownValue, random: found.random }
    if (data?.kind === 'text') return data.text
    const range = data?.kind === 'values' ? data.values[part] : undefined
    if (range === undefined) return undefined
    if (range.first === range.last) return range.first
    return typeof range.first === 'number' && typeof range.last === 'number'
      ? { random: true, first: range.first, last: range.last }
      : unknownValue
  }
}

const compileConntrack = (expression: ConntrackExpression): Read => {
  if (expression.kind === 'conntrack') {
    switch (expression.key) {
      case 'state':
        return readState
      case 'status':
        return ifTracked((world) => world.status)
      case 'direction':
        return ifTracked((world) => (world.reply ? 1 : 0))
      case 'mark':
        return ifTracked((world) => world.ctMark)
      case 'zone':
        return ifTracked((world) => world.entryZone)
    }
  }
  const { key, direction, family } = expression
  return ifTracked((world) => {
    if (family !== null && family !== world.family) return undefined
    if (key === 'l4proto') return world.protocol
    if (key === 'nfproto') return world.family === 'ip' ? 2 : 10
    const tuple = direction === 'original' ? world.original : world.answer
    const value = tuple?.[key]
    return value === -1 ? undefined : value
  })
}

/**
 * Reads a property of the entry. For a template entry, some kernels tell what it holds, and others only its state:
 * 6.18.44 stops an nft rule that reads more (`nft_ct_get_eval`), and answers iptables. So the value is unknown.
 */
const ifTracked =
  (read: Read): Read =>
  (world) =>
    world.tracking === 'tracked' ? read(world) : world.tracking === 'template' ? unknownValue : undefined

/**
 * The state of a packet. Before conntrack has seen it, the packet looks invalid (net/netfilter/nft_ct.c,
 * `nft_ct_get_eval`).
 */
const readState: Read = (world) =>
  world.tracking === 'tracked'
    ? conntrackState[world.state]
    : world.tracking === 'untracked'
      ? conntrackState.untracked
      : world.tracking === 'template'
        ? conntrackState.new
        : conntrackState.invalid
