import { evaluate, type HostFacts, type Outcome, type Packet } from '@portolan/netfilter'
import { lower, parse } from '../../src/index.ts'

export const facts: HostFacts = {
  interfaces: [
    { name: 'lo', index: 1, up: true, kind: 'loopback', addresses: ['127.0.0.1/8', '::1/128'] },
    { name: 'eth0', index: 2, up: true, kind: 'ether', addresses: ['192.0.2.2/24', '2001:db8:1::2/64'] },
    { name: 'br-web', index: 4, up: true, kind: 'bridge', addresses: ['172.17.0.1/16'] },
  ],
  sysctls: { 'net.ipv4.ip_forward': '1' },
}

export const fromLan: Packet = {
  family: 'ip',
  in: 'eth0',
  source: '192.0.2.9',
  sourcePort: 40000,
  destination: '192.0.2.2',
  destinationPort: 8080,
  protocol: 'tcp',
  tcpFlags: 2,
}

export type Json = unknown

export const payload = (protocol: string, field: string): Json => ({ payload: { protocol, field } })

export const meta = (key: string): Json => ({ meta: { key } })

export const ct = (key: string, dir?: string): Json => ({ ct: dir === undefined ? { key } : { key, dir } })

export const match = (left: Json, right: Json, op = '=='): Json => ({ match: { op, left, right } })

export const drop = { drop: null }

export const dport = payload('tcp', 'dport')

export interface Options {
  readonly type?: string
  readonly hook?: string
  readonly prio?: number
  readonly flags?: string
  readonly objects?: readonly Json[]
}

/** The listing of a table `inet t` with one base chain. */
export const listing = (rules: readonly (readonly Json[])[], options: Options = {}): string => {
  const { type = 'filter', hook = 'input', prio = 0, objects = [], flags } = options
  const place = { family: 'inet', table: 't' }
  return JSON.stringify({
    nftables: [
      { table: { family: 'inet', name: 't', handle: 1, ...(flags === undefined ? {} : { flags }) } },
      ...objects,
      { chain: { ...place, name: 'c', handle: 1, type, hook, prio, policy: 'accept' } },
      ...rules.map((expr, at) => ({ rule: { ...place, chain: 'c', handle: at + 5, expr } })),
    ],
  })
}

export const ask = (
  rules: readonly (readonly Json[])[],
  packet: Partial<Packet> = {},
  options: Options = {},
): Outcome => evaluate({ ...fromLan, ...packet }, facts, lower(parse(listing(rules, options))))

/** The outcome of a packet when a matching rule drops it. */
export const verdictOf = (
  matches: readonly Json[],
  packet: Partial<Packet> = {},
  options: Options = {},
): string => {
  const { outcome, certainty } = ask([[...matches, drop]], packet, options)
  return `${certainty} ${outcome}`
}
