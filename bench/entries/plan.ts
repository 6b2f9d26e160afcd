import { resolve } from '@portolan/core'
import { plan, readCompose } from 'portolan'
import type { Entry } from '../entry.ts'
import { measure } from '../measure.ts'

export const entry: Entry = {
  about: 'planning from files: no host is read',
  needs: 'nothing',
  measure: async ({ count, rounds }) => {
    const ports = count(10_000)
    const text = `services: {web: {ports: ["10000-${9_999 + ports}:80"]}}`
    const intent = readCompose(text, { source: 'compose.yaml' })
    const one = (backend: 'nftables' | 'iptables-nft') =>
      measure(() => plan(intent, { facts: {}, rules: null, backend }), {
        count: rounds(5),
        warmUp: rounds(2),
      })
    const services = count(16_000)
    const apart = readCompose(
      `services: {${Array.from({ length: services }, (_, at) => `s${at}: {ports: ["${10_000 + at}:80"]}`).join(', ')}}`,
      { source: 'compose.yaml' },
    )
    return [
      {
        what: `every choice for ${services} services of one port`,
        unit: 'ms',
        measured: await measure(() => resolve(apart, {}), { count: rounds(5), warmUp: rounds(2) }),
        mark: { atMost: 150 },
        peers: [],
      },
      {
        what: `plan ${ports} ports, nftables`,
        unit: 'ms',
        measured: await one('nftables'),
        mark: null,
        peers: [],
      },
      {
        what: `plan ${ports} ports, iptables`,
        unit: 'ms',
        measured: await one('iptables-nft'),
        mark: null,
        peers: [],
      },
    ]
  },
}
