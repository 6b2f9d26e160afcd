/** A rule of nftables: the statements as `nft -j` prints them. */
export type NftRule = readonly object[]

export interface NftChain {
  readonly name: string
  /** Null: a chain without a hook. */
  readonly base: {
    readonly type: 'filter' | 'nat' | 'route'
    readonly hook: string
    readonly prio: number
    readonly policy?: 'accept' | 'drop'
  } | null
  readonly rules: readonly NftRule[]
}

export interface NftTable {
  readonly family: 'ip' | 'ip6' | 'inet' | 'bridge'
  readonly name: string
  /** Sets and maps as `nft -j` prints them, without table and family. */
  readonly sets?: readonly object[]
  readonly chains: readonly NftChain[]
}

/** A table with one base chain, which has the table's name. */
export const tableOf = (
  family: 'ip' | 'ip6',
  type: 'filter' | 'nat',
  hook: string,
  prio: number,
  ...rules: readonly NftRule[]
): NftTable => ({
  family,
  name: 'mine',
  chains: [{ name: hook, base: { type, hook, prio }, rules }],
})

/** The output of `nft -j list ruleset` for these tables. Handles count from 1 in each table. */
export const nftListing = (tables: readonly NftTable[]): string =>
  JSON.stringify({ nftables: [{ metainfo: { json_schema_version: 1 } }, ...tables.flatMap(listTable)] })

const listTable = ({ family, name, sets = [], chains }: NftTable): readonly object[] => {
  let last = 0
  const handle = (): number => {
    last += 1
    return last
  }
  const at = { family, table: name }
  return [
    { table: { family, name, handle: handle() } },
    ...sets.map((set) => ('map' in set ? { map: { ...at, ...set } } : { set: { ...at, ...set } })),
    ...chains.map((chain) => ({ chain: { ...at, name: chain.name, handle: handle(), ...chain.base } })),
    ...chains.flatMap((chain) =>
      chain.rules.map((expr) => ({ rule: { ...at, chain: chain.name, handle: handle(), expr } })),
    ),
  ]
}

const match = (left: object, right: unknown, op = '=='): object => ({ match: { op, left, right } })
const payload = (protocol: string, field: string): object => ({ payload: { protocol, field } })

export const prefix = (text: string): object => {
  const [addr = '', len = ''] = text.split('/')
  return { prefix: { addr, len: Number(len) } }
}
export const source = (right: unknown): object => match(payload('ip', 'saddr'), right)
export const destination = (right: unknown): object => match(payload('ip', 'daddr'), right)
export const destination6 = (right: unknown): object => match(payload('ip6', 'daddr'), right)
export const tcpTo = (right: unknown): object => match(payload('tcp', 'dport'), right)
export const udpTo = (right: unknown): object => match(payload('udp', 'dport'), right)
export const comingIn = (name: string): object => match({ meta: { key: 'iifname' } }, name)
export const goingOut = (name: string): object => match({ meta: { key: 'oifname' } }, name)
export const state = (...names: readonly string[]): object => match({ ct: { key: 'state' } }, names, 'in')
export const marked = (mark: number): object => match({ meta: { key: 'mark' } }, mark)
export const mark = (value: number): object => ({ mangle: { key: { meta: { key: 'mark' } }, value } })
export const setField = (protocol: string, field: string, value: unknown): object => ({
  mangle: { key: payload(protocol, field), value },
})
export const jump = (target: string): object => ({ jump: { target } })
export const dnat = (addr: string, port: number): object => ({ dnat: { addr, port } })
export const accept: object = { accept: null }
export const drop: object = { drop: null }
export const notrack: object = { notrack: null }
export const masquerade: object = { masquerade: null }
export const snat = (addr: string): object => ({ snat: { addr } })
