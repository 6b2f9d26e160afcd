import { parse } from '@portolan/nftables'
import type { Entry } from '../entry.ts'
import { measure } from '../measure.ts'

const match = (left: object, right: unknown): object => ({ match: { op: '==', left, right } })
const field = (protocol: string, name: string): object => ({ payload: { protocol, field: name } })

/** One rule for each port, as kube-proxy and netavark write them. One in three has a limit and a set of its own. */
const listed = (rules: number): string => {
  const chain = { family: 'inet', table: 'host', chain: 'ports' }
  const expressions = (at: number): readonly object[] =>
    at % 3 === 0
      ? [
          match(field('ip', 'saddr'), { set: ['192.0.2.1', { prefix: { addr: '198.51.100.0', len: 24 } }] }),
          match({ ct: { key: 'state' } }, ['established', 'related']),
          { limit: { rate: 10, burst: 5, per: 'second' } },
          { counter: { packets: at, bytes: 60 * at } },
          { accept: null },
        ]
      : [
          match({ meta: { key: 'iifname' } }, 'eth0'),
          match(field('tcp', 'dport'), 1024 + at),
          { counter: { packets: 0, bytes: 0 } },
          { dnat: { family: 'ip', addr: `172.17.${(at >> 6) & 255}.${(at & 63) + 2}`, port: 80 } },
        ]
  const items = Array.from({ length: rules }, (_, at) => ({
    rule: { ...chain, handle: 3 + at, comment: `port ${at}`, expr: expressions(at) },
  }))
  const nftables = [
    { metainfo: { version: '1.1.3', release_name: 'Commodore Bullmoose #4', json_schema_version: 1 } },
    { table: { family: 'inet', name: 'host', handle: 1 } },
    { chain: { family: 'inet', table: 'host', name: 'ports', handle: 2 } },
    ...items,
  ]
  return JSON.stringify({ nftables })
}

export const entry: Entry = {
  about: 'reading the output of nft -j list ruleset',
  needs: 'nothing',
  measure: async ({ count, rounds }) => {
    const rules = count(10_000)
    const text = listed(rules)
    const measured = await measure(() => parse(text), { count: rounds(11), warmUp: rounds(3) })
    const peers: readonly never[] = []
    return [
      { what: `parse ${rules} rules of nft's JSON`, unit: 'ms', measured, mark: { atMost: 120 }, peers },
    ]
  },
}
